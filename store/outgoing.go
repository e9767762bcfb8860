package store

import (
	"context"
	"crypto/hmac"
	"database/sql"
	"encoding/json"
	"errors"
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
	return p.s.writeLines(tx, &p.now, p.sealed, p.out)
}

// writeLines puts lines into a conversation's copy and outbox. The caller binds the
// conversation's row.
func (s *Store) writeLines(tx *transaction, t *talk, sealed []copyRow, out []outRow) error {
	for _, l := range sealed {
		t.letters, t.kept = t.letters+1, t.kept+1
		if _, err := tx.Exec("INSERT INTO copies (conversation_id, held, data, bound) VALUES (?, ?, ?, ?)",
			t.id, l.awaits, l.data, s.bindLetter(*t, t.letters, l.awaits, l.data)); err != nil {
			return err
		}
	}
	for _, l := range out {
		at := s.Now()
		if l.at.After(at) {
			at = l.at
		}
		if _, err := tx.Exec("INSERT INTO outbox (conversation_id, at, held, key, data, bound) VALUES (?, ?, ?, ?, ?, ?)",
			t.id, at.UnixMilli(), l.awaits, l.key, l.data, s.bindOutgoing(*t, l.key, l.awaits)); err != nil {
			return err
		}
	}
	return nil
}

// writeRelease lets lines that await pickup go. They get a new place in the order: they are
// shown where they are asked for, not where they were written. What we did not write
// stays where it is.
func (p *prepared) writeRelease(tx *transaction) error {
	if !p.c.Release {
		return nil
	}
	return errors.Join(p.releaseLetters(tx), p.releaseOutgoing(tx))
}

func (p *prepared) releaseLetters(tx *transaction) error {
	letters, err := collect[letter](tx.Query(awaitingLetters, p.was.id))
	if err != nil {
		return err
	}
	for _, l := range letters {
		if _, ours := p.s.checkLetter(p.now, true, l.data, l.bound); !ours {
			_ = p.s.forgedTalk(p.lookup)
			continue
		}
		p.now.letters++
		if _, err := tx.Exec("DELETE FROM copies WHERE id = ?", l.id); err != nil {
			return err
		}
		if _, err := tx.Exec("INSERT INTO copies (conversation_id, held, data, bound) VALUES (?, 0, ?, ?)",
			p.was.id, l.data, p.s.bindLetter(p.now, p.now.letters, false, l.data)); err != nil {
			return err
		}
	}
	return nil
}

func (p *prepared) releaseOutgoing(tx *transaction) error {
	lines, err := collect[outLine](tx.Query(awaitingOutgoing, p.was.id))
	if err != nil {
		return err
	}
	for _, l := range lines {
		if !p.s.holdsOutgoing(p.now, l) {
			continue
		}
		// Its key is unique, so the row itself moves on.
		if _, err := tx.Exec("UPDATE outbox SET held = 0, bound = ?, id = (SELECT max(id) + 1 FROM outbox) WHERE id = ?",
			p.s.bindOutgoing(p.now, l.key, false), l.id); err != nil {
			return err
		}
	}
	return nil
}

const awaitingOutgoing = "SELECT id, key, data, bound FROM outbox WHERE conversation_id = ? AND held = 1 ORDER BY id"

// outLine is a row of the outbox.
type outLine struct {
	id          int64
	key         string
	data, bound []byte
}

func (l *outLine) targets() []any { return []any{&l.id, &l.key, &l.data, &l.bound} }

// holdsOutgoing reports whether a line that awaits pickup is one that we put there.
func (s *Store) holdsOutgoing(t talk, l outLine) bool {
	if hmac.Equal(l.bound, s.bindOutgoing(t, l.key, true)) {
		return true
	}
	_ = s.forgedTalk(t.lookup)
	return false
}

