package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"tillit/intake"
	"tillit/store/mailbox"
)

// copyRow is an envelope for the reporter's copy, outRow one line to be sent.
type (
	copyRow struct {
		data   []byte
		awaits bool
	}
	outRow struct {
		key    string
		data   []byte
		awaits bool
		at     time.Time
	}
)

// sealLines seals a change's lines to the copy, all of one turn in one envelope;
// or boxes them for the outbox when the person does not read from a copy.
func (p *prepared) sealLines() error {
	public, wrapped := p.copy()
	to := copyOf(p.lookup, public)
	if public != nil && !p.c.Secret.IsZero() {
		if key, err := mailbox.OpenKey(wrapped, []byte(p.c.Secret.Reveal())); err == nil { // otherwise the public half will do
			to = func(lines []byte) ([]byte, error) { return key.Seal(p.lookup, lines), nil }
		}
	}
	var err error
	p.sealed, p.out, err = p.s.sealLines(to, p.c.Lines)
	return err
}

// copy is the copy of the change's conversation: the one that it has, or begins with.
func (p *prepared) copy() (public, wrapped []byte) {
	if p.c.Mailbox != nil && p.was.version == 0 {
		return p.c.Mailbox.Public, p.c.Mailbox.Wrapped
	}
	return p.was.mailbox, p.was.wrapped
}

// sealer puts lines into an envelope of a copy; nil where there is no copy.
type sealer func(lines []byte) ([]byte, error)

// copyOf seals to a copy while its owner is away.
func copyOf(lookup, public []byte) sealer {
	if public == nil {
		return nil
	}
	return func(lines []byte) ([]byte, error) { return mailbox.Seal(public, lookup, lines) }
}

func (s *Store) sealLines(to sealer, lines []Line) (sealed []copyRow, out []outRow, err error) {
	if to == nil {
		for _, l := range lines {
			if !l.Mine {
				key := uuid.NewString()
				out = append(out, outRow{key, s.Keys.Box("outbox", place("outbox", []byte(key), "data"), l.Body), l.AwaitsPickup, l.After})
			}
		}
		return nil, out, nil
	}
	var now []Line
	for _, l := range lines {
		if !l.AwaitsPickup {
			now = append(now, l)
			continue
		}
		if sealed, err = to.add(sealed, []Line{l}); err != nil {
			return nil, nil, err
		}
	}
	if len(now) > 0 {
		sealed, err = to.add(sealed, now)
	}
	return sealed, nil, err
}

func (to sealer) add(sealed []copyRow, lines []Line) ([]copyRow, error) {
	raw, err := json.Marshal(lines)
	if err != nil {
		return nil, errors.New("encoding lines")
	}
	data, err := to(raw)
	return append(sealed, copyRow{data, lines[0].AwaitsPickup}), err
}

func (p *prepared) writeLines(tx *transaction) error {
	if p.c.Event != "" && p.was.version > 0 && len(p.out) > 0 {
		// She is there: what waited for its hour does not hold up the answer.
		now := p.s.Now().UnixMilli()
		if _, err := tx.Exec("UPDATE outbox SET at = ?1 WHERE conversation_id = ?2 AND held = 0 AND tries = 0 AND at > ?1", now, p.was.id); err != nil {
			return err
		}
	}
	return p.s.writeLines(tx, p.was.id, p.sealed, p.out)
}

func (s *Store) writeLines(tx *transaction, conversation int64, sealed []copyRow, out []outRow) error {
	for _, l := range sealed {
		if _, err := tx.Exec("INSERT INTO copies (conversation_id, held, data) VALUES (?, ?, ?)", conversation, l.awaits, l.data); err != nil {
			return err
		}
	}
	for _, l := range out {
		at := s.Now()
		if l.at.After(at) {
			at = l.at
		}
		if _, err := tx.Exec("INSERT INTO outbox (conversation_id, at, held, key, data) VALUES (?, ?, ?, ?, ?)",
			conversation, at.UnixMilli(), l.awaits, l.key, l.data); err != nil {
			return err
		}
	}
	return nil
}

