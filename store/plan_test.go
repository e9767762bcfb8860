package store

import (
	"crypto/rand"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/intake"
	"tillit/store/cases"
)

// scanned are the statements that may read a whole table or index, by a part of them
// that no other has, and why.
var scanned = map[string]string{
	"SELECT id FROM conversations WHERE bound =": "once, when a database is from before there were bindings",
	"SELECT count(*) FROM shreds":                "a handful of rows, all of which are meant",
	"DELETE FROM events WHERE rowid <":           "in the order of age, and ends at the first that is young",
	"DELETE FROM messages WHERE id":              "from the oldest, and ends at the first young one",
	"DELETE FROM outbox WHERE held = 1 AND at":   "only lines that await pickup, once an hour",
	"GROUP BY conversation_id HAVING max(hour)":  "what stands in chats since three days ago, six times an hour",
	"SELECT o.id, o.key, o.data, o.tries":        "only lines that wait to be sent, oldest first, as many as are asked for",
}

// TestNothingHotReadsAWholeTable does everything that people wait for and asks
// SQLite how it would run each statement that this took. A statement that is new
// is covered as soon as it is used here.
func TestNothingHotReadsAWholeTable(t *testing.T) {
	s := newBench(t, 2)
	useEverything(t, s)
	s.read.mu.RLock()
	var queries []string
	for q := range s.read.parsed {
		queries = append(queries, q)
	}
	s.read.mu.RUnlock()
	if err := s.do(t.Context(), func(tx *transaction) error {
		for q := range tx.parsed {
			queries = append(queries, q)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(queries) < 40 {
		t.Fatalf("only %d statements were seen; the script no longer uses the store", len(queries))
	}
	for _, q := range queries {
		if word, _, _ := strings.Cut(q, " "); !slices.Contains([]string{"SELECT", "INSERT", "UPDATE", "DELETE"}, word) {
			continue
		}
		if strings.Contains(q, "temp.touched") {
			continue // a handful of rows in memory, of the writer's connection alone
		}
		for _, step := range plan(t, s, q) {
			if strings.HasPrefix(step, "SCAN") && !strings.Contains(step, "json_each") && !strings.Contains(step, "CONSTANT ROW") && !mayScan(q) {
				t.Errorf("%s\n  in %s", step, q)
			}
			if strings.Contains(step, "TEMP B-TREE") {
				t.Errorf("sorts: %s\n  in %s", step, q)
			}
		}
	}
}

func mayScan(query string) bool {
	for part := range scanned {
		if strings.Contains(query, part) {
			return true
		}
	}
	return false
}

func plan(t *testing.T, s *bench, query string) (steps []string) {
	t.Helper()
	rows, err := s.read.DB.Query("EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?"))...)
	if err != nil {
		t.Fatalf("%v in %s", err, query)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return steps
}

// useEverything walks through a report, its handling and its end.
func useEverything(t *testing.T, s *bench) {
	t.Helper()
	ctx := t.Context()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	secret := []byte(rand.Text() + rand.Text())
	c := s.answer(0)
	c.Exclude, c.Cursor = &Exclude{Out: []string{"hakon"}}, []byte("cursor")
	c.Files = []FilePart{{ID: "f", Type: "text/plain", Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("words")), nil }}}
	applied, err := s.Apply(ctx, c)
	ok(err)
	s.at[0]++
	_, err = s.Apply(ctx, c)
	if err == nil {
		t.Fatal("the same event was stored twice")
	}
	c = s.answer(0)
	c.Submit = &Submit{Keep: []string{"maren", "jonas", cases.Recovery}, Status: "waiting", Start: cases.Start{Clocks: []cases.Clock{{Due: "2027-01-01", Words: true}}},
		Notices: []cases.Notice{{Handler: "maren", Kind: "new"}}}
	_, err = s.Apply(ctx, c)
	ok(err)
	s.at[0]++
	ref := applied.Ref
	for _, view := range []string{"open", "unread", "mine", "closed"} {
		_, _, err = s.Queue(ctx, "maren", QueueQuery{View: view})
		ok(err)
	}
	_, err = s.Notices(ctx, "maren")
	ok(err)
	_, err = s.NoticesSince(ctx, "maren", time.Now().Add(-time.Hour))
	ok(err)
	room, err := s.Read(ctx, "maren", ref, 0, nil)
	ok(err)
	_, _, err = s.Opened(ctx, ref, benchOffice)
	ok(err)
	ok(s.Assign(ctx, "maren", ref, "jonas"))
	ok(s.MarkRead(ctx, "maren", ref, 2))
	ok(s.PutWrap(ctx, "maren", ref, map[int][]byte{1: room.Wrap}, "siv", benchOffice))
	ok(s.Reply(ctx, "maren", ref, Line{Body: benchLines[0].Body, AwaitsPickup: true}, benchLines[1]))
	ok(s.Clocks(ctx, func(Clocked) {}))
	ok(s.ClocksOf(ctx, []string{ref}, func(Clocked) {}))
	ok(s.clockRuns(ref, cases.Clock{ID: "a", Due: "2027-01-01"}))
	ok(s.Ring(ctx, []string{ref}, func(r *Ringing) (Rang, error) {
		r.Reporter()
		_, err := r.Holds(benchOffice...)
		return Rang{Rung: []byte("{}"), Lines: benchLines, Notices: []cases.Notice{{Handler: "maren", Kind: cases.NoticeRing, Rung: []string{"a 2027-01-01", "b"}}, {Handler: "jonas", Kind: cases.NoticeRing, Rung: []string{"a 2027-01-01"}}}}, err
	}))
	ok(s.clockRuns(ref))
	_, err = s.CaseStatus(ctx, ref)
	ok(err)
	c = s.answer(0)
	c.Release = true
	_, err = s.Apply(ctx, c)
	ok(err)
	_, err = s.Conversation(ctx, "web", s.talks[0])
	ok(err)
	_, err = s.Begun(ctx, "web", s.talks[0])
	ok(err)
	_, err = s.Said(ctx, "web", s.talks[0], "m")
	ok(err)
	_, _ = s.Copy(ctx, "web", s.talks[0], secret, 0)    // it does not open; the look-up is what counts
	_, _ = s.NewCode(ctx, "web", s.talks[0], secret)    // the same
	code, err := newCode()                              // nobody's
	ok(err)                                             //
	_ = s.UseCode(ctx, code, "web", s.talks[1], secret) // not found
	chat := Change{Channel: "chat", Conversation: intake.NewConversationID("c"), State: benchState, Lines: benchLines[1:]}
	_, err = s.Apply(ctx, chat)
	ok(err)
	s.goesOn(t)
	_, err = s.Still(ctx, time.Now())
	ok(err)
	chat.Conversation = intake.NewConversationID("d")
	_, err = s.Apply(ctx, chat)
	ok(err)
	due, err := s.Lease(ctx, "chat", 8, time.Minute)
	ok(err)
	if len(due) != 1 {
		t.Fatalf("%d lines are due", len(due))
	}
	ok(s.Retry(ctx, due[0], time.Now()))
	ok(s.Gone(ctx, due[0].ID, Entry{Body: cases.Log{Event: cases.EventGone}}))
	ok(s.Delivered(ctx, due[0].ID))
	c = s.answer(1)
	c.Delete = true
	_, err = s.Apply(ctx, c)
	ok(err)
	ok(s.Expire(ctx))
	ok(s.Writable(ctx))
}

