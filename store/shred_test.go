package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"tillit/store"
	"tillit/store/cases"
	"tillit/store/storetest"
)

// TestAClosedCaseStandsAmongTheClosed and among the open ones once it is open again, for
// whoever holds it.
func TestAClosedCaseStandsAmongTheClosed(t *testing.T) {
	s, who := storetest.New(t)
	f := newFiler(t, s, who)
	f.all = append(f.all, "siv")
	ref, other := f.open("lin"), f.open("ola")
	f.send("lin", "maren", "siv", cases.Recovery)
	f.send("ola", "maren", "siv", cases.Recovery)
	views := func(want string) {
		t.Helper()
		for _, view := range []string{"open", "closed"} {
			page, _, err := s.Queue(t.Context(), "maren", store.QueueQuery{View: view, Ref: ref})
			if err != nil || (len(page) == 1) != (view == want) {
				t.Errorf("among the %s cases stand %d of it, %v", view, len(page), err)
			}
		}
	}
	views("open")
	for _, closed := range []bool{true, false, true} {
		if err := storetest.Act(t.Context(), s, "maren", ref, "close", func(f *cases.Facts) { f.Closed = closed }); err != nil {
			t.Fatal(err)
		}
		views(map[bool]string{true: "closed", false: "open"}[closed])
	}
	if page, _, err := s.Queue(t.Context(), "maren", store.QueueQuery{}); err != nil || len(page) != 1 || page[0].Ref != other {
		t.Errorf("the other case: %v, %v", page, err)
	}
}

// TestShreddingLeavesACertificate to those who could open the case, and nothing else of it:
// the reporter can go on writing, in a case of its own.
func TestShreddingLeavesACertificate(t *testing.T) {
	s, who := storetest.New(t)
	f := newFiler(t, s, who)
	f.all = append(f.all, "siv")
	ref := f.open("lin", "jonas") // jonas is kept out
	f.send("lin", "maren", "siv", cases.Recovery)
	shred := func(shreds bool) error {
		return s.Act(t.Context(), store.Act{Handler: "siv", Ref: ref, Chat: &store.Said{Body: cases.Act{Name: "second", Mark: []byte("{}")}, Via: "test"},
			Known:  []string{"maren", "jonas", "siv", cases.External, cases.Recovery},
			Change: func(*cases.Facts, int64) error { return nil },
			Shreds: func(cases.Facts) (string, bool) { return "maren", shreds }})
	}
	if err := shred(false); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Head(t.Context(), "maren", ref); err != nil {
		t.Fatalf("what did not shred did: %v", err)
	}
	if err := shred(true); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Head(t.Context(), "maren", ref); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("the case is there: %v", err)
	}
	for handler, want := range map[string]int{"maren": 1, "siv": 1, "jonas": 0, cases.External: 0} {
		all, _, err := s.Certificates(context.Background(), handler, "")
		if err != nil || len(all) != want {
			t.Fatalf("%s finds %d certificates, %v", handler, len(all), err)
		}
		if want == 1 && (all[0].Ref != ref || all[0].By[0] != "maren" || all[0].By[1] != "siv" || all[0].Entries < 3 || len(all[0].Head) == 0) {
			t.Errorf("the certificate says %+v", all[0])
		}
	}
	if faults, err := s.Verify(t.Context(), storetest.Nobody); err != nil || len(faults) > 0 {
		t.Errorf("afterwards there are %v, %v", faults, err)
	}
}

// TestCertificatesComeByPages: each once and the newest first, also over a restart, and
// what is not among one's own is no page.
func TestCertificatesComeByPages(t *testing.T) {
	const n = cases.MostRows + 5
	dir, keys, who := t.TempDir(), storetest.Keys(t), storetest.NewPeople(t)
	s, err := store.Open(t.Context(), store.Options{Dir: dir, Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	f := newFiler(t, s, who)
	var refs []string
	for i := range n {
		person := fmt.Sprint("person ", i)
		ref := f.open(person)
		f.send(person, "maren", cases.Recovery)
		if i == n/2 { // from here on they are added to what was read
			if _, _, err := s.Certificates(t.Context(), "maren", ""); err != nil {
				t.Fatal(err)
			}
		}
		err := s.Act(t.Context(), store.Act{Handler: "maren", Ref: ref, Chat: &store.Said{Body: cases.Act{Name: "second", Mark: []byte("{}")}, Via: "test"},
			Known: []string{"maren", "jonas"}, Change: func(*cases.Facts, int64) error { return nil },
			Shreds: func(cases.Facts) (string, bool) { return "maren", true }})
		if err != nil {
			t.Fatal(err)
		}
		refs = append([]string{ref}, refs...)
	}
	look := func(s *store.Store) {
		t.Helper()
		var got []string
		for before, more := "", true; more; before = got[len(got)-1] {
			var page []cases.Certificate
			var err error
			if page, more, err = s.Certificates(t.Context(), "maren", before); err != nil || len(page) == 0 {
				t.Fatal(len(page), err)
			}
			for _, c := range page {
				got = append(got, c.Ref)
			}
		}
		if !slices.Equal(got, refs) {
			t.Errorf("%d certificates come, want %d, each once and the newest first", len(got), n)
		}
		if _, _, err := s.Certificates(t.Context(), "jonas", refs[3]); !errors.Is(err, store.ErrUnknown) {
			t.Errorf("before somebody else's: %v", err)
		}
	}
	look(s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	look(storetest.Open(t, dir, keys))
}
