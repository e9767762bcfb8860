package mattermost

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot"
)

const (
	// page is how many posts the server hands out at once; it cuts what is asked
	// for beyond that without a word.
	page = 200
	// shortPage is a page that nothing follows; no server cuts so early.
	shortPage = 50
	// mostChanges is where the server's list of changes ends, also without a word:
	// one that is so long is any thousand of them.
	mostChanges = 1000
	// farthest is how many pages back changes are looked for when there are more.
	farthest = 100
)

// backfill reads a chat from where it was read to its end, and then what was changed.
// It returns an error when something could not be read or stored; all before that
// is stored, and its place with it.
func (in *inbox) backfill(c *chat, heard []*model.Post) error {
	if !c.known {
		raw, err := in.m.Cursor(in.Work, conversation(c.person))
		if err != nil {
			return err
		}
		c.place, c.known = readPlace(raw), true
	}
	w := &backfill{in: in, c: c, heard: sorted(heard), handled: map[string]bool{}, took: map[string]int64{}, met: c.place.Changed == 0}
	if err := w.forward(); err != nil {
		return err
	}
	if err := w.upTo(nil); err != nil {
		return err
	}
	if err := w.changes(); err != nil {
		return err
	}
	in.finished(c, w.newest)
	return nil
}

// backfill is one reading of what was missed.
type backfill struct {
	in      *inbox
	c       *chat
	heard   []*model.Post    // not yet looked at, oldest first
	handled map[string]bool  // of the last pages, by id
	newest  int64            // newest post that was seen
	began   int64            // the newest of the first page
	took    map[string]int64 // the version in which a post was stored as new
	met     bool             // nothing was stored before
}

// forward reads what was written since.
func (w *backfill) forward() error {
	after := w.c.place.After
	posts, err := w.after(after)
	if err != nil {
		return err
	}
	// A post that was removed for good is no place to go on from, and the server
	// does not say so.
	more := len(posts) >= shortPage
	if len(posts) == 0 {
		if posts, more, err = w.beginning(); err != nil {
			return err
		}
	}
	for w.fresh(posts) {
		if err := w.take(posts); err != nil {
			return err
		}
		if !more {
			break
		}
		if posts, err = w.after(anchor(posts)); err != nil {
			return err
		}
		more = len(posts) >= shortPage
	}
	return nil
}

// fresh reports whether a page holds what this one has not had.
func (w *backfill) fresh(posts []*model.Post) bool {
	return slices.ContainsFunc(posts, func(p *model.Post) bool { return !w.handled[p.Id] })
}

// anchor is the newest post of a page that others of the same millisecond cannot
// hide behind: what is asked for after it includes them.
func anchor(posts []*model.Post) string {
	last := posts[len(posts)-1]
	for _, p := range slices.Backward(posts) {
		if p.CreateAt < last.CreateAt {
			return p.Id
		}
	}
	return last.Id
}

// after asks for the page that follows a post, oldest first.
func (w *backfill) after(post string) ([]*model.Post, error) {
	if post == "" {
		return nil, nil
	}
	return w.list("after", post)
}

// beginning goes back from the newest post to the first page that holds something
// not stored, or to the chat's beginning; more says that posts follow the page.
func (w *backfill) beginning() (posts []*model.Post, more bool, err error) {
	posts, err = w.list("", "")
	for err == nil && len(posts) >= shortPage && posts[0].CreateAt > w.c.place.AfterAt {
		older, e := w.list("before", posts[0].Id)
		if err = e; len(older) == 0 {
			break
		}
		posts, more = older, true
		if len(older) < shortPage {
			break
		}
	}
	return posts, more, err
}

// list asks for posts of the chat; see [Mattermost.list].
func (w *backfill) list(by, from string) ([]*model.Post, error) {
	ctx, cancel := context.WithTimeout(w.in.Ctx, 4*callTime)
	defer cancel()
	return w.in.m.list(ctx, w.c.id, by, from)
}

// list asks for posts of a chat after or before one, since a time, or for the
// newest; oldest first. Posts that only come along (the first of a thread) are not
// in it.
func (m *Mattermost) list(ctx context.Context, chat, by, from string) ([]*model.Post, error) {
	q := url.Values{"page": {"0"}, "per_page": {strconv.Itoa(page)}}
	if by != "" {
		q.Set(by, from)
	}
	res, err := m.api.DoAPIGet(ctx, "/channels/"+chat+"/posts?"+q.Encode(), "")
	if err = classify("posts", model.BuildResponse(res), err); err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var l struct {
		Order []string                   `json:"order"`
		Posts map[string]json.RawMessage `json:"posts"`
	}
	if json.NewDecoder(res.Body).Decode(&l) != nil {
		return nil, errStrange
	}
	var posts []*model.Post
	for _, id := range l.Order {
		p, whole := readPost(l.Posts[id])
		if p == nil || p.Id != id || p.ChannelId != chat {
			continue
		}
		if !whole {
			m.Log.Error("mattermost: one post could not be read whole; what could is kept, and the others go on")
		}
		posts = append(posts, p)
	}
	return sorted(posts), nil
}

func sorted(posts []*model.Post) []*model.Post {
	slices.SortStableFunc(posts, func(a, b *model.Post) int {
		if a.CreateAt != b.CreateAt {
			return int(min(max(a.CreateAt-b.CreateAt, -1), 1))
		}
		if a.Id != b.Id {
			return strings.Compare(a.Id, b.Id)
		}
		return int(min(max(version(a)-version(b), -1), 1))
	})
	return posts
}

