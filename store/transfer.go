package store

import (
	"bytes"
	"context"
	"crypto/hmac"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"tillit/intake"
	"tillit/store/mailbox"
	"tillit/store/seal"
)

// This file is about one person going on in another chat with the same case. A code
// leads there: of a page, which is good for as long as its copy, or of a chat, a
// [TransferCode], which is good once.

// codeFor is how long a ticket is good, at least; it ends with a whole hour.
const codeFor = 24 * time.Hour

// TransferCode is a code that is drawn and not stored. With [Change.TransferCode] it comes to
// lead to the change's conversation, and the one before it ends.
type TransferCode struct {
	lookup  []byte
	expires int64
}

// Transfer is what a code leads to. Nothing has happened to it yet: [Store.Move], or
// [Change.Transfer], gives it to another chat, unless something changes before.
type Transfer struct {
	Conversation
	Channel string
	Copy    bool // its person reads from a copy
	Here    bool // it is the very chat that the code was typed in

	code          []byte // the code's row
	lookup        []byte
	root, wrapped []byte // what opens the copy, and its private half
}

// Left is what becomes of the chat that a transfer leaves behind. It keeps what stands
// in it, so that it can be cleaned.
type Left struct {
	State   []byte
	Expires time.Time // when it is destroyed
	Lines   []Line    // what is still said there
}

// DrawCode draws a code for a chat. It is [ErrBusy] when too many codes are asked
// for at once, or by this chat.
func (s *Store) DrawCode(ctx context.Context, channel string, id intake.ConversationID) (intake.Private, *TransferCode, error) {
	code, err := newCode()
	if err != nil {
		return code, nil, err
	}
	digits, _ := readCode(code)
	lookup, _, err := s.codeRoot(ctx, s.making, string(s.lookupConversation(channel, id)), digits)
	if err != nil {
		return intake.Private{}, nil, err
	}
	return code, &TransferCode{lookup: lookup, expires: seal.Hour(s.Now().Add(codeFor + time.Hour)).Unix()}, nil
}

// IsCode reports whether words can be a code; of a slip of the finger it is false.
func IsCode(typed intake.Private) bool {
	_, ok := readCode(typed)
	return ok
}

// FindCode finds what a code leads to, for a chat that it is typed in. Wrong,
// unknown, used and too old look the same and, past the check digits, take the same:
// [ErrUnknown].
func (s *Store) FindCode(ctx context.Context, code intake.Private, channel string, id intake.ConversationID) (Transfer, error) {
	digits, ok := readCode(code)
	if !ok {
		return Transfer{}, ErrUnknown
	}
	to := s.lookupConversation(channel, id)
	lookup, root, err := s.codeRoot(ctx, s.guessing, string(to), digits)
	if err != nil {
		return Transfer{}, err
	}
	c := Transfer{code: lookup, root: root}
	var expires int64
	var bound []byte
	err = s.read.QueryRowContext(ctx, `SELECT v.lookup, v.channel, c.wrapped, c.expires, c.bound FROM codes c
		JOIN conversations v ON v.id = c.conversation_id WHERE c.lookup = ?`, lookup).Scan(&c.lookup, &c.Channel, &c.wrapped, &expires, &bound)
	if errors.Is(err, sql.ErrNoRows) || err == nil && expires > 0 && expires <= s.Now().Unix() {
		return Transfer{}, ErrUnknown
	}
	if err != nil {
		return Transfer{}, classify(err)
	}
	c.Copy, c.Here = len(c.wrapped) > 0, string(c.lookup) == string(to)
	r, err := s.route(ctx, s.read, c.lookup)
	if err != nil || r.version == 0 {
		return Transfer{}, errors.Join(classify(err), ErrUnknown)
	}
	if !hmac.Equal(bound, s.bindCode(r.talk, lookup, c.wrapped, expires)) {
		var now []byte // it may have been replaced since it was read
		err := s.read.QueryRowContext(ctx, "SELECT bound FROM codes WHERE lookup = ?", lookup).Scan(&now)
		if err == nil && bytes.Equal(now, bound) {
			_ = s.forgedTalk(c.lookup)
		}
		return Transfer{}, ErrUnknown // it leads nowhere, as far as we know
	}
	c.Conversation, err = s.conversation(ctx, r)
	return c, err
}

// transfer reads what a change moves here, as it stands now: the active case, which the
// change's entries go into, and words that wait in a copy.
func (p *prepared) transfer(ctx context.Context) error {
	c := p.c.Transfer
	if c == nil {
		return nil
	}
	old, err := p.s.route(ctx, p.s.read, c.lookup)
	if err != nil {
		return classify(err)
	}
	if old.version != c.Version || old.id == p.was.id {
		return ErrStale
	}
	if p.from = old; old.room.id != 0 {
		p.was.room = old.room
	}
	if c.Copy {
		if p.waiting, err = p.s.waiting(ctx, old, c); err != nil {
			return err
		}
	}
	if left := p.c.Left; left != nil {
		p.boxes.left = p.s.boxState(old.lookup, left.State)
		_, p.leave, err = p.s.sealLines(nil, left.Lines)
	}
	return err
}

