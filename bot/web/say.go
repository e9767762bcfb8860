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
	if f.Text == "" && len(f.Choices) == 0 && f.File == nil {
		http.Redirect(rw, r, "/#now", http.StatusSeeOther)
		return
	}
	if to := w.pageOf(f); to != "" {
		http.Redirect(rw, r, to, http.StatusSeeOther)
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
	if !ok {
		s = newSession("")
	}
	w.keepLanguage(r, &s, f)
	if err := w.tell(r.Context(), s, f, !begun); err != nil {
		w.notSaved(rw, r, f)
		return
	}
	drain(r)
	// A press or a typed command may have been the end of it all.
	if left, err := w.begun(r.Context(), s, true); begun && err == nil && !left {
		w.dropCookie(rw)
		http.Redirect(rw, r, "/deleted?lang="+s.lang, http.StatusSeeOther)
		return
	}
	w.setCookie(rw, s)
	http.Redirect(rw, r, "/#now", http.StatusSeeOther)
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
func (w *Web) pageOf(f form) string {
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

// tell delivers a form as one event, or as two: where many messages are taken,
// words in the box are said before the button that ends them.
func (w *Web) tell(ctx context.Context, s session, f form, first bool) error {
	ev := bot.Event{
		ID: eventID(f.Talk, s.id()), Kind: bot.EventMessage, Conversation: s.id(), Language: s.lang, At: w.Now(),
		Address: intake.NewAddress(s.id().Reveal()),
		Text:    intake.NewPrivate(f.Text), Choices: f.Choices, Boxes: f.Boxes, Secret: intake.NewPrivate(string(s.secret())),
	}
	if f.File != nil {
		ev.Files = []bot.File{f.File.event()}
	}
	if first {
		box, err := w.New(s.secret())
		if err != nil {
			return err
		}
		ev.Mailbox = &box
	}
	words := f.Text != "" || f.File != nil
	if !words {
		ev.Kind = bot.EventPress
	}
	if words && len(f.Choices) > 0 && (f.Many || pauses(f.Choices)) {
		press := ev
		press.ID, press.Kind, press.Text, press.Files, press.Mailbox = ev.ID+".then", bot.EventPress, intake.Private{}, nil, nil
		ev.Choices = nil
		return w.hand(ctx, ev, press)
	}
	return w.hand(ctx, ev)
}

// pauses reports whether the button was only a break, which loses no words.
func pauses(choices []string) bool {
	return len(choices) == 1 && strings.HasSuffix(choices[0], ".~pause")
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
