package storetest

import (
	"testing"

	"filippo.io/age"

	"tillit/store"
	"tillit/store/cases"
	"tillit/store/seal"
	"tillit/store/unseal"
)

// Told is what somebody reads in a case with the keys that they have of it, oldest
// first. It counts as a reading. An entry that does not open fails the test.
func (p *People) Told(t testing.TB, s *store.Store, name, ref string) (bodies []cases.Body) {
	t.Helper()
	var keys map[int]*age.HybridIdentity
	for after, more := int64(0), true; more; {
		room, err := s.Read(t.Context(), name, ref, after, nil)
		if err != nil {
			t.Fatal(err)
		}
		if keys == nil {
			keys = p.keys(t, name, room)
		}
		for _, e := range room.Entries {
			if len(e.Data) == 0 && e.Sum != nil { // it was taken back
				after = e.Seq
				continue
			}
			raw, _, err := unseal.Entry(keys[e.Epoch], e.Data, seal.Context{
				V: e.V, Case: ref, Room: room.Case.Room, Epoch: e.Epoch, Seq: e.Seq, Kind: string(e.Kind), At: e.Hour, Prev: e.Prev,
			})
			if err != nil {
				t.Fatal(err)
			}
			b, err := cases.Decode(e.V, e.Kind, raw)
			if err != nil {
				t.Fatal(err)
			}
			bodies, after = append(bodies, b), e.Seq
		}
		more = room.More
	}
	return bodies
}

func (p *People) keys(t testing.TB, name string, room cases.Room) map[int]*age.HybridIdentity {
	t.Helper()
	keys := map[int]*age.HybridIdentity{}
	for _, e := range append(room.Earlier, cases.Epoch{Epoch: room.Epoch, Wrap: room.Wrap}) {
		key, err := unseal.Wrap(e.Wrap, p.Identity(name), room.Case.Ref, room.Case.Room, e.Epoch)
		if err != nil {
			t.Fatal(err)
		}
		keys[e.Epoch] = key
	}
	return keys
}

// Words are the reporter's own among what was told.
func Words(told []cases.Body) (all []string) {
	for _, b := range told {
		words := ""
		switch said := b.(type) {
		case cases.Answer:
			words = said.Text.Reveal()
		case cases.Message:
			words = said.Text.Reveal()
		}
		if words != "" {
			all = append(all, words)
		}
	}
	return all
}
