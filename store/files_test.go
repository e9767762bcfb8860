package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/seal"
	"tillit/store/storetest"
	"tillit/store/unseal"
)

// TestFilesBroughtAgainAreNamedOnce lets the second of two files fail and the same
// event come again, as after a lost connection: the case names each file once.
func TestFilesBroughtAgainAreNamedOnce(t *testing.T) {
	s, who := storetest.New(t)
	f := newFiler(t, s, who)
	ref := f.open("lin")
	fails := true
	whole := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader([]byte("bytes"))), nil }
	once := func(id string) store.FilePart {
		return store.FilePart{ID: id, Name: intake.NewPrivate(id + ".jpg"), Type: "image/jpeg", Open: func() (io.ReadCloser, error) {
			if fails && id == "second" {
				return nil, errors.New("the network is gone")
			}
			return whole()
		}}
	}
	bring := func() error {
		lin := intake.NewConversationID("lin")
		at, err := s.Conversation(t.Context(), "test", lin)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Apply(t.Context(), store.Change{Channel: "test", Conversation: lin, Expect: at.Version, Event: "two files",
			Address: intake.NewAddress("lin"), State: []byte("{}"), Files: []store.FilePart{once("first"), once("second")}})
		return err
	}
	if err := bring(); err == nil {
		t.Fatal("a file that does not come is kept")
	}
	fails = false
	if err := bring(); err != nil {
		t.Fatal(err)
	}
	if err := bring(); !errors.Is(err, store.ErrDuplicate) {
		t.Errorf("a third time: %v, want %v", err, store.ErrDuplicate)
	}
	f.send("lin", "maren")

	room, err := s.Read(t.Context(), "maren", ref, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := unseal.Wrap(room.Wrap, who.Identity("maren"), ref, room.Case.Room, room.Epoch)
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]int{}
	for _, e := range room.Entries {
		raw, _, err := unseal.Entry(key, e.Data, seal.Context{V: e.V, Case: ref, Room: room.Case.Room, Epoch: e.Epoch, Seq: e.Seq, Kind: string(e.Kind), At: e.Hour, Prev: e.Prev})
		if err != nil {
			t.Fatal(err)
		}
		body, err := cases.Decode(e.V, e.Kind, raw)
		if err != nil {
			t.Fatal(err)
		}
		if b, ok := body.(cases.File); ok {
			named[b.ID]++
		}
	}
	if len(named) != 2 || named["first"] != 1 || named["second"] != 1 {
		t.Errorf("the case names %v, want each of two files once", named)
	}
}

// TestAFileThatBreaksOffIsNoWholeFile cuts a form with a file at many places, as a
// connection does that is lost: whatever has come by then, nothing is kept as the file. The
// same form uncut is.
func TestAFileThatBreaksOffIsNoWholeFile(t *testing.T) {
	const size = 2<<20 + 123
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	file, err := w.CreateFormFile("file", "bilde.jpg")
	if err != nil {
		t.Fatal(err)
	}
	begin := form.Len()
	if _, err := file.Write(bytes.Repeat([]byte("x"), size)); err != nil {
		t.Fatal(err)
	}
	end := form.Len()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}

	s, who := storetest.New(t)
	newFiler(t, s, who).open("lin")
	lin := intake.NewConversationID("lin")
	// bring sends the form's first bytes over a connection and hangs up.
	bring := func(cut int) error {
		stored := make(chan error, 1)
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			parts, err := r.MultipartReader()
			if err != nil {
				stored <- err
				return
			}
			part, err := parts.NextPart()
			if err != nil {
				stored <- err
				return
			}
			at, err := s.Conversation(t.Context(), "test", lin)
			if err == nil {
				_, err = s.Apply(t.Context(), store.Change{Channel: "test", Conversation: lin, Expect: at.Version, Event: fmt.Sprint("cut at ", cut),
					Address: intake.NewAddress("lin"), State: []byte("{}"), Files: []store.FilePart{{ID: fmt.Sprint("f", cut), Type: "image/jpeg",
						Open: func() (io.ReadCloser, error) { return part, nil }}}})
			}
			stored <- err
		}))
		defer server.Close()
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", w.FormDataContentType(), form.Len())
		_, _ = conn.Write(form.Bytes()[:cut])
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		err = <-stored
		_ = conn.Close()
		return err
	}
	cuts := []int{begin, begin + 1, begin + 1<<20 - 1, begin + 1<<20, begin + 1<<20 + 1, begin + 2<<20, end - 1, end, end + 1}
	for range 6 {
		cuts = append(cuts, begin+rand.IntN(size))
	}
	for _, cut := range cuts {
		if err := bring(cut); err == nil {
			t.Errorf("cut after %d of %d bytes it is kept", cut-begin, size)
		}
	}
	if err := bring(form.Len()); err != nil {
		t.Errorf("uncut: %v", err)
	}
}
