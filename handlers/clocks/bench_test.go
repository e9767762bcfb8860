package clocks

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"tillit/handlers"
	"tillit/handlers/routine/plan"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/seal"
	"tillit/store/storetest"
)

// filled is a store with cases of eight clocks each, which came over the last three months;
// all that should have rung has.
func filled(b *testing.B, r *plan.Routine, n int, now time.Time) (dir string, keys *seal.ServerKeys) {
	b.Helper()
	dir, keys = b.TempDir(), storetest.Keys(b)
	s, err := store.Open(b.Context(), store.Options{Dir: dir, Keys: keys})
	must(b, err)
	must(b, s.Close())
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "tillit.db"))
	must(b, err)
	defer db.Close()
	tx, err := db.Begin()
	must(b, err)
	book := newBook(Office{Roster: &handlers.Roster{Zone: oslo}, Routines: &handlers.Routines{Current: r}})
	for i := range n {
		ref, received := fmt.Sprintf("T-%06d", i), now.Add(-time.Duration(rand.N(90*24))*time.Hour)
		f := cases.Facts{Status: "taken", Assignee: "maren", Routine: r.Version(), Phase: "facts", Duties: map[string]string{"contact_a": "maren", "contact_b": "jonas", "decider": "siv"}}
		for _, k := range r.Begin(plan.Facts{Received: received, OtherKnown: true, Eligible: 4}, book.calendars[r]).Clocks()[:8] {
			var id [8]byte
			for j := range id {
				id[j] = byte(rand.N(256))
			}
			f.Clocks = append(f.Clocks, cases.Clock{ID: hex.EncodeToString(id[:]), Due: k.Due.String(), Begun: k.Begun.UTC(), Ladder: k.Ladder, Duty: k.Duty, Words: k.Words, Reply: k.Reply})
		}
		raw, err := json.Marshal(f)
		must(b, err)
		res, err := tx.Exec("INSERT INTO cases (ref, room, channel, sent, epoch, public, genesis, next_seq, head, facts) VALUES (?, ?, 'web', 1, 1, '', x'', 1, x'', ?)",
			ref, ref, keys.Box("facts", seal.Place{Table: "cases", Row: ref, Column: "facts"}, raw))
		must(b, err)
		id, err := res.LastInsertId()
		must(b, err)
		rang := rung{}.after(f.Clocks, book.stand("", f.Clocks, rung{}, now).rings, nil).encode()
		rang = append(rang, strings.Repeat(" ", max(0, 1023-len(rang)))...)
		_, err = tx.Exec("INSERT INTO rung VALUES (?, ?)", id, keys.Box("rung", seal.Place{Table: "rung", Row: ref, Column: "data"}, rang))
		must(b, err)
	}
	must(b, tx.Commit())
	return dir, keys
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// peak is the most memory that the process has had since [forget], in MB.
func peak(b *testing.B) float64 {
	b.Helper()
	raw, err := os.ReadFile("/proc/self/status")
	must(b, err)
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(raw)
	kb, err := strconv.Atoi(string(m[1]))
	must(b, err)
	return float64(kb) / 1024
}

func forget(b *testing.B) {
	b.Helper()
	debug.FreeOSMemory()
	must(b, os.WriteFile("/proc/self/clear_refs", []byte("5"), 0))
}

// BenchmarkStart reads the clocks of 100,000 cases, 800,000 of them, as a server does when
// it starts, beside reading and opening the same boxes and nothing else.
func BenchmarkStart(b *testing.B) {
	const n = 100_000
	now := at("2026-11-25 09:00")
	r := partyRoutine(b)
	dir, keys := filled(b, r, n, now)
	s, err := store.Open(b.Context(), store.Options{Dir: dir, Keys: keys, Now: func() time.Time { return now }})
	must(b, err)
	defer s.Close()
	forget(b)
	before := peak(b)
	best := map[string]float64{}
	took := func(name string, do func()) {
		begun := time.Now()
		do()
		if s := time.Since(begun).Seconds(); best[name] == 0 || s < best[name] {
			best[name] = s
		}
	}
	for b.Loop() {
		for range 3 {
			took("floor", func() { boxes(b, dir, keys, n) })
			took("start", func() {
				ringer := New(Config{Store: s, Office: Office{Roster: &handlers.Roster{Zone: oslo}, Routines: &handlers.Routines{Current: r}}, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
				must(b, ringer.Tick(context.Background()))
				if got := ringer.queue.Len(); got != n {
					b.Fatalf("%d cases are in the queue", got)
				}
			})
		}
	}
	b.ReportMetric(best["floor"], "floor_s")
	b.ReportMetric(best["start"], "start_s")
	b.ReportMetric(peak(b)-before, "MB")
	b.ReportMetric(0, "ns/op")
}

// boxes reads and opens what says how clocks stand, two at a time.
func boxes(b *testing.B, dir string, keys *seal.ServerKeys, n int) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "tillit.db")+"?_query_only=1")
	must(b, err)
	defer db.Close()
	type row struct {
		ref         string
		facts, rung []byte
	}
	rows, opened, done := make(chan []row, 4), atomic.Int64{}, make(chan error, 2)
	for range 2 {
		go func() {
			var failed error
			for page := range rows {
				for _, r := range page {
					_, err := keys.Unbox("facts", seal.Place{Table: "cases", Row: r.ref, Column: "facts"}, r.facts)
					_, other := keys.Unbox("rung", seal.Place{Table: "rung", Row: r.ref, Column: "data"}, r.rung)
					if err != nil || other != nil {
						failed = fmt.Errorf("%w %w", err, other)
					}
					opened.Add(1)
				}
			}
			done <- failed
		}()
	}
	all, err := db.Query("SELECT c.ref, c.facts, r.data FROM cases c JOIN rung r ON r.case_id = c.id ORDER BY c.id")
	must(b, err)
	var page []row
	for all.Next() {
		var r row
		must(b, all.Scan(&r.ref, &r.facts, &r.rung))
		if page = append(page, r); len(page) == 500 {
			rows <- page
			page = nil
		}
	}
	rows <- page
	close(rows)
	for range 2 {
		must(b, <-done)
	}
	must(b, all.Err())
	if opened.Load() != int64(n) {
		b.Fatalf("%d boxes were opened", opened.Load())
	}
}
