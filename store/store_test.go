package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tillit/store/cases"

	"tillit/intake"
	"tillit/store"
	"tillit/store/mailbox"
	"tillit/store/seal"
	"tillit/store/storetest"
	"tillit/store/unseal"
)

const canary = "Kanari-æøå-7f3a/9"

// filer files cases through the store's own door.
type filer struct {
	t   testing.TB
	s   *store.Store
	who *storetest.People
	all []string
}

func newFiler(t testing.TB, s *store.Store, who *storetest.People) *filer {
	return &filer{t, s, who, []string{"maren", "jonas", cases.External, cases.Recovery}}
}

func (f *filer) apply(person string, c store.Change) store.Applied {
	f.t.Helper()
	c.Channel, c.Conversation, c.Address = "test", intake.NewConversationID(person), intake.NewAddress("adresse-"+canary)
	conv, err := f.s.Conversation(f.t.Context(), "test", c.Conversation)
	if err != nil {
		f.t.Fatal(err)
	}
	c.Expect = conv.Version
	if c.State == nil {
		c.State = []byte(`{"state":"` + canary + `"}`)
	}
	a, err := f.s.Apply(f.t.Context(), c)
	if err != nil {
		f.t.Fatal(err)
	}
	return a
}

func body(text string) store.Entry {
	return store.Entry{Body: cases.Answer{Question: "A1", Text: intake.NewPrivate(text)}}
}

func (f *filer) open(person string, excluded ...string) string {
	f.t.Helper()
	var rs []cases.Recipient
	for _, id := range f.all {
		rs = append(rs, cases.Recipient{ID: id, Key: f.who.Key(id)})
	}
	return f.apply(person, store.Change{
		Open: &store.OpenRoom{Recipients: rs}, Exclude: &store.Exclude{Out: excluded}, Entries: []store.Entry{body(canary + " one"), body(canary + " two")},
		Lines: []store.Line{{Body: []byte(`"` + canary + `"`)}},
	}).Ref
}

func (f *filer) send(person string, keep ...string) {
	f.t.Helper()
	var notices []cases.Notice
	for _, k := range keep {
		notices = append(notices, cases.Notice{Handler: k, Kind: "new"})
	}
	f.apply(person, store.Change{Submit: &store.Submit{
		Keep: keep, Status: "waiting", Start: cases.Start{Clocks: []cases.Clock{{Due: "2026-11-27", Words: true}}}, Notices: notices,
	}})
}

func TestAHandlerOpensWhatWasSealed(t *testing.T) {
	s, who := storetest.New(t)
	f := newFiler(t, s, who)
	ref := f.open("lin")
	f.send("lin", "maren", "jonas", cases.Recovery)
	for _, id := range []string{"maren", cases.Recovery} {
		room, err := s.Read(t.Context(), id, ref, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		key, err := unseal.Wrap(room.Wrap, who.Identity(id), ref, room.Case.Room, room.Epoch)
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		for i, e := range room.Entries[1:] { // the first says whom the reporter keeps out
			at := seal.Context{V: e.V, Case: ref, Room: room.Case.Room, Epoch: e.Epoch, Seq: e.Seq, Kind: string(e.Kind), At: e.Hour, Prev: e.Prev}
			got, _, err := unseal.Entry(key, e.Data, at)
			if err != nil || !bytes.Contains(got, []byte(canary)) {
				t.Errorf("%s cannot read entry %d: %v", id, i, err)
			}
			at.Seq++
			if _, _, err := unseal.Entry(key, e.Data, at); !errors.Is(err, unseal.ErrMoved) {
				t.Errorf("an entry opens in another's place: %v", err)
			}
		}
	}
	if _, err := s.Read(t.Context(), cases.External, ref, 0, nil); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("the external receiver of an ordinary case gets %v, want %v", err, store.ErrUnknown)
	}
}