// writeRelease lets lines that await pickup go. They get a new place in the order: they are
// shown where they are asked for, not where they were written.
func (p *prepared) writeRelease(tx *transaction) error {
	if !p.c.Release {
		return nil
	}
	for table, columns := range map[string]string{"copies": "conversation_id, data", "outbox": "conversation_id, data, at, key"} {
		q := fmt.Sprintf(`INSERT INTO %[1]s (%[2]s, held) SELECT %[2]s, 0 FROM %[1]s WHERE conversation_id = ? AND held = 1 ORDER BY id`, table, columns)
		if table == "outbox" { // its key is unique, so the row itself moves on
			q = "UPDATE outbox SET held = 0, id = (SELECT max(id) + 1 FROM outbox) WHERE id = (SELECT min(id) FROM outbox WHERE conversation_id = ? AND held = 1)"
			for {
				r, err := tx.Exec(q, p.was.id)
				if err != nil {
					return err
				}
				if n, err := r.RowsAffected(); err != nil || n == 0 {
					if err != nil {
						return err
					}
					break
				}
			}
			continue
		}
		if _, err := tx.Exec(q, p.was.id); err != nil {
			return err
		}
		if _, err := tx.Exec("DELETE FROM copies WHERE conversation_id = ? AND held = 1", p.was.id); err != nil {
			return err
		}
	}
	return nil
}

// writeEnd destroys what is the reporter's to destroy: the case if it was not
// sent, and with Delete or End the conversation itself.
func (p *prepared) writeEnd(tx *transaction) error {
	if !p.c.Delete && !p.c.End {
		return nil
	}
	if p.c.Delete && p.was.room.id != 0 && p.was.room.sent == 0 {
		if _, err := tx.Exec("DELETE FROM cases WHERE id = ?", p.was.room.id); err != nil {
			return err
		}
	}
	var sent int
	if err := tx.QueryRow("SELECT count(*) FROM seats WHERE conversation_id = ?", p.was.id).Scan(&sent); err != nil {
		return err
	}
	if sent == 0 || p.c.End { // otherwise another case still needs the way back
		if _, err := tx.Exec("DELETE FROM conversations WHERE id = ?", p.was.id); err != nil {
			return err
		}
	} else if _, err := tx.Exec("DELETE FROM copies WHERE conversation_id = ? AND held = 0", p.was.id); err != nil {
		return err // what was told stands in the copy of both cases; only the words that await pickup stay
	}
	return errors.Join(settleSeats(tx, p.was.id), p.markShred(tx))
}

// Copy is a reporter's own copy, opened.
type Copy struct {
	Lines  []Line
	Unread int  // lines that wait until she asks, not opened
	More   bool // there are earlier turns
}

// Copy opens the last turns of a reporter's copy with the secret that the browser
// has just sent; 0 is all of them. Lines that await pickup are counted, not opened.
func (s *Store) Copy(ctx context.Context, channel string, id intake.ConversationID, secret []byte, last int) (c Copy, err error) {
	r, err := s.route(ctx, s.read, s.lookupConversation(channel, id))
	if err != nil {
		return c, classify(err)
	}
	if r.version == 0 || r.wrapped == nil {
		return c, ErrUnknown
	}
	key, err := mailbox.OpenKey(r.wrapped, secret)
	if err != nil {
		return c, ErrUnknown
	}
	limit := -1
	if last > 0 {
		limit = last + 1
	}
	letters, err := s.letters(ctx, r.id, limit)
	if err != nil {
		return c, classify(err)
	}
	if c.More = last > 0 && len(letters) > last; c.More {
		letters = letters[:last] // newest first
	}
	for _, data := range slices.Backward(letters) {
		raw, err := key.Open(r.lookup, data)
		if err != nil {
			return Copy{}, err
		}
		var turn []Line
		if err := json.Unmarshal(raw, &turn); err != nil {
			return Copy{}, errors.New("a line of the copy does not decode")
		}
		c.Lines = append(c.Lines, turn...)
	}
	c.Unread = r.awaiting
	return c, nil
}