// waiting opens the words of the office that wait in a copy, to go on waiting
// elsewhere.
func (s *Store) waiting(ctx context.Context, old route, c *Transfer) (lines []Line, err error) {
	key, err := mailbox.OpenKey(c.wrapped, c.root)
	if err != nil {
		return nil, ErrUnknown
	}
	letters, err := collect[letter](s.read.QueryContext(ctx, awaitingLetters, old.id))
	if err != nil {
		return nil, classify(err)
	}
	for _, l := range letters {
		if _, ours := s.checkLetter(old.talk, true, l.data, l.bound); !ours {
			_ = s.forgedTalk(old.lookup)
			continue
		}
		raw, err := key.Open(old.lookup, l.data)
		if err != nil {
			return nil, err
		}
		var some []Line
		if err := json.Unmarshal(raw, &some); err != nil {
			return nil, errors.New("a line of the copy does not decode")
		}
		for _, l := range some {
			l.AwaitsPickup = true
			lines = append(lines, l)
		}
	}
	return lines, nil
}

// writeTransfer gives the change's conversation all that another one had: its seats,
// and the words that wait. The other one's code is used up.
func (p *prepared) writeTransfer(tx *transaction) error {
	c := p.c.Transfer
	if c == nil {
		return nil
	}
	old, err := p.s.loadTalk(tx, p.from.id)
	if errors.Is(err, sql.ErrNoRows) || err == nil && old.version != p.from.version {
		return ErrStale
	}
	if err = errors.Join(err, p.s.checkSeats(tx, old), p.s.checkSeats(tx, p.now)); err != nil {
		return err
	}
	if err := exactly(tx, ErrStale, "DELETE FROM codes WHERE conversation_id = ? AND lookup = ?", p.from.id, c.code); err != nil {
		return err
	}
	if p.from.room.id != 0 { // otherwise what is told has no case yet
		if _, err := tx.Exec("UPDATE seats SET active = 0 WHERE conversation_id = ?", p.was.id); err != nil {
			return err
		}
	}
	if _, err := tx.Exec("DELETE FROM said WHERE conversation_id = ?", p.from.id); err != nil {
		return err
	}
	if _, err := tx.Exec("UPDATE seats SET conversation_id = ? WHERE conversation_id = ?", p.was.id, p.from.id); err != nil {
		return err
	}
	if err := errors.Join(p.s.bindSeats(tx, &p.now), p.s.bindSeats(tx, &old)); err != nil {
		return err
	}
	if _, err := tx.Exec("UPDATE cases SET channel = ? WHERE id IN (SELECT case_id FROM seats WHERE conversation_id = ?)", p.c.Channel, p.was.id); err != nil {
		return err
	}
	if err := p.carry(tx, old); err != nil {
		return err
	}
	if len(p.from.address) == 0 { // nobody could be reached there
		if err := p.s.flag(tx, p.was.id, &p.was.room, reachable); err != nil {
			return err
		}
	}
	old.version, old.codes = old.version+1, old.codes+1
	return p.leaveBehind(tx, &old)
}

// carry brings words that wait along, in the form in which they wait here.
func (p *prepared) carry(tx *transaction, old talk) error {
	waits, err := collect[outLine](tx.Query(awaitingOutgoing, old.id))
	if err != nil {
		return err
	}
	lines := p.waiting
	for _, l := range waits {
		if !p.s.holdsOutgoing(old, l) {
			continue
		}
		body, err := p.s.Keys.Unbox("outbox", place("outbox", []byte(l.key), "data"), l.data)
		if err != nil {
			return err
		}
		lines = append(lines, Line{Body: body, AwaitsPickup: true})
	}
	if len(lines) == 0 {
		return nil
	}
	public, _ := p.copy()
	sealed, out, err := p.s.sealLines(copyOf(p.lookup, public), lines)
	if err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM outbox WHERE conversation_id = ? AND held = 1", p.from.id); err != nil {
		return err
	}
	p.shreds = true
	return p.s.writeLines(tx, &p.now, sealed, out)
}

// leaveBehind writes what becomes of the other chat.
func (p *prepared) leaveBehind(tx *transaction, old *talk) error {
	left := p.c.Left
	if left == nil {
		if _, err := tx.Exec("DELETE FROM conversations WHERE id = ?", p.from.id); err != nil {
			return err
		}
		p.shreds = true
		return p.markShred(tx)
	}
	old.state = p.boxes.left
	_, err := tx.Exec("UPDATE conversations SET expires = ? WHERE id = ?", seal.Hour(left.Expires).Add(time.Hour).Unix(), old.id)
	return errors.Join(err, p.s.writeLines(tx, old, nil, p.leave), p.s.saveTalk(tx, old), p.markShred(tx))
}

// writeCode makes a drawn code lead here.
func (p *prepared) writeCode(tx *transaction) error {
	t := p.c.TransferCode
	if t == nil {
		return nil
	}
	p.now.codes++
	return p.s.writeCode(tx, p.now, t.lookup, []byte{}, t.expires)
}

// writeCode makes a code lead to a conversation, whose count of codes has been raised;
// the one before it ends.
func (s *Store) writeCode(tx *transaction, t talk, code, wrapped []byte, expires int64) error {
	_, err := tx.Exec(`INSERT INTO codes (lookup, conversation_id, wrapped, expires, bound) VALUES (?, ?, ?, ?, ?) ON CONFLICT (conversation_id)
		DO UPDATE SET lookup = excluded.lookup, wrapped = excluded.wrapped, expires = excluded.expires, bound = excluded.bound`,
		code, t.id, wrapped, expires, s.bindCode(t, code, wrapped, expires))
	return err
}

// exactly runs a statement that changes one row, and returns otherwise when there
// was none.
func exactly(tx *transaction, otherwise error, query string, args ...any) error {
	r, err := tx.Exec(query, args...)
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, otherwise)
	}
	return nil
}
