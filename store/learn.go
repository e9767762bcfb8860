package store

import (
	"context"
	"errors"
	"maps"
	"slices"
)

// This file is how the lists of who holds what come to be and stay what the rows are.

// Learn reads which cases handlers hold, so that the first question of one of them
// does not have to wait for it: some 20 µs for each case that is with the office and 3 µs
// more for each handler (docs/PERFORMANCE.md), whoever holds it. The writer does it piece
// by piece between transactions, so that others do not wait either.
func (s *Store) Learn(ctx context.Context, handlers ...string) error {
	select {
	case s.holdings.learning <- struct{}{}:
		defer func() { <-s.holdings.learning }()
	case <-ctx.Done():
		return ctx.Err()
	}
	var l *learner
	err := s.between(ctx, func() error {
		l = newLearner(s.holdings.of, handlers)
		s.holdings.learner = l
		return nil
	})
	for err == nil && l != nil && !l.whole {
		err = s.between(ctx, func() error { return s.learn(l) })
	}
	return err
}

// learner reads the lists of handlers of whom nothing is known yet, in the order in
// which the cases began.
type learner struct {
	who     []string
	of      map[string]*held
	upto    int64    // the last case that was read
	changed []string // references of what changed since it was read, or may have
	whole   bool
}

// newLearner returns nil when everybody is known.
func newLearner(known map[string]*held, handlers []string) *learner {
	l := &learner{of: map[string]*held{}}
	for _, id := range handlers {
		if known[id] == nil && l.of[id] == nil {
			l.who, l.of[id] = append(l.who, id), &held{who: id}
		}
	}
	if len(l.who) == 0 {
		return nil
	}
	return l
}

// learn reads the next piece; after the last one the lists are there for all to see.
func (s *Store) learn(l *learner) error {
	if s.holdings.learner != l { // what it read may be wrong by now
		l.whole = true
		return nil
	}
	all, err := s.readSent(l.who, sentNext, l.upto, s.holdings.piece)
	if err != nil {
		return err
	}
	for _, c := range all {
		l.upto = c.id
		for i, id := range l.who {
			if h := l.of[id]; c.holds[i] {
				h.refs = append(h.refs, c.sent)
				for _, in := range h.lists(c.sent) {
					*in = append(*in, c.sent)
				}
			}
		}
	}
	if len(all) == s.holdings.piece {
		return nil
	}
	for _, h := range l.of {
		slices.SortFunc(h.refs, byRef)
		slices.SortFunc(h.open, byDue)
		slices.SortFunc(h.closed, byDue)
		slices.SortFunc(h.mine, byDue)
	}
	if err := s.renew(l.of, l.changed); err != nil {
		return err
	}
	l.whole = true
	s.holdings.learner = nil
	s.holdings.mu.Lock()
	defer s.holdings.mu.Unlock()
	if s.holdings.of == nil {
		s.holdings.of = map[string]*held{}
	}
	maps.Copy(s.holdings.of, l.of)
	return nil
}

const (
	sentColumns = "SELECT id, ref, room, epoch, closed, channel, facts FROM cases WHERE sent > 0"
	sentNext    = sentColumns + " AND id > ? ORDER BY id LIMIT ?"
	sentSome    = sentColumns + " AND ref IN (SELECT value FROM json_each(?))"
)

// holder is a case and who of some holds it.
type holder struct {
	*sent
	holds []bool
}

// readSent reads cases that are with the office, and who of some handlers holds each.
// Only the writer calls it, between transactions.
func (s *Store) readSent(who []string, query string, args ...any) ([]holder, error) {
	rows, err := s.read.QueryContext(context.Background(), query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []holder
	var rooms []room
	for rows.Next() {
		var r room
		if err := rows.Scan(&r.id, &r.ref, &r.room, &r.epoch, &r.closed, &r.channel, &r.facts); err != nil {
			return nil, err
		}
		f, _ := s.facts(r) // a box that does not open is said where the case is shown
		rooms = append(rooms, r)
		all = append(all, holder{sent: newSent(r, f)})
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	holds, err := s.holders(context.Background(), rooms, who)
	if err != nil {
		return nil, err
	}
	for i := range all {
		all[i].holds = holds[i]
	}
	return all, nil
}

// touching notes in the writer's connection which cases a transaction changed in what
// the lists show, whatever statement did it.
var touching = []string{
	"CREATE TEMP TABLE touched (ref TEXT)",
	`CREATE TEMP TRIGGER touched_1 AFTER UPDATE OF sent, closed, channel, epoch, facts ON main.cases
		BEGIN INSERT INTO touched VALUES (new.ref); END`,
	`CREATE TEMP TRIGGER touched_2 AFTER DELETE ON main.cases WHEN old.sent > 0
		BEGIN INSERT INTO touched VALUES (old.ref); END`,
	`CREATE TEMP TRIGGER touched_3 AFTER INSERT ON main.wraps WHEN new.staged = 0
		BEGIN INSERT INTO touched SELECT ref FROM cases WHERE id = new.case_id; END`,
	`CREATE TEMP TRIGGER touched_4 AFTER UPDATE ON main.wraps WHEN new.staged = 0
		BEGIN INSERT INTO touched SELECT ref FROM cases WHERE id = new.case_id; END`,
	`CREATE TEMP TRIGGER touched_5 AFTER DELETE ON main.wraps WHEN old.staged = 0
		BEGIN INSERT INTO touched SELECT ref FROM cases WHERE id = old.case_id; END`,
}

// relearn brings the lists to what was committed, and tells who watches. What cannot be
// read makes all of them be read anew at the next question.
func (s *Store) relearn() {
	refs, err := s.touched()
	if l := s.holdings.learner; l != nil {
		l.changed = append(l.changed, refs...)
	}
	if err == nil {
		err = s.renew(s.holdings.of, refs)
	}
	if err != nil {
		s.Log.Error("who holds which case cannot be read; it is tried again", "err", classify(err))
		s.holdings.learner = nil
		s.holdings.mu.Lock()
		s.holdings.of = nil
		s.holdings.mu.Unlock()
		s.watched(nil)
	} else if len(refs) > 0 {
		s.watched(refs)
	}
}

func (s *Store) touched() (refs []string, err error) {
	refs, err = column[string](s.tx.Query("SELECT DISTINCT ref FROM temp.touched"))
	if err != nil || len(refs) == 0 {
		return nil, err
	}
	_, err = s.tx.Exec("DELETE FROM temp.touched")
	return refs, err
}

// renew puts cases where they stand now in some lists.
func (s *Store) renew(of map[string]*held, refs []string) error {
	if len(of) == 0 || len(refs) == 0 {
		return nil
	}
	who := slices.Collect(maps.Keys(of))
	all, err := s.readSent(who, sentSome, list(refs))
	if err != nil {
		return err
	}
	s.holdings.mu.Lock()
	defer s.holdings.mu.Unlock()
	for i, id := range who {
		for _, ref := range refs {
			of[id].drop(ref)
		}
		for _, c := range all {
			if c.holds[i] {
				of[id].put(c.sent)
			}
		}
	}
	return nil
}
