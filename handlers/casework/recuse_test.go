package casework_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/handlers/wire"
	"tillit/store/cases"
)

func recuse(t *testing.T, c *handlerstest.Desk, ref string) error {
	t.Helper()
	f, err := acts.Recuse.Read(func(string) []string { return []string{"Vi er i slekt."} })
	if err != nil {
		t.Fatal(err)
	}
	return c.Do(t.Context(), ref, casework.Doing{Act: f})
}

// TestWhoStepsAwayIsOut has the one who has a case step away from it, and asks from
// every side.
func TestWhoStepsAwayIsOut(t *testing.T) {
	p := newOffice(t, handlerstest.Options{Hasty: true})
	key := opener(t, p, "jonas")[0]
	ref := p.Report("lin", "Det var på middagen.")
	x, none := attacks(p, "jonas", ref), attacks(p, "jonas", "T-222222")
	jonas := p.Dial("jonas")
	if err := jonas.Assign(t.Context(), ref, "jonas"); err != nil {
		t.Fatal(err)
	}
	was, room := p.Blobs(allWraps), x.room()
	if err := recuse(t, jonas, ref); err != nil {
		t.Fatal(err)
	}
	// What he gets is what a case gets that never was.
	asks := map[string]any{"acts": asked(room, work, p), "read": wire.ReadAsk{Seq: 1}, "wraps": wire.WrapAsk{Epoch: 1, Sum: make([]byte, 32)}}
	for verb, ask := range asks {
		code, fault := x.post(verb, ask)
		never, other := none.post(verb, ask)
		if code != http.StatusNotFound || code != never || fault != other {
			t.Errorf("%s: %d %v, of a case that never was %d %v", verb, code, fault, never, other)
		}
	}
	for name, c := range map[string]*handlerstest.Desk{"the same desk": jonas, "a new one": p.Dial("jonas")} {
		_, err := c.Case(t.Context(), ref)
		_, verifyErr := c.Verify(t.Context(), ref)
		page, queueErr := c.Queue(t.Context(), casework.Query{})
		found, findErr := c.Queue(t.Context(), casework.Query{Ref: ref})
		notices, noticeErr := c.Notices(t.Context())
		if !errors.Is(err, casework.ErrUnknown) || !errors.Is(verifyErr, casework.ErrUnknown) || errors.Join(queueErr, findErr, noticeErr) != nil ||
			len(page.Cases)+len(found.Cases)+len(notices) != 0 {
			t.Errorf("%s gets %v, %v, %v, %v, %v", name, err, verifyErr, page, found, notices)
		}
		for what, err := range map[string]error{"writes": c.Note(t.Context(), ref, inside), "answers": c.Reply(t.Context(), ref, inside), "takes it": c.Assign(t.Context(), ref, "jonas"), "steps away": recuse(t, c, ref)} {
			if !errors.Is(err, casework.ErrUnknown) {
				t.Errorf("%s %s: %v", name, what, err)
			}
		}
	}
	// His old wrap is gone from the file, and nothing there opens for him.
	p.Stop()
	file := all(t, p.Data())
	p.Start()
	gone := 0
	for _, w := range was {
		if _, err := plaintext(w.Data, key); err == nil {
			if gone++; bytes.Contains(file, w.Data[:64]) || bytes.Contains(file, w.Data[len(w.Data)-64:]) {
				t.Error("his old wrap lies in the database file still")
			}
		}
	}
	for _, w := range p.Blobs(allWraps) {
		if _, err := plaintext(w.Data, key); err == nil {
			t.Error("something there opens for him")
		}
	}
	if gone != 1 {
		t.Fatalf("he held %d wraps", gone)
	}
	// The others read on; nobody has the case; nobody gives it to him again.
	maren := p.Dial("maren")
	p.Reporter("lin").Says("mer")
	cs, err := maren.Case(t.Context(), ref)
	if err != nil || len(cs.Faults)+len(cs.Doubts) > 0 || cs.Closed > 0 || cs.Assignee != "" || cs.Status != routine.StatusWaiting ||
		slices.Contains(names(cs), "jonas") || len(cs.Kept) != 1 || cs.Kept[0].ID != "jonas" || !slices.Equal(words(cs), []string{"Det var på middagen.", "mer"}) {
		t.Fatalf("maren: %v, %+v", err, cs)
	}
	if !slices.ContainsFunc(cs.Entries, func(e casework.Entry) bool {
		return e.Act == "recuse" && e.By == "Jonas T." && e.Text.Reveal() == "Vi er i slekt."
	}) {
		t.Errorf("the log does not say that he stepped away: %q", texts(cs))
	}
	if err := maren.Grant(t.Context(), ref, "jonas", fingerprintOf(p, "jonas")); !errors.Is(err, casework.ErrKeptOut) {
		t.Errorf("maren's desk gives him a key: %v", err)
	}
	y := attacks(p, "maren", ref)
	if code, fault := y.post("acts", y.gives("jonas", y.nobodys())); code != http.StatusConflict || fault.Why != routine.RefusedKeptOut {
		t.Errorf("the office gives him a key: %d %v", code, fault)
	}
	p.Person("maren").Rights = []string{routine.RightAssign}
	p.Restart()
	if err := p.Dial("maren").Assign(t.Context(), ref, "jonas"); err == nil {
		t.Error("the case is given to him")
	}
	if err := p.Dial("maren").Assign(t.Context(), ref, "maren"); err != nil {
		t.Errorf("maren cannot take it: %v", err)
	}
	// She sees it as it is.
	page := p.Reporter("lin").SeesAt("/who")
	can, before, split := strings.Cut(page, "kan det ikke lenger:")
	if !split || strings.Contains(can, "Jonas T.") || !strings.Contains(before, "Jonas T. (assisterende sekretær): har åpnet den ") || !strings.Contains(can, "Maren V.") {
		t.Errorf("her page says %q", page)
	}
	for _, id := range []string{"maren", "siv"} {
		if faults, err := p.Dial(id).Verify(t.Context(), ref); err != nil || len(faults) > 0 {
			t.Errorf("%s: %q, %v", id, faults, err)
		}
	}
	p.NewKey("jonas")
	if _, err := p.Dial("jonas").Case(t.Context(), ref); !errors.Is(err, casework.ErrUnknown) {
		t.Errorf("jonas with another key: %v", err)
	}
}