// TestExclusionIsSilent runs one script with and without a case that keeps jonas
// out, and compares all that jonas gets.
func TestExclusionIsSilent(t *testing.T) {
	get := func(with bool) []byte {
		s, who := storetest.New(t)
		f := newFiler(t, s, who)
		if with {
			f.open("a", "jonas")
			f.send("a", "maren", cases.Recovery)
			f.open("b")
			f.apply("b", store.Change{Exclude: &store.Exclude{Out: []string{"jonas"}}})
			f.send("b", "maren", cases.Recovery)
		}
		var out bytes.Buffer
		for _, view := range []string{"open", "unread", "mine", "closed"} {
			for _, size := range []int{1, 2, 25} {
				cases, next, err := s.Queue(t.Context(), "jonas", store.QueueQuery{View: view, Size: size})
				fmt.Fprintln(&out, cases, next, err)
			}
		}
		ref := "T-222222"
		if with {
			cases, _, err := s.Queue(t.Context(), "maren", store.QueueQuery{})
			if err != nil || len(cases) != 2 {
				t.Fatalf("maren sees %d cases, %v", len(cases), err)
			}
			ref = cases[0].Ref
		}
		_, err := s.Read(t.Context(), "jonas", ref, 0, nil)
		fmt.Fprintln(&out, err, s.Assign(t.Context(), "jonas", ref, "jonas"), s.MarkRead(t.Context(), "jonas", ref, 1),
			s.Reply(t.Context(), "jonas", ref, store.Line{}, store.Line{}),
			s.Act(t.Context(), store.Act{Handler: "jonas", Ref: ref, Desk: &store.Sealed{Seq: 1, Data: []byte("x")}}))
		notices, err := s.Notices(t.Context(), "jonas")
		fmt.Fprintln(&out, notices, err)
		return out.Bytes()
	}
	if with, without := get(true), get(false); !bytes.Equal(with, without) {
		t.Errorf("what the excluded handler gets differs:\n%s\n%s", with, without)
	}
}

func TestTheSameEventIsStoredOnce(t *testing.T) {
	s, who := storetest.New(t)
	f := newFiler(t, s, who)
	f.open("lin")
	conv, err := s.Conversation(t.Context(), "test", intake.NewConversationID("lin"))
	if err != nil {
		t.Fatal(err)
	}
	c := store.Change{Channel: "test", Conversation: intake.NewConversationID("lin"), Expect: conv.Version, Event: "e1", State: []byte("{}"), Entries: []store.Entry{body("x")}}
	if _, err := s.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Apply(t.Context(), c); !errors.Is(err, store.ErrDuplicate) {
		t.Errorf("the same event again: %v, want %v", err, store.ErrDuplicate)
	}
	c.Event = "e2"
	if _, err := s.Apply(t.Context(), c); !errors.Is(err, store.ErrStale) {
		t.Errorf("a change on an old version: %v, want %v", err, store.ErrStale)
	}
}

func TestConcurrentChangesKeepEveryChainWhole(t *testing.T) {
	s, who := storetest.New(t)
	f := newFiler(t, s, who)
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			person := fmt.Sprint("p", i)
			f.open(person)
			for range 5 {
				f.apply(person, store.Change{Entries: []store.Entry{body("x")}})
			}
		})
	}
	wg.Wait()
	if faults, err := s.Verify(t.Context(), storetest.Nobody); err != nil || len(faults) > 0 {
		t.Errorf("Verify: %v, %v", faults, err)
	}
}

func TestTamperingIsNamed(t *testing.T) {
	for name, q := range map[string]string{
		"changed":   "UPDATE entries SET data = x'00' WHERE seq = 2",
		"removed":   "DELETE FROM entries WHERE seq = 1",
		"swapped":   "UPDATE entries SET data = (SELECT data FROM entries WHERE seq = 1) WHERE seq = 2",
		"cut":       "DELETE FROM entries WHERE seq = 2",
		"resigned":  "UPDATE entries SET sig = zeroblob(64) WHERE seq = 2",
		"backdated": "UPDATE entries SET hour = hour - 3600 WHERE seq = 2",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			keys := storetest.Keys(t)
			s, err := store.Open(t.Context(), store.Options{Dir: dir, Keys: keys})
			if err != nil {
				t.Fatal(err)
			}
			_, who := storetest.New(t)
			newFiler(t, s, who).open("lin")
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			tamper(t, dir, q)
			s = storetest.Open(t, dir, keys)
			if faults, err := s.Verify(t.Context(), storetest.Nobody); err != nil || len(faults) == 0 {
				t.Errorf("Verify says %v, %v; want a fault", faults, err)
			}
		})
	}
}

func tamper(t *testing.T, dir, query string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "tillit.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(query); err != nil {
		t.Fatal(err)
	}
}

func TestDeletionLeavesNoWrap(t *testing.T) {
	dir := t.TempDir()
	s := storetest.Open(t, dir, storetest.Keys(t))
	_, who := storetest.New(t)
	f := newFiler(t, s, who)
	f.open("lin")
	before := wraps(t, dir)
	if len(before) != 4 {
		t.Fatalf("%d wraps, want 4", len(before))
	}
	f.apply("lin", store.Change{Delete: true})
	for _, file := range []string{"tillit.db", "tillit.db-wal"} {
		raw, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range before {
			if bytes.Contains(raw, w[100:200]) {
				t.Errorf("%s still holds a wrap", file)
			}
		}
	}
	conv, err := s.Conversation(t.Context(), "test", intake.NewConversationID("lin"))
	if err != nil || conv.Version != 0 {
		t.Errorf("the conversation is still there: %+v, %v", conv.Version, err)
	}
}

