package store

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"tillit/store/cases"
	"tillit/store/seal"
)

// Act is what a handler does to a case. There is one way in for all of them, for a
// desk, a command and a chat: [Store.Act].
type Act struct {
	Handler, Ref string
	// ID is made by who asks. The same one again does nothing and is no error, so
	// that whoever did not get the answer can ask again. Empty where a chat's event
	// is what happens once.
	ID string
	// One of the two: as a desk sealed and signed it, or as it was said in a chat.
	Desk *Sealed
	Chat *Said
	// Change is held to the facts of the case as they are, and changes them. It runs in
	// the transaction; what it returns is returned.
	Change func(f *cases.Facts, seq int64) error
	// Holders are who must hold the key too, because they get a part in the case.
	Holders []string
	// Words makes what leaves for the reporter, from the conversation as it is; nil
	// is nothing. seq is the number of the entry that the words stand in. Its state is
	// empty when the reporter has ended it.
	Words func(reporter Idle, seq int64) (words, notice Line, err error)
	// Key gives somebody the key of the case.
	Key *Key
	// Gone says who loses every key of the case by it, as the case stands; nobody is none.
	// Then it gets its next one, for those of Recipients who held one and do not go.
	Gone       func(cases.Facts) []string
	Recipients []cases.Recipient
	// Shreds says whether the case is destroyed by it, and who asked for that; Known are
	// all who can hold a key of it.
	Shreds func(cases.Facts) (asked string, shreds bool)
	Known  []string
	// Turn is the turn of the handler's chat that it was said in, stored with it.
	Turn *Change
}

// Sealed is an entry as a desk made it.
type Sealed struct {
	Epoch  int
	Seq    int64
	Hour   time.Time // of the time sealed inside
	Prev   []byte
	Data   []byte
	Signed seal.Signature
	Signer ed25519.PublicKey // the handler's, from the organisation file
}

// Said is what a handler said in a chat: sealed and signed by the server, as that.
type Said struct {
	Body cases.Act
	Via  string // the network
}

// Key is a case's key for somebody, one wrap for each epoch.
type Key struct {
	To    string
	Wraps map[int][]byte
	Known []string // all who can hold a key
}

// actsFor is how long the id of an act is remembered: longer than anybody asks again.
const actsFor = 30 * 24 * time.Hour

// Head returns a case as the queue shows it, if a handler has a key for it. It
// opens no ciphertext and needs no row of access. For everything else it is
// [ErrUnknown], after the same look-ups.
func (s *Store) Head(ctx context.Context, handler, ref string) (cases.Case, error) {
	r, _, err := s.theirs(ctx, s.read, handler, ref)
	if err != nil {
		return cases.Case{}, classify(err)
	}
	return s.summary(r)
}

// Act does what a handler does to a case, whole or not at all: the entry with its
// signature, what it changes, the words that leave, a key for somebody, and the turn
// of a chat. It returns [ErrUnknown] when the case is not the handler's, [ErrStale]
// when the case or the chat moved on, [ErrRefused] for an entry that is not theirs or
// not well formed, and [ErrDuplicate] when the turn is stored already.
func (s *Store) Act(ctx context.Context, a Act) error {
	for range retries {
		r, _, err := s.theirs(ctx, s.read, a.Handler, a.Ref)
		for _, id := range a.Holders {
			if err == nil && id != a.Handler {
				_, _, err = s.theirs(ctx, s.read, id, a.Ref)
			}
		}
		if err != nil {
			return classify(err)
		}
		p := acting{s: s, a: a, r: r}
		if err := p.prepare(ctx); err != nil {
			if errors.Is(err, errDone) {
				return nil
			}
			return err
		}
		err = s.do(ctx, p.write)
		switch {
		case errors.Is(err, errDone):
			return nil
		case errors.Is(err, errRace) && a.Desk != nil:
			return ErrStale // only the desk can seal it anew
		case errors.Is(err, errRace):
			continue
		case err != nil:
			return err
		}
		s.ring()
		s.certified(p.shreds)
		if p.next != nil || p.shreds != nil {
			return s.shredNow(context.WithoutCancel(ctx))
		}
		return nil
	}
	return ErrStale
}

// acting is an act with everything sealed, ready for the writer.
type acting struct {
	s        *Store
	a        Act
	r        room
	id       []byte
	row      row
	turn     *prepared
	reporter *reporter
	next     *nextKey
	shreds   *certificate
}

