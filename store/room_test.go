package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"tillit/intake"
	"tillit/store"
	"tillit/store/storetest"
)

// bring gives a conversation files of these sizes, one event each; what follows the last
// byte of each is end.
func (f *filer) bring(person string, size int, end error) error {
	f.t.Helper()
	id := intake.NewConversationID(person)
	at, err := f.s.Conversation(f.t.Context(), "test", id)
	if err != nil {
		f.t.Fatal(err)
	}
	file := func(n int) store.FilePart {
		return store.FilePart{ID: fmt.Sprint("f", at.Version, n), Name: intake.NewPrivate("bilde.jpg"), Type: "image/jpeg", Open: func() (io.ReadCloser, error) {
			body := io.Reader(bytes.NewReader(bytes.Repeat([]byte{'x'}, size)))
			if n == 2 && end != nil {
				body = io.MultiReader(body, iotest.ErrReader(end))
			}
			return io.NopCloser(body), nil
		}}
	}
	_, err = f.s.Apply(f.t.Context(), store.Change{Channel: "test", Conversation: id, Expect: at.Version, Address: intake.NewAddress(person),
		State: []byte("{}"), Files: []store.FilePart{file(1), file(2)}})
	return err
}

// entries are how many a case has.
func (f *filer) entries(ref string) int64 {
	f.t.Helper()
	room, err := f.s.Read(f.t.Context(), "maren", ref, math.MaxInt32, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	return room.Last
}

// TestFilesHaveTheirRoom: a talk has its room, all have theirs, and some of the disk stays
// free; words are taken whatever files take.
func TestFilesHaveTheirRoom(t *testing.T) {
	for name, c := range map[string]struct {
		limits store.FileLimits
		want   error
		others error // of another talk, at that moment
	}{
		"a talk's":             {store.FileLimits{Case: 2 << 20}, store.ErrFull, nil},
		"all":                  {store.FileLimits{All: 3 << 20}, store.ErrNoRoom, store.ErrNoRoom},
		"what is left on disk": {store.FileLimits{Free: math.MaxInt64}, store.ErrNoRoom, store.ErrNoRoom},
	} {
		t.Run(name, func(t *testing.T) {
			who := storetest.NewPeople(t)
			s := storetest.OpenWith(t, store.Options{Dir: t.TempDir(), Keys: storetest.Keys(t), Files: c.limits})
			f := newFiler(t, s, who)
			ref := f.open("lin")
			f.send("lin", "maren")
			f.open("kai")
			var err error
			for range 8 {
				if err = f.bring("lin", 400<<10, nil); err != nil {
					break
				}
			}
			if !errors.Is(err, c.want) {
				t.Errorf("files without end: %v, want %v", err, c.want)
			}
			before := f.entries(ref)
			if err := f.bring("lin", 400<<10, nil); !errors.Is(err, c.want) {
				t.Errorf("once more: %v, want %v", err, c.want)
			}
			if after := f.entries(ref); after != before {
				t.Errorf("of a file that is refused %d entries are left", after-before)
			}
			if err := f.bring("kai", 400<<10, nil); !errors.Is(err, c.others) {
				t.Errorf("another talk's: %v, want %v", err, c.others)
			}
			f.apply("lin", store.Change{Entries: []store.Entry{body("words")}})
		})
	}
}

// TestNothingIsLeftOfAFileThatBreaksOff: neither in the log nor in the folder, also of the
// file that came whole beside it.
func TestNothingIsLeftOfAFileThatBreaksOff(t *testing.T) {
	who := storetest.NewPeople(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "incoming-1"), nil, 0o600); err != nil { // of a server that was killed
		t.Fatal(err)
	}
	s := storetest.OpenWith(t, store.Options{Dir: dir, Keys: storetest.Keys(t)})
	f := newFiler(t, s, who)
	ref := f.open("lin")
	f.send("lin", "maren")
	before := f.entries(ref)
	if err := f.bring("lin", 700<<10, io.ErrUnexpectedEOF); err == nil {
		t.Error("a file that broke off is kept")
	}
	if after := f.entries(ref); after != before {
		t.Errorf("%d entries are left", after-before)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "incoming-*")); len(left) > 0 {
		t.Errorf("%d files are left", len(left))
	}
	if err := f.bring("lin", 700<<10, nil); err != nil {
		t.Error(err)
	}
	if after := f.entries(ref); after != before+8 {
		t.Errorf("two files of three parts each made %d entries", after-before)
	}
}
