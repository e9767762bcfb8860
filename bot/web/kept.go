package web

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"tillit/bot"
	"tillit/intake"
)

// This file gives back what a form carried and nobody took: words in the box, ticks in
// their places. Only who wrote them empties the box.

// Where words belong that were written under a question which is not asked any more.
const (
	useThere = "there"
	useHere  = "here"
)

// ownPages are the pages that a button of the talk leads to, with the words of its form.
var ownPages = []string{"help", "who", "code", "clean", "copy", "talk"}

// beside returns a button of the form that answers no question, and whether there is
// something beside it which it does not take along: words, ticks, a file.
func (f form) beside() (own string, more bool) {
	for _, c := range f.Choices {
		if of, _, ofQuestion := strings.Cut(c, "."); !ofQuestion || of == "R" || strings.Contains(of, ":") {
			own = c
		}
	}
	if own == "" || f.Use != "" {
		return "", false
	}
	return own, len(f.Choices) > 1 || f.Text != "" && !takesWords(own) || f.File != nil && !takesWords(own)
}

// takesWords reports whether a button of the bot's own is pressed with words: what is
// wrong with minutes.
func takesWords(choice string) bool { return strings.HasPrefix(choice, "change:") }

// content is the same for the same form that is sent again, and another one for whatever
// else is sent under its name.
func (f form) content() string {
	h := sha256.New()
	for _, part := range append([]string{f.Text, f.Asked, f.Use, f.Here, fmt.Sprint(f.Boxes)}, f.Choices...) {
		_, _ = fmt.Fprintf(h, "%d %s", len(part), part)
	}
	if f.nth > 0 {
		_, _ = fmt.Fprintf(h, "file %d", f.nth)
	}
	if f.File != nil {
		_, _ = fmt.Fprintf(h, "%d %s", len(f.File.name), f.File.name)
		_, _ = h.Write(f.File.start[:])
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:12])
}

// unkept are answers of the bot which say that what was written is not kept.
var unkept = []string{"unsent_gone", "set_gone", "not_kept", "moved_on", "back_again", "not_deleted_words"}

// lost reports whether the words of an event were not taken, by what its person's copy
// shows.
func (w *Web) lost(ctx context.Context, s session, ev bot.Event) bool {
	c, err := w.Copies.Copy(ctx, channelName, s.id(), s.secret(), Part{Last: 3, Bytes: pageBytes})
	if err != nil {
		return true // twice is better than not at all
	}
	not := false
	for _, l := range c.Lines {
		m, err := w.message(l)
		if err != nil {
			return true
		}
		if m.Mine && m.Of == ev.ID {
			return false
		}
		not = not || slices.Contains(unkept, m.ID)
	}
	return not
}

// astray is the page for words that name a question which is not asked any more.
func (w *Web) astray(rw http.ResponseWriter, r *http.Request, f form, to intake.Astray) {
	v := w.viewOf(r, f)
	v.Kept, v.Astray, v.Upload = f, to, f.File != nil
	w.gives(rw, r, http.StatusConflict, "astray", v)
}

// page shows one of our pages with what was in the form.
func (w *Web) page(rw http.ResponseWriter, r *http.Request, to string, f form) {
	drain(r)
	v := w.viewOf(r, f)
	f.Choices = slices.DeleteFunc(f.Choices, func(c string) bool { return strings.HasPrefix(c, "page:") })
	v.Kept, v.Upload = f, f.File != nil
	s, ok := w.session(r)
	if back, is := strings.CutPrefix(to, earlierPath); is {
		v.skip, to = skipped(back), "/"
	}
	switch to {
	case "/":
		w.talkOf(rw, r, v, s)
		return
	case "/who":
		var id intake.ConversationID
		if ok {
			id = s.id()
		}
		if !w.who(r.Context(), &v, id) {
			w.problem(rw, r, http.StatusServiceUnavailable, "not_shown", f)
			return
		}
	}
	v.Apart = true
	w.gives(rw, r, http.StatusOK, strings.TrimPrefix(to, "/"), v)
}

// Leads is a button to a page of ours, by its words.
func (v view) Leads(page, key string) any {
	return v.With(struct{ Page, Path, Label string }{page, "/" + strings.TrimPrefix(page, "talk"), v.T(key)})
}

// AskedBy is the question that words in the box are for: the one that they were written
// under, as long as they are in the box.
func (v view) AskedBy(now string) string {
	if v.Kept.Text != "" && v.Kept.Asked != "" {
		return v.Kept.Asked
	}
	return now
}

// Ticked reports whether a box is ticked: as it was when its form comes back.
func (v view) Ticked(asked string, c intake.Choice) bool {
	if v.Kept.Boxes && v.Kept.Asked == asked {
		return slices.Contains(v.Kept.Choices, c.ID)
	}
	return c.Picked
}

// BoxForm is the form whose box has room for words, so that every other button of the
// page carries them along. It is empty where there is none.
func (v view) BoxForm() string {
	switch c := v.Chat; {
	case v.Apart:
		return "kept"
	case c == nil && v.Kept.Text != "" && v.Session:
		return "now"
	case c == nil:
		return ""
	case c.Write:
		return c.WriteID()
	case c.Ask != nil && (c.Ask.Box || len(c.Ask.Picks) > 0 || v.Kept.Text != ""):
		return c.AskID()
	}
	return ""
}

// LeaveForm is the form whose words [Leave quickly] takes along, to be kept under their
// question. It is none where a key in a form would press its first button, which this is.
func (v view) LeaveForm() string {
	if c := v.Chat; c != nil && !c.Write && c.Ask != nil && c.Ask.Box && len(c.Ask.Picks) == 0 {
		return c.AskID()
	}
	return ""
}

// AskID is the id of the form of what is asked.
func (c *chat) AskID() string {
	if len(c.Told) > 0 || c.Waits != nil || c.Office != nil || c.Paper != nil {
		return "ask"
	}
	return "now"
}

// WriteID is the id of the form to write more.
func (c *chat) WriteID() string {
	if len(c.Told) > 0 || c.Ask != nil || c.Office != nil || c.Paper != nil || c.Waits != nil {
		return "write"
	}
	return "now"
}