// awaiting counts the lines that await pickup, in the copy or to be sent.
func (s *Store) awaiting(ctx context.Context, t talk) (n int, err error) {
	letters, err := collect[letter](s.read.QueryContext(ctx, awaitingLetters, t.id))
	if err != nil {
		return 0, classify(err)
	}
	lines, err := collect[outLine](s.read.QueryContext(ctx, awaitingOutgoing, t.id))
	for _, l := range letters {
		if _, ours := s.checkLetter(t, true, l.data, l.bound); ours {
			n++
		} else {
			_ = s.forgedTalk(t.lookup)
		}
	}
	for _, l := range lines {
		if s.holdsOutgoing(t, l) {
			n++
		}
	}
	return n, classify(err)
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
	if sent == 0 && !p.c.Stays || p.c.End { // otherwise another case still needs the way back
		if _, err := tx.Exec("DELETE FROM conversations WHERE id = ?", p.was.id); err != nil {
			return err
		}
	} else if err := p.dropCopy(tx); err != nil {
		return err
	}
	return errors.Join(p.s.settleSeats(tx, p.was.id), p.markShred(tx))
}

// dropCopy destroys what was told in the copy of both cases; only the words that await
// pickup stay.
func (p *prepared) dropCopy(tx *transaction) error {
	r, err := tx.Exec("DELETE FROM copies WHERE conversation_id = ? AND held = 0", p.was.id)
	if err != nil {
		return err
	}
	n, err := r.RowsAffected()
	p.now.kept -= n
	return errors.Join(err, p.s.saveTalk(tx, &p.now))
}

// maybeSent stands where the time of a lease does: nobody holds the line, and an attempt may
// have arrived.
const maybeSent = -1

