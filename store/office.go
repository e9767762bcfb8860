package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"tillit/store/cases"

	"tillit/store/seal"
)

func (s *Store) handlerID(handler string) []byte {
	return s.Keys.Lookup("handler", []byte(handler))
}

// pageEntries is how many entries one answer of the API holds.
const pageEntries = 200

// RoomFor returns the sealed room of a case, and writes who asked and why in the
// same transaction: no ciphertext leaves without a row.
func (s *Store) RoomFor(ctx context.Context, handler, ref, purpose, page string) (cases.Room, error) {
	r, wrap, err := s.theirs(ctx, s.read, handler, ref)
	if err != nil {
		return cases.Room{}, classify(err)
	}
	after, err := pageNumber(page)
	if err != nil {
		return cases.Room{}, ErrUnknown
	}
	raw, err := json.Marshal(cases.Access{Handler: handler, Hour: seal.Hour(s.Now()), Purpose: purpose})
	if err != nil {
		return cases.Room{}, err
	}
	err = s.exec(ctx, "INSERT INTO access (case_id, data) VALUES (?, ?)", r.id,
		s.Keys.Box("access", place("access", []byte(r.ref), "data"), raw))
	if err != nil {
		return cases.Room{}, err
	}
	out := cases.Room{Epoch: r.epoch, Public: r.public, Wrap: wrap, Genesis: r.genesis}
	if out.Earlier, err = s.earlier(ctx, r, handler); err != nil {
		return cases.Room{}, classify(err)
	}
	if out.Case, err = s.summary(r); err != nil {
		return cases.Room{}, err
	}
	unread, err := s.unread(ctx, handler, []int64{r.id})
	if err != nil {
		return cases.Room{}, classify(err)
	}
	out.Case.Unread = unread[r.id]
	if out.Entries, out.More, err = s.entries(ctx, r.id, after); err != nil {
		return cases.Room{}, classify(err)
	}
	if out.Access, err = s.accessOf(ctx, r); err != nil {
		return cases.Room{}, classify(err)
	}
	return out, nil
}

func (s *Store) entries(ctx context.Context, id, after int64) ([]cases.Sealed, string, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT seq, epoch, v, kind, hour, prev, hash, sig, data FROM entries WHERE case_id = ? AND seq > ? ORDER BY seq LIMIT ?",
		id, after, pageEntries+1)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close()
	out := []cases.Sealed{}
	size := 0
	for rows.Next() {
		var e cases.Sealed
		var hour int64
		if err := rows.Scan(&e.Seq, &e.Epoch, &e.V, &e.Kind, &hour, &e.Prev, &e.Hash, &e.Sig, &e.Data); err != nil {
			return nil, "", err
		}
		if len(out) == pageEntries || size > 8<<20 {
			return out, pageToken(out[len(out)-1].Seq), nil
		}
		e.Hour = time.Unix(hour, 0).UTC()
		size += len(e.Data)
		out = append(out, e)
	}
	return out, "", rows.Err()
}