// letters reads the last of a copy, newest first. Nothing is opened meanwhile: a
// reader that takes its time holds up destruction.
func (s *Store) letters(ctx context.Context, conversation int64, last int) ([][]byte, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT data FROM copies WHERE conversation_id = ? AND held = 0 ORDER BY id DESC LIMIT ?", conversation, last)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all [][]byte
	for rows.Next() {
		var data []byte
		if err := rows.Scan(&data); err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, rows.Err()
}

// Lease hands out the oldest due line of each conversation of a channel, for a time.
func (s *Store) Lease(ctx context.Context, channel string, n int, ttl time.Duration) ([]Delivery, error) {
	var due []Delivery
	err := s.do(ctx, func(tx *transaction) error {
		now := s.Now().UnixMilli()
		rows, err := tx.Query(`SELECT o.id, o.key, o.data, o.tries, c.channel, c.lookup, c.address FROM outbox o JOIN conversations c ON c.id = o.conversation_id
			WHERE o.held = 0 AND o.at <= ?1 AND o.lease <= ?1 AND c.channel = ?3 AND length(c.address) > 0
			AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.conversation_id = o.conversation_id AND e.held = 0 AND e.id < o.id)
			ORDER BY o.id LIMIT ?2`, now, n, channel)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var d Delivery
			var data, lookup, address []byte
			if err := rows.Scan(&d.ID, &d.Key, &data, &d.Tries, &d.Channel, &lookup, &address); err != nil {
				return err
			}
			if d.Body, err = s.Keys.Unbox("outbox", place("outbox", []byte(d.Key), "data"), data); err != nil {
				return err
			}
			raw, err := s.Keys.Unbox("address", place("conversations", lookup, "address"), address)
			if err != nil {
				return err
			}
			d.Address = intake.NewAddress(string(raw))
			due = append(due, d)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		rows.Close()
		for _, d := range due {
			if _, err := tx.Exec("UPDATE outbox SET lease = ?, tries = tries + 1 WHERE id = ?", now+ttl.Milliseconds(), d.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return due, nil
}

// Waiting names the channels on which lines wait to be sent, or to be asked for.
func (s *Store) Waiting(ctx context.Context) (channels []string, err error) {
	rows, err := s.read.QueryContext(ctx, "SELECT DISTINCT c.channel FROM outbox o JOIN conversations c ON c.id = o.conversation_id")
	if err != nil {
		return nil, classify(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, classify(err)
		}
		channels = append(channels, name)
	}
	return channels, classify(rows.Err())
}

// Delivered destroys a line that arrived.
func (s *Store) Delivered(ctx context.Context, id int64) error {
	return s.exec(ctx, "DELETE FROM outbox WHERE id = ?", id)
}

// Retry puts a line back until a time.
func (s *Store) Retry(ctx context.Context, id int64, at time.Time) error {
	return s.exec(ctx, "UPDATE outbox SET at = ?, lease = 0 WHERE id = ?", at.UnixMilli(), id)
}

// Wait puts a line back because the network asked for patience: what was not tried
// is no attempt, and a line is not given up for it.
func (s *Store) Wait(ctx context.Context, id int64, at time.Time) error {
	return s.exec(ctx, "UPDATE outbox SET at = ?, lease = 0, tries = max(1, tries - 1) WHERE id = ?", at.UnixMilli(), id)
}

// MaybeSent destroys a line whose outcome nobody can know, rather than say it twice.
func (s *Store) MaybeSent(ctx context.Context, id int64) error { return s.Delivered(ctx, id) }

func (s *Store) exec(ctx context.Context, query string, args ...any) error {
	return s.do(ctx, func(tx *transaction) error {
		_, err := tx.Exec(query, args...)
		return err
	})
}
