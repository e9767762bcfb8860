package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	shuffle "math/rand/v2"
	"slices"

	"tillit/store/cases"
	"tillit/store/seal"
)

// row is an entry, sealed and chained.
type row struct {
	seal.Context
	hash, sig, data []byte
	signed          seal.Signature
}

// freshRoom is a case with its key made and wrapped.
type freshRoom struct {
	room  room
	wraps []wrapRow
}

type wrapRow struct{ recipient, data []byte }

// wrapID is what a wrap's row is found by: only who knows the server key can say
// whose it is.
func (s *Store) wrapID(room string, epoch int, recipient string) []byte {
	return s.Keys.Lookup("wrap", []byte(room), []byte(fmt.Sprint(epoch)), []byte(recipient))
}

// freshRoom makes a case's key, and wraps it for every recipient of the roster who is
// not [cases.Recipient.ByGrant]: whom the reporter keeps out she may let in again, until
// the case is sent. Until then no wrap leaves its box. Its reference is drawn from some hundred millions: one that a
// case has already shows when it is written, and another is drawn then.
func (s *Store) freshRoom(c Change) (*freshRoom, error) {
	f := &freshRoom{room: room{ref: "T-" + s.draw(6), room: randomName(20), epoch: 1, seq: 1, channel: c.Channel}}
	keys := map[string]string{}
	for _, r := range c.Open.Recipients {
		if !r.ByGrant {
			keys[r.ID] = r.Key
		}
	}
	made, err := seal.NewRoom(f.room.ref, f.room.room, 1, keys, len(c.Open.Recipients)-len(keys))
	if err != nil {
		return nil, err
	}
	f.room.public = made.Public
	f.room.genesis = seal.Genesis(f.room.ref, f.room.room, 1, made.Public)
	f.room.head = f.room.genesis
	for id, wrap := range made.Wraps {
		f.wraps = append(f.wraps, s.stage(s.wrapID(f.room.room, 1, id), wrap))
	}
	for _, decoy := range made.Decoys {
		f.wraps = append(f.wraps, s.stage(randomID(), decoy))
	}
	// In no order: one that held for live rows alone would tell them from the
	// rows that are destroyed later.
	shuffle.Shuffle(len(f.wraps), func(i, j int) { f.wraps[i], f.wraps[j] = f.wraps[j], f.wraps[i] })
	return f, nil
}

func (s *Store) stage(recipient, wrap []byte) wrapRow {
	return wrapRow{recipient, s.Keys.Box("staged", place("wraps", recipient, "data"), wrap)}
}

func randomID() []byte {
	id := make([]byte, sha256.Size)
	_, _ = rand.Read(id) // never fails
	return id
}

// sealAll seals entries to a room, each bound to the one before it.
func (s *Store) sealAll(r room, entries []Entry) (rows []row, head []byte, err error) {
	head = r.head
	for i, e := range entries {
		if e.Body == nil {
			return nil, nil, errors.New("sealing an entry: there is nothing in it")
		}
		at := seal.Context{V: seal.Version, Case: r.ref, Room: r.room, Epoch: r.epoch, Seq: r.seq + int64(i), Kind: string(e.Body.Kind()), At: s.Now().UTC(), Prev: head}
		data, err := seal.EntryOf(leastOf(e.Body), r.public, at, cases.Encode(e.Body))
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, s.chain(at, data, seal.Signature{}))
		head = rows[i].hash
	}
	return rows, head, nil
}

// startSize is the least size of an entry that holds what the work on a case begins from:
// it is longer the more was answered, and the more there is to be done.
const startSize = 8192

func leastOf(body cases.Body) int {
	if line, ok := body.(cases.Log); ok && line.Start != nil {
		return startSize
	}
	return 0
}

// chain makes the row of a sealed entry.
func (s *Store) chain(at seal.Context, data []byte, signed seal.Signature) row {
	at.At = seal.Hour(at.At)
	hash := seal.Step(at, data, signed.Hash())
	return row{Context: at, hash: hash, sig: s.Keys.Sign(hash), data: data, signed: signed}
}

// append seals entries into a case and writes them, again if it moved on
// meanwhile. also runs in the same transaction.
func (s *Store) append(ctx context.Context, find func(context.Context, querier) (room, error), entries []Entry, also func(*transaction, room) error) error {
	for range retries {
		r, err := find(ctx, s.read)
		if err != nil {
			return classify(err)
		}
		rows, head, err := s.sealAll(r, entries)
		if err != nil {
			return err
		}
		err = s.do(ctx, func(tx *transaction) error {
			at := r
			if err := s.writeRows(tx, &at, rows, head); err != nil || also == nil {
				return err
			}
			return also(tx, at)
		})
		if !errors.Is(err, errRace) {
			return err
		}
	}
	return ErrStale
}

type facts = cases.Facts

// factsSizes are what facts are filled up to, so that a box does not show how many are
// kept out, how many clocks run, or what waits for a second person. Most cases stay in the
// first; one that has much more of these is in the next.
var factsSizes = []int{4 << 10, 16 << 10, 64 << 10, 256 << 10}

func (s *Store) boxFacts(ref string, f facts) []byte {
	raw, err := json.Marshal(f)
	if err != nil {
		panic("encoding facts: they hold only strings")
	}
	i := slices.IndexFunc(factsSizes, func(size int) bool { return len(raw) < size }) // a byte is left for the padding
	if i < 0 {
		panic("encoding facts: they hold more than a case can have")
	}
	raw = append(raw, bytes.Repeat([]byte{' '}, factsSizes[i]-1-len(raw))...)
	return s.Keys.Box("facts", place("cases", []byte(ref), "facts"), raw)
}

