package store

import (
	"context"
	"crypto/sha256"
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

// Read returns what is sealed in a case after an entry, with the handler's wraps of
// its keys, and writes who asked in the same call: no key and no ciphertext leaves
// without a row that the reporter can ask for. Others are all who may have made a
// wrap.
func (s *Store) Read(ctx context.Context, handler, ref string, after int64, others []string) (cases.Room, error) {
	r, _, err := s.theirs(ctx, s.read, handler, ref)
	if err != nil {
		return cases.Room{}, classify(err)
	}
	raw, err := json.Marshal(cases.Access{Handler: handler, Hour: seal.Hour(s.Now())})
	if err != nil {
		return cases.Room{}, err
	}
	err = s.exec(ctx, "INSERT INTO access (case_id, data) VALUES (?, ?)", r.id,
		s.Keys.Box("access", place("access", []byte(r.ref), "data"), raw))
	if err != nil {
		return cases.Room{}, err
	}
	out, err := s.room(ctx, r, handler, after)
	if err != nil {
		return cases.Room{}, err
	}
	if out.Wrap, out.Beside, err = s.wrapsOf(ctx, r, r.epoch, handler, others); err != nil {
		return cases.Room{}, classify(err)
	}
	if out.Earlier, err = s.earlier(ctx, r, handler, others); err != nil {
		return cases.Room{}, classify(err)
	}
	out.Access, err = s.accessOf(ctx, r)
	return out, classify(err)
}

// Blind returns the log of a case after an entry without what is sealed in it, and
// without a key: enough to check the chain and to write behind its end. Nothing in
// it can be read, so it is no reading.
func (s *Store) Blind(ctx context.Context, handler, ref string, after int64) (cases.Room, error) {
	r, _, err := s.theirs(ctx, s.read, handler, ref)
	if err != nil {
		return cases.Room{}, classify(err)
	}
	out, err := s.room(ctx, r, handler, after)
	if err != nil {
		return cases.Room{}, err
	}
	for i := range out.Entries {
		if e := &out.Entries[i]; len(e.Data) > 0 {
			sum := sha256.Sum256(e.Data)
			e.Data, e.Sum = nil, sum[:]
		}
	}
	if out.Earlier, err = s.earlier(ctx, r, "", nil); err != nil {
		return cases.Room{}, classify(err)
	}
	return out, nil
}

// room is a page of a case, without keys, as the case was when its row was read: what is
// written meanwhile may stand under a key that the row does not name yet.
func (s *Store) room(ctx context.Context, r room, handler string, after int64) (cases.Room, error) {
	out := cases.Room{Epoch: r.epoch, Public: r.public, Genesis: r.genesis, Last: r.seq - 1, Head: r.head}
	var err error
	if out.Case, err = s.summary(r); err != nil {
		return cases.Room{}, err
	}
	unread, err := s.unread(ctx, handler, []int64{r.id})
	if err != nil {
		return cases.Room{}, classify(err)
	}
	out.Case.Unread = unread[r.id]
	out.Entries, out.More, err = s.entries(ctx, r.id, after, r.seq)
	return out, classify(err)
}

// entries is a page of those after one and before another.
func (s *Store) entries(ctx context.Context, id, after, before int64) ([]cases.Sealed, bool, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT seq, epoch, v, kind, hour, prev, hash, sig, act, data, taken FROM entries WHERE case_id = ? AND seq > ? AND seq < ? ORDER BY seq LIMIT ?",
		id, after, before, pageEntries+1)
	if err != nil {
		return nil, false, err
	}
	defer rows.Close()
	out := []cases.Sealed{}
	size := 0
	for rows.Next() {
		var e cases.Sealed
		var hour int64
		var act, taken []byte
		if err := rows.Scan(&e.Seq, &e.Epoch, &e.V, &e.Kind, &hour, &e.Prev, &e.Hash, &e.Sig, &act, &e.Data, &taken); err != nil {
			return nil, false, err
		}
		if len(out) == pageEntries || size > 8<<20 {
			return out, true, nil
		}
		e.Hour = time.Unix(hour, 0).UTC()
		if len(act) > 0 {
			e.Signed = s.signature(e.Hash, act)
		}
		if len(e.Data) == 0 {
			e.Data, e.Sum = nil, s.takenSum(e.Hash, taken)
		}
		size += len(e.Data)
		out = append(out, e)
	}
	return out, false, rows.Err()
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

// setFacts changes what a case's box holds. What rang for a clock that has ended, or
// stands at another day, is told to nobody any more. It is errRace when the case is not any
// more as it was read.
func (s *Store) setFacts(tx *transaction, r *room, change func(*facts)) error {
	f, err := s.facts(*r)
	if err != nil {
		return err
	}
	clocks := slices.Clone(f.Clocks)
	change(&f)
	was := r.bound
	if r.closed = 0; f.Closed {
		r.closed = 1
	}
	r.facts = s.boxFacts(r.ref, f)
	r.bound = s.bindCase(r)
	err = exactly(tx, errRace, "UPDATE cases SET facts = ?, due = ?, closed = ?, bound = ? WHERE id = ? AND bound = ?", r.facts, f.Promised(), r.closed, r.bound, r.id, was)
	if err != nil {
		return err
	}
	return s.dropRung(tx, *r, clocks, f.Clocks)
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

// signedHash is what the chain holds of who did what an entry says.
func signedHash(e cases.Sealed) []byte {
	if e.Signed == nil {
		return nil
	}
	return seal.Signature(*e.Signed).Hash()
}
