package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"tillit/bot"
	"tillit/intake"
)

// say takes what a form says to the bot. The answer to it is the next page, so
// that a reload says nothing twice.
func (w *Web) say(rw http.ResponseWriter, r *http.Request) {
	f, err := w.readForm(rw, r)
	defer func() { drain(r) }()
	if err == nil && !goodTalk(f.Talk) {
		err = errFields
	}
	if bad := (*formError)(nil); errors.As(err, &bad) {
		drain(r)
		w.problem(rw, r, bad.status, bad.words, f)
		return
	}
	if f.Text == "" && len(f.Choices) == 0 && f.File == nil && !f.Empty {
		http.Redirect(rw, r, w.to(r, "/", f)+"#now", http.StatusSeeOther)
		return
	}
	own, beside := f.beside()
	if to := w.pageOf(f, own); to != "" {
		if beside {
			w.page(rw, r, to, f)
		} else {
			http.Redirect(rw, r, w.to(r, to, f), http.StatusSeeOther)
		}
		return
	}
	s, ok := w.session(r)
	begun, err := w.begun(r.Context(), s, ok)
	switch {
	case err != nil:
		w.notSaved(rw, r, f)
		return
	case !begun && (len(f.Choices) == 0 || !starts(f.Choices[0])):
		drain(r)
		w.problem(rw, r, http.StatusConflict, "no_talk", f)
		return
	}
	if !begun && !w.mayStart(r) {
		drain(r)
		w.problem(rw, r, http.StatusServiceUnavailable, "many_start", f)
		return
	}
	if !ok {
		s = newSession("")
	}
	w.keepLanguage(r, &s, f)
	said := f
	if beside {
		said = form{Talk: f.Talk, Lang: f.Lang, Choices: []string{own}} // what stood beside it comes back
	}
	ev, err := w.tell(r.Context(), s, said, !begun)
	var another *form // that has been read already
	if err != nil && said.File != nil && said.File.in.over.Load() {
		if another, _ = f.next(); another != nil { // one that is too large does not keep others away
			said.File, said.TooBig = nil, true
			ev, err = w.tell(r.Context(), s, said, !begun)
		}
	}
	if astray := (*bot.AstrayError)(nil); errors.As(err, &astray) {
		drain(r)
		w.astray(rw, r, f, astray.Astray)
		return
	}
	if err != nil {
		w.notSaved(rw, r, f)
		return
	}
	whole := beside || w.others(r.Context(), s, &f, another)
	drain(r)
	// A press or a typed command may have been the end of it all.
	if left, err := w.begun(r.Context(), s, true); begun && err == nil && !left {
		w.dropCookie(rw)
		http.Redirect(rw, r, "/deleted?lang="+s.lang, http.StatusSeeOther)
		return
	}
	w.setCookie(rw, s)
	if !whole {
		w.problem(rw, r, http.StatusServiceUnavailable, "files_rest", form{Talk: newTalk(), Lang: f.Lang})
		return
	}
	if beside || f.Text != "" && w.lost(r.Context(), s, ev) {
		v := w.view(r)
		v.Lang, v.Session = s.lang, true
		v = w.inLanguage(v)
		f.Choices = slices.DeleteFunc(f.Choices, func(c string) bool { return c == own })
		v.Kept, v.Upload = f, f.File != nil
		w.talkOf(rw, r, v, s)
		return
	}
	http.Redirect(rw, r, "/#now", http.StatusSeeOther)
}

// others tells the other files of a form, each for itself: one that cannot be kept takes none
// along. It is false where not all could be told.
func (w *Web) others(ctx context.Context, s session, f, one *form) (whole bool) {
	whole = true
	for {
		var err error
		if one == nil {
			one, err = f.next()
		}
		if err != nil || one == nil {
			return whole && err == nil
		}
		if _, err = w.tell(ctx, s, *one, false); err != nil && one.File != nil && one.File.in.over.Load() {
			one.File, one.TooBig = nil, true
			_, err = w.tell(ctx, s, *one, false)
		}
		if err != nil {
			w.Log.Warn("a file of several was not saved; the person is told", "channel", channelName)
			whole = false
		}
		one = nil
	}
}