func (s *Store) facts(r room) (f facts, err error) {
	raw, err := s.Keys.Unbox("facts", place("cases", []byte(r.ref), "facts"), r.facts)
	if err != nil {
		return f, s.forged("case", r.ref)
	}
	return f, json.Unmarshal(raw, &f)
}

// destroy puts something that nobody can open in the place of a wrap, under a new
// recipient that is nobody.
func destroy(tx *transaction, id int64, decoy []byte) (recipient []byte, err error) {
	recipient = randomID()
	_, err = tx.Exec("UPDATE wraps SET recipient = ?, data = ? WHERE id = ?", recipient, decoy, id)
	return recipient, err
}

func (p *prepared) markShred(tx *transaction) error {
	if !p.shreds {
		return nil
	}
	_, err := tx.Exec("INSERT INTO shreds (hour) VALUES (?)", seal.Hour(p.s.Now()).Unix())
	return err
}

// writeSubmit hands the case over: wraps that stay are taken out of their boxes,
// the others are destroyed. Nobody who is kept out keeps one, whatever Keep says.
func (p *prepared) writeSubmit(tx *transaction) error {
	sub := p.c.Submit
	if sub == nil {
		return nil
	}
	if slices.ContainsFunc(sub.Keep, func(id string) bool { return p.s.gone[id] }) {
		return ErrStale // they left since it was decided who reads this
	}
	r := &p.was.room
	var beyond int
	err := tx.QueryRow("SELECT count(*) FROM entries WHERE case_id = ? AND seq >= ?", r.id, r.seq).Scan(&beyond)
	if err == nil && beyond > 0 { // an older row was put back, and with it who is kept out
		err = p.s.forged("case", r.ref)
	}
	if err != nil {
		return err
	}
	outside := true // may the external receiver read it
	err = p.s.setFacts(tx, r, func(f *facts) {
		p.stays, outside = slices.DeleteFunc(slices.Clone(sub.Keep), f.KeptOut), !f.KeptOut(cases.External)
		f.Status, f.Flags = sub.Status, sub.Flags
		f.Begin(sub.Start)
	})
	if err != nil {
		return err
	}
	if nobody, err := p.nobodyStays(tx, *r); err != nil {
		return err
	} else if nobody && outside {
		p.stays = append(p.stays, cases.External)
	}
	keep := map[string]bool{}
	for _, id := range p.stays {
		keep[string(p.s.wrapID(r.room, r.epoch, id))] = true
	}
	r.sent = seal.Hour(p.s.Now()).Unix() // bound together with the wraps
	if _, err := tx.Exec("UPDATE cases SET sent = ? WHERE id = ?", r.sent, r.id); err != nil {
		return err
	}
	if err := p.s.changeWraps(tx, r, func() error { return p.releaseWraps(tx, *r, keep) }); err != nil {
		return err
	}
	for _, n := range sub.Notices {
		if !slices.Contains(p.stays, n.Handler) {
			continue
		}
		if err := p.s.notice(tx, *r, n); err != nil {
			return err
		}
	}
	return p.markShred(tx)
}

// nobodyStays reports whether none of those who stay has a wrap, but recovery: who was here
// when the room was made has left, and who came since has none. Then it is the external
// receiver's, as when nobody may read it.
func (p *prepared) nobodyStays(tx *transaction, r room) (bool, error) {
	for _, id := range p.stays {
		if id == cases.Recovery {
			continue
		}
		var n int
		err := tx.QueryRow("SELECT count(*) FROM wraps WHERE case_id = ? AND epoch = ? AND recipient = ?", r.id, r.epoch, p.s.wrapID(r.room, r.epoch, id)).Scan(&n)
		if err != nil || n > 0 {
			return false, err
		}
	}
	return true, nil
}

// stagedWrap is a wrap that waits for its case to be sent.
type stagedWrap struct {
	id              int64
	recipient, data []byte
}

func (w *stagedWrap) targets() []any { return []any{&w.id, &w.recipient, &w.data} }

func (p *prepared) releaseWraps(tx *transaction, r room, keep map[string]bool) error {
	all, err := collect[stagedWrap](tx.Query("SELECT id, recipient, data FROM wraps WHERE case_id = ? AND epoch = ? AND staged = 1", r.id, r.epoch))
	if err != nil {
		return err
	}
	kept, decoys := 0, p.decoys
	for _, w := range all {
		if !keep[string(w.recipient)] {
			decoy, err := next(&decoys, r)
			if err != nil {
				return err
			}
			if _, err := destroy(tx, w.id, decoy); err != nil {
				return err
			}
			continue
		}
		wrap, err := p.s.Keys.Unbox("staged", place("wraps", w.recipient, "data"), w.data)
		if err != nil {
			return err
		}
		kept++
		if _, err := tx.Exec("UPDATE wraps SET data = ? WHERE id = ?", wrap, w.id); err != nil {
			return err
		}
	}
	if kept == 0 {
		return errors.New("nobody could open this case")
	}
	_, err = tx.Exec("UPDATE wraps SET staged = 0 WHERE case_id = ?", r.id)
	return err
}

// next takes a decoy that was made beforehand, or makes one.
func next(decoys *[][]byte, r room) ([]byte, error) {
	if len(*decoys) == 0 {
		return seal.Decoy(r.ref, r.room, r.epoch)
	}
	d := (*decoys)[0]
	*decoys = (*decoys)[1:]
	return d, nil
}