func wraps(t *testing.T, dir string) (all [][]byte) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "tillit.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT data FROM wraps")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var w []byte
		if err := rows.Scan(&w); err != nil {
			t.Fatal(err)
		}
		all = append(all, w)
	}
	return all
}

// TestABackupBeforeExclusionDoesNotHelp holds that staged wraps in a backup are
// boxed under a key that no backup holds.
func TestABackupBeforeExclusionDoesNotHelp(t *testing.T) {
	s, who := storetest.New(t)
	f := newFiler(t, s, who)
	f.open("lin")
	path := filepath.Join(t.TempDir(), "backup.db")
	if err := store.Backup(t.Context(), s.Dir, path); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := store.Restore(t.Context(), path, dir, s.Keys); err != nil {
		t.Fatal(err)
	}
	all := wraps(t, dir)
	if len(all) != len(f.all) {
		t.Errorf("%d wraps, want %d", len(all), len(f.all))
	}
	for _, w := range all {
		if bytes.Contains(w, []byte("age-encryption.org/v1")) {
			t.Error("a backup holds an unboxed wrap of a report that was not sent")
		}
	}
}

func TestBackupIsRestored(t *testing.T) {
	keys := storetest.Keys(t)
	s := storetest.Open(t, t.TempDir(), keys)
	_, who := storetest.New(t)
	f := newFiler(t, s, who)
	ref := f.open("lin")
	f.send("lin", "maren")
	path, dir := filepath.Join(t.TempDir(), "b.db"), t.TempDir()
	if err := store.Backup(t.Context(), s.Dir, path); err != nil {
		t.Fatal(err)
	}
	if err := store.Backup(t.Context(), s.Dir, path); err == nil {
		t.Error("a backup overwrote another")
	}
	if err := store.Restore(t.Context(), path, dir, keys); err != nil {
		t.Fatal(err)
	}
	r := storetest.Open(t, dir, keys)
	if cases, _, err := r.Queue(t.Context(), "maren", store.QueueQuery{}); err != nil || len(cases) != 1 || cases[0].Ref != ref {
		t.Errorf("the restored queue holds %v, %v", cases, err)
	}
}

func TestTheCopyAndTheCode(t *testing.T) {
	s, who := storetest.New(t)
	f := newFiler(t, s, who)
	secret, other := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	public, wrapped, err := mailbox.New(secret)
	if err != nil {
		t.Fatal(err)
	}
	f.apply("lin", store.Change{Mailbox: &store.Mailbox{Public: public, Wrapped: wrapped}, Lines: []store.Line{{Body: []byte(`"hei"`), Mine: true}}})
	ref := f.open("lin")
	f.send("lin", "maren")
	reply := store.Line{Body: []byte(`"svar"`), AwaitsPickup: true}
	if err := s.Reply(t.Context(), "maren", ref, reply, store.Line{Body: []byte(`"varsel"`)}); err != nil {
		t.Fatal(err)
	}
	lin := intake.NewConversationID("lin")
	c, err := s.Copy(t.Context(), "test", lin, secret, 0)
	if err != nil || c.Unread != 1 || slices.ContainsFunc(c.Lines, func(l store.Line) bool { return string(l.Body) == `"svar"` }) {
		t.Fatalf("before it is asked for: %d unread, %v", c.Unread, err)
	}
	f.apply("lin", store.Change{Release: true})
	if c, err = s.Copy(t.Context(), "test", lin, secret, 0); err != nil || c.Unread != 0 || string(c.Lines[len(c.Lines)-1].Body) != `"svar"` {
		t.Fatalf("after it is asked for: %d lines, %d unread, %v", len(c.Lines), c.Unread, err)
	}
	if part, err := s.Copy(t.Context(), "test", lin, secret, 1); err != nil || !part.More || len(part.Lines) >= len(c.Lines) {
		t.Errorf("the last turn: %d of %d lines, more is %t, %v", len(part.Lines), len(c.Lines), part.More, err)
	}
	if c.More {
		t.Error("all of it has earlier turns")
	}
	if _, err := s.Copy(t.Context(), "test", lin, other, 0); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("another secret: %v, want %v", err, store.ErrUnknown)
	}
	code, err := s.NewCode(t.Context(), "test", lin, secret)
	if err != nil {
		t.Fatal(err)
	}
	typed := intake.NewPrivate(strings.ReplaceAll(code.Reveal(), " ", "-"))
	phone := intake.NewConversationID("phone")
	if err := s.UseCode(t.Context(), intake.NewPrivate("1234 5678 9012 3456 78"), "test", phone, other); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("a wrong code: %v, want %v", err, store.ErrUnknown)
	}
	if err := s.UseCode(t.Context(), typed, "test", phone, other); err != nil {
		t.Fatal(err)
	}
	if c, err = s.Copy(t.Context(), "test", phone, other, 0); err != nil || string(c.Lines[len(c.Lines)-1].Body) != `"svar"` {
		t.Errorf("on the other phone: %d lines, %v", len(c.Lines), err)
	}
	if _, err := s.Copy(t.Context(), "test", lin, secret, 0); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("the old browser still reads: %v", err)
	}
}

