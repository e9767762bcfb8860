package store

import (
	"context"
	"fmt"

	"tillit/intake"
	"tillit/store/seal"
)

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
