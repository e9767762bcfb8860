package office_test

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"tillit/handlers"
	"tillit/handlers/handlerstest"
	"tillit/handlers/office"
	"tillit/store/cases"
)

// moving is a store during whose work the organisation becomes another.
type moving struct {
	office.Store
	move  func()
	asked [][]string // about whom
}

func (m *moving) Read(ctx context.Context, handler, ref string, after int64, others []string) (cases.Room, error) {
	m.asked = append(m.asked, others)
	m.move()
	return m.Store.Read(ctx, handler, ref, after, others)
}

func (m *moving) Opened(ctx context.Context, ref string, candidates []string) ([]cases.Access, []string, error) {
	m.asked = append(m.asked, candidates)
	return m.Store.Opened(ctx, ref, candidates)
}

// TestARequestIsOfOneOrganisation: what began with one ends with it, and the next one is
// of the other.
func TestARequestIsOfOneOrganisation(t *testing.T) {
	o := handlerstest.New(t)
	ref := o.Report("lin", "Hei")
	before, current := o.Roster, handlers.NewCurrent(o.Roster)
	o.Leave("siv") // and the server of this test takes it in only later
	s := &moving{Store: o.Store, move: func() { current.Put(o.Roster) }}
	o.Between(func(http.Handler) http.Handler {
		return office.New(office.Config{Store: s, Roster: current, Signing: o.Server.Public(), Log: o.Log, Render: o.Render})
	})
	maren := o.Dial("maren")
	for _, want := range []*handlers.Roster{before, o.Roster} {
		s.asked = nil
		if _, err := maren.Case(t.Context(), ref); err != nil {
			t.Fatal(err)
		}
		if len(s.asked) != 2 {
			t.Fatalf("asked %d times about people, want 2", len(s.asked))
		}
		for _, ids := range s.asked {
			if _, siv := want.Handler("siv"); slices.Contains(ids, "siv") != siv {
				t.Errorf("asked about %v, of another organisation than the request began with", ids)
			}
		}
	}
}
