package daemon

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/handlers/routine/acts"
	"tillit/store/cases"
)

// TestWhatTheOfficeDoesGoesByTheNewFile: who came rings with the clocks that run, is told of
// what is registered, and rights that were taken away are gone, for desks that stay open.
func TestWhatTheOfficeDoesGoesByTheNewFile(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	var ahead atomic.Int64
	s.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	s.accounts["maren"] = "rights = [\"assign\"]\n"
	s.member = onThePage(t, "http://"+s.page)
	s.maren, s.jonas = &phone{t: t, name: "Maren"}, &phone{t: t, name: "Jonas"}
	s.opens()
	s.listens()
	maren := s.desk("maren")

	s.organisation(strings.Replace(s.changed(), "rights = [\"assign\"]\n", "", 1))
	if got, err := s.reload("--yes"); err != nil || !strings.Contains(got, "rights") {
		t.Fatalf("%q, %v", got, err)
	}
	siv := s.desk("siv")
	told := s.member.reports("Nei, alle her kan se det")
	said := map[string]string{"channel": "phone", "came": time.Now().Format(time.DateOnly), "text": memberWords}
	call, err := acts.Register.Read(func(field string) []string { return []string{said[field]} })
	if err != nil {
		t.Fatal(err)
	}
	registered, err := maren.Register(t.Context(), casework.Registration{Source: cases.SourceRegistered, Came: time.Now().Format(time.DateOnly), Act: call})
	if err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{told, registered} {
		if got := s.reads(siv, ref); !slices.Contains(got, memberWords) {
			t.Errorf("of %s who came reads %q", ref, got)
		}
	}
	if err := maren.Assign(t.Context(), told, "siv"); err == nil {
		t.Error("a right that was taken away is still used")
	}
	oslo, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now().In(oslo)
	day := time.Date(begun.Year(), begun.Month(), begun.Day()+20, 10, 0, 0, 0, oslo) // past the days of every first step
	rang := func(id string) bool {
		desk, err := handlerstest.SignIn(t.Context(), casework.Config{Server: "http://" + s.server, Key: s.keys[id], Now: s.now})
		if err != nil {
			t.Fatal(err)
		}
		notices, err := desk.Notices(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range notices {
			if n.Ref == told && n.Day != "" {
				return true
			}
		}
		return false
	}
	s.maren.until("the clocks to ring for who came", func() bool {
		ahead.Store(int64(time.Until(day))) // some day the office is open
		day = day.AddDate(0, 0, 1)
		return rang("siv")
	})
	if !rang("maren") {
		t.Error("nothing rang for who stayed")
	}
}

// TestWhoIsKeptOutComesBackToNothing: who leaves and comes back finds no more of a case
// that keeps them out than before, and can be given no key of it.
func TestWhoIsKeptOutComesBackToNothing(t *testing.T) {
	t.Parallel()
	s := houseThatRuns(t)
	ref := s.member.reports("Jonas (b)", "Ferdig")
	for _, file := range []string{s.changed(), strings.Replace(s.changed(), "left = \"2020-01-02\"\n", "", 1)} {
		s.organisation(file)
		if got, err := s.reload("--yes"); err != nil {
			t.Fatalf("%q, %v", got, err)
		}
	}
	jonas := s.desk("jonas")
	if _, err := jonas.Case(t.Context(), ref); !errors.Is(err, casework.ErrUnknown) {
		t.Errorf("who is kept out and came back gets %v", err)
	}
	maren := s.desk("maren")
	if err := maren.Grant(t.Context(), ref, "jonas", s.keys["jonas"].Fingerprint()); err == nil {
		t.Error("who is kept out is given a key")
	}
	if cs, err := maren.Case(t.Context(), ref); err != nil || slices.ContainsFunc(cs.CanOpen, func(h casework.Handler) bool { return h.ID == "jonas" }) {
		t.Errorf("%v can open it, %v", cs.CanOpen, err)
	}
}

// TestTwoWhoTakeItInAtOnce: each of them gets all of it, and who was shown another file is
// told so; what counts in the end is the file that lies there.
func TestTwoWhoTakeItInAtOnce(t *testing.T) {
	t.Parallel()
	s := houseThatRuns(t)
	c := s.control()
	files := []string{s.changed(), s.changedBack()}
	for n := range 4 {
		old, err := c.ask(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		s.organisation(files[n%2])
		var busy sync.WaitGroup
		for range 3 {
			busy.Go(func() {
				if _, err := c.ask(t.Context(), old.Sum); err == nil || err.Error() != errMoved.Error() {
					t.Errorf("who was shown another file gets %v", err)
				}
			})
			busy.Go(func() {
				shown, err := c.ask(t.Context(), nil)
				if err == nil {
					shown, err = c.ask(t.Context(), shown.Sum)
				}
				if err != nil || !shown.Done {
					t.Errorf("it is not taken in: %+v, %v", shown, err)
				}
			})
		}
		busy.Wait()
		here, gone := []string{"siv", "jonas"}[n%2], []string{"jonas", "siv"}[n%2]
		s.desk(here)
		if _, err := handlerstest.SignIn(t.Context(), casework.Config{Server: "http://" + s.server, Key: s.keys[gone]}); !errors.Is(err, casework.ErrDenied) {
			t.Errorf("after file %d, %s signs in: %v", n, gone, err)
		}
	}
}
