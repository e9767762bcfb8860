package store_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"tillit/store"
	"tillit/store/cases"
	"tillit/store/seal"
	"tillit/store/storetest"
)

// heldCases fills a store with n open cases with an entry and clocks each. Maren holds all
// of them and works on ten, Jonas holds every hundredth: the others keep him out.
func heldCases(b *testing.B, n, every int) (*store.Store, *sql.DB, *seal.ServerKeys) {
	b.Helper()
	dir, keys := b.TempDir(), storetest.Keys(b)
	s, err := store.Open(b.Context(), store.Options{Dir: dir, Keys: keys})
	fatal(b, err)
	fatal(b, s.Close())
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "tillit.db")+"?_pragma=synchronous(0)")
	fatal(b, err)
	db.SetMaxOpenConns(1)
	b.Cleanup(func() { _ = db.Close() })
	tx, err := db.Begin()
	fatal(b, err)
	blob := make([]byte, 2000)
	for i := range n {
		ref, room := fmt.Sprintf("T-%06d", i), rand.Text()[:20]
		f := cases.Facts{Status: "waiting", Level: "central", Phase: "received", Routine: fmt.Sprintf("%064d", 1), Due: []cases.Due{{Rule: "promise", Day: time.Now().AddDate(0, 0, i%60-20).Format(time.DateOnly)}}}
		if i%(n/10) == 0 {
			f.Status, f.Assignee = "taken", "maren"
		}
		for j := range 8 {
			f.Clocks = append(f.Clocks, cases.Clock{ID: fmt.Sprintf("%016d", i*8+j), Due: time.Now().AddDate(0, 0, i%60+j).Format(time.DateOnly), Begun: time.Now().UTC(), Ladder: "work", Duty: "lead"})
		}
		raw, err := json.Marshal(f)
		fatal(b, err)
		res, err := tx.Exec("INSERT INTO cases (ref, room, channel, sent, due, epoch, public, genesis, next_seq, head, facts) VALUES (?, ?, 'web', 1, ?, 1, '', x'', 2, x'', ?)",
			ref, room, f.Due[0].Day, keys.Box("facts", seal.Place{Table: "cases", Row: ref, Column: "facts"}, raw))
		fatal(b, err)
		id, err := res.LastInsertId()
		fatal(b, err)
		holders := []string{"maren"}
		if i%every == 0 {
			holders = append(holders, "jonas")
		}
		for _, who := range holders {
			_, err = tx.Exec("INSERT INTO wraps (case_id, epoch, recipient, staged, data) VALUES (?, 1, ?, 0, ?)", id, keys.Lookup("wrap", []byte(room), []byte("1"), []byte(who)), blob)
			fatal(b, err)
		}
		_, err = tx.Exec("INSERT INTO entries (case_id, seq, epoch, kind, hour, prev, hash, sig, data) VALUES (?, 1, 1, 'reporter', 1, x'', x'', x'', ?)", id, blob)
		fatal(b, err)
	}
	fatal(b, tx.Commit())
	fatal(b, storetest.Bind(db, keys))
	s, err = store.Open(b.Context(), store.Options{Dir: dir, Keys: keys})
	fatal(b, err)
	b.Cleanup(func() { _ = s.Close() })
	return s, db, keys
}

func fatal(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// onePage reads the rows of one page and opens their boxes, and nothing else: the floor.
func onePage(b *testing.B, db *sql.DB, keys *seal.ServerKeys, from int) {
	rows, err := db.Query("SELECT ref, facts FROM cases WHERE id > ? ORDER BY id LIMIT 26", from)
	fatal(b, err)
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var ref string
		var box []byte
		fatal(b, rows.Scan(&ref, &box))
		raw, err := keys.Unbox("facts", seal.Place{Table: "cases", Row: ref, Column: "facts"}, box)
		fatal(b, err)
		var f cases.Facts
		fatal(b, json.Unmarshal(raw, &f))
	}
	fatal(b, rows.Err())
	if n != 26 {
		b.Fatalf("%d rows", n)
	}
}

// BenchmarkQueue is a page of the queue of 100,000 open cases, by view, for somebody who
// holds all of them; and for somebody who holds 1,000 of them, or who holds all of 1,000.
// All take turns; the best of each is told, in milliseconds.
func BenchmarkQueue(b *testing.B) {
	many, db, keys := heldCases(b, 100_000, 100)
	few, _, _ := heldCases(b, 1_000, 1)
	ask := func(s *store.Store, who, view string) func() {
		return func() {
			rows, _, err := s.Queue(context.Background(), who, store.QueueQuery{View: view})
			fatal(b, err)
			if len(rows) != 25 && view != "mine" {
				b.Fatalf("%s, %s: %d rows", who, view, len(rows))
			}
		}
	}
	all := []struct {
		name string
		do   func()
	}{
		{"floor", func() { onePage(b, db, keys, 5000) }},
		{"open", ask(many, "maren", "open")}, {"mine", ask(many, "maren", "mine")}, {"unread", ask(many, "maren", "unread")},
		{"some_hidden", ask(many, "jonas", "open")}, {"none_hidden", ask(few, "jonas", "open")},
	}
	for _, c := range all {
		c.do() // so that the lists are there
	}
	best := map[string]float64{}
	for b.Loop() {
		for range 100 {
			for _, c := range all {
				begun := time.Now()
				c.do()
				if ms := float64(time.Since(begun).Microseconds()) / 1000; best[c.name] == 0 || ms < best[c.name] {
					best[c.name] = ms
				}
			}
		}
	}
	for name, ms := range best {
		b.ReportMetric(ms, name+"-ms")
	}
	b.ReportMetric(0, "ns/op")
}
