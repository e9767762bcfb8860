package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tillit/store/seal"
)

// errRace says that a room moved on between sealing and writing; seal again.
var errRace = errors.New("the room moved on")

// retries is how often a change is sealed anew when a room moved on.
const retries = 8

// Apply stores a change whole, or not at all. It returns [ErrDuplicate] when the
// event's effects are stored already, and [ErrStale] when the conversation has
// moved on from the version that the change was decided on.
func (s *Store) Apply(ctx context.Context, c Change) (Applied, error) {
	return s.apply(ctx, c, s.lookupConversation(c.Channel, c.Conversation))
}

func (s *Store) apply(ctx context.Context, c Change, lookup []byte) (Applied, error) {
	event := s.Keys.Lookup("event", []byte(c.Channel), []byte(c.Event))
	if len(c.Files) > 0 {
		if err := s.refuseKnown(ctx, c, event); err != nil {
			return Applied{}, err
		}
	}
	named, files, err := s.storeFiles(ctx, c, lookup)
	if err != nil {
		return Applied{}, err
	}
	c.Entries = append(named, c.Entries...)
	if n := c.holds(); n > 0 {
		if err := s.Quick.Acquire(ctx, n); err != nil {
			return Applied{}, err
		}
		defer s.Quick.Release(n)
	}
	for range retries {
		var p prepared
		p, err = s.prepare(ctx, c, lookup, event)
		if errors.Is(err, ErrStale) {
			if known := s.refuseKnown(ctx, c, event); known != nil {
				err = known
			}
		}
		if err != nil {
			return Applied{}, err
		}
		if err = s.do(ctx, p.write); !errors.Is(err, errRace) {
			if err == nil {
				err = s.after(ctx, c, p)
			}
			p.applied.Files = files
			return p.applied, err
		}
		if c.Exclude != nil && c.Open == nil {
			break // who may hold the next key is decided anew, too
		}
	}
	return Applied{}, ErrStale
}

// holds is what a change with many words takes while it is sealed; a usual one takes
// nothing that counts. However long, it is no more than a message may be long.
func (c Change) holds() (n int64) {
	for _, l := range c.Lines {
		n += int64(len(l.Body))
	}
	if n < 8<<10 {
		return 0
	}
	return min(16*n, 2<<20)
}

// after does what follows a commit: the courier is woken, and what was destroyed
// is driven out of the write-ahead log before anybody is told so.
func (s *Store) after(ctx context.Context, c Change, p prepared) error {
	if len(p.out) > 0 || c.Release {
		s.ring()
	}
	switch {
	case !p.shreds:
		return nil
	case c.Submit != nil && !c.Delete && !c.End:
		err := s.shredWithin(context.WithoutCancel(ctx), sentPatience)
		if errors.Is(err, errReaders) {
			return nil // it is sent, whoever copies the file meanwhile
		}
		return err
	}
	return s.shredNow(context.WithoutCancel(ctx))
}

// Took reports whether the effects of an event are stored already.
func (s *Store) Took(ctx context.Context, channel, event string) (bool, error) {
	err := s.refuseKnown(ctx, Change{Channel: channel, Event: event}, s.Keys.Lookup("event", []byte(channel), []byte(event)))
	if errors.Is(err, ErrDuplicate) {
		return true, nil
	}
	return false, err
}

// refuseKnown returns [ErrDuplicate] for an event that is stored. The writer sees
// that as well; here it is asked where storing it again would have left traces,
// or where another answer would hide it.
func (s *Store) refuseKnown(ctx context.Context, c Change, event []byte) error {
	if c.Event == "" {
		return nil
	}
	var n int
	err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM events WHERE channel = ? AND event = ?", c.Channel, event).Scan(&n)
	if err == nil && n > 0 {
		err = ErrDuplicate
	}
	return classify(err)
}

// prepared is a change with everything sealed and boxed, ready for the writer.
type prepared struct {
	s       *Store
	c       Change
	event   []byte
	lookup  []byte
	was     route
	now     talk     // the conversation's row as it becomes
	from    route    // what moves here
	waiting []Line   // words of the office in a copy that moves here
	leave   []outRow // what is still said there
	boxes   boxes
	fresh   *freshRoom
	rows    []row
	head    []byte
	keptOut []string // the whole set of who is kept out, where it changes
	next    *nextKey // of a case that is with the office, where somebody is kept out of it
	stays   []string // who keeps a key at send
	sealed  []copyRow
	out     []outRow
	decoys  [][]byte
	own     int    // how many of the change's entries its caller brought
	takes   taking // what is taken back
	shreds  bool
	applied Applied
}

// boxes are what the server keeps for its own later use.
type boxes struct {
	state, address, cursor []byte
	left                   []byte // the state of the chat that is left behind
	messages               []namedRow
}

