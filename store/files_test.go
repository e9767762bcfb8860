package store_test

import (
	"bytes"
	"errors"
	"io"
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
