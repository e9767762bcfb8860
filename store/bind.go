package store

import (
	"bytes"
	"crypto/hmac"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// This file is what keeps who can write the database file, and has no key, from
// deciding to whom something is sealed or shown. Each row that decides it has a
// binding: a keyed hash over what it says and whose it is, in names that nobody can
// give anew (reference, room, look-up), never in numbers of rows. What could be put
// back from an older copy counts as well: a case counts the changes of its wraps, a
// conversation those of its seats, letters and codes, and each row of these names the
// count that it belongs to. docs/FORMAT.md has the formulas, docs/THREATS.md what is
// left.

// ErrForged is an [ErrUnavailable] of one case or conversation alone: a row that
// decides to whom something is sealed or shown is not what this server wrote. It is
// said to the operator, and [Store.Verify] names it. Trying again does not help.
var ErrForged = fmt.Errorf("%w: it was changed outside the server", ErrUnavailable)

// forged says to the operator, once for each, what is refused.
func (s *Store) forged(what, name string) error {
	if _, said := s.said.LoadOrStore(what+name, true); !said {
		s.Log.Error("the database was changed outside the server; this is refused, and tillitd verify names all that is so", what, name)
	}
	return ErrForged
}

func (s *Store) forgedTalk(lookup []byte) error { return s.forged("conversation", shortLookup(lookup)) }

// shortLookup tells conversations from each other, and nothing else.
func shortLookup(lookup []byte) string { return fmt.Sprintf("%x", lookup[:min(len(lookup), 6)]) }

func number(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

func flag(b bool) []byte { return number(map[bool]int64{true: 1}[b]) }

// counted splits a binding that begins with numbers.
func counted(bound []byte, numbers ...*int64) (rest []byte) {
	for _, n := range numbers {
		if len(bound) < 8 {
			return nil
		}
		*n, bound = int64(binary.BigEndian.Uint64(bound)), bound[8:]
	}
	return bound
}

// named is the part of a box that nobody can give another content: the key's id and the
// nonce. Whatever else is changed of it, it does not open.
func named(box []byte) []byte { return box[:min(len(box), 28)] }

// A case's binding is how often its wraps were changed and how many there are, what binds
// its key, and what binds the rest. The two are apart so that the queue need not read the
// key, and an answer need not bind it anew.

func (s *Store) bindKey(r room) []byte {
	return s.Keys.Bind("room-key", []byte(r.ref), []byte(r.room), number(int64(r.epoch)), []byte(r.public), r.genesis)
}

func (s *Store) bindRoom(r room, key []byte) []byte {
	return s.Keys.Bind("room", []byte(r.ref), []byte(r.room), number(int64(r.epoch)), number(r.seq), r.head,
		number(r.sent), number(int64(r.closed)), number(r.wraps), number(r.places), named(r.facts), key)
}

func (s *Store) bindCase(r *room) []byte {
	if r.key == nil {
		r.key = s.bindKey(*r)
	}
	return slices.Concat(number(r.wraps), number(r.places), r.key, s.bindRoom(*r, r.key))
}

// holdsRoom reports whether a case's row is what we wrote, but for its key.
func (s *Store) holdsRoom(r *room) bool {
	macs := counted(r.bound, &r.wraps, &r.places)
	return len(macs) == 64 && hmac.Equal(macs[32:], s.bindRoom(*r, macs[:32]))
}

// holdsKey reports whether all of it is.
func (s *Store) holdsKey(r *room) bool {
	r.key = nil
	if !s.holdsRoom(r) || !hmac.Equal(r.bound[16:48], s.bindKey(*r)) {
		return false
	}
	r.key = r.bound[16:48:48]
	return true
}

// checkRoom refuses a case whose row is not what we wrote. Before it nothing of the row
// is used.
func (s *Store) checkRoom(r *room) error {
	if s.holdsKey(r) {
		return nil
	}
	return s.forged("case", r.ref)
}

// saveBound writes a case's binding anew, after a change that began with r. It is
// errRace when another came between.
func (s *Store) saveBound(tx *transaction, r *room) error {
	was := r.bound
	r.bound = s.bindCase(r)
	return exactly(tx, errRace, "UPDATE cases SET bound = ? WHERE id = ? AND bound = ?", r.bound, r.id, was)
}

func (s *Store) bindWrap(r room, epoch int, recipient []byte, staged bool) []byte {
	return s.Keys.Bind("wrap", []byte(r.room), number(int64(epoch)), recipient, flag(staged), number(r.wraps))
}

func (s *Store) bindEpoch(r room, epoch int, public string) []byte {
	return s.Keys.Bind("epoch", []byte(r.ref), []byte(r.room), number(int64(epoch)), []byte(public))
}

// wrapState is a wrap's row without the wrap.
type wrapState struct {
	id               int64
	epoch            int
	recipient, bound []byte
	staged           bool
}

func (w *wrapState) targets() []any {
	return []any{&w.id, &w.epoch, &w.recipient, &w.staged, &w.bound}
}

func wrapStates(tx *transaction, r room) ([]wrapState, error) {
	return collect[wrapState](tx.Query("SELECT id, epoch, recipient, staged, bound FROM wraps WHERE case_id = ?", r.id))
}

// changeWraps is the one way in which a case's wraps are changed: those that are there
// are ours before, and all are bound to the new count after. What was destroyed cannot
// be put back from an older copy.
func (s *Store) changeWraps(tx *transaction, r *room, change func() error) error {
	if err := s.checkWraps(tx, *r); err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	r.wraps++
	return errors.Join(s.bindWraps(tx, r), s.saveBound(tx, r))
}

// checkWraps refuses a case whose wraps are not those that it had after the last change:
// none more, none less, none another.
func (s *Store) checkWraps(tx *transaction, r room) error {
	all, err := wrapStates(tx, r)
	if err != nil {
		return err
	}
	ours := int64(len(all)) == r.places
	for _, w := range all {
		ours = ours && hmac.Equal(w.bound, s.bindWrap(r, w.epoch, w.recipient, w.staged))
	}
	if !ours {
		return s.forged("case", r.ref)
	}
	return nil
}

func (s *Store) bindWraps(tx *transaction, r *room) error {
	all, err := wrapStates(tx, *r)
	if err != nil {
		return err
	}
	r.places = int64(len(all))
	for _, w := range all {
		if _, err := tx.Exec("UPDATE wraps SET bound = ? WHERE id = ?", s.bindWrap(*r, w.epoch, w.recipient, w.staged), w.id); err != nil {
			return err
		}
	}
	return nil
}

// talk is what decides in a conversation's row, and what its binding counts.
type talk struct {
	id               int64
	lookup           []byte
	channel          string
	version          int64
	state            []byte
	mailbox, wrapped []byte

	seats   int64 // how many there are; one of them is active, if any
	turn    int64 // how often they were changed
	letters int64 // the number of the newest letter in the copy
	kept    int64 // how many of them are there
	codes   int64 // how often a code was made or used up
	bound   []byte
	copy    []byte // what binds mailbox and wrapped, once it is known
}

const talkColumns = "v.id, v.lookup, v.channel, v.version, v.state, v.mailbox, v.wrapped, v.bound"

func (t *talk) targets() []any {
	return []any{&t.id, &t.lookup, &t.channel, &t.version, &t.state, &t.mailbox, &t.wrapped, &t.bound}
}

// counts is what a conversation's binding begins with.
func (t *talk) counts() (all []byte) {
	for _, n := range []int64{t.seats, t.turn, t.letters, t.kept, t.codes} {
		all = append(all, number(n)...)
	}
	return all
}

// bindTalk is the counts, what binds the copy, which rarely changes, and what binds the
// rest.
func (s *Store) bindTalk(t *talk) []byte {
	if t.copy == nil {
		t.copy = s.Keys.Bind("copy", t.lookup, t.mailbox, t.wrapped)
	}
	counts := t.counts()
	return slices.Concat(counts, t.copy, s.Keys.Bind("conversation", t.lookup, []byte(t.channel), number(t.version), named(t.state), counts, t.copy))
}

// holdsTalk reports whether a conversation's row is what we wrote, and reads what its
// binding counts.
func (s *Store) holdsTalk(t *talk) bool {
	counted(t.bound, &t.seats, &t.turn, &t.letters, &t.kept, &t.codes)
	t.copy = nil
	return hmac.Equal(t.bound, s.bindTalk(t))
}

// checkTalk refuses a conversation whose row is not.
func (s *Store) checkTalk(t *talk) error {
	if s.holdsTalk(t) {
		return nil
	}
	return s.forgedTalk(t.lookup)
}

// loadTalk reads a conversation in the transaction that changes it.
func (s *Store) loadTalk(tx *transaction, id int64) (talk, error) {
	var t talk
	if err := tx.QueryRow("SELECT "+talkColumns+" FROM conversations v WHERE v.id = ?", id).Scan(t.targets()...); err != nil {
		return t, err
	}
	return t, s.checkTalk(&t)
}

// saveTalk writes what a transaction has changed of a conversation.
func (s *Store) saveTalk(tx *transaction, t *talk) error {
	t.bound = s.bindTalk(t)
	return exactly(tx, ErrStale, "UPDATE conversations SET version = ?, state = ?, bound = ? WHERE id = ?", t.version, t.state, t.bound, t.id)
}

// seat says that a case is a conversation's.
type seat struct {
	id        int64
	ref, room string
	role      string
	active    bool
	bound     []byte
}

func (a *seat) targets() []any {
	return []any{&a.id, &a.ref, &a.room, &a.role, &a.active, &a.bound}
}

func (s *Store) bindSeat(t talk, a seat) []byte {
	return s.Keys.Bind("seat", t.lookup, number(t.turn), []byte(a.ref), []byte(a.room), []byte(a.role), flag(a.active))
}

func (s *Store) checkSeat(t talk, a seat) error {
	if hmac.Equal(a.bound, s.bindSeat(t, a)) {
		return nil
	}
	return s.forgedTalk(t.lookup)
}

func seatsOf(tx *transaction, conversation int64) ([]seat, error) {
	return collect[seat](tx.Query("SELECT s.id, c.ref, c.room, s.role, s.active, s.bound FROM seats s JOIN cases c ON c.id = s.case_id WHERE s.conversation_id = ?", conversation))
}

// checkSeats refuses a conversation that has a seat which we did not give it.
func (s *Store) checkSeats(tx *transaction, t talk) error {
	all, err := seatsOf(tx, t.id)
	for _, a := range all {
		err = errors.Join(err, s.checkSeat(t, a))
	}
	return err
}

// bindSeats binds the seats of a conversation after they were changed; before, they
// were checked.
func (s *Store) bindSeats(tx *transaction, t *talk) error {
	all, err := seatsOf(tx, t.id)
	if err != nil {
		return err
	}
	t.seats, t.turn = int64(len(all)), t.turn+1
	for _, a := range all {
		if _, err := tx.Exec("UPDATE seats SET bound = ? WHERE id = ?", s.bindSeat(*t, a), a.id); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) bindOutgoing(t talk, key string, awaits bool) []byte {
	return s.Keys.Bind("outgoing", []byte(key), t.lookup, []byte(t.channel), flag(awaits))
}

// A letter's binding begins with its number, which says where in the copy it stands.
func (s *Store) bindLetter(t talk, n int64, awaits bool, data []byte) []byte {
	return append(number(n), s.Keys.Bind("letter", t.lookup, number(n), flag(awaits), data)...)
}

// checkLetter returns a letter's number, and whether we put it there.
func (s *Store) checkLetter(t talk, awaits bool, data, bound []byte) (n int64, ours bool) {
	mac := counted(bound, &n)
	return n, mac != nil && hmac.Equal(bound, s.bindLetter(t, n, awaits, data))
}

func (s *Store) bindCode(t talk, code, wrapped []byte, expires int64) []byte {
	return s.Keys.Bind("code", code, t.lookup, number(t.codes), wrapped, number(expires))
}

func (s *Store) bindSaid(lookup, message []byte, ref string) []byte {
	return s.Keys.Bind("said", lookup, message, []byte(ref))
}

// writeBound binds the conversation's row to what became of it, where that is more than
// it was bound to when it was written.
func (p *prepared) writeBound(tx *transaction) error {
	if bytes.HasPrefix(p.now.bound, p.now.counts()) {
		return nil
	}
	return p.s.saveTalk(tx, &p.now)
}

func (s *Store) boxState(lookup, state []byte) []byte {
	return s.Keys.Box("state", place("conversations", lookup, "state"), state)
}

func (s *Store) openState(lookup, box []byte) ([]byte, error) {
	state, err := s.Keys.Unbox("state", place("conversations", lookup, "state"), box)
	if err != nil {
		return nil, s.forgedTalk(lookup)
	}
	return state, nil
}