// Lease hands out the oldest due line of each conversation of a channel, for a time.
// A line that we did not write for whom it would go to is not handed out; it waits, and
// what comes after it for them.
func (s *Store) Lease(ctx context.Context, channel string, n int, ttl time.Duration) ([]Delivery, error) {
	var due []Delivery
	err := s.do(ctx, func(tx *transaction) error {
		now := s.Now().UnixMilli()
		rows, err := tx.Query(`SELECT o.id, o.key, o.data, o.tries, o.lease, o.bound, c.channel, c.lookup, c.address FROM outbox o JOIN conversations c ON c.id = o.conversation_id
			WHERE o.held = 0 AND o.at <= ?1 AND o.lease <= ?1 AND c.channel = ?3 AND length(c.address) > 0
			AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.conversation_id = o.conversation_id AND e.held = 0 AND e.id < o.id)
			ORDER BY o.id LIMIT ?2`, now, n, channel)
		if err != nil {
			return err
		}
		defer rows.Close()
		var taken []int64
		var whose []talk
		for rows.Next() {
			d, t, ours, err := s.delivery(rows)
			if err != nil {
				return err
			}
			if taken = append(taken, d.ID); ours {
				due, whose = append(due, d), append(whose, t)
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
		rows.Close()
		for _, id := range taken {
			if _, err := tx.Exec("UPDATE outbox SET lease = ?, tries = tries + 1 WHERE id = ?", now+ttl.Milliseconds(), id); err != nil {
				return err
			}
		}
		for i := range due {
			if due[i].Next, err = s.following(tx, whose[i], due[i].ID, now); err != nil {
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

// following is the line after one, if it is due and ours.
func (s *Store) following(tx *transaction, t talk, line, now int64) ([]byte, error) {
	next, err := collect[outLine](tx.Query(`SELECT n.id, n.key, n.data, n.bound FROM outbox o JOIN outbox n ON n.conversation_id = o.conversation_id AND n.held = 0 AND n.id > o.id
		WHERE o.id = ? AND n.at <= ? ORDER BY n.id LIMIT 1`, line, now))
	if err != nil || len(next) == 0 || !hmac.Equal(next[0].bound, s.bindOutgoing(t, next[0].key, false)) {
		return nil, err
	}
	body, err := s.Keys.Unbox("outbox", place("outbox", []byte(next[0].key), "data"), next[0].data)
	if err != nil {
		return nil, nil // that is said when it is its turn
	}
	return body, nil
}

// delivery reads a line that is due; ours is false for one that is not to go there.
func (s *Store) delivery(rows *sql.Rows) (d Delivery, t talk, ours bool, err error) {
	var lease int64
	var data, bound, address []byte
	if err := rows.Scan(&d.ID, &d.Key, &data, &d.Tries, &lease, &bound, &t.channel, &t.lookup, &address); err != nil {
		return d, t, false, err
	}
	d.Maybe = lease == maybeSent
	var raw []byte
	if ours = hmac.Equal(bound, s.bindOutgoing(t, d.Key, false)); ours {
		d.Channel = t.channel
		d.Body, err = s.Keys.Unbox("outbox", place("outbox", []byte(d.Key), "data"), data)
		if err == nil {
			raw, err = s.Keys.Unbox("address", place("conversations", t.lookup, "address"), address)
		}
		ours = err == nil
	}
	if !ours {
		_ = s.forgedTalk(t.lookup)
	}
	d.Address = intake.NewAddress(string(raw))
	return d, t, ours, nil
}

// Waiting names the channels on which lines wait to be sent, or to be asked for.
func (s *Store) Waiting(ctx context.Context) (channels []string, err error) {
	channels, err = column[string](s.read.QueryContext(ctx, "SELECT DISTINCT c.channel FROM outbox o JOIN conversations c ON c.id = o.conversation_id"))
	return channels, classify(err)
}

// Delivered destroys a line that arrived.
func (s *Store) Delivered(ctx context.Context, id int64) error {
	return s.exec(ctx, "DELETE FROM outbox WHERE id = ?", id)
}

// Retry puts a line back until a time. That an earlier attempt may have arrived is not
// forgotten.
func (s *Store) Retry(ctx context.Context, d Delivery, at time.Time) error {
	return s.exec(ctx, "UPDATE outbox SET at = ?, lease = ? WHERE id = ?", at.UnixMilli(), d.free(), d.ID)
}

// free is what stands where a lease does when nobody holds the line any more.
func (d Delivery) free() int64 {
	if d.Maybe {
		return maybeSent
	}
	return 0
}

// Wait puts a line back because the network asked for patience: what was not tried
// is no attempt, and a line is not given up for it.
func (s *Store) Wait(ctx context.Context, d Delivery, at time.Time) error {
	return s.exec(ctx, "UPDATE outbox SET at = ?, lease = ?, tries = max(1, tries - 1) WHERE id = ?", at.UnixMilli(), d.free(), d.ID)
}

// MaybeSent puts a line back until a time whose outcome nobody can know: to be said twice is
// better than to wait for ever.
func (s *Store) MaybeSent(ctx context.Context, id int64, at time.Time) error {
	return s.exec(ctx, "UPDATE outbox SET at = ?, lease = ? WHERE id = ?", at.UnixMilli(), maybeSent, id)
}

// Release gives back what is leased and was not tried, for a clean stop.
func (s *Store) Release(ctx context.Context) error {
	return s.exec(ctx, "UPDATE outbox SET lease = 0, tries = max(0, tries - 1) WHERE lease > 0")
}

// Reclaim takes back what is leased to a process that died with it; nobody else can be
// there, since one process holds the folder. It says how many lines may have been sent.
func (s *Store) Reclaim(ctx context.Context) (n int64, err error) {
	err = s.do(ctx, func(tx *transaction) error {
		r, err := tx.Exec("UPDATE outbox SET lease = ? WHERE lease > 0", maybeSent)
		if err != nil {
			return err
		}
		n, err = r.RowsAffected()
		return err
	})
	return n, err
}

func (s *Store) exec(ctx context.Context, query string, args ...any) error {
	return s.do(ctx, func(tx *transaction) error {
		_, err := tx.Exec(query, args...)
		return err
	})
}
