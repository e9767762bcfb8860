package web

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"tillit/bot"
	"tillit/intake"
)

// This file reads a person's copy for a page. However much somebody has told, a page is
// made of some of it, and what is downloaded goes out line by line.

// Part says which turns of a copy are opened: the last ones before the newest Skip, so
// many bytes at most, but one however long.
type Part struct {
	Skip, Last int
	Bytes      int64
}

// recent is how many turns a page opens.
const recent = 40

// What a review shows of somebody's own words where it cannot be all.
const (
	reviewWords = 4 << 10  // to one question
	reviewAll   = 64 << 10 // to all of them
)

// part opens some of the person's copy. A conversation that is not known has none.
func (w *Web) part(ctx context.Context, s session, skip int) ([]bot.Message, Copy, error) {
	c, err := w.Copies.Copy(ctx, channelName, s.id(), s.secret(), Part{Skip: skip, Last: recent, Bytes: pageBytes})
	if errors.Is(err, ErrUnknown) {
		return nil, Copy{}, nil
	}
	if err != nil {
		return nil, Copy{}, err
	}
	var out []bot.Message
	for _, l := range c.Lines {
		m, err := w.message(l)
		if err != nil {
			return nil, Copy{}, err
		}
		out = append(out, m)
	}
	return out, c, nil
}

// message reads one line of the copy.
func (w *Web) message(l CopyLine) (bot.Message, error) {
	m, err := w.Decode(l.Body)
	m.Mine = m.Mine || l.Mine
	m.At = m.At.In(w.Zone)
	return m, err
}

// each tells all of the person's copy, oldest first.
func (w *Web) each(ctx context.Context, s session, tell func(bot.Message) error) error {
	err := w.Copies.EachLine(ctx, channelName, s.id(), s.secret(), func(l CopyLine) error {
		m, err := w.message(l)
		if err != nil {
			return err
		}
		return tell(m)
	})
	if errors.Is(err, ErrUnknown) {
		return nil
	}
	return err
}

// recently opens what the page of the talk is made of: its end, what is asked if that
// stands further up, and for a review what was told to each question.
func (w *Web) recently(ctx context.Context, s session) ([]bot.Message, Copy, *told, error) {
	lines, c, err := w.part(ctx, s, 0)
	all := newTold()
	if at := lastAsked(lines); err != nil || !c.More || at >= 0 && lines[at].Kind != intake.KindReview {
		for _, m := range lines {
			all.add(m)
		}
		return lines, c, all, err
	}
	var asked *bot.Message
	err = w.each(ctx, s, func(m bot.Message) error {
		if all.add(m); lastAsked([]bot.Message{m}) == 0 && !m.Aside {
			asked = &m
		}
		return nil
	})
	if asked != nil && lastAsked(lines) < 0 {
		lines = append([]bot.Message{*asked}, lines...)
	}
	return lines, c, all, err
}

// earlier is a part of the talk that lies further back.
func (w *Web) earlier(ctx context.Context, s session, skip int) (older []said, c Copy, err error) {
	lines, c, err := w.part(ctx, s, skip)
	for _, m := range lines {
		if s, ok := sayOf(m); ok {
			older = append(older, s)
		}
	}
	return older, c, err
}

// earlierPath is the talk with a part of it that lies further back.
const earlierPath = "/?earlier="

// skipped is how many turns lie behind a part; what is no number is the newest.
func skipped(back string) int {
	n, err := strconv.Atoi(back)
	if err != nil {
		return 0
	}
	return max(n, 0)
}

func (w *Web) talk(rw http.ResponseWriter, r *http.Request) {
	v := w.view(r)
	s, ok := w.session(r)
	if !ok {
		w.opening(rw, r, v)
		return
	}
	w.talkOf(rw, r, v, s)
}

// talkOf is the page of a talk.
func (w *Web) talkOf(rw http.ResponseWriter, r *http.Request, v view, s session) {
	if v.made = w.making(r); v.made == nil {
		w.problem(rw, r, errCrowd.status, errCrowd.words, v.Kept)
		return
	}
	defer v.made()
	lines, c, all, err := w.recently(r.Context(), s)
	skip := max(v.skip, skipped(r.URL.Query().Get("earlier")))
	var older []said
	if err == nil && skip > 0 {
		older, c, err = w.earlier(r.Context(), s, skip)
	}
	switch {
	case err != nil:
		w.Log.Error("a copy could not be opened", "channel", channelName)
		w.problem(rw, r, http.StatusServiceUnavailable, "not_shown", v.Kept)
	case len(lines) == 0:
		w.opening(rw, r, v)
	default:
		v.Chat = newChat(lines, c.Unread, all)
		if v.Chat.All = skip > 0; v.Chat.All {
			v.Chat.Older = older
		}
		if c.More {
			v.Chat.Earlier = skip + c.Turns
		}
		w.standing(r.Context(), &v, s)
		w.undo(r.Context(), &v, s)
		w.show(rw, http.StatusOK, "talk", v)
	}
}

// making holds what a page takes while it is made, until the function that it returns is
// called; nil is that there is no room.
func (w *Web) making(r *http.Request) (made func()) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	if w.Quick.Acquire(ctx, pageHolds) != nil {
		return nil
	}
	return sync.OnceFunc(func() { w.Quick.Release(pageHolds) })
}