// to is the address of a page of ours in the language of a form.
func (w *Web) to(r *http.Request, path string, f form) string {
	_, ok := w.session(r)
	if ok || !slices.Contains(w.Langs, f.Lang) {
		return path
	}
	return view{Lang: f.Lang}.To(path)
}

// begun reports whether the browser's conversation exists.
func (w *Web) begun(ctx context.Context, s session, ok bool) (bool, error) {
	if !ok {
		return false, nil
	}
	return w.Copies.Begun(ctx, channelName, s.id())
}

func starts(choice string) bool { return choice == "start" }

// pageOf is the page of a command that has one: codes and cleaning are this
// browser's own, the bot knows nothing of them; who can read has a page for itself.
func (w *Web) pageOf(f form, own string) string {
	if to, ok := strings.CutPrefix(own, "page:"); ok && slices.Contains(ownPages, to) {
		return "/" + strings.TrimPrefix(to, "talk")
	}
	if back, ok := strings.CutPrefix(own, "page:earlier-"); ok {
		return earlierPath + back
	}
	command, ok := "", false
	if len(f.Choices) == 1 && f.Text == "" {
		if command, ok = strings.CutPrefix(f.Choices[0], "R."); f.Choices[0] == "access" {
			return "/who"
		}
	} else if len(f.Choices) == 0 && f.File == nil {
		command, ok = w.Command(f.Text)
	}
	switch {
	case ok && (command == "code" || command == "clean"):
		return "/" + command
	case ok && command == "access":
		return "/who"
	}
	return ""
}

func (w *Web) keepLanguage(r *http.Request, s *session, f form) {
	for _, c := range f.Choices {
		if l, ok := strings.CutPrefix(c, "lang:"); ok && slices.Contains(w.Langs, l) {
			s.lang = l
			return
		}
	}
	if slices.Contains(w.Langs, f.Lang) {
		s.lang = f.Lang
	} else if s.lang == "" {
		s.lang = w.language(r, *s, false)
	}
}

// tell delivers a form as one event.
func (w *Web) tell(ctx context.Context, s session, f form, first bool) (bot.Event, error) {
	ev := bot.Event{
		ID: eventID(f.Talk, s.id()) + "." + f.content(), Kind: bot.EventMessage, Conversation: s.id(), Language: s.lang, At: w.Now(),
		Address: intake.NewAddress(s.id().Reveal()), Asked: f.Asked, There: f.Use == useThere,
		Text: intake.NewPrivate(f.Text), Choices: f.Choices, Boxes: f.Boxes, Secret: intake.NewPrivate(string(s.secret())),
	}
	if f.Use == useHere { // only the words are meant
		ev.Asked, ev.Choices, ev.Boxes = f.Here, nil, false
	}
	switch {
	case f.File != nil && f.NoPlace && !f.File.picture:
		f.File, ev.Unkept = nil, bot.UnkeptPlace
	case f.File != nil:
		f.File.noPlace = f.NoPlace
		ev.Files = []bot.File{f.File.event()}
	}
	switch {
	case f.TooBig:
		ev.Unkept = bot.UnkeptSize
	case f.Empty:
		ev.Unkept = bot.UnkeptEmpty
	}
	if first {
		box, err := w.New(s.secret())
		if err != nil {
			return ev, err
		}
		ev.Mailbox = &box
	}
	if f.Text == "" && f.File == nil && ev.Unkept == "" {
		ev.Kind = bot.EventPress
	}
	err := w.hand(ctx, ev)
	if err != nil && f.File != nil && f.File.broken.Load() {
		ev.Files, ev.Unkept = nil, bot.UnkeptPlace // its words are kept all the same
		err = w.hand(ctx, ev)
	}
	return ev, err
}

// notSaved answers when the words are not on disk. The same form is offered
// again under the same name, so that what was stored after all is not doubled.
func (w *Web) notSaved(rw http.ResponseWriter, r *http.Request, f form) {
	drain(r)
	if f.File != nil && f.File.in.over.Load() {
		w.problem(rw, r, errTooBig.status, errTooBig.words, f)
		return
	}
	w.Log.Warn("an event was not saved; the person is asked to send it again", "channel", channelName)
	w.problem(rw, r, http.StatusServiceUnavailable, "not_saved", f)
}

// drain reads what is left of a request, within its limit: a browser that is
// still sending shows a broken connection instead of our page.
func drain(r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // A broken rest changes nothing.
}