func TestFilesComeBackWhole(t *testing.T) {
	s, who := storetest.New(t)
	f := newFiler(t, s, who)
	f.open("lin")
	raw := bytes.Repeat([]byte(canary), 150_000)
	a := f.apply("lin", store.Change{Files: []store.FilePart{{ID: "f1", Name: intake.NewPrivate("bilde.jpg"), Type: "image/jpeg",
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw)), nil }}}})
	if !slices.Equal(a.Files, []string{"f1"}) {
		t.Errorf("kept %v", a.Files)
	}
	if faults, err := s.Verify(t.Context(), storetest.Nobody); err != nil || len(faults) > 0 {
		t.Errorf("Verify: %v, %v", faults, err)
	}
}

func TestAFolderHasOneStore(t *testing.T) {
	dir, keys := t.TempDir(), storetest.Keys(t)
	storetest.Open(t, dir, keys)
	if _, err := store.Open(context.Background(), store.Options{Dir: dir, Keys: keys}); err == nil {
		t.Error("a second process opened the same folder")
	}
}

func TestUnsentInterviewsExpire(t *testing.T) {
	keys, now := storetest.Keys(t), time.Now()
	s, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Keys: keys, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, who := storetest.New(t)
	f := newFiler(t, s, who)
	f.open("lin")
	f.apply("lin", store.Change{Expires: now.Add(14 * 24 * time.Hour)})
	if err := s.Expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	lin := intake.NewConversationID("lin")
	if c, err := s.Conversation(t.Context(), "test", lin); err != nil || c.Ref == "" {
		t.Fatalf("destroyed too early: %v", err)
	}
	now = now.Add(15 * 24 * time.Hour)
	if err := s.Expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c, err := s.Conversation(t.Context(), "test", lin); err != nil || c.Version != 0 {
		t.Errorf("still there after its time: %v", err)
	}
}

// TestACopyHoldsWhatWasSaidWithItsOwnerThereAndAway: both are read in order, and
// move with the code.
func TestACopyHoldsWhatWasSaidWithItsOwnerThereAndAway(t *testing.T) {
	s, _ := storetest.New(t)
	secret, id := []byte(strings.Repeat("c", 32)), intake.NewConversationID("reporter")
	public, wrapped, err := mailbox.New(secret)
	if err != nil {
		t.Fatal(err)
	}
	for i, there := range []intake.Private{intake.NewPrivate(string(secret)), {}, intake.NewPrivate("not this copy's secret, 32 bytes")} {
		c := store.Change{Channel: "web", Conversation: id, Expect: int64(i), Secret: there, Lines: []store.Line{{Body: fmt.Appendf(nil, "%d", i)}}}
		if i == 0 {
			c.Mailbox = &store.Mailbox{Public: public, Wrapped: wrapped}
		}
		if _, err := s.Apply(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	read := func(id intake.ConversationID, secret []byte) (said string) {
		t.Helper()
		c, err := s.Copy(t.Context(), "web", id, secret, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range c.Lines {
			said += string(l.Body)
		}
		return said
	}
	if got := read(id, secret); got != "012" {
		t.Errorf("the copy says %q", got)
	}
	code, err := s.NewCode(t.Context(), "web", id, secret)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, other := intake.NewConversationID("elsewhere"), []byte(strings.Repeat("d", 32))
	if err := s.UseCode(t.Context(), code, "web", elsewhere, other); err != nil {
		t.Fatal(err)
	}
	if got := read(elsewhere, other); got != "012" {
		t.Errorf("where the code was used, the copy says %q", got)
	}
}
