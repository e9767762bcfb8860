package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"tillit/bot"
	"tillit/intake"
)

// deleted says that it is gone, if it is: whoever still has a talk is led there.
func (w *Web) deleted(rw http.ResponseWriter, r *http.Request) {
	s, ok := w.session(r)
	begun, err := w.begun(r.Context(), s, ok)
	switch {
	case err != nil:
		w.problem(rw, r, http.StatusServiceUnavailable, "not_shown", form{})
	case begun:
		http.Redirect(rw, r, "/", http.StatusSeeOther)
	default:
		w.show(rw, http.StatusOK, "deleted", w.view(r))
	}
}

// leaveWithin is how long leaving may take to keep what stands in the box.
const leaveWithin = time.Second

// leave forgets the talk in this browser and goes to a page that says nothing. What stands
// in the box under a question is kept there first, if that is quick.
func (w *Web) leave(rw http.ResponseWriter, r *http.Request) {
	s, ok := w.session(r)
	if f, err := w.readForm(rw, r); ok && err == nil && goodTalk(f.Talk) && f.Asked != "" && f.Text != "" {
		w.keepLeaving(r.Context(), s, f)
	}
	w.dropCookie(rw)
	rw.Header().Set("Clear-Site-Data", `"cookies", "storage"`)
	http.Redirect(rw, r, w.Leave, http.StatusSeeOther)
}

// keepLeaving keeps words and ticks under their question, as a break does.
func (w *Web) keepLeaving(ctx context.Context, s session, f form) {
	question, _, _ := strings.Cut(f.Asked, "@")
	f.Choices = slices.DeleteFunc(f.Choices, func(c string) bool { return !strings.HasPrefix(c, question+".") })
	f.Choices, f.Use, f.File = append(f.Choices, question+".~pause"), useThere, nil
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		_, _ = w.tell(ctx, s, f, false) // who left is told nothing; what is being stored is stored
	}()
	select {
	case <-kept:
	case <-time.After(leaveWithin):
	}
}

func (w *Web) codePage(rw http.ResponseWriter, r *http.Request) {
	w.show(rw, http.StatusOK, "code", w.view(r))
}

// codeMake shows a new code, once. It stands in no address and in no other page.
func (w *Web) codeMake(rw http.ResponseWriter, r *http.Request) {
	s, ok := w.session(r)
	f, err := w.readForm(rw, r)
	if err != nil || !ok {
		w.problem(rw, r, http.StatusConflict, "no_talk", f)
		return
	}
	code, err := w.Codes.NewCode(r.Context(), channelName, s.id(), s.secret())
	v := w.view(r)
	v.Kept, v.Apart = f, f.Text != "" || f.Boxes
	switch {
	case err == nil:
		v.Code = code.Reveal()
		w.show(rw, http.StatusOK, "code", v)
	case errors.Is(err, ErrBusy):
		v.Trouble = "busy"
		w.show(rw, http.StatusServiceUnavailable, "code", v)
	case errors.Is(err, ErrUnknown):
		w.problem(rw, r, http.StatusConflict, "no_talk", f)
	default:
		w.Log.Error("a code could not be made", "channel", channelName)
		v.Trouble = "no_code"
		w.show(rw, http.StatusServiceUnavailable, "code", v)
	}
}

func (w *Web) comeBack(rw http.ResponseWriter, r *http.Request) {
	w.back(rw, r, http.StatusOK, "", form{})
}

// back is the page for a code, with what came along: the code as it was typed, and words
// whose talk is not here.
func (w *Web) back(rw http.ResponseWriter, r *http.Request, status int, trouble string, f form) {
	v := w.viewOf(r, f)
	if v.Browser = f.Browser; v.Browser == "" {
		v.Browser = newSession("").encode()
	}
	v.Trouble, v.Kept = trouble, form{Code: f.Code, Text: f.Text, Asked: f.Asked}
	w.gives(rw, r, status, "back", v)
}

// comeBackUse gives this browser the talk of a code, under the new secret that the
// page came with. So a form that is sent again, because its answer was lost, leads to
// where it led, also with a code that works once. A wrong code and one that never
// was get the same page.
func (w *Web) comeBackUse(rw http.ResponseWriter, r *http.Request) {
	f, err := w.readForm(rw, r)
	if err != nil {
		w.problem(rw, r, http.StatusBadRequest, "bad_form", f)
		return
	}
	s, ok := decodeSession(f.Browser)
	if !ok {
		s = newSession("")
	}
	w.keepLanguage(r, &s, f)
	f.Lang, f.Browser = s.lang, s.encode()
	begun := func() bool {
		there, err := w.begun(r.Context(), s, true)
		return err == nil && there
	}
	if !begun() {
		if strings.TrimSpace(f.Code) == "" { // words from a page whose talk is not here
			w.back(rw, r, http.StatusOK, "", f)
			return
		}
		if err := w.useCode(r, s, f); err != nil && !begun() { // or two presses, and the other one was quicker
			status, trouble := w.noWay(err)
			w.back(rw, r, status, trouble, f)
			return
		}
	}
	w.setCookie(rw, s)
	if f.Text == "" {
		http.Redirect(rw, r, "/#now", http.StatusSeeOther)
		return
	}
	v := w.viewOf(r, f)
	v.Session, v.Trouble, v.Kept = true, "words_in_hand", form{Text: f.Text, Asked: f.Asked}
	w.gives(rw, r, http.StatusOK, "problem", v)
}

// noWay says why a code led nowhere.
func (w *Web) noWay(err error) (status int, trouble string) {
	switch {
	case errors.Is(err, ErrUnknown):
		return http.StatusForbidden, "wrong_code"
	case errors.Is(err, ErrBusy):
		return http.StatusServiceUnavailable, "busy"
	}
	w.Log.Error("a code could not be looked up", "channel", channelName)
	return http.StatusServiceUnavailable, "no_code"
}

// useCode hands a code over, with what a talk begins with.
func (w *Web) useCode(r *http.Request, s session, f form) error {
	leave, err := w.turn(r)
	if err != nil {
		return err
	}
	defer leave()
	box, err := w.New(s.secret())
	if err != nil {
		return err
	}
	return w.Codes.UseCode(r.Context(), w, bot.Event{
		Kind: bot.EventMessage, Conversation: s.id(), Address: intake.NewAddress(s.id().Reveal()), Language: s.lang, At: w.Now(),
		Mailbox: &box, Secret: intake.NewPrivate(string(s.secret())),
	}, intake.NewPrivate(f.Code))
}