// begin reads where things stand, refuses a change that they do not fit, and
// boxes what the server needs itself.
func (s *Store) begin(ctx context.Context, c Change, lookup, event []byte) (prepared, error) {
	p := prepared{s: s, c: c, event: event, lookup: lookup}
	var err error
	if p.was, err = s.route(ctx, s.read, lookup); err != nil {
		return p, classify(err)
	}
	if p.was.version != c.Expect {
		return p, ErrStale
	}
	if err := s.into(ctx, s.read, &p.was, c.Into); err != nil {
		return p, err
	}
	p.boxes.messages = s.boxNames(c.Messages)
	if p.was.version == 0 {
		p.boxes.address = s.Keys.Box("address", place("conversations", lookup, "address"), []byte(c.Address.Reveal()))
	}
	if c.Cursor != nil {
		p.boxes.cursor = s.Keys.Box("cursor", place("cursors", lookup, "value"), c.Cursor)
	}
	return p, nil
}

// prepare does the costly work outside the writer.
func (s *Store) prepare(ctx context.Context, c Change, lookup, event []byte) (prepared, error) {
	p, err := s.begin(ctx, c, lookup, event)
	p.own = len(c.Entries) - len(c.Files) // each file has one that names it
	if err == nil {
		err = p.transfer(ctx)
	}
	if err != nil {
		return p, err
	}
	r := p.was.room
	if c.Open != nil {
		if p.fresh, err = s.freshRoom(c); err != nil {
			return p, err
		}
		r = p.fresh.room
	}
	if err := p.prepareExclude(ctx, r); err != nil {
		return p, err
	}
	if (len(p.c.Entries) > 0 || c.Submit != nil) && r.ref == "" {
		return p, errors.New("there is no room to write into")
	}
	if p.next != nil {
		p.head = p.next.head // its entries are written with it
	} else if p.rows, p.head, err = s.sealAll(r, p.c.Entries); err != nil {
		return p, err
	}
	if c.Submit != nil {
		if p.decoys, err = s.decoys(ctx, r, len(c.Submit.Keep)); err != nil {
			return p, err
		}
	}
	if err := p.prepareTakeBack(ctx); err != nil {
		return p, err
	}
	p.shreds = c.Delete || c.Submit != nil || c.End || c.Lapse || p.next != nil || c.TakeBack != nil
	p.applied = Applied{Version: c.Expect + 1, Ref: r.ref, Receipt: receipt(p.head)}
	if err := p.sealLines(); err != nil {
		return p, err
	}
	state := c.State
	if c.StateOf != nil {
		state = c.StateOf(p.stored())
	}
	p.boxes.state = s.boxState(lookup, state)
	return p, nil
}

// decoys makes what takes the place of wraps that are destroyed, outside the
// writer. One more or less is made there.
func (s *Store) decoys(ctx context.Context, r room, keep int) ([][]byte, error) {
	var n int
	if err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM wraps WHERE case_id = ?", r.id).Scan(&n); err != nil {
		return nil, err
	}
	out := make([][]byte, max(n-keep, 0))
	for i := range out {
		var err error
		if out[i], err = seal.Decoy(r.ref, r.room, r.epoch); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func receipt(head []byte) string {
	if len(head) < 6 {
		return ""
	}
	t := fmt.Sprintf("%X", head[:6])
	return t[:4] + "-" + t[4:8] + "-" + t[8:]
}

// write runs in the writer's transaction. It checks first that nothing moved on.
func (p *prepared) write(tx *transaction) error {
	for _, step := range []func(*transaction) error{
		p.writeEvent, p.writeConversation, p.writeTransfer, p.writeCode, p.writeRoom, p.writeOnce, p.writeSaid, p.writeEntries, p.writeTakeBack, p.writeExclude,
		p.writeFacts, p.writeSubmit, p.writeNotices, p.writeLapse, p.writeMessages, p.writeLines, p.writeRelease, p.writeReach, p.writeBound, p.writeEnd,
	} {
		if err := step(tx); err != nil {
			return err
		}
	}
	return nil
}

func (p *prepared) writeEvent(tx *transaction) error {
	if p.c.Cursor != nil {
		if _, err := tx.Exec("INSERT INTO cursors VALUES (?, ?) ON CONFLICT (lookup) DO UPDATE SET value = excluded.value", p.lookup, p.boxes.cursor); err != nil {
			return err
		}
	}
	if p.c.Event == "" {
		return nil
	}
	r, err := tx.Exec("INSERT INTO events VALUES (?, ?, ?) ON CONFLICT DO NOTHING", p.c.Channel, p.event, p.s.Now().Unix())
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrDuplicate)
	}
	return nil
}

