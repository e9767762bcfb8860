package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"math/big"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"crypto/hkdf"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"tillit/intake"
	"tillit/store/mailbox"
)

// The code to come back is sixteen random digits and two check digits (ISO 7064
// MOD 97-10), so that a slip of the finger costs no slow hash.
const (
	codeDigits = 16
	codeTries  = 5 // an hour, for one conversation
)

// newCode draws a code and writes it as people read it: in groups of four.
func newCode() (intake.Private, error) {
	n, err := rand.Int(rand.Reader, new(big.Int).Exp(big.NewInt(10), big.NewInt(codeDigits), nil))
	if err != nil {
		return intake.Private{}, err
	}
	digits := fmt.Sprintf("%016d", n)
	digits += fmt.Sprintf("%02d", 98-remainder(digits+"00"))
	return intake.NewPrivate(digits[:4] + " " + digits[4:8] + " " + digits[8:12] + " " + digits[12:16] + " " + digits[16:]), nil
}

func remainder(digits string) int {
	r := 0
	for _, d := range digits {
		r = (r*10 + int(d-'0')) % 97
	}
	return r
}

// readCode takes what was typed or pasted: in the digits of any script, with whatever
// stands between them that is no letter, and with words or other numbers around it. ok is
// false where there is no code, or more than one.
func readCode(typed intake.Private) (digits string, ok bool) {
	var groups []string // digits that stand together, between two letters
	var now strings.Builder
	found := map[string]bool{}
	group := func() {
		if now.Len() > 0 {
			groups = append(groups, now.String())
			now.Reset()
		}
	}
	for _, r := range norm.NFKC.String(typed.Reveal()) {
		d, isDigit := digitOf(r)
		switch {
		case isDigit:
			now.WriteByte(d)
			continue
		case unicode.Is(unicode.Cf, r): // it is not seen
			continue
		}
		if group(); unicode.IsLetter(r) {
			codesIn(groups, found)
			groups = nil
		}
	}
	group()
	codesIn(groups, found)
	for digits = range found {
	}
	return digits, len(found) == 1
}

// codesIn finds the codes among groups of digits that follow each other.
func codesIn(groups []string, found map[string]bool) {
	for i := range groups {
		all := ""
		for _, g := range groups[i:] {
			if all += g; len(all) >= codeDigits+2 {
				break
			}
		}
		if len(all) == codeDigits+2 && remainder(all) == 1 {
			found[all] = true
		}
	}
}

// digitOf is a decimal digit of any script as ours. The ten of a script follow each other,
// from its zero, in Unicode.
func digitOf(r rune) (byte, bool) {
	if !unicode.Is(unicode.Nd, r) {
		return 0, false
	}
	for _, rows := range unicode.Nd.R16 {
		if r >= rune(rows.Lo) && r <= rune(rows.Hi) {
			return '0' + byte((r-rune(rows.Lo))%10), true
		}
	}
	for _, rows := range unicode.Nd.R32 {
		if r >= rune(rows.Lo) && r <= rune(rows.Hi) {
			return '0' + byte((r-rune(rows.Lo))%10), true
		}
	}
	return 0, false
}

// CodeHolds is what a costly hash takes of memory while it is made. One is made at a time.
const CodeHolds = 64 << 20

// lane is where those wait who want a costly hash, for a purpose: of each lane the first is
// next, so that who guesses keeps nobody from getting a code for longer than one hash.
type lane struct {
	turn    chan struct{}
	waiting atomic.Int64
}

// How many may wait in a lane, and for how long; a hash takes some tenths of a second.
const (
	laneQueue    = 40
	lanePatience = 15 * time.Second
)

func newLane() *lane { return &lane{turn: make(chan struct{}, 1)} }