func (s *Store) accessOf(ctx context.Context, r room) ([]cases.Access, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT data FROM access WHERE case_id = ? ORDER BY id", r.id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []cases.Access{}
	for rows.Next() {
		var box []byte
		if err := rows.Scan(&box); err != nil {
			return nil, err
		}
		raw, err := s.Keys.Unbox("access", place("access", []byte(r.ref), "data"), box)
		if err != nil {
			return nil, err
		}
		var a cases.Access
		if err := json.Unmarshal(raw, &a); err != nil {
			return nil, err
		}
		if !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out, rows.Err()
}

// AppendSealed stores an entry that a desk sealed: a note, which the server never
// sees. Seq and prev must be where the room stands, or it is [ErrStale].
// Hour is the one that the desk sealed inside; it may be off from ours by the
// turn of an hour, not by more.
func (s *Store) AppendSealed(ctx context.Context, handler, ref string, kind cases.EntryKind, hour time.Time, seq int64, prev, data []byte) error {
	if d := seal.Hour(hour).Sub(seal.Hour(s.Now())); d < -time.Hour || d > time.Hour {
		return ErrStale
	}
	r, _, err := s.theirs(ctx, s.read, handler, ref)
	if err != nil {
		return classify(err)
	}
	if r.seq != seq || !slices.Equal(r.head, prev) {
		return ErrStale
	}
	at := seal.Context{V: seal.Version, Case: r.ref, Room: r.room, Epoch: r.epoch, Seq: seq, Kind: string(kind), At: hour, Prev: prev}
	e := s.chain(at, data)
	err = s.do(ctx, func(tx *transaction) error { return s.writeRows(tx, &r, []row{e}, e.hash) })
	if errors.Is(err, errRace) {
		return ErrStale
	}
	return err
}

// Reply seals what the office says into the case and puts exactly those words on
// their way to the reporter, in one transaction: line waits until she asks for
// it, notice says that it waits.
func (s *Store) Reply(ctx context.Context, handler, ref string, entry Entry, line, notice Line) error {
	find := func(ctx context.Context, q querier) (room, error) {
		r, _, err := s.theirs(ctx, q, handler, ref)
		return r, err
	}
	err := s.append(ctx, find, []Entry{entry}, func(tx *transaction, r room) error {
		if err := s.toReporter(tx, r, []Line{line, notice}); err != nil {
			return err
		}
		return s.setFacts(tx, &r, answered)
	})
	s.ring()
	return err
}

// toReporter writes lines into the conversation that holds the reporter's seat.
func (s *Store) toReporter(tx *transaction, r room, lines []Line) error {
	t, a, reached := talk{}, seat{ref: r.ref, room: r.room}, 0
	err := tx.QueryRow("SELECT "+talkColumns+`, length(v.address), s.role, s.active, s.bound FROM seats s JOIN conversations v ON v.id = s.conversation_id
		WHERE s.case_id = ? AND s.role = 'reporter'`, r.id).Scan(append(t.targets(), &reached, &a.role, &a.active, &a.bound)...)
	if err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return nil // the reporter ended the conversation; the case keeps the words
		}
		return err
	}
	if err := s.checkTalk(&t); err != nil {
		return err
	}
	if err := s.checkSeat(t, a); err != nil {
		return err
	}
	// The words wait also where there is nowhere to say so, or no wish to be told.
	lines = slices.DeleteFunc(slices.Clone(lines), func(l Line) bool { return len(l.Body) == 0 || reached == 0 && !l.AwaitsPickup })
	sealed, out, err := s.sealLines(copyOf(t.lookup, t.mailbox), lines)
	if err != nil {
		return err
	}
	return errors.Join(s.writeLines(tx, &t, sealed, out), s.saveTalk(tx, &t))
}

// setFacts changes what a case's box holds. It is errRace when the case is not any more
// as it was read.
func (s *Store) setFacts(tx *transaction, r *room, change func(*facts)) error {
	f, err := s.facts(*r)
	if err != nil {
		return err
	}
	change(&f)
	was := r.bound
	r.facts = s.boxFacts(r.ref, f)
	r.bound = s.bindCase(r)
	return exactly(tx, errRace, "UPDATE cases SET facts = ?, due = ?, bound = ? WHERE id = ? AND bound = ?", r.facts, firstDue(f.Due), r.bound, r.id, was)
}

