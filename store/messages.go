package store

import (
	"context"

	"github.com/google/uuid"

	"tillit/store/seal"
)

// A network names each message that stands in a chat. The names are kept for as
// long as a network may let us take messages back, so that a person can have the
// chat cleaned; they go with the conversation.

// namedRow is the name of one message, boxed.
type namedRow struct {
	key  string
	data []byte
}

func (s *Store) boxNames(names []string) (rows []namedRow) {
	for _, n := range names {
		key := uuid.NewString()
		rows = append(rows, namedRow{key, s.Keys.Box("message", place("messages", []byte(key), "data"), []byte(n))})
	}
	return rows
}

// writeMessages keeps the names of what came in.
func (p *prepared) writeMessages(tx *transaction) error {
	for _, r := range p.boxes.messages {
		if _, err := tx.Exec("INSERT INTO messages (conversation_id, hour, key, data) VALUES (?, ?, ?, ?)",
			p.was.id, seal.Hour(p.s.Now()).Unix(), r.key, r.data); err != nil {
			return err
		}
	}
	return nil
}

// Sent destroys a line that arrived, as [Store.Delivered] does, and keeps what the
// network calls its messages.
func (s *Store) Sent(ctx context.Context, line int64, names ...string) error {
	rows := s.boxNames(names)
	return s.do(ctx, func(tx *transaction) error {
		for _, r := range rows {
			if _, err := tx.Exec("INSERT INTO messages (conversation_id, hour, key, data) SELECT conversation_id, ?, ?, ? FROM outbox WHERE id = ?",
				seal.Hour(s.Now()).Unix(), r.key, r.data, line); err != nil {
				return err
			}
		}
		_, err := tx.Exec("DELETE FROM outbox WHERE id = ?", line)
		return err
	})
}

// Messages returns what the network calls the messages that stand in the chat a
// line goes to, oldest first, as far as they are known. Forget destroys that
// knowledge, and none that is newer.
func (s *Store) Messages(ctx context.Context, line int64) (names []string, forget func(context.Context) error, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT m.id, m.conversation_id, m.key, m.data FROM outbox o
		JOIN messages m ON m.conversation_id = o.conversation_id WHERE o.id = ? ORDER BY m.id`, line)
	if err != nil {
		return nil, nil, classify(err)
	}
	defer rows.Close()
	var conversation, last int64
	for rows.Next() {
		var key string
		var data []byte
		if err := rows.Scan(&last, &conversation, &key, &data); err != nil {
			return nil, nil, classify(err)
		}
		raw, err := s.Keys.Unbox("message", place("messages", []byte(key), "data"), data)
		if err != nil {
			return nil, nil, err
		}
		names = append(names, string(raw))
	}
	return names, func(ctx context.Context) error {
		return s.exec(ctx, "DELETE FROM messages WHERE conversation_id = ? AND id <= ?", conversation, last)
	}, classify(rows.Err())
}
