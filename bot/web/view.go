package web

import (
	"bytes"
	"context"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"tillit/intake"
	"tillit/intake/words"
)

// view is all that a page is made of.
type view struct {
	Lang, Org, Talk, Self       string
	Session, Upload             bool
	Langs, Via                  []string
	Who                         []string        // who can read, in paragraphs
	Keep                        []intake.Choice // buttons that change it
	Help, Young                 []HelpLine
	skip                        int    // turns that lie behind what is shown
	Trouble                     string // key of what went wrong; empty when nothing did
	Kept                        form   // what the person had written
	Astray                      intake.Astray
	Apart                       bool // the words have a box of their own, on a page about something else
	Code                        string
	Browser                     string // a new secret, for whoever comes with a code
	Chat                        *chat
	Whole                       iter.Seq[said] // all of it, for the download
	made                        func()         // called when the page is made; may be nil
	book                        *words.Book
	max, gone, days, next, zone string
	phones                      []string // of all numbers to call
}

// T returns the page's own words.
func (v view) T(key string) string {
	return v.book.In(v.Lang).Say(key, "org", v.Org, "max", v.max, "gone", v.gone, "days", v.days, "next", v.next, "zone", v.zone, "via", strings.Join(v.Via, ", "))
}

// To is the address of a page of ours, in the language that is shown: without a talk
// nothing else remembers it.
func (v view) To(path string) string {
	if v.Session {
		return path
	}
	return path + "?lang=" + v.Lang
}

// LangName returns a language's own name.
func (v view) LangName(lang string) string { return v.book.In(lang).Name() }

func (w *Web) view(r *http.Request) view {
	s, ok := w.session(r)
	v := view{
		Lang: w.language(r, s, ok), Org: w.Org, Session: ok, Langs: w.Langs, Talk: newTalk(),
		Via:  w.Via,
		Self: r.URL.Path, book: w.words, max: megabytes(w.MaxFile), zone: w.Zone.String(), days: strconv.Itoa(int(w.Keep.Hours() / 24)),
	}
	if r.Method != http.MethodGet {
		v.Self = "/"
	}
	return w.inLanguage(v)
}

// viewOf is the view of a page that answers a form, in the form's language.
func (w *Web) viewOf(r *http.Request, f form) view {
	v := w.view(r)
	if slices.Contains(w.Langs, f.Lang) {
		v.Lang = f.Lang
		v = w.inLanguage(v)
	}
	return v
}

func (w *Web) inLanguage(v view) view {
	if w.Gone != nil {
		v.gone = w.Gone(v.Lang)
	}
	if w.HelpLines != nil {
		v.Help, v.Young = w.HelpLines(v.Lang, false), nil
		for _, l := range w.HelpLines(v.Lang, true) {
			if !slices.Contains(v.Help, l) {
				v.Young = append(v.Young, l)
			}
		}
		v.phones = phonesOf(v.Help, v.Young)
	}
	return v
}

func megabytes(n int64) string {
	s := ""
	for n = max(n>>20, 1); n > 0; n /= 10 {
		s = string(rune('0'+n%10)) + s
	}
	return s
}

// show writes a page, or nothing of it when it cannot be made.
func (w *Web) show(rw http.ResponseWriter, status int, page string, v view) {
	var b bytes.Buffer
	if err := w.pages.ExecuteTemplate(&b, page+".html", v); err != nil {
		w.Log.Error("a page could not be made", "channel", channelName, "page", page)
		http.Error(rw, "This page could not be made.", http.StatusInternalServerError)
		return
	}
	if v.made != nil {
		v.made()
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.Header().Set("Content-Language", v.Lang)
	rw.WriteHeader(status)
	_, _ = rw.Write(b.Bytes()) // The browser is gone; nobody to tell.
}

// problem is the page of what went wrong. It gives the words back in the box.
func (w *Web) problem(rw http.ResponseWriter, r *http.Request, status int, key string, f form) {
	v := w.viewOf(r, f)
	v.Trouble, v.Kept, v.Upload = key, f, f.File != nil || key == "too_big"
	if goodTalk(f.Talk) {
		v.Talk = f.Talk
	}
	w.gives(rw, r, status, "problem", v)
}

// gives shows a page that gives back what a form carried.
func (w *Web) gives(rw http.ResponseWriter, r *http.Request, status int, page string, v view) {
	if n := int64(holds * len(v.Kept.Text)); n > pageBytes { // a crowd has its words given back one after the other
		if n = min(n, 2*pageHolds); w.Quick.Acquire(r.Context(), n) != nil {
			return // nobody waits for it any more
		}
		v.made = sync.OnceFunc(func() { w.Quick.Release(n) })
		defer v.made()
	}
	w.show(rw, status, page, v)
}

// standing puts on the page how far the case is, where it is with the office. Its own words
// are more than that: a page without it is shown, with a button that asks.
func (w *Web) standing(ctx context.Context, v *view, s session) {
	if w.Standing == nil || !v.Chat.Write {
		return
	}
	stands, err := w.Standing(ctx, s.id(), v.Lang)
	if err != nil {
		w.Log.Error("how far a case is could not be said", "channel", channelName)
		return
	}
	if v.Chat.Stands = stands; stands != nil {
		v.next = stands.Next
	}
}

// undo puts on the page the button that takes back what was given last.
func (w *Web) undo(ctx context.Context, v *view, s session) {
	if w.Undo == nil {
		return
	}
	button, ok, err := w.Undo(ctx, s.id(), v.Lang)
	if err != nil {
		w.Log.Error("what can be taken back could not be said", "channel", channelName)
	}
	if ok {
		v.Chat.Undo = &button
	}
}

// opening is the page of who has told nothing here yet.
func (w *Web) opening(rw http.ResponseWriter, r *http.Request, v view) {
	if !w.who(r.Context(), &v, intake.ConversationID{}) {
		w.problem(rw, r, http.StatusServiceUnavailable, "not_shown", form{})
		return
	}
	w.show(rw, http.StatusOK, "opening", v)
}

// whoPage says who can read this browser's talk.
func (w *Web) whoPage(rw http.ResponseWriter, r *http.Request) {
	v := w.view(r)
	var id intake.ConversationID
	if s, ok := w.session(r); ok {
		id = s.id()
	}
	if !w.who(r.Context(), &v, id) {
		w.problem(rw, r, http.StatusServiceUnavailable, "not_shown", form{})
		return
	}
	w.show(rw, http.StatusOK, "who", v)
}

// who fills in who can read. It is false when nobody can say just now: half of it
// would be untrue.
func (w *Web) who(ctx context.Context, v *view, id intake.ConversationID) bool {
	if w.Who == nil {
		return true
	}
	m, err := w.Who(ctx, id, v.Lang)
	if err != nil {
		w.Log.Error("who can read could not be said", "channel", channelName)
		return false
	}
	v.Who, v.Keep = strings.Split(m.Text, "\n\n"), m.Choices
	return true
}

// With joins a page with one thing on it, for the templates of such things.
func (v view) With(thing any) any {
	return struct {
		V view
		S any
	}{v, thing}
}
