package storetest

import (
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"tillit/store/seal"
)

// Bind binds the rows of a stopped store as they are: what somebody can do who has the
// server key as well as the file. It is written after docs/FORMAT.md and uses nothing of
// the store.
func Bind(db *sql.DB, keys *seal.ServerKeys) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	b := binder{tx, keys}
	for _, bind := range []func() error{b.cases, b.epochs, b.wraps, b.conversations, b.seats, b.copies, b.outbox, b.codes, b.said} {
		if err := bind(); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

type binder struct {
	tx   *sql.Tx
	keys *seal.ServerKeys
}

func num(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// count is one of the numbers that a binding begins with; 0 where it has none yet.
func count(bound []byte, i int) int64 {
	if len(bound) < 8*i+8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(bound[8*i:]))
}

// each makes a binding of every row of a query, whose first column is the row's id, and
// writes it.
func (b binder) each(table, query string, bind func(v []any) []byte) error {
	rows, err := b.tx.Query(query)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	bound := map[int64][]byte{}
	for rows.Next() {
		v, to := make([]any, len(columns)), make([]any, len(columns))
		for i := range v {
			to[i] = &v[i]
		}
		if err := rows.Scan(to...); err != nil {
			return err
		}
		bound[v[0].(int64)] = bind(v[1:])
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for id, mac := range bound {
		if _, err := b.tx.Exec(fmt.Sprintf("UPDATE %s SET bound = ? WHERE id = ?", table), mac, id); err != nil {
			return err
		}
	}
	return nil
}

// mac frames values as the document says: numbers as eight bytes, texts and bytes as
// they are.
func (b binder) mac(domain string, values ...any) []byte {
	var fields [][]byte
	for _, v := range values {
		switch v := v.(type) {
		case int64:
			fields = append(fields, num(v))
		case string:
			fields = append(fields, []byte(v))
		case []byte:
			fields = append(fields, v)
		case nil:
			fields = append(fields, nil)
		}
	}
	return b.keys.Bind(domain, fields...)
}

func raw(v any) []byte {
	b, _ := v.([]byte)
	return b
}

// named is the part of a box that a binding is made of.
func named(box any) []byte { return raw(box)[:min(len(raw(box)), 28)] }

func (b binder) cases() error {
	return b.each("cases", `SELECT id, ref, room, epoch, public, genesis, next_seq, head, sent, closed, facts, bound,
		(SELECT count(*) FROM wraps WHERE case_id = c.id) FROM cases c`, func(v []any) []byte {
		wraps, places := count(raw(v[10]), 0), v[11].(int64)
		key := b.mac("room-key", v[:5]...)
		return slices.Concat(num(wraps), num(places), key, b.mac("room", v[0], v[1], v[2], v[5], v[6], v[7], v[8], wraps, places, named(v[9]), key))
	})
}

func (b binder) epochs() error {
	return b.each("epochs", "SELECT e.id, c.ref, c.room, e.epoch, e.public FROM epochs e JOIN cases c ON c.id = e.case_id",
		func(v []any) []byte { return b.mac("epoch", v...) })
}

func (b binder) wraps() error {
	return b.each("wraps", "SELECT w.id, c.room, w.epoch, w.recipient, w.staged, c.bound FROM wraps w JOIN cases c ON c.id = w.case_id",
		func(v []any) []byte { return b.mac("wrap", v[0], v[1], v[2], v[3], count(raw(v[4]), 0)) })
}

func (b binder) conversations() error {
	return b.each("conversations", `SELECT id, lookup, channel, version, state, mailbox, wrapped, bound, (SELECT count(*) FROM seats WHERE conversation_id = v.id),
		(SELECT count(*) FROM copies WHERE conversation_id = v.id) FROM conversations v`, func(v []any) []byte {
		bound := raw(v[6])
		letters := max(count(bound, 2), v[8].(int64))
		var counts []byte
		for _, n := range []int64{v[7].(int64), count(bound, 1), letters, v[8].(int64), count(bound, 4)} {
			counts = append(counts, num(n)...)
		}
		kept := b.mac("copy", v[0], v[4], v[5])
		return slices.Concat(counts, kept, b.mac("conversation", v[0], v[1], v[2], named(v[3]), counts, kept))
	})
}

func (b binder) seats() error {
	return b.each("seats", `SELECT s.id, v.lookup, v.bound, c.ref, c.room, s.role, s.active FROM seats s
		JOIN conversations v ON v.id = s.conversation_id JOIN cases c ON c.id = s.case_id`, func(v []any) []byte {
		return b.mac("seat", v[0], count(raw(v[1]), 1), v[2], v[3], v[4], v[5])
	})
}

func (b binder) copies() error {
	return b.each("copies", `SELECT l.id, v.lookup, l.held, l.data, l.bound, row_number() OVER (PARTITION BY v.id ORDER BY l.id)
		FROM copies l JOIN conversations v ON v.id = l.conversation_id`, func(v []any) []byte {
		n := v[4].(int64)
		if len(raw(v[3])) > 0 {
			n = count(raw(v[3]), 0)
		}
		return append(num(n), b.mac("letter", v[0], n, v[1], v[2])...)
	})
}

func (b binder) outbox() error {
	return b.each("outbox", "SELECT o.id, o.key, v.lookup, v.channel, o.held FROM outbox o JOIN conversations v ON v.id = o.conversation_id",
		func(v []any) []byte { return b.mac("outgoing", v...) })
}

func (b binder) codes() error {
	return b.each("codes", "SELECT k.id, k.lookup, v.lookup, v.bound, k.wrapped, k.expires FROM codes k JOIN conversations v ON v.id = k.conversation_id",
		func(v []any) []byte { return b.mac("code", v[0], v[1], count(raw(v[2]), 4), v[3], v[4]) })
}

func (b binder) said() error {
	return b.each("said", "SELECT d.id, v.lookup, d.message, c.ref FROM said d JOIN cases c ON c.id = d.case_id JOIN conversations v ON v.id = d.conversation_id",
		func(v []any) []byte { return b.mac("said", v...) })
}
