package store_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/storetest"
)

// TestNothingReadableOnDisk looks at every byte that a store leaves while it
// lives: database, write-ahead log, shared memory, temporary files and backup,
// after each step and while steps run, and the log at its most talkative.
func TestNothingReadableOnDisk(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	t.Setenv("SQLITE_TMPDIR", tmp)
	l := newLife(t)
	look := func(when string) {
		for _, dir := range []string{l.dir, tmp} {
			if found, err := storetest.Scan(dir, canary); err != nil && !errors.Is(err, os.ErrNotExist) || len(found) > 0 {
				t.Errorf("%s, readable: %v, %v", when, found, err)
			}
		}
	}
	done, watched := make(chan struct{}), make(chan int)
	go func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				watched <- n
				return
			default:
				look("meanwhile")
			}
		}
	}()
	logged := int64(0)
	for i, step := range l.steps() {
		step()
		look(fmt.Sprint("after step ", i))
		if info, err := os.Stat(filepath.Join(l.dir, "tillit.db-wal")); err == nil {
			logged = max(logged, info.Size())
		}
	}
	close(done)
	if n := <-watched; n == 0 || logged == 0 {
		t.Errorf("looked %d times meanwhile, at a write-ahead log of up to %d bytes", n, logged)
	}
	if holds := readable(l.logs.String()); holds != "" {
		t.Errorf("the log holds the canary as %s", holds)
	}
	for name, form := range storetest.Forms(canary) {
		planted := t.TempDir()
		if err := os.WriteFile(filepath.Join(planted, "f"), append([]byte("xx"), form...), 0o600); err != nil {
			t.Fatal(err)
		}
		if found, err := storetest.Scan(planted, canary); err != nil || len(found) == 0 {
			t.Errorf("the scan does not find it planted as %s", name)
		}
	}
}

func readable(text string) string {
	for name, form := range storetest.Forms(canary) {
		if strings.Contains(text, string(form)) {
			return name
		}
	}
	return ""
}