func (p *prepared) writeConversation(tx *transaction) error {
	expires := p.was.expires
	if !p.c.Expires.IsZero() {
		expires = seal.Hour(p.c.Expires).Add(time.Hour).Unix()
	}
	if p.c.Submit != nil || p.c.Transfer != nil && p.was.room.sent > 0 {
		expires = 0
	}
	p.now = p.was.talk
	p.now.version, p.now.state = p.was.version+1, p.boxes.state
	if p.was.version == 0 {
		return p.insertConversation(tx, expires)
	}
	expect := p.now
	expect.letters, expect.kept = expect.letters+int64(len(p.sealed)), expect.kept+int64(len(p.sealed))
	p.now.bound = p.s.bindTalk(&expect)
	r, err := tx.Exec("UPDATE conversations SET version = version + 1, state = ?, expires = ?, bound = ? WHERE id = ? AND version = ? AND bound = ?",
		p.boxes.state, expires, p.now.bound, p.was.id, p.was.version, p.was.bound)
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, errRace) // whether it is stale shows when it is read again
	}
	return nil
}

func (p *prepared) insertConversation(tx *transaction, expires int64) error {
	p.now.channel, p.now.copy = p.c.Channel, nil
	p.now.mailbox, p.now.wrapped = p.copy()
	r, err := tx.Exec(`INSERT INTO conversations (lookup, channel, version, state, address, mailbox, wrapped, expires)
		VALUES (?, ?, 1, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, p.lookup, p.c.Channel, p.boxes.state, p.boxes.address, p.now.mailbox, p.now.wrapped, expires)
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrStale)
	}
	p.was.id, err = r.LastInsertId()
	p.now.id = p.was.id
	return err
}

func (p *prepared) writeRoom(tx *transaction) error {
	f := p.fresh
	if f == nil {
		return nil
	}
	if err := p.s.checkSeats(tx, p.now); err != nil {
		return err
	}
	if _, err := tx.Exec("UPDATE seats SET active = 0 WHERE conversation_id = ?", p.was.id); err != nil {
		return err
	}
	f.room.places, f.room.facts = int64(len(f.wraps)), p.s.boxFacts(f.room.ref, facts{Status: "open", Out: p.keptOut})
	f.room.bound = p.s.bindCase(&f.room)
	r, err := tx.Exec(`INSERT INTO cases (ref, room, channel, epoch, public, genesis, next_seq, head, facts, bound)
		VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?) ON CONFLICT (ref) DO NOTHING`,
		f.room.ref, f.room.room, p.c.Channel, f.room.epoch, f.room.public, f.room.genesis, f.room.genesis, f.room.facts, f.room.bound)
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, errRace) // another case has this reference: all is sealed anew under the next
	}
	p.was.room = f.room
	if p.was.room.id, err = r.LastInsertId(); err != nil {
		return err
	}
	for _, w := range f.wraps {
		if _, err := tx.Exec("INSERT INTO wraps (case_id, epoch, recipient, staged, data, bound) VALUES (?, ?, ?, 1, ?, ?)",
			p.was.room.id, f.room.epoch, w.recipient, w.data, p.s.bindWrap(f.room, f.room.epoch, w.recipient, true)); err != nil {
			return err
		}
	}
	if _, err = tx.Exec("INSERT INTO seats (conversation_id, case_id, role, active) VALUES (?, ?, 'reporter', 1)", p.was.id, p.was.room.id); err != nil {
		return err
	}
	return p.s.bindSeats(tx, &p.now)
}

func (p *prepared) writeEntries(tx *transaction) error {
	return p.s.writeRows(tx, &p.was.room, p.rows, p.head)
}

func (p *prepared) writeFacts(tx *transaction) error {
	if p.c.Facts == nil || p.was.room.sent == 0 {
		return nil
	}
	return p.s.setFacts(tx, &p.was.room, p.c.Facts)
}

// writeRows appends entries to a room, if it still stands where they were
// sealed for.
func (s *Store) writeRows(tx *transaction, r *room, rows []row, head []byte) error {
	if len(rows) == 0 {
		return nil
	}
	was := *r
	r.seq, r.head = r.seq+int64(len(rows)), head
	r.bound = s.bindCase(r)
	res, err := tx.Exec("UPDATE cases SET next_seq = ?, head = ?, bound = ? WHERE id = ? AND next_seq = ? AND bound = ?", r.seq, head, r.bound, r.id, was.seq, was.bound)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, errRace)
	}
	for _, e := range rows {
		if _, err := tx.Exec("INSERT INTO entries (case_id, seq, epoch, v, kind, hour, prev, hash, sig, signed, act, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			r.id, e.Seq, e.Epoch, e.V, e.Kind, e.At.Unix(), e.Prev, e.hash, e.sig, append([]byte{}, e.signed.Hash()...), s.boxSignature(e), e.data); err != nil {
			if code(err) == codeConstraint { // an older row was put back, before entries that are there
				err = s.forged("case", r.ref)
			}
			return err
		}
	}
	return nil
}