// reporter is the conversation that words go to, as it was when they were made.
type reporter struct {
	version int64
	sealed  []copyRow
	out     []outRow
}

func (p *acting) prepare(ctx context.Context) (err error) {
	s, a := p.s, p.a
	if a.Turn != nil {
		event := s.Keys.Lookup("event", []byte(a.Turn.Channel), []byte(a.Turn.Event))
		if err := s.refuseKnown(ctx, *a.Turn, event); err != nil {
			return err
		}
		turn, err := s.prepare(ctx, *a.Turn, s.lookupConversation(a.Turn.Channel, a.Turn.Conversation), event)
		if err != nil {
			return err
		}
		p.turn = &turn
	}
	if a.ID != "" {
		p.id = s.Keys.Lookup("act", []byte(a.Handler), []byte(p.r.ref), []byte(a.ID))
		var n int
		err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM acts WHERE id = ?", p.id).Scan(&n)
		if err != nil || n > 0 {
			return errors.Join(classify(err), errDone)
		}
	}
	if a.Desk != nil {
		p.row, err = s.fromDesk(p.r, a)
	} else {
		p.row, err = s.fromChat(p.r, a)
	}
	if err == nil && a.Words != nil {
		p.reporter, err = s.wordsFor(ctx, p.r, p.row.Seq, a.Words)
	}
	if err == nil {
		err = p.prepareKeys(ctx)
	}
	return err
}

// prepareKeys makes what follows from the case as it stands: its next key, where somebody
// loses theirs, or the certificate of its end.
func (p *acting) prepareKeys(ctx context.Context) error {
	f, err := p.s.facts(p.r)
	if err != nil {
		return err
	}
	if err := p.certify(ctx, f); err != nil || p.a.Gone == nil {
		return err
	}
	gone := p.a.Gone(f)
	if len(gone) == 0 {
		return nil
	}
	after := p.r
	after.seq, after.head = p.r.seq+1, p.row.hash
	p.next, err = p.s.nextKey(ctx, after, gone, p.a.Recipients, func(held []string) []Entry {
		return []Entry{{cases.Log{Event: cases.EventEpoch, Left: held}}}
	})
	return err
}

// fromDesk looks at what a desk made before it is stored: nothing in it can be opened
// here, and a colleague can send any bytes.
func (s *Store) fromDesk(r room, a Act) (row, error) {
	d := a.Desk
	if off := seal.Hour(d.Hour).Sub(seal.Hour(s.Now())); off < -time.Hour || off > time.Hour {
		return row{}, ErrStale // by the turn of an hour, not by more
	}
	if d.Seq != r.seq || d.Epoch != r.epoch || !slices.Equal(d.Prev, r.head) {
		return row{}, ErrStale
	}
	at := seal.Context{V: seal.Version, Case: r.ref, Room: r.room, Epoch: r.epoch, Seq: d.Seq, Kind: string(cases.EntryOffice), At: d.Hour, Prev: d.Prev}
	sum := sha256.Sum256(d.Data)
	if d.Signed.By != a.Handler || d.Signed.Via != "" || !d.Signed.Signs(at, sum[:], d.Signer, nil) || seal.WellFormed(d.Data) != nil {
		return row{}, ErrRefused
	}
	return s.chain(at, d.Data, d.Signed), nil
}

// fromChat seals what was said in a chat, and signs that it was.
func (s *Store) fromChat(r room, a Act) (row, error) {
	at := seal.Context{V: seal.Version, Case: r.ref, Room: r.room, Epoch: r.epoch, Seq: r.seq, Kind: string(cases.EntryOffice), At: s.Now().UTC(), Prev: r.head}
	data, err := seal.Entry(r.public, at, cases.Encode(a.Chat.Body))
	if err != nil {
		return row{}, err
	}
	return s.chain(at, data, s.Keys.SignAct(at, a.Handler, a.Chat.Via, data, a.Chat.Body.Mark)), nil
}