// asked is an act of the place that a room had, as its old reader could make it.
func asked(room cases.Room, mark routine.Mark, p *handlerstest.Office) wire.ActAsk {
	return wire.ActAsk{ID: "x", Epoch: room.Epoch, Seq: room.Last + 1, Hour: p.Clock.Now(), Prev: room.Head, Data: room.Entries[0].Data, Mark: mark.Encode(), Sig: make([]byte, 64)}
}

// TestTheLastWhoStepAway leave the case to the external receiver, and at the end to
// the recovery key alone.
func TestTheLastWhoStepAway(t *testing.T) {
	p := newOffice(t, handlerstest.Options{Hasty: true})
	ref := p.Report("lin", "Det var på middagen.")
	for i, id := range []string{"maren", "jonas", "siv", cases.External} {
		c := p.Dial(id)
		cs, err := c.Case(t.Context(), ref)
		if err != nil || len(cs.Faults)+len(cs.Doubts) > 0 {
			t.Fatalf("%s: %v, %v", id, cs, err)
		}
		if err := recuse(t, c, ref); err != nil {
			t.Fatalf("%s steps away: %v", id, err)
		}
		if _, err := p.Dial(id).Case(t.Context(), ref); !errors.Is(err, casework.ErrUnknown) {
			t.Errorf("%s, who stepped away as number %d: %v", id, i+1, err)
		}
	}
	p.Reporter("lin").Says("mer")
	if got := fmt.Sprint(p.Count("SELECT count(*) FROM entries WHERE kind = 'reporter'")); got == "0" {
		t.Error("she can write no more")
	}
	if faults, err := p.Store.Verify(t.Context(), p.Roster.SignKeys); err != nil || len(faults) > 0 {
		t.Errorf("the server finds %q, %v", faults, err)
	}
}

// once loses the first answer to an act.
type once struct{ lost bool }

// RoundTrip implements [http.RoundTripper].
func (l *once) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && !l.lost && strings.HasSuffix(r.URL.Path, "/acts") {
		l.lost = true
		res.Body.Close()
		return nil, errors.New("lost")
	}
	return res, err
}

// TestSteppingAwayIsDoneOnce: where its answer is lost, who asks again gets what never
// was, and that is what they asked for.
func TestSteppingAwayIsDoneOnce(t *testing.T) {
	p := newOffice(t, handlerstest.Options{Hasty: true})
	ref := p.Report("lin", "Det var på middagen.")
	jonas, err := p.DialWith(casework.Config{Key: p.Key("jonas"), HTTP: &http.Client{Transport: &once{}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := recuse(t, jonas, ref); err != nil {
		t.Errorf("it is done, and says %v", err)
	}
	if err := recuse(t, jonas, ref); !errors.Is(err, casework.ErrUnknown) {
		t.Errorf("once more: %v", err)
	}
	if cs, err := p.Dial("maren").Case(t.Context(), ref); err != nil || len(cs.Kept) != 1 || len(cs.Doubts) > 0 {
		t.Errorf("maren: %v, %v", cs, err)
	}
}
