package casework_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/intake"
	"tillit/store/cases"
)

// TestCasesOfVersion1AreShownAsTheyWere compares what each desk shows of the frozen
// cases with what it showed when they were made.
func TestCasesOfVersion1AreShownAsTheyWere(t *testing.T) {
	shownAsThen(t, "testdata/v1/shown.json", handlerstest.FrozenV1(t))
}

// shownAsThen compares what desks show of older cases with what they showed when those were
// made. What came since is one line of the log: a routine works them from now on.
func shownAsThen(t *testing.T, file string, o *handlerstest.Office) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]map[string]v1Case
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	for id, then := range want {
		now := shownV1(t, o.Dial(id))
		for ref, cs := range then {
			slices.Sort(cs.Kept) // then in the keyboard's order, now by name
			for i := range cs.Due {
				cs.Due[i].Rule = cases.RulePromise // which promise it is the server does not know any more
			}
			n := now[ref]
			if last := len(n.Entries) - 1; last < 0 || n.Entries[last].Event != string(cases.EventRoutine) {
				t.Errorf("no routine works %s", ref)
			} else {
				n.Entries, n.Checked = n.Entries[:last], n.Checked-1
				now[ref] = n
			}
		}
		if diff := cmp.Diff(then, now); diff != "" {
			t.Errorf("%s sees otherwise (-then +now):\n%s", id, diff)
		}
	}
}

// TestWorkOnCasesOfVersion1GoesOn writes to and in each of them, and has the reporter
// answer; then all of it is still whole.
func TestWorkOnCasesOfVersion1GoesOn(t *testing.T) {
	o := handlerstest.FrozenV1(t)
	whole := func(c *handlerstest.Desk) {
		t.Helper()
		checked, err := c.VerifyAll(t.Context())
		if err != nil || len(checked) == 0 {
			t.Fatalf("%d are checked, %v", len(checked), err)
		}
		for _, x := range checked {
			if len(x.Faults) > 0 {
				t.Errorf("%s: %q", x.Ref, x.Faults)
			}
		}
	}
	for _, id := range []string{"maren", cases.External} {
		c := o.Dial(id)
		whole(c)
		for ref, before := range shownV1(t, c) {
			for _, err := range []error{
				c.Note(t.Context(), ref, intake.NewPrivate("et notat")), c.Reply(t.Context(), ref, intake.NewPrivate("et svar")),
				c.Assign(t.Context(), ref, id),
			} {
				if err != nil {
					t.Errorf("%s, %s: %v", id, ref, err)
				}
			}
			after := shownV1(t, c)[ref]
			if n := len(before.Entries); len(after.Entries) != n+3 || cmp.Diff(before.Entries, after.Entries[:n]) != "" {
				t.Errorf("%s, %s: the entries before are shown otherwise after", id, ref)
			}
		}
		whole(c)
	}
}

// v1Case is what a desk showed of a case of version 1. Names in it stay as they are:
// they are those of testdata/v1/shown.json.
type v1Case struct {
	Status, Level, Channel, Assignee string
	Flags                            []string
	Received                         time.Time
	Unread, Checked, Closed          int
	Due                              []cases.Due
	Kept, CanOpen                    []string
	Answers                          []v1Answer
	Entries                          []v1Entry
	Files                            []v1File
}

type v1Answer struct {
	Question, Asked, Text, Way, Quotes string
	Labels                             []string
	Forwarded                          bool
	At                                 time.Time
	Earlier                            []v1Answer `json:",omitempty"`
}

type v1Entry struct {
	Seq                                 int64
	Kind, By, Text, Event, Quotes, File string
	Forwarded, Unread                   bool
	At                                  time.Time
}

type v1File struct {
	Name, MediaType, By string
	SHA256              []byte
	At                  time.Time
}