// version is when a post became what it is.
func version(p *model.Post) int64 { return max(p.EditAt, p.DeleteAt) }

// take handles a page, and what was heard that belongs before or between.
func (w *backfill) take(posts []*model.Post) error {
	w.in.m.mu.Lock()
	for _, p := range posts { // what an earlier process said, too
		if p.UserId == w.in.me {
			w.in.m.spoke(p)
		}
	}
	w.in.m.mu.Unlock()
	if w.began == 0 {
		w.began = posts[len(posts)-1].CreateAt
	}
	for _, p := range posts {
		w.newest = max(w.newest, p.CreateAt)
		if w.handled[p.Id] {
			continue
		}
		if err := w.upTo(p); err != nil {
			return err
		}
		if err := w.accept(p); err != nil {
			return err
		}
	}
	clear(w.handled)
	for _, p := range posts {
		w.handled[p.Id] = true
	}
	return nil
}

// upTo handles what was heard before a post was as it is now, or all of it: what
// was changed or taken away since cannot be read any more.
func (w *backfill) upTo(p *model.Post) error {
	for len(w.heard) > 0 {
		h := w.heard[0]
		if p != nil && (h.CreateAt > p.CreateAt || h.CreateAt == p.CreateAt && (h.Id != p.Id || version(h) >= version(p))) {
			return nil
		}
		if err := w.accept(h); err != nil {
			return err
		}
		w.heard = w.heard[1:]
	}
	return nil
}

// accept stores what is new of a post: itself, a change, that it was taken away.
func (w *backfill) accept(p *model.Post) error {
	if p.UserId != w.c.person || p.OriginalId != "" || strings.HasPrefix(p.Type, model.PostSystemMessagePrefix) ||
		p.ChannelId != w.c.id || !model.IsValidId(p.Id) || p.CreateAt <= 0 {
		return nil
	}
	at := &w.c.place
	switch {
	case !at.has(p) && p.DeleteAt == 0:
		w.took[p.Id] = p.EditAt
		return w.store(p, bot.EventMessage, at.with(p))
	case !at.has(p): // It was never seen, and is not there any more.
	case p.DeleteAt > 0 && takenBy(p) == w.in.me: // our own cleaning, which is nobody's deed
	case p.DeleteAt > 0 && !at.changed(p, p.DeleteAt):
		return w.store(p, bot.EventDelete, at.withChange(p, p.DeleteAt))
	case p.DeleteAt == 0 && p.EditAt > w.took[p.Id] && !at.changed(p, p.EditAt):
		return w.store(p, bot.EventEdit, at.withChange(p, p.EditAt))
	}
	return nil
}

// store delivers one post until it is stored with the place that follows it.
func (w *backfill) store(p *model.Post, kind bot.EventKind, next place) error {
	who := w.in.m.about(w.in.Work, w.c.person)
	if who.bot {
		return nil // two machines would talk for ever
	}
	w.in.m.Pace.Heard(w.c.id, false, w.in.m.Now())
	files := newFetch(w.in.Work, w.in.m)
	event := func() (bot.Event, bool) {
		ev := w.in.m.event(w.in.Work, p, kind, w.c.place.last(p), files)
		ev.Language, ev.Cursor = who.locale, next.encode()
		return ev, true
	}
	if len(p.FileIds) > 0 { // a slow file takes no place among the readers
		<-w.in.readers
		defer func() { w.in.readers <- struct{}{} }()
	}
	if err := w.in.Store(event, files.Files, nil); err != nil {
		return err
	}
	w.c.place = next
	return nil
}

// changes looks for what was edited or taken away since it was last looked for.
func (w *backfill) changes() error {
	at := w.c.place
	if w.met {
		w.c.place = at.looked(w.began)
		return nil
	}
	posts, err := w.list("since", strconv.FormatInt(at.since(), 10))
	if err != nil {
		return err
	}
	until := w.began
	for _, p := range posts {
		until = max(until, p.UpdateAt, p.CreateAt)
	}
	if len(posts) >= mostChanges {
		until = w.began // which of them are missing is not known
		if err := w.back(); err != nil {
			return err
		}
	}
	slices.SortStableFunc(posts, func(a, b *model.Post) int { return int(min(max(version(a)-version(b), -1), 1)) })
	if err := w.revise(posts); err != nil {
		return err
	}
	w.c.place = w.c.place.looked(until)
	return nil
}

// revise stores what was changed of posts that are stored. What is new belongs to
// the next one, in its order.
func (w *backfill) revise(posts []*model.Post) error {
	for _, p := range posts {
		if !w.c.place.has(p) {
			continue
		}
		if err := w.accept(p); err != nil {
			return err
		}
	}
	return nil
}

// back looks through older posts for edits, when there are more changes than the
// server lists. What was taken away cannot be found so.
func (w *backfill) back() error {
	by, from := "", ""
	for range farthest {
		posts, err := w.list(by, from)
		if err != nil {
			return err
		}
		if len(posts) == 0 {
			return nil
		}
		if err := w.revise(posts); err != nil {
			return err
		}
		by, from = "before", posts[0].Id
	}
	return nil
}
