package store

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"

	"tillit/intake"
	"tillit/store/mailbox"
)

// This file opens a reporter's copy for who brings its secret. However long it is, no
// more of it is in memory at once than was asked for.

// Copy is a reporter's own copy, opened.
type Copy struct {
	Lines  []Line // oldest first
	Unread int    // lines that wait until she asks, not opened
	Turns  int    // how many were opened
	More   bool   // there are earlier turns
}

// Part says which turns of a copy are opened: the last ones before the newest Skip.
type Part struct {
	Skip  int
	Last  int   // 0 is all
	Bytes int64 // as they lie there, at most; one turn is opened however long. 0 is no bound
}

// Copy opens the last turns of a reporter's copy with the secret that the browser
// has just sent; 0 is all of them. Lines that await pickup are counted, not opened.
func (s *Store) Copy(ctx context.Context, channel string, id intake.ConversationID, secret []byte, last int) (Copy, error) {
	return s.CopyPart(ctx, channel, id, secret, Part{Last: last})
}

// CopyPart is Copy of some turns.
func (s *Store) CopyPart(ctx context.Context, channel string, id intake.ConversationID, secret []byte, part Part) (c Copy, err error) {
	r, key, err := s.copyOf(ctx, channel, id, secret)
	if err != nil {
		return c, err
	}
	there, err := s.lengths(ctx, r.id, part)
	if err != nil {
		return c, err
	}
	if n := part.fit(there); n > 0 {
		c.Turns, c.More = n, n < len(there)
		letters, err := s.letters(ctx, &r, there[n-1].id, there[0].id)
		if err != nil {
			return c, classify(err)
		}
		for _, data := range slices.Backward(letters) { // newest first
			turn, err := openTurn(key, r.lookup, data)
			if err != nil {
				return Copy{}, err
			}
			c.Lines = append(c.Lines, turn...)
		}
	}
	if r.awaiting > 0 {
		c.Unread, err = s.awaiting(ctx, r.talk)
	}
	return c, err
}

// wholeCopy is how much of a copy lies in memory while all of it is read.
const wholeCopy = 64 << 10

// EachLine opens all of a reporter's copy, oldest first, one line after the other. What is
// added meanwhile may not be told.
func (s *Store) EachLine(ctx context.Context, channel string, id intake.ConversationID, secret []byte, tell func(Line) error) error {
	r, key, err := s.copyOf(ctx, channel, id, secret)
	if err != nil {
		return err
	}
	left, err := s.lengths(ctx, r.id, Part{})
	if err != nil {
		return err
	}
	slices.Reverse(left)
	for len(left) > 0 {
		n := Part{Bytes: wholeCopy}.fit(left)
		letters, err := s.letters(ctx, &r, left[0].id, left[n-1].id)
		if err != nil {
			return classify(err)
		}
		left = left[n:]
		for i, data := range slices.Backward(letters) {
			turn, err := openTurn(key, r.lookup, data)
			if err != nil {
				return err
			}
			letters[i], data = nil, nil // while it is told, the rest is enough to hold
			for _, line := range turn {
				if err := tell(line); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// copyOf finds a copy and opens its key.
func (s *Store) copyOf(ctx context.Context, channel string, id intake.ConversationID, secret []byte) (route, *mailbox.Key, error) {
	// What is wrong with the case is no reason to keep her own copy from her.
	r, _, err := s.readRoute(ctx, s.read, s.lookupConversation(channel, id))
	if err != nil {
		return r, nil, classify(err)
	}
	if r.version == 0 || r.wrapped == nil {
		return r, nil, ErrUnknown
	}
	if err := s.checkTalk(&r.talk); err != nil {
		return r, nil, err
	}
	key, err := mailbox.OpenKey(r.wrapped, secret)
	if err != nil {
		return r, nil, ErrUnknown
	}
	return r, key, nil
}

// length is how long a letter is, as it lies there.
type length struct{ id, bytes int64 }

func (l *length) targets() []any { return []any{&l.id, &l.bytes} }

// lengths are those of the letters that a part may hold, newest first, and of one more.
func (s *Store) lengths(ctx context.Context, conversation int64, part Part) ([]length, error) {
	most := int64(math.MaxInt64)
	if part.Last > 0 {
		most = int64(part.Last) + 1
	}
	all, err := collect[length](s.read.QueryContext(ctx, "SELECT id, length(data) FROM copies WHERE conversation_id = ? AND held = 0 ORDER BY id DESC LIMIT ? OFFSET ?",
		conversation, most, part.Skip))
	return all, classify(err)
}

// fit is how many of these letters a part holds.
func (p Part) fit(there []length) (n int) {
	var bytes int64
	for n < len(there) && (p.Last == 0 || n < p.Last) && (n == 0 || p.Bytes == 0 || bytes+there[n].bytes <= p.Bytes) {
		bytes += there[n].bytes
		n++
	}
	return n
}

func openTurn(key *mailbox.Key, lookup, data []byte) (turn []Line, err error) {
	raw, err := key.Open(lookup, data)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &turn); err != nil {
		return nil, errors.New("a line of the copy does not decode")
	}
	return turn, nil
}