// wordsFor makes the words for a reporter, for the conversation as it stands now.
func (s *Store) wordsFor(ctx context.Context, r room, seq int64, words func(Idle, int64) (Line, Line, error)) (*reporter, error) {
	t, reached, err := s.reporter(r, s.read.QueryRowContext(ctx, reporterOf, r.id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil // the reporter ended the conversation; the case keeps the words
	}
	if err != nil {
		return nil, classify(err)
	}
	idle := Idle{Channel: t.channel, Sent: true, Copy: t.mailbox != nil, lookup: t.lookup, version: t.version}
	if idle.State, err = s.openState(t.lookup, t.state); err != nil {
		return nil, err
	}
	line, notice, err := words(idle, seq)
	if err != nil {
		return nil, err
	}
	// The words wait also where there is nowhere to say so, or no wish to be told.
	lines := slices.DeleteFunc([]Line{line, notice}, func(l Line) bool { return len(l.Body) == 0 || !reached && !l.AwaitsPickup })
	to := &reporter{version: t.version}
	to.sealed, to.out, err = s.sealLines(copyOf(t.lookup, t.mailbox), lines)
	return to, err
}

const reporterOf = "SELECT " + talkColumns + `, length(v.address), s.role, s.active, s.bound FROM seats s
	JOIN conversations v ON v.id = s.conversation_id WHERE s.case_id = ? AND s.role = 'reporter'`

// reporter reads the answer to reporterOf: the conversation that a case's reporter
// writes in, and whether they can be reached there.
func (s *Store) reporter(r room, row *sql.Row) (t talk, reached bool, err error) {
	a := seat{ref: r.ref, room: r.room}
	var address int
	if err := row.Scan(append(t.targets(), &address, &a.role, &a.active, &a.bound)...); err != nil {
		return t, false, err
	}
	if err := s.checkTalk(&t); err != nil {
		return t, false, err
	}
	return t, address > 0, s.checkSeat(t, a)
}

// write runs in the writer's transaction.
func (p *acting) write(tx *transaction) error {
	for _, step := range []func(*transaction) error{p.once, p.writeTurn, p.writeEntry, p.writeFacts, p.writeWords, p.writeKey, p.writeNext, p.writeShred} {
		if err := step(tx); err != nil {
			return err
		}
	}
	return nil
}

func (p *acting) once(tx *transaction) error {
	if p.id == nil {
		return nil
	}
	return exactly(tx, errDone, "INSERT INTO acts (id, case_id, hour) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
		p.id, p.r.id, seal.Hour(p.s.Now()).Unix())
}

func (p *acting) writeTurn(tx *transaction) error {
	if p.turn == nil {
		return nil
	}
	return p.turn.write(tx)
}

func (p *acting) writeEntry(tx *transaction) error {
	return p.s.writeRows(tx, &p.r, []row{p.row}, p.row.hash)
}

func (p *acting) writeFacts(tx *transaction) error {
	var refused error
	err := p.s.setFacts(tx, &p.r, func(f *facts) {
		if p.a.Change != nil {
			refused = p.a.Change(f, p.row.Seq)
		}
		if refused == nil && p.a.Key != nil && f.KeptOut(p.a.Key.To) {
			refused = ErrKeptOut
		}
	})
	return errors.Join(refused, err)
}

// writeNext gives the case its next key, without those who lose theirs.
func (p *acting) writeNext(tx *transaction) error {
	if p.next == nil {
		return nil
	}
	p.next.was = p.r                                        // as the writes before have left it
	_, err := p.s.writeKeptOut(tx, p.next, func(*facts) {}) // the change has said who must not get at it
	return err
}

func (p *acting) writeWords(tx *transaction) error {
	to := p.reporter
	if to == nil {
		return nil
	}
	t, _, err := p.s.reporter(p.r, tx.QueryRow(reporterOf, p.r.id))
	if errors.Is(err, sql.ErrNoRows) || err == nil && t.version != to.version {
		return errRace // it was ended, or the language or the hours may be others now
	}
	if err != nil {
		return err
	}
	return errors.Join(p.s.writeLines(tx, &t, to.sealed, to.out), p.s.saveTalk(tx, &t))
}

// boxSignature keeps who did it beside the entry.
func (s *Store) boxSignature(e row) []byte {
	if e.signed.By == "" {
		return []byte{}
	}
	raw, err := json.Marshal(e.signed)
	if err != nil {
		panic("encoding a signature: it holds only strings and bytes")
	}
	return s.Keys.Box("act", place("entries", e.hash, "act"), raw)
}

// signature opens what [Store.boxSignature] made. One that does not open is none,
// and the chain says so.
func (s *Store) signature(hash, box []byte) *cases.Signature {
	raw, err := s.Keys.Unbox("act", place("entries", hash, "act"), box)
	if err != nil {
		return nil
	}
	var signed cases.Signature
	if json.Unmarshal(raw, &signed) != nil {
		return nil
	}
	return &signed
}
