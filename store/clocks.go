package store

import (
	"bytes"
	"context"
	"crypto/hmac"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"tillit/store/cases"
)

// This file hands out the clocks of all cases, says which may have changed, and keeps
// what follows when one rings. When it rings, and whom that tells, others decide.

// Clocked is a case that is with the office, as far as its clocks are concerned.
type Clocked struct {
	Ref     string
	Routine string // the version of its routine
	Clocks  []cases.Clock
	Rung    []byte // what [Rang.Rung] was last; nil of a case of which no clock has rung
}

// Clocks shows the clocks of all cases that are with the office, open and closed. f is
// called by several goroutines at once, in no order. A case that was changed behind our
// back may be left out.
func (s *Store) Clocks(ctx context.Context, f func(Clocked)) error {
	const all = clockColumns + " AND c.id > ? ORDER BY c.id LIMIT ?"
	g, ctx := errgroup.WithContext(ctx)
	pages := make(chan []clockRow, 1)
	for range runtime.GOMAXPROCS(0) {
		g.Go(func() error {
			for page := range pages {
				s.show(page, f)
			}
			return nil
		})
	}
	g.Go(func() error {
		defer close(pages)
		for last := int64(0); ; {
			page, err := collect[clockRow](s.read.QueryContext(ctx, all, last, clockPage))
			if err != nil || len(page) == 0 {
				return classify(err)
			}
			last = page[len(page)-1].id
			select {
			case pages <- page:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	return g.Wait()
}

// ClocksOf is [Store.Clocks] for some cases, one after the other. Of one that is gone, or
// not with the office, nothing is shown.
func (s *Store) ClocksOf(ctx context.Context, refs []string, f func(Clocked)) error {
	rows, err := collect[clockRow](s.read.QueryContext(ctx, clockColumns+" AND c.ref IN (SELECT value FROM json_each(?))", list(refs)))
	s.show(rows, f)
	return classify(err)
}

const (
	clockColumns = "SELECT c.id, c.ref, c.facts, r.data FROM cases c LEFT JOIN rung r ON r.case_id = c.id WHERE c.sent > 0"
	clockPage    = 500
)

// clockRow is what of a case's row says how its clocks stand.
type clockRow struct {
	id          int64
	ref         string
	facts, rung []byte
}

func (r *clockRow) targets() []any { return []any{&r.id, &r.ref, &r.facts, &r.rung} }

func (s *Store) show(rows []clockRow, f func(Clocked)) {
	for _, r := range rows {
		raw, err := s.Keys.Unbox("facts", place("cases", []byte(r.ref), "facts"), r.facts)
		c := Clocked{Ref: r.ref}
		if err == nil {
			c.Routine, c.Clocks, err = cases.ReadClocks(raw)
		}
		if err == nil {
			c.Rung, err = s.openRung(r.ref, r.rung)
		}
		if err != nil {
			_ = s.forged("case", r.ref)
			continue
		}
		f(c)
	}
}

// Watch has somebody told of each case that may have changed, by reference, after the
// commit and before whoever changed it is answered; nil says that any case may have. f
// returns at once and asks the store nothing. There is one who watches.
func (s *Store) Watch(f func(refs []string)) { s.watcher.Store(&f) }

func (s *Store) watched(refs []string) {
	if f := s.watcher.Load(); f != nil {
		(*f)(refs)
	}
}

// Ringing is a case as it stands in the transaction in which its clocks may ring.
type Ringing struct {
	Ref   string
	Facts cases.Facts
	Rung  []byte // what [Rang.Rung] was last; nil is nothing

	s  *Store
	tx *transaction
	r  room
	to *talk // the reporter's conversation, once it was asked for
}

// Holds are those of some who hold the case's key and may, in their order.
func (c *Ringing) Holds(who ...string) (hold []string, err error) {
	rows := make([]string, len(who))
	for i, id := range who {
		rows[i] = fmt.Sprintf("%x", c.s.wrapID(c.r.room, c.r.epoch, id))
	}
	bound, err := boundBy(c.tx.Query(boundWrapsOf, list(rows)))
	for _, id := range who {
		row := c.s.wrapID(c.r.room, c.r.epoch, id)
		if !c.Facts.KeptOut(id) && hmac.Equal(bound[string(row)], c.s.bindWrap(c.r, c.r.epoch, row, false)) {
			hold = append(hold, id)
		}
	}
	return hold, err
}

// Reporter is the conversation that the case's reporter writes in; false if they have
// ended it, or cannot be reached.
func (c *Ringing) Reporter() (Idle, bool) {
	t, reached, err := c.s.reporter(c.r, c.tx.QueryRow(reporterOf, c.r.id))
	if err != nil || !reached {
		return Idle{}, false
	}
	idle := Idle{Channel: t.channel, Sent: true, Copy: t.mailbox != nil, lookup: t.lookup, version: t.version}
	if idle.State, err = c.s.openState(t.lookup, t.state); err != nil {
		return Idle{}, false
	}
	c.to = &t
	return idle, true
}

// Rang is what it leads to when clocks of a case ring.
type Rang struct {
	// Rung takes the place of what was there: JSON, for who decides. Nil is that none rang,
	// and nothing else of this is looked at.
	Rung    []byte
	Notices []cases.Notice // who is kept out is told nothing
	Lines   []Line         // to [Ringing.Reporter], who was asked for
	Entries []Entry        // into the case's log
}

// Ring lets the clocks of some cases ring, all in one transaction: decide is asked of
// each, and what it answers is on disk when Ring returns. It is called by the writer: it
// must be quick and ask nothing but what it is given. A case that is gone, or not what we
// wrote, is passed over, as is one for which decide returns an error; that error is
// returned with those of the others.
func (s *Store) Ring(ctx context.Context, refs []string, decide func(*Ringing) (Rang, error)) error {
	var failed []error
	err := s.do(ctx, func(tx *transaction) error {
		failed = nil
		for _, ref := range refs {
			c, err := s.ringing(tx, ref)
			if errors.Is(err, ErrUnknown) || errors.Is(err, ErrForged) {
				continue
			}
			if err != nil {
				return err
			}
			rang, err := decide(c)
			if err != nil {
				failed = append(failed, err)
				continue
			}
			if rang.Rung == nil {
				continue
			}
			if err := c.write(rang); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		s.ring()
	}
	return errors.Join(append(failed, err)...)
}

func (s *Store) ringing(tx *transaction, ref string) (*Ringing, error) {
	c := &Ringing{Ref: ref, s: s, tx: tx}
	var rung []byte
	err := tx.QueryRow("SELECT "+roomColumns+", (SELECT data FROM rung WHERE case_id = c.id) FROM cases c WHERE c.ref = ? AND c.sent > 0", ref).Scan(append(c.r.targets(), &rung)...)
	if err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			err = ErrUnknown
		}
		return nil, err
	}
	if err := s.checkRoom(&c.r); err != nil {
		return nil, err
	}
	if c.Rung, err = s.openRung(ref, rung); err != nil {
		return nil, s.forged("case", ref)
	}
	c.Facts, err = s.facts(c.r)
	return c, err
}

// write puts what it led to into the transaction.
func (c *Ringing) write(rang Rang) error {
	s, tx := c.s, c.tx
	if _, err := tx.Exec("INSERT INTO rung VALUES (?, ?) ON CONFLICT (case_id) DO UPDATE SET data = excluded.data", c.r.id, s.boxRung(c.Ref, rang.Rung)); err != nil {
		return err
	}
	rows, head, err := s.sealAll(c.r, rang.Entries)
	if err == nil {
		err = s.writeRows(tx, &c.r, rows, head)
	}
	for _, n := range rang.Notices {
		if err == nil && !c.Facts.KeptOut(n.Handler) {
			err = s.renewNotice(tx, c.r, n)
		}
	}
	if err != nil || c.to == nil || len(rang.Lines) == 0 {
		return err
	}
	sealed, out, err := s.sealLines(copyOf(c.to.lookup, c.to.mailbox), rang.Lines)
	if err == nil {
		err = s.writeLines(tx, c.to, sealed, out)
	}
	return errors.Join(err, s.saveTalk(tx, c.to))
}

// rungSize is the least size of such a box, so that it does not tell how many have rung.
const rungSize = 1024

func (s *Store) boxRung(ref string, raw []byte) []byte {
	if short := rungSize - len(raw) - 1; short > 0 {
		raw = append(slices.Clip(raw), bytes.Repeat([]byte{' '}, short)...)
	}
	return s.Keys.Box("rung", place("rung", []byte(ref), "data"), raw)
}

func (s *Store) openRung(ref string, box []byte) ([]byte, error) {
	if box == nil {
		return nil, nil
	}
	return s.Keys.Unbox("rung", place("rung", []byte(ref), "data"), box)
}

// dropRung takes from the notices of a case what rang for clocks that run no more, or for
// another day: nobody is told of them any more.
func (s *Store) dropRung(tx *transaction, r room, was, now []cases.Clock) error {
	over := func(rung string) bool {
		return !slices.ContainsFunc(now, func(k cases.Clock) bool { return k.Rung() == rung })
	}
	if !slices.ContainsFunc(was, func(k cases.Clock) bool { return over(k.Rung()) }) {
		return nil
	}
	rows, err := collect[noticeRow](tx.Query("SELECT id, handler, data FROM notices WHERE case_id = ?", r.id))
	for _, row := range rows {
		if err == nil {
			err = s.dropFrom(tx, row, over)
		}
	}
	return err
}

// noticeRow is a word that waits for somebody.
type noticeRow struct {
	id            int64
	handler, data []byte
}

func (n *noticeRow) targets() []any { return []any{&n.id, &n.handler, &n.data} }

func (s *Store) dropFrom(tx *transaction, row noticeRow, over func(rung string) bool) error {
	raw, err := s.Keys.Unbox("notice", place("notices", row.handler, "data"), row.data)
	var n cases.Notice
	if err == nil {
		err = json.Unmarshal(raw, &n)
	}
	if err != nil || len(n.Rung) == 0 {
		return nil // it is no ring, or it is said where it is read
	}
	before := len(n.Rung)
	switch n.Rung = slices.DeleteFunc(n.Rung, over); {
	case len(n.Rung) == before:
		return nil
	case len(n.Rung) == 0:
		_, err = tx.Exec("DELETE FROM notices WHERE id = ?", row.id)
		return err
	}
	if raw, err = json.Marshal(n); err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE notices SET data = ? WHERE id = ?", s.Keys.Box("notice", place("notices", row.handler, "data"), raw), row.id)
	return err
}
