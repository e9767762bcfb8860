package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tillit/intake"
	"tillit/store/cases"
	"tillit/store/seal"
)

// Act is what a handler does with a case by a word in a chat. It is stored in one
// transaction with the turn of that chat, so that a repeated event does nothing
// twice.
type Act struct {
	Handler, Ref string
	Entries      []Entry
	// Assign gives the case from one to another; From is who must have it now,
	// empty for nobody.
	Assign   bool
	From, To string
	// Reply puts words on their way to the reporter, as [Store.Reply] does.
	Reply         bool
	Words, Notice Line
}

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

// Perform stores the turn of a handler's chat and what it does to a case, both or
// neither. It returns [ErrDuplicate] when the event is stored already, [ErrUnknown]
// when the case is not the handler's, and [ErrStale] when the chat moved on, or
// the case is with somebody else than the act says.
func (s *Store) Perform(ctx context.Context, c Change, a Act) error {
	lookup := s.lookupConversation(c.Channel, c.Conversation)
	event := s.Keys.Lookup("event", []byte(c.Channel), []byte(c.Event))
	for range retries {
		if err := s.refuseKnown(ctx, c, event); err != nil {
			return err
		}
		r, _, err := s.theirs(ctx, s.read, a.Handler, a.Ref)
		if err != nil {
			return classify(err)
		}
		if f, err := s.facts(r); err != nil || a.Assign && f.Assignee != a.From {
			return errors.Join(err, ErrStale)
		}
		rows, head, err := s.sealAll(r, a.Entries)
		if err != nil {
			return err
		}
		p, err := s.prepare(ctx, c, lookup, event)
		if err != nil {
			return err
		}
		err = s.do(ctx, func(tx *transaction) error {
			if err := p.write(tx); err != nil {
				return err
			}
			at := r
			if err := s.writeRows(tx, &at, rows, head); err != nil {
				return err
			}
			return s.perform(tx, at, a)
		})
		if !errors.Is(err, errRace) {
			s.ring()
			return err
		}
	}
	return ErrStale
}

func (s *Store) perform(tx *transaction, r room, a Act) error {
	if a.Assign {
		// The entries stand where the room was read, so nobody came between.
		if err := s.setFacts(tx, &r, assigned(a.To)); err != nil {
			return err
		}
	}
	if !a.Reply {
		return nil
	}
	if err := s.toReporter(tx, r, []Line{a.Words, a.Notice}); err != nil {
		return err
	}
	return s.setFacts(tx, &r, answered)
}

// assigned is a case that is given to somebody, or to nobody.
func assigned(to string) func(*facts) {
	return func(f *facts) {
		f.Assignee = to
		switch {
		case to != "" && f.Status == "waiting":
			f.Status = "taken"
		case to == "" && f.Status == "taken":
			f.Status = "waiting"
		}
	}
}

// answered is a case in which the office has written to the reporter.
func answered(f *facts) {
	f.Status = "answered"
	f.Due = slices.DeleteFunc(f.Due, func(d cases.Due) bool { return d.Rule == "R-ACK1" || d.Rule == "R-ACK2" })
}

// KeepChats destroys the chats of an account with everybody who is not named: their
// state, where they are reached, and what was to be sent to them. A chat that holds
// a seat in a case stays.
func (s *Store) KeepChats(ctx context.Context, channel string, named []intake.ConversationID) error {
	keep := make([]string, len(named))
	for i, id := range named {
		keep[i] = fmt.Sprintf("%x", s.lookupConversation(channel, id))
	}
	var gone int64
	err := s.do(ctx, func(tx *transaction) error {
		r, err := tx.Exec(`DELETE FROM conversations WHERE channel = ? AND id NOT IN (SELECT conversation_id FROM seats)
			AND lookup NOT IN (SELECT unhex(value) FROM json_each(?))`, channel, list(keep))
		if err != nil {
			return err
		}
		if gone, err = r.RowsAffected(); err != nil || gone == 0 {
			return err
		}
		_, err = tx.Exec("INSERT INTO shreds (hour) VALUES (?)", seal.Hour(s.Now()).Unix())
		return err
	})
	if err != nil || gone == 0 {
		return err
	}
	return s.shredNow(ctx)
}