// TestErrorsHoldNoWords makes the store fail in every way that a test can, and
// reads what it says: errors are logged and shown, by people who do not know what
// is in them.
func TestErrorsHoldNoWords(t *testing.T) {
	l := newLife(t)
	for _, step := range l.steps() {
		step()
	}
	ctx := t.Context()
	failed := 0
	try := func(what string, err error) {
		t.Helper()
		if err == nil {
			t.Errorf("%s did not fail", what)
			return
		}
		failed++
		if holds := readable(fmt.Sprintf("%v %+v %#v", err, err, err)); holds != "" {
			t.Errorf("%s: the error holds the canary as %s", what, holds)
		}
	}
	phone, stranger := intake.NewConversationID(name("phone")), intake.NewConversationID(name("stranger"))
	conv, err := l.s.Conversation(ctx, "test", phone)
	if err != nil {
		t.Fatal(err)
	}
	apply := func(what string, c store.Change) {
		t.Helper()
		c.Channel, c.Conversation, c.State, c.Address = "test", phone, []byte(canary), intake.NewAddress(canary)
		if c.Expect == 0 {
			c.Expect = conv.Version
		}
		_, err := l.s.Apply(ctx, c)
		try(what, err)
	}
	apply("a stale change", store.Change{Expect: 99})
	apply("a repeated event", store.Change{Event: name("e1")})
	apply("an entry with nothing in it", store.Change{Entries: []store.Entry{{}}})
	apply("a recipient that is none", store.Change{Open: &store.OpenRoom{Recipients: []cases.Recipient{{ID: name("x"), Key: canary}}}})
	for what, open := range map[string]func() (io.ReadCloser, error){
		"a file that does not open": func() (io.ReadCloser, error) { return nil, errors.New(canary) },
		"a file that breaks off":    func() (io.ReadCloser, error) { return io.NopCloser(&breaksOff{}), nil },
	} {
		apply(what, store.Change{Files: []store.FilePart{{ID: name("f"), Name: intake.NewPrivate(canary), Open: open}}})
	}
	_, err = l.s.Apply(ctx, store.Change{Channel: "test", Conversation: stranger, Entries: []store.Entry{body(canary)}})
	try("an entry without a room", err)
	_, err = l.s.NewCode(ctx, "test", phone, []byte(canary))
	try("a code with the wrong secret", err)
	try("a code that is none", l.s.UseCode(ctx, intake.NewPrivate(canary), "test", stranger, l.secrets[0]))
	_, err = l.s.Copy(ctx, "test", phone, []byte(canary), 0)
	try("a copy with the wrong secret", err)
	_, err = l.s.Read(ctx, name("nobody"), l.ref, 0, nil)
	try("a room for nobody", err)
	_, _, err = l.s.Queue(ctx, l.handlers[0], store.QueueQuery{Page: canary})
	try("a queue's page that is none", err)
	try("a case for nobody", l.s.Assign(ctx, l.handlers[0], l.ref, name("nobody")))
	try("an act in the wrong place", l.s.Act(ctx, store.Act{Handler: l.handlers[0], Ref: l.ref, ID: canary + "2", Desk: &store.Sealed{Seq: 1, Prev: []byte(canary), Data: []byte(canary)}}))
	try("words that cannot be made", l.s.Act(ctx, store.Act{Handler: l.handlers[0], Ref: l.ref, Chat: &store.Said{}, Words: func(store.Idle, int64) (store.Line, store.Line, error) {
		return store.Line{}, store.Line{}, store.ErrBusy
	}}))
	_, err = l.s.CaseStatus(ctx, canary)
	try("the status of no case", err)

	for _, q := range []string{
		"UPDATE cases SET facts = CAST('" + canary + "' AS BLOB)", "UPDATE conversations SET state = CAST('" + canary + "' AS BLOB)",
		"UPDATE copies SET data = CAST('" + canary + "' AS BLOB)", "UPDATE outbox SET data = CAST('" + canary + "' AS BLOB), held = 0, lease = 0",
		"UPDATE notices SET data = CAST('" + canary + "' AS BLOB)", "UPDATE access SET data = CAST('" + canary + "' AS BLOB)",
		"UPDATE entries SET data = CAST('" + canary + "' AS BLOB)", "UPDATE outbox SET at = 0",
	} {
		tamper(t, l.dir, q)
	}
	_, err = l.s.Conversation(ctx, "test", phone)
	try("a damaged cursor", err)
	if rows, _, err := l.s.Queue(ctx, l.handlers[0], store.QueueQuery{}); err != nil || len(rows) > 0 {
		t.Errorf("the queue of damaged facts: %d rows, %v", len(rows), err)
	}
	_, err = l.s.CaseStatus(ctx, l.ref)
	try("a damaged status", err)
	_, err = l.s.Copy(ctx, "test", phone, l.secrets[1], 0)
	try("a damaged copy", err)
	if due, err := l.s.Lease(ctx, "test", 100, time.Minute); err != nil || len(due) > 0 {
		t.Errorf("damaged lines: %d are handed out, %v", len(due), err)
	}
	if got, err := l.s.Notices(ctx, l.handlers[0]); err != nil || len(got) > 0 {
		t.Errorf("damaged notices: %d, %v", len(got), err)
	}
	_, _, err = l.s.Opened(ctx, l.ref, l.handlers)
	try("damaged access", err)
	faults, err := l.s.Verify(ctx, storetest.Nobody)
	if err != nil || len(faults) == 0 {
		t.Errorf("Verify of damaged entries: %v, %v", faults, err)
	}
	try("what Verify says", errors.New(strings.Join(faults, " ")))
	tamper(t, l.dir, "DROP TABLE events")
	apply("a table that is gone", store.Change{Event: name("e2")})
	if holds := readable(l.logs.String()); holds != "" {
		t.Errorf("the log holds the canary as %s", holds)
	}
	if failed < 22 {
		t.Errorf("only %d errors were seen", failed)
	}
}

// breaksOff gives some words and then an error with words in it.
type breaksOff struct{ done bool }

func (b *breaksOff) Read(p []byte) (int, error) {
	if b.done {
		return 0, errors.New(canary)
	}
	b.done = true
	return copy(p, canary), nil
}