// shownV1 is what somebody's desk shows of everything that it can open, by reference.
// Each case must be whole.
func shownV1(t *testing.T, c *handlerstest.Desk) map[string]v1Case {
	t.Helper()
	out := map[string]v1Case{}
	for _, view := range []string{"open", "closed"} {
		page, err := c.Queue(t.Context(), casework.Query{View: view})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range page.Cases {
			cs, err := c.Case(t.Context(), row.Ref)
			if err != nil {
				t.Fatalf("opening %s: %v", row.Ref, err)
			}
			out[row.Ref] = showV1(t, c, cs)
		}
	}
	return out
}

func showV1(t *testing.T, c *handlerstest.Desk, cs *casework.Case) v1Case {
	t.Helper()
	v := v1Case{Status: cs.Status, Level: cs.Level, Channel: cs.Channel, Assignee: cs.Assignee, Flags: cs.Flags, Received: cs.Received,
		Unread: cs.Unread, Checked: cs.Checked, Closed: cs.Closed, Due: cs.Due, Kept: keptV1(cs), Answers: answersV1(cs.Answers)}
	for _, h := range cs.CanOpen {
		v.CanOpen = append(v.CanOpen, h.ID)
	}
	for _, e := range cs.Entries {
		v.Entries = append(v.Entries, v1Entry{Seq: e.Seq, Kind: e.Kind, By: e.By, Text: e.Text.Reveal(), Event: e.Event,
			Quotes: e.Quotes.Reveal(), File: e.File, Forwarded: e.Forwarded, Unread: e.Unread, At: e.At})
	}
	for _, f := range cs.Files {
		sum := sha256.New()
		if err := c.File(t.Context(), cs.Ref, f.ID, sum); err != nil {
			t.Fatal(err)
		}
		v.Files = append(v.Files, v1File{Name: f.Name.Reveal(), MediaType: f.MediaType, By: f.By, SHA256: sum.Sum(nil), At: f.At})
	}
	return v
}

func answersV1(all []casework.Answer) (out []v1Answer) {
	for _, a := range all {
		out = append(out, v1Answer{Question: a.Question, Asked: a.Asked, Text: a.Text.Reveal(), Way: a.Way, Quotes: a.Quotes.Reveal(),
			Labels: a.Labels, Forwarded: a.Forwarded, At: a.At, Earlier: answersV1(a.Earlier)})
	}
	return out
}

func keptV1(cs *casework.Case) (names []string) {
	for _, h := range cs.Kept {
		names = append(names, h.Name+" ("+h.Role+")")
	}
	return names
}

// TestWhatNobodySignedSaysSo: what handlers did in version 1 is shown as unsigned, what
// they do now as theirs, and the case is whole with both.
func TestWhatNobodySignedSaysSo(t *testing.T) {
	o := handlerstest.FrozenV1(t)
	c := o.Dial("maren")
	unsigned := 0
	for ref, before := range shownV1(t, c) {
		for _, id := range []string{"maren", "jonas"} {
			if err := o.Dial(id).Note(t.Context(), ref, inside); err != nil && !errors.Is(err, casework.ErrUnknown) {
				t.Fatal(err)
			}
		}
		cs, err := c.Case(t.Context(), ref)
		if err != nil || len(cs.Faults)+len(cs.Doubts) > 0 || len(cs.Entries) <= len(before.Entries) {
			t.Fatalf("%s: %v, %v, %v", ref, err, cs.Faults, cs.Doubts)
		}
		for i, e := range cs.Entries {
			handlers := e.By != "reporter" && e.By != "tillit" && e.By != ""
			if old := i < len(before.Entries); e.Unsigned != (old && handlers) || !old && !handlers {
				t.Errorf("%s, entry %d by %q: unsigned is %v", ref, e.Seq, e.By, e.Unsigned)
			}
			if e.Unsigned {
				unsigned++
			}
		}
		if faults, err := c.Verify(t.Context(), ref); err != nil || len(faults) > 0 {
			t.Errorf("%s: %q, %v", ref, faults, err)
		}
	}
	if unsigned == 0 {
		t.Error("no act of version 1 is there")
	}
	if faults, err := o.Store.Verify(t.Context(), o.Roster.SignKeys); err != nil || len(faults) > 0 {
		t.Errorf("the server finds %q, %v", faults, err)
	}
}