// download gives the person her own copy as a plain page with a name that says
// nothing. What breaks off on the way does not end as a page does.
func (w *Web) download(rw http.ResponseWriter, r *http.Request) {
	s, ok := w.session(r)
	if _, err := w.readForm(rw, r); err != nil || !ok {
		w.problem(rw, r, http.StatusConflict, "no_talk", form{})
		return
	}
	if take(r, downloadHolds) != nil {
		w.problem(rw, r, errCrowd.status, errCrowd.words, form{})
		return
	}
	var failed error
	next, stop := iter.Pull(w.whole(r.Context(), s, &failed))
	defer stop()
	first, more := next()
	if failed != nil {
		w.problem(rw, r, http.StatusServiceUnavailable, "not_shown", form{})
		return
	}
	v := w.view(r)
	v.Whole = func(yield func(said) bool) {
		for ; more && yield(first); first, more = next() {
		}
	}
	rw.Header().Set("Content-Disposition", `attachment; filename="chat.html"`)
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := w.pages.ExecuteTemplate(rw, "file.html", v); err != nil || failed != nil {
		panic(http.ErrAbortHandler)
	}
}

// receipt gives the signed receipt as a file.
func (w *Web) receipt(rw http.ResponseWriter, r *http.Request) {
	s, ok := w.session(r)
	if _, err := w.readForm(rw, r); err != nil || !ok || w.Proof == nil {
		w.problem(rw, r, http.StatusConflict, "no_talk", form{})
		return
	}
	text, err := w.Proof(r.Context(), s.id())
	if err != nil || text == "" {
		w.problem(rw, r, http.StatusServiceUnavailable, "not_shown", form{})
		return
	}
	rw.Header().Set("Content-Disposition", `attachment; filename="receipt.txt"`)
	rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(rw, w.view(r).T("receipt_text")+"\n\n"+text) // The browser is gone; nobody to tell.
}

// whole is all that was said, oldest first. Why it ends early stands in failed.
func (w *Web) whole(ctx context.Context, s session, failed *error) iter.Seq[said] {
	return func(yield func(said) bool) {
		enough := errors.New("nobody reads on")
		err := w.each(ctx, s, func(m bot.Message) error {
			if line, ok := sayOf(m); ok && !yield(line) {
				return enough
			}
			return nil
		})
		if err != nil && !errors.Is(err, enough) {
			*failed = err
		}
	}
}

// told is what a person has told to each question, as the review shows it. Words of a
// later visit to a question stand instead of those of an earlier one; visits are told
// apart by the reviews between them.
type told struct {
	by    map[string]*toldTo
	visit int
	files []file
}

// file is a file that is kept, with the button that removes it; it has none once it is sent.
type file struct {
	id, Name, Remove string
}

// removeFile begins such a button, before the file's id.
const removeFile = "unfile:"

// filesOf are the files that a review has a button for. One whose name stands in no copy here
// is called as its button does.
func filesOf(all *told, review bot.Message) (out []file) {
	for _, c := range review.Choices {
		id, ok := strings.CutPrefix(c.ID, removeFile)
		if !ok {
			continue
		}
		f := file{id: id, Name: c.Label, Remove: c.ID}
		if i := slices.IndexFunc(all.files, func(o file) bool { return o.id == id }); i >= 0 {
			f.Name = all.files[i].Name
		}
		out = append(out, f)
	}
	return out
}

// mostListed is how many files a review lists by name.
const mostListed = 100

// fileID marks the name of a file in a copy.
const fileID = "file"

type toldTo struct {
	visit int
	words []string
	bytes int
	cut   bool
}

func newTold() *told { return &told{by: map[string]*toldTo{}} }

func (t *told) add(m bot.Message) {
	if m.Kind == intake.KindReview && !m.Mine {
		t.visit++
	}
	if !m.Mine || m.Words.IsZero() {
		return
	}
	if m.ID == fileID {
		if len(t.files) < mostListed {
			t.files = append(t.files, file{id: m.File, Name: m.Words.Reveal()})
		}
		return
	}
	to := t.by[m.ID]
	if to == nil || to.visit != t.visit {
		to = &toldTo{visit: t.visit}
		t.by[m.ID] = to
	}
	words := m.Words.Reveal()
	if left := reviewWords - to.bytes; len(words) > left {
		words, to.cut = strings.ToValidUTF8(words[:max(left, 0)], ""), true
	}
	if to.bytes += len(words); words != "" {
		to.words = append(to.words, strings.Clone(words))
	}
}

// review puts the person's own words to the questions of the review.
func review(all *told, m bot.Message) []section {
	var out []section
	left := reviewAll
	for _, p := range m.Review {
		s := section{Part: p.Part, Title: p.Title, Edit: p.Edit}
		for _, q := range p.Questions {
			r := row{Title: q.Title, State: q.State}
			if t := all.by[q.ID]; t != nil && q.State == "answered" {
				r.Words, r.Cut = strings.Join(t.words, "\n\n"), t.cut
			}
			if len(r.Words) > left {
				r.Words, r.Cut = "", true
			}
			left -= len(r.Words)
			s.Rows = append(s.Rows, r)
		}
		out = append(out, s)
	}
	return out
}