// enter waits for the lane's turn; it is [ErrBusy] where too many wait.
func (l *lane) enter(ctx context.Context) (leave func(), err error) {
	defer l.waiting.Add(-1)
	if l.waiting.Add(1) > laneQueue {
		return nil, ErrBusy
	}
	ctx, cancel := context.WithTimeout(ctx, lanePatience)
	defer cancel()
	select {
	case l.turn <- struct{}{}:
		return func() { <-l.turn }, nil
	case <-ctx.Done():
		return nil, ErrBusy
	}
}

// codeRoot is the slow hash of a code, for who may still try one. Only a hash that is made
// is a try: who finds others in the way has lost none. The salt is the installation's,
// because the code is all that the person gives.
func (s *Store) codeRoot(ctx context.Context, in *lane, who, digits string) (lookup, secret []byte, err error) {
	if !s.tryLeft(who) {
		return nil, nil, ErrBusy
	}
	leave, err := in.enter(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer leave()
	if !s.mayTry(who) {
		return nil, nil, ErrBusy
	}
	s.hashing.Lock() // of two lanes, each waits for one of the other at most
	root := argon2.IDKey([]byte(digits), s.Keys.Lookup("code-salt")[:16], 3, CodeHolds>>10, 1, 32)
	debug.FreeOSMemory() // each run leaves its memory behind; without this they pile up
	s.hashing.Unlock()
	if lookup, err = hkdf.Key(sha256.New, root, s.Keys.Pepper(), "tillit/receipt/1/lookup", 32); err != nil {
		return nil, nil, err
	}
	secret, err = hkdf.Key(sha256.New, root, nil, "tillit/receipt/1/mailbox", 32)
	return lookup, secret, err
}

// NewCode makes the code to come back for a conversation with a copy. An older
// one dies with it.
func (s *Store) NewCode(ctx context.Context, channel string, id intake.ConversationID, secret []byte) (intake.Private, error) {
	r, err := s.route(ctx, s.read, s.lookupConversation(channel, id))
	if err != nil || r.wrapped == nil {
		return intake.Private{}, errors.Join(classify(err), ErrUnknown)
	}
	code, err := newCode()
	if err != nil {
		return code, err
	}
	digits, _ := readCode(code)
	lookup, root, err := s.codeRoot(ctx, s.making, string(r.lookup), digits)
	if err != nil {
		return intake.Private{}, err
	}
	wrapped, err := mailbox.Rewrap(r.wrapped, secret, root)
	if err != nil {
		return intake.Private{}, ErrUnknown
	}
	err = s.do(ctx, func(tx *transaction) error {
		t, err := s.loadTalk(tx, r.id)
		if err != nil {
			return err
		}
		t.codes++
		return errors.Join(s.writeCode(tx, t, lookup, wrapped, 0), s.saveTalk(tx, &t))
	})
	if err != nil {
		return intake.Private{}, err
	}
	return code, nil
}

// Move gives a found copy to another browser: the same case, the same copy, under
// its secret. The old browser's way back ends; the code stays good.
func (s *Store) Move(ctx context.Context, c Transfer, channel string, id intake.ConversationID, secret []byte) error {
	old, err := s.route(ctx, s.read, c.lookup)
	if err != nil || old.version == 0 {
		return errors.Join(classify(err), ErrUnknown)
	}
	return s.move(ctx, old, s.lookupConversation(channel, id), c.wrapped, c.root, secret)
}

// move gives a conversation's row another browser's look-up. What is boxed or
// sealed under the old one's place is sealed anew.
func (s *Store) move(ctx context.Context, old route, to, wrapped, root, secret []byte) error {
	fresh, err := mailbox.Rewrap(wrapped, root, secret)
	if err != nil {
		return ErrUnknown
	}
	state, err := s.openState(old.lookup, old.state)
	if err != nil {
		return err
	}
	address, err := s.Keys.Unbox("address", place("conversations", old.lookup, "address"), old.address)
	if err != nil {
		return err
	}
	key, err := mailbox.OpenKey(fresh, secret)
	if err != nil {
		return err
	}
	return s.do(ctx, func(tx *transaction) error {
		t, err := s.loadTalk(tx, old.id)
		if errors.Is(err, sql.ErrNoRows) || err == nil && t.version != old.version {
			return ErrUnknown
		}
		if err = errors.Join(err, s.checkSeats(tx, t)); err != nil {
			return err
		}
		was := t
		t.lookup, t.version, t.wrapped, t.state, t.copy = to, t.version+1, fresh, s.boxState(to, state), nil
		if _, err := tx.Exec("UPDATE conversations SET lookup = ?, address = ?, wrapped = ? WHERE id = ?",
			to, s.Keys.Box("address", place("conversations", to, "address"), address), fresh, t.id); err != nil {
			return err
		}
		return errors.Join(s.bindSeats(tx, &t), s.moveCode(tx, was, t), s.moveOutgoing(tx, was, t), s.moveCopies(tx, was, t, key), s.saveTalk(tx, &t))
	})
}

// moveCode keeps the code of a conversation good under its new look-up.
func (s *Store) moveCode(tx *transaction, was, t talk) error {
	var code, wrapped, bound []byte
	var expires int64
	err := tx.QueryRow("SELECT lookup, wrapped, expires, bound FROM codes WHERE conversation_id = ?", t.id).Scan(&code, &wrapped, &expires, &bound)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !hmac.Equal(bound, s.bindCode(was, code, wrapped, expires)) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.writeCode(tx, t, code, wrapped, expires)
}

func (s *Store) moveOutgoing(tx *transaction, was, t talk) error {
	for _, awaits := range []bool{false, true} {
		lines, err := collect[outLine](tx.Query("SELECT id, key, data, bound FROM outbox WHERE conversation_id = ? AND held = ?", t.id, awaits))
		if err != nil {
			return err
		}
		for _, l := range lines {
			if !hmac.Equal(l.bound, s.bindOutgoing(was, l.key, awaits)) {
				continue
			}
			if _, err := tx.Exec("UPDATE outbox SET bound = ? WHERE id = ?", s.bindOutgoing(t, l.key, awaits), l.id); err != nil {
				return err
			}
		}
	}
	return nil
}

// moveCopies seals letters anew for their new place, those that we wrote.
func (s *Store) moveCopies(tx *transaction, was, t talk, key *mailbox.Key) error {
	for _, awaits := range []bool{false, true} {
		letters, err := collect[letter](tx.Query("SELECT id, data, bound FROM copies WHERE conversation_id = ? AND held = ?", t.id, awaits))
		if err != nil {
			return err
		}
		for _, l := range letters {
			n, ours := s.checkLetter(was, awaits, l.data, l.bound)
			if !ours {
				_ = s.forgedTalk(was.lookup)
				continue
			}
			lines, err := key.Open(was.lookup, l.data)
			if err != nil {
				return err
			}
			data := key.Seal(t.lookup, lines)
			if _, err := tx.Exec("UPDATE copies SET data = ?, bound = ? WHERE id = ?", data, s.bindLetter(t, n, awaits, data), l.id); err != nil {
				return err
			}
		}
	}
	return nil
}

// mayTry counts a try of a conversation, and says whether it had one left. It is never for
// everybody at once: one who guesses locks out nobody else. It lives in memory; a restart
// forgives.
func (s *Store) mayTry(who string) bool {
	s.triesMu.Lock()
	defer s.triesMu.Unlock()
	left := s.lastTries(who)
	if len(left) >= codeTries {
		return false
	}
	s.tries[who] = append(left, s.Now())
	return true
}

// tryLeft reports whether a conversation has a try left.
func (s *Store) tryLeft(who string) bool {
	s.triesMu.Lock()
	defer s.triesMu.Unlock()
	return len(s.lastTries(who)) < codeTries
}

// lastTries are those that still count.
func (s *Store) lastTries(who string) (recent []time.Time) {
	if len(s.tries) > 10000 {
		clear(s.tries)
	}
	for _, t := range s.tries[who] {
		if s.Now().Sub(t) < time.Hour {
			recent = append(recent, t)
		}
	}
	return recent
}
