package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/mailbox"
	"tillit/store/storetest"
)

// sealedIn are the middles of all that is sealed in a query's rows, in which no two are alike.
func sealedIn(t *testing.T, dir, query string, args ...any) (all [][]byte) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "tillit.db")+"?_query_only=1")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var data []byte
		if err := rows.Scan(&data); err != nil {
			t.Fatal(err)
		}
		if n := len(data); n > 0 {
			all = append(all, data[n/2:n/2+32])
		}
	}
	return all
}

// onDisk counts which of some bytes lie in any file of a folder.
func onDisk(t *testing.T, dir string, all [][]byte) (n int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, some := range all {
			if bytes.Contains(raw, some) {
				n++
			}
		}
	}
	return n
}

// TestWhatIsTakenBackIsGone has words, a file and what stands of them in the copy taken back,
// before sending and after: nothing of it lies on the disk, all else does, and the log is
// whole. An entry that was only emptied is not taken back.
func TestWhatIsTakenBackIsGone(t *testing.T) {
	for _, sent := range []bool{false, true} {
		t.Run(fmt.Sprintf("sent %v", sent), func(t *testing.T) { takesBack(t, sent) })
	}
}

func takesBack(t *testing.T, sent bool) {
	dir, who := t.TempDir(), storetest.NewPeople(t)
	s := storetest.Open(t, dir, storetest.Keys(t))
	f := newFiler(t, s, who)
	secret := bytes.Repeat([]byte("s"), 32)
	public, wrapped, err := mailbox.New(secret)
	if err != nil {
		t.Fatal(err)
	}
	f.apply("lin", store.Change{Mailbox: &store.Mailbox{Public: public, Wrapped: wrapped}})
	ref := f.open("lin")
	if sent {
		f.send("lin", "maren", cases.Recovery)
	}
	apply := func(c store.Change) {
		t.Helper()
		lin := intake.NewConversationID("lin")
		at, err := s.Conversation(t.Context(), "test", lin)
		if err != nil {
			t.Fatal(err)
		}
		c.Channel, c.Conversation, c.Expect, c.Secret = "test", lin, at.Version, intake.NewPrivate(string(secret))
		if c.StateOf == nil {
			c.State = at.State
		}
		if _, err := s.Apply(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	said := func(text string) store.Entry { return store.Entry{Body: cases.Message{Text: intake.NewPrivate(text)}} }
	apply(store.Change{Entries: []store.Entry{said("stays")}, Lines: []store.Line{{Body: []byte(`"stays"`), Mine: true}}})
	stays := sealedIn(t, dir, "SELECT data FROM entries")
	var is store.Stored
	whole := strings.Repeat("long ", 100_000)
	apply(store.Change{
		Event: "e1", Entries: []store.Entry{said("goes"), said("too")}, Said: []string{"m1"},
		Files: []store.FilePart{{ID: "f", Name: intake.NewPrivate("a"), Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(whole)), nil }}},
		Lines: []store.Line{{Body: []byte(`"goes"`), Mine: true}, {Body: []byte(`"asks"`)}},
		StateOf: func(stored store.Stored) []byte {
			is = stored
			return []byte("{}")
		},
	})
	if len(is.Entries) != 2 || len(is.Files) != 1 || len(is.Files[0]) != 3 || len(is.Letters) != 1 {
		t.Fatalf("the change became %+v", is)
	}
	goes := sealedIn(t, dir, "SELECT data FROM entries WHERE seq >= ?", is.Files[0][0])
	letter := sealedIn(t, dir, "SELECT data FROM copies ORDER BY id DESC LIMIT 1")
	if len(goes) != 5 || onDisk(t, dir, append(goes, letter...)) < 6 {
		t.Fatalf("%d entries were sealed, and %d pieces are on the disk", len(goes), onDisk(t, dir, append(goes, letter...)))
	}
	all := slices.Concat(is.Files[0], is.Entries)
	apply(store.Change{
		Entries:  []store.Entry{{Body: cases.Log{Event: cases.EventTakenBack, Of: all}}},
		TakeBack: &store.TakeBack{Entries: all, Letters: is.Letters, Said: []string{"m1"}, Keeps: func(l store.Line) bool { return !l.Mine }},
	})
	if n := onDisk(t, dir, append(goes, letter...)); n > 0 {
		t.Errorf("%d pieces of what was taken back are on the disk", n)
	}
	if n := onDisk(t, dir, stays); n < len(stays) {
		t.Errorf("%d of %d entries that stay are there", n, len(stays))
	}
	if faults, err := s.Verify(t.Context(), storetest.Nobody); err != nil || len(faults) > 0 {
		t.Errorf("afterwards there are %v, %v", faults, err)
	}
	c, err := s.Copy(t.Context(), "test", intake.NewConversationID("lin"), secret, 0)
	var shown []string
	for _, l := range c.Lines {
		shown = append(shown, string(l.Body))
	}
	if want := []string{`"` + canary + `"`, `"stays"`, `"asks"`}; err != nil || !slices.Equal(shown, want) {
		t.Errorf("the copy shows %v, %v; want %v", shown, err, want)
	}
	if at, err := s.Said(t.Context(), "test", intake.NewConversationID("lin"), "m1"); err != nil || at != "" {
		t.Errorf("its message is still known: %q, %v", at, err)
	}
	if !sent {
		f.send("lin", "maren", cases.Recovery)
	}
	if got := storetest.Words(who.Told(t, s, "maren", ref)); !slices.Equal(got, []string{canary + " one", canary + " two", "stays"}) {
		t.Errorf("the office reads %q", got)
	}
	if page, _, err := s.Queue(t.Context(), "maren", store.QueueQuery{}); err != nil || len(page) != 1 || page[0].Unread != 4 {
		t.Errorf("in the queue stands %+v, %v", page, err)
	}
	change := func(query string) {
		t.Helper()
		db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "tillit.db"))
		if err == nil {
			_, err = db.Exec(query)
		}
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
	}
	change("UPDATE entries SET data = x'' WHERE seq = (SELECT max(seq) FROM entries WHERE kind = 'reporter' AND length(data) > 0)")
	if faults, err := s.Verify(t.Context(), storetest.Nobody); err != nil || len(faults) == 0 {
		t.Errorf("of an entry that was emptied: %v, %v", faults, err)
	}
	change("UPDATE entries SET taken = (SELECT taken FROM entries WHERE length(taken) > 0) WHERE length(data) = 0 AND length(taken) = 0")
	if faults, err := s.Verify(t.Context(), storetest.Nobody); err != nil || len(faults) == 0 {
		t.Errorf("with another's binding: %v, %v", faults, err)
	}
}