// goesOn has the person of a chat go on in another one, with words that wait.
func (s *bench) goesOn(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	code, ticket, err := s.DrawCode(ctx, "chat", intake.NewConversationID("c"))
	if err != nil {
		t.Fatal(err)
	}
	from := Change{Channel: "chat", Conversation: intake.NewConversationID("c"), Expect: 1, State: benchState, TransferCode: ticket, Lines: []Line{{Body: benchLines[0].Body, AwaitsPickup: true}}}
	if _, err = s.Apply(ctx, from); err != nil {
		t.Fatal(err)
	}
	transfer, err := s.FindCode(ctx, code, "chat", intake.NewConversationID("e"))
	if err != nil {
		t.Fatal(err)
	}
	to := Change{Channel: "chat", Conversation: intake.NewConversationID("e"), State: benchState, Transfer: &transfer}
	if _, err = s.Apply(ctx, to); err != nil {
		t.Fatal(err)
	}
}

// TestExpireForgetsOldEventsOnly: an event that a network may still offer again
// stays known.
func TestExpireForgetsOldEventsOnly(t *testing.T) {
	s := newBench(t, 1)
	now := time.Now()
	s.Store.Now = func() time.Time { return now }
	var changes []Change
	for range 2 {
		c := s.answer(0)
		if _, err := s.Apply(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		s.at[0]++
		changes = append(changes, c)
		now = now.Add(dedupFor / 2)
	}
	now = now.Add(time.Hour)
	if err := s.Expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, want := range []error{nil, ErrDuplicate} {
		changes[i].Expect = s.at[0]
		_, err := s.Apply(t.Context(), changes[i])
		if !errors.Is(err, want) {
			t.Errorf("event %d is offered again: %v, want %v", i, err, want)
		}
		if err == nil {
			s.at[0]++
		}
	}
}
