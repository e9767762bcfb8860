package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"tillit/store/cases"
	"tillit/store/seal"
	"tillit/store/storetest"
)

// multiply fills a stopped house with copies of one filed case until there are n.
// Each has its own reference, room, deadline, boxes and wrap ids, and the
// template's entries, wraps and letters: as many rows and bytes as if it had been
// told, though only the template opens. Telling 100,000 takes an hour.
func (h *house) multiply(n int) {
	h.b.Helper()
	keys, err := seal.LoadServerKeys(filepath.Join(h.dir, "server.key"), filepath.Join(h.dir, "data"))
	h.fatal(err)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(h.dir, "data", "tillit.db")+"?_pragma=synchronous(0)&_pragma=cache_size(-262144)")
	h.fatal(err)
	db.SetMaxOpenConns(1)
	defer func() { h.fatal(db.Close()) }()
	var template, have int
	h.fatal(db.QueryRow("SELECT min(id), count(*) FROM cases WHERE sent > 0").Scan(&template, &have))
	for have < n {
		tx, err := db.Begin()
		h.fatal(err)
		m := multiplier{tx, keys, template}
		for end := min(n, have+1000); have < end; have++ {
			h.fatal(m.one(have))
		}
		h.fatal(tx.Commit())
	}
	h.fatal(storetest.Bind(db, keys))
	_, err = db.ExecContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)")
	h.fatal(err)
}

func (h *house) fatal(err error) {
	h.b.Helper()
	if err != nil {
		h.b.Fatal(err)
	}
}

type multiplier struct {
	tx       *sql.Tx
	keys     *seal.ServerKeys
	template int
}

func (m multiplier) insert(query string, args ...any) (int64, error) {
	r, err := m.tx.Exec(query, args...)
	if err != nil {
		return 0, err
	}
	return r.LastInsertId()
}

func (m multiplier) one(i int) error {
	ref := "T-" + strings.ToUpper(strconv.FormatInt(36*36*36*36*36+int64(i), 36))
	room, day := rand.Text(), time.Now().AddDate(0, 0, i%60-20).Format(time.DateOnly)
	facts, err := json.Marshal(map[string]any{"status": "waiting", "level": "central", "due": []cases.Due{{Rule: "R-ACK1", Day: day}}})
	if err != nil {
		return err
	}
	box := m.keys.Box("facts", seal.Place{Table: "cases", Row: ref, Column: "facts"}, facts)
	id, err := m.insert(`INSERT INTO cases (ref, room, channel, sent, due, epoch, public, genesis, next_seq, head, facts)
		SELECT ?, ?, channel, sent, ?, epoch, public, genesis, next_seq, head, ? FROM cases WHERE id = ?`, ref, room, day, box, m.template)
	if err != nil {
		return err
	}
	talk, err := m.insert(`INSERT INTO conversations (lookup, channel, version, state, address, mailbox, wrapped, expires)
		SELECT randomblob(32), v.channel, v.version, v.state, v.address, v.mailbox, v.wrapped, v.expires
		FROM conversations v JOIN seats s ON s.conversation_id = v.id WHERE s.case_id = ?`, m.template)
	if err != nil {
		return err
	}
	for _, q := range []string{
		`INSERT INTO seats (conversation_id, case_id, role, active) VALUES (?3, ?1, 'reporter', 1)`,
		`INSERT INTO entries (case_id, seq, epoch, kind, hour, prev, hash, sig, data)
			SELECT ?1, seq, epoch, kind, hour, prev, hash, sig, data FROM entries WHERE case_id = ?2`,
		`INSERT INTO copies (conversation_id, held, data) SELECT ?3, c.held, c.data FROM copies c
			JOIN seats s ON s.conversation_id = c.conversation_id WHERE s.case_id = ?2`,
		`INSERT INTO notices (case_id, handler, data) SELECT ?1, handler, data FROM notices WHERE case_id = ?2`,
	} {
		if _, err := m.insert(q, id, m.template, talk); err != nil {
			return err
		}
	}
	for _, person := range benchOffice {
		wrap := m.keys.Lookup("wrap", []byte(room), []byte("1"), []byte(person))
		if _, err := m.insert(`INSERT INTO wraps (case_id, epoch, recipient, staged, data)
			SELECT ?, epoch, ?, 0, data FROM wraps WHERE case_id = ? LIMIT 1`, id, wrap, m.template); err != nil {
			return fmt.Errorf("wrap: %w", err)
		}
	}
	return nil
}