// Assign gives a case to a handler who can open it, or to nobody, and logs it;
// what is so already is not done again.
func (s *Store) Assign(ctx context.Context, handler, ref, to string, entry Entry) error {
	find := func(ctx context.Context, q querier) (room, error) {
		r, _, err := s.theirs(ctx, q, handler, ref)
		if err == nil && to != "" && to != handler {
			_, _, err = s.theirs(ctx, q, to, ref)
		}
		if err != nil {
			return r, err
		}
		if f, err := s.facts(r); err != nil || f.Assignee == to {
			return r, errors.Join(err, errDone)
		}
		return r, nil
	}
	err := s.append(ctx, find, []Entry{entry}, func(tx *transaction, r room) error {
		return s.setFacts(tx, &r, assigned(to))
	})
	if errors.Is(err, errDone) {
		return nil
	}
	return err
}

// errDone says that there is nothing to do.
var errDone = errors.New("done already")

// MarkRead remembers how far a handler has read; it never goes back.
func (s *Store) MarkRead(ctx context.Context, handler, ref string, seq int64) error {
	r, _, err := s.theirs(ctx, s.read, handler, ref)
	if err != nil {
		return classify(err)
	}
	return s.exec(ctx, "INSERT INTO marks VALUES (?, ?, ?) ON CONFLICT (case_id, handler) DO UPDATE SET seq = max(seq, excluded.seq)",
		r.id, s.handlerID(handler), seq)
}

// PutWrap gives somebody a key, and logs it: a colleague who can open the case
// made the wraps, one for each epoch that they hold themselves, the newest among
// them. Each takes the place of a row that holds nothing, if there is one, so that
// their number does not tell; known are all who can hold a key, and what none of
// them holds is such a row. Who is kept out is given none: [ErrKeptOut].
func (s *Store) PutWrap(ctx context.Context, handler, ref string, wraps map[int][]byte, recipient string, known []string, entry Entry) error {
	find := func(ctx context.Context, q querier) (room, error) {
		r, _, err := s.theirs(ctx, q, handler, ref)
		if err != nil {
			return r, err
		}
		if f, err := s.facts(r); err != nil || f.keptOut(recipient) {
			return r, cmp.Or(err, ErrKeptOut)
		}
		if wraps[r.epoch] == nil {
			return r, ErrUnknown
		}
		for epoch, wrap := range wraps {
			own, err := s.wrapOf(ctx, r, epoch, handler)
			if err != nil {
				return r, err
			}
			if len(own) == 0 || len(wrap) != len(own) {
				return r, ErrUnknown
			}
		}
		return r, nil
	}
	return s.append(ctx, find, []Entry{entry}, func(tx *transaction, r room) error {
		return s.changeWraps(tx, &r, func() error {
			for epoch, wrap := range wraps {
				at := r
				at.epoch = epoch
				if err := s.putWrap(tx, at, wrap, recipient, known); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func (s *Store) putWrap(tx *transaction, r room, wrap []byte, recipient string, known []string) error {
	id := s.wrapID(r.room, r.epoch, recipient)
	held := map[string]bool{}
	for _, k := range known {
		held[string(s.wrapID(r.room, r.epoch, k))] = true
	}
	row, err := placeFor(tx, r, id, held)
	switch {
	case err != nil:
		return err
	case row != 0:
		_, err = tx.Exec("UPDATE wraps SET recipient = ?, data = ? WHERE id = ?", id, wrap, row)
	default:
		_, err = tx.Exec("INSERT INTO wraps (case_id, epoch, recipient, staged, data) VALUES (?, ?, ?, 0, ?)", r.id, r.epoch, id, wrap)
	}
	return err
}

// placeFor returns the row that a recipient's wrap goes into: their own, else one
// that nobody holds, else 0.
func placeFor(tx *transaction, r room, recipient []byte, held map[string]bool) (row int64, err error) {
	rows, err := tx.Query("SELECT id, recipient FROM wraps WHERE case_id = ? AND epoch = ?", r.id, r.epoch)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var who []byte
		if err := rows.Scan(&id, &who); err != nil {
			return 0, err
		}
		if slices.Equal(who, recipient) {
			return id, rows.Err()
		}
		if row == 0 && !held[string(who)] {
			row = id
		}
	}
	return row, rows.Err()
}
