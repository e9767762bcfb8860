package casework_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/store/cases"
)

// weighed counts what comes from the office.
type weighed struct{ bytes atomic.Int64 }

// RoundTrip implements [http.RoundTripper].
func (w *weighed) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.TeeReader(res.Body, w), res.Body}
	return res, nil
}

// Write implements [io.Writer].
func (w *weighed) Write(p []byte) (int, error) {
	w.bytes.Add(int64(len(p)))
	return len(p), nil
}

// TestAFileComesWhenItIsOpened: to read a case costs what was said in it, however large its
// files are; each comes whole when it is opened, also one that comes in one part, and words
// that are as long as a part of a file come at once.
func TestAFileComesWhenItIsOpened(t *testing.T) {
	o := newOffice(t)
	noise := rand.NewChaCha8([32]byte{1})
	files := map[string][]byte{}
	var sent []handlerstest.File
	for name, size := range map[string]int{"small.bin": 10, "part.bin": 256 << 10, "large.bin": 5<<20 + 7} {
		data := make([]byte, size)
		_, _ = noise.Read(data) // never fails
		files[name] = data
		sent = append(sent, handlerstest.File{Question: "A1", Name: name, Type: "application/octet-stream", Data: data})
	}
	long := strings.Repeat("a\x01\x01", 20<<10) // four times as long where it lies
	ref := o.File("lin", handlerstest.Answers{"A1": {"Det var på middagen.", long}}, sent...)
	line := &weighed{}
	desk, err := o.DialWith(casework.Config{Key: o.Key("maren"), StateFile: filepath.Join(t.TempDir(), "seen"), HTTP: &http.Client{Transport: line}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := desk.Case(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	if n := line.bytes.Load(); n > 3<<20 {
		t.Errorf("to read the case %d bytes came", n)
	}
	said := false
	for _, e := range c.Entries {
		said = said || e.Text.Reveal() == long
	}
	if !said || len(c.Files) != len(files) {
		t.Errorf("the long words are there: %t, and %d files", said, len(c.Files))
	}
	for _, f := range c.Files {
		var got bytes.Buffer
		if err := desk.File(t.Context(), ref, f.ID, &got); err != nil || !bytes.Equal(got.Bytes(), files[f.Name.Reveal()]) {
			t.Errorf("%s: %d bytes, %v", f.Name.Reveal(), got.Len(), err)
		}
	}
	if _, err := desk.Case(t.Context(), ref); err != nil {
		t.Errorf("once more: %v", err)
	}
}

// TestWordsThatDoNotComeAreMissed: an office that keeps back long words, or hands out others
// in their place, is named.
func TestWordsThatDoNotComeAreMissed(t *testing.T) {
	o := newOffice(t)
	long := strings.Repeat("a\x01\x01", 20<<10)
	ref := o.File("lin", handlerstest.Answers{"A1": {"Det var på middagen.", long, long + "b", long + "c"}})
	for name, keep := range map[string]func(room *cases.Room){
		"kept back": func(room *cases.Room) {
			for i := range room.Entries {
				if len(room.Entries[i].Data) > 200<<10 {
					room.Entries[i].Data = nil
				}
			}
		},
		"left out": func(room *cases.Room) {
			room.Entries = slices.DeleteFunc(room.Entries, func(e cases.Sealed) bool { return len(e.Data) > 200<<10 })
		},
		"others": func(room *cases.Room) {
			for i := range room.Entries {
				if len(room.Entries[i].Data) > 200<<10 {
					room.Entries[i].Data = room.Entries[0].Data
				}
			}
		},
		"nothing": func(room *cases.Room) { room.Entries, room.More = nil, false },
	} {
		line := &bent{keep}
		desk, err := o.DialWith(casework.Config{Key: o.Key("maren"), StateFile: filepath.Join(t.TempDir(), "seen"), HTTP: &http.Client{Transport: line}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := desk.Case(t.Context(), ref); !errors.Is(err, casework.ErrTampered) {
			t.Errorf("%s: %v, want %v", name, err, casework.ErrTampered)
		}
	}
}

// bent changes what comes when a desk fetches by itself what did not come with a case.
type bent struct{ change func(*cases.Room) }

// RoundTrip implements [http.RoundTripper].
func (b *bent) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || !strings.HasPrefix(r.URL.Path, "/v1/rooms/") || strings.HasSuffix(r.URL.Path, "/log") || r.URL.Query().Has("most") {
		return res, err
	}
	var room cases.Room
	if err := json.NewDecoder(res.Body).Decode(&room); err != nil {
		return nil, err
	}
	b.change(&room)
	raw, err := json.Marshal(room)
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
	return res, err
}
