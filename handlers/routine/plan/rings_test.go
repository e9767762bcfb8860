package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tillit/handlers/routine/plan"
)

var ladders = map[string][]string{
	"promise": {"-1wd holder", "0d all deputy", "+1wd reporter", "+2wd control"},
	"limit":   {"-2d all", "0d all control", "+1d reporter"},
	"law":     {"-5d lead", "-1d all", "0d all control"},
	"work":    {"-1wd holder", "+1wd holder lead", "+3wd deputy", "+5wd control"},
	"urgent":  {"begin all", "-1d all", "+4h all", "+1d control"},
	"keep":    {"-30d lead", "-7d all"},
}

// clock is one that began at a moment.
func clock(ladder, due, begun string) plan.Clock {
	k := plan.Clock{ID: due, Ladder: ladder, Begun: at(begun)}
	if err := k.Due.UnmarshalText([]byte(due)); err != nil {
		panic(err)
	}
	return k
}

// rings are all rings of a clock until a moment.
func rings(k plan.Clock, until string, c plan.Calendar) (all []string) {
	r := plan.Bare(ladders)
	for now := k.Begun.Add(-1); ; {
		ring, ok := r.NextRing(k, now, c)
		if !ok || ring.At.After(at(until)) {
			return all
		}
		now = ring.At
		all = append(all, fmt.Sprintf("%s %d %s", ring.At.In(oslo).Format("Mon 2 Jan 15:04"), ring.Rung, strings.Join(ring.Who, " ")))
	}
}

func TestWhenClocksRing(t *testing.T) {
	for _, test := range []struct {
		shows, ladder, due, begun, until string
		want                             []string
	}{
		{"a promise over Easter", "promise", "2027-03-30", "2027-03-23 10:00", "2027-04-10 00:00",
			[]string{"Wed 24 Mar 08:00 0 holder", "Tue 30 Mar 08:00 1 all deputy", "Wed 31 Mar 08:00 2 reporter", "Thu 1 Apr 08:00 3 control", "Thu 8 Apr 08:00 4 control"}},
		{"two days before is a Sunday, so the working day before it", "limit", "2027-03-30", "2027-03-23 10:00", "2027-04-02 00:00",
			[]string{"Wed 24 Mar 08:00 0 all", "Tue 30 Mar 08:00 1 all control", "Wed 31 Mar 08:00 2 reporter"}},
		{"what lies before its beginning does not ring", "work", "2027-03-24", "2027-03-23 10:00", "2027-04-02 00:00",
			[]string{"Tue 30 Mar 08:00 1 holder lead", "Thu 1 Apr 08:00 2 deputy"}},
		{"a day after that is off, so the next", "limit", "2026-11-27", "2026-11-20 10:00", "2026-12-01 00:00",
			[]string{"Wed 25 Nov 08:00 0 all", "Fri 27 Nov 08:00 1 all control", "Mon 30 Nov 08:00 2 reporter"}},
		{"urgent, at any hour", "urgent", "2026-12-22T01:15Z", "2026-12-21 22:15", "2027-01-01 00:00",
			[]string{"Mon 21 Dec 22:15 0 all", "Tue 22 Dec 06:15 2 all", "Wed 23 Dec 02:15 3 control", "Thu 31 Dec 02:15 4 control"}},
		{"urgent, by the day, on a day off too", "urgent", "2026-11-22", "2026-11-19 21:40", "2026-11-24 00:00",
			[]string{"Thu 19 Nov 21:40 0 all", "Sat 21 Nov 08:00 1 all", "Mon 23 Nov 04:00 2 all", "Mon 23 Nov 08:00 3 control"}},
		{"by the minute, whatever the hour", "law", "2026-11-19T20:41Z", "2026-11-19 21:40", "2026-11-20 00:00",
			[]string{"Thu 19 Nov 21:41 2 all control"}},
		{"two rungs at one moment are one ring", "law", "2027-03-29", "2027-03-01 10:00", "2027-03-25 00:00",
			[]string{"Wed 24 Mar 08:00 2 all control lead"}},
		{"the clock changes to summer", "keep", "2027-04-04", "2027-03-01 10:00", "2027-04-10 00:00",
			[]string{"Fri 5 Mar 08:00 0 lead", "Wed 24 Mar 08:00 1 all", "Mon 5 Apr 08:00 2 all"}},
		{"a clock that begins after its day", "work", "2026-11-02", "2026-11-19 10:00", "2026-12-01 00:00",
			[]string{"Mon 23 Nov 08:00 5 control", "Mon 30 Nov 08:00 6 control"}},
	} {
		t.Run(test.shows, func(t *testing.T) {
			got := rings(clock(test.ladder, test.due, test.begun), test.until, norway())
			if !slices.Equal(got, test.want) {
				t.Errorf("it rings\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

// TestClosedDaysMoveWhatWorkRings.
func TestClosedDaysMoveWhatWorkRings(t *testing.T) {
	c := norway("2026-11-26")
	if got := rings(clock("work", "2026-11-27", "2026-11-19 10:00"), "2026-11-28 00:00", c); !slices.Equal(got, []string{"Wed 25 Nov 08:00 0 holder"}) {
		t.Errorf("work rings %v", got)
	}
	if got := rings(clock("promise", "2026-11-27", "2026-11-19 10:00"), "2026-11-27 00:00", c); !slices.Equal(got, []string{"Thu 26 Nov 08:00 0 holder"}) {
		t.Errorf("a promise rings %v", got)
	}
}

func TestTheOfficeOpens(t *testing.T) {
	r, c := plan.Bare(ladders), norway()
	for from, want := range map[string]string{
		"2026-11-20 07:59": "2026-11-20 08:00", "2026-11-20 12:00": "2026-11-20 12:00",
		"2026-11-20 16:00": "2026-11-23 08:00", "2027-03-24 23:00": "2027-03-30 08:00",
	} {
		if got := r.Opens(at(from), c); !got.Equal(at(want)) {
			t.Errorf("after %s it opens at %s", from, got)
		}
	}
}

// TestRingsComeInOrderAndForAsLongAsTheClockRuns, whatever the clock.
func TestRingsComeInOrderAndForAsLongAsTheClockRuns(t *testing.T) {
	r, c := plan.Bare(ladders), norway("12-24")
	rapid.Check(t, func(t *rapid.T) {
		begun := time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "begun"), 0)
		k := plan.Clock{Begun: begun, Ladder: rapid.SampledFrom([]string{"promise", "limit", "law", "work", "urgent", "keep"}).Draw(t, "ladder")}
		k.Due = plan.DueOf(rapid.SampledFrom([]string{"x+1wd", "x+14d", "x+3m", "x+18h", "x-20d"}).Draw(t, "due"), begun, c, false)
		now, seen := begun.Add(-1), map[int]bool{}
		for range rapid.IntRange(1, 30).Draw(t, "rings") {
			ring, ok := r.NextRing(k, now, c)
			if !ok {
				t.Fatal("it stops to ring")
			}
			if !ring.At.After(now) || ring.At.Before(begun) || seen[ring.Rung] || len(ring.Who) == 0 || ring.Last != (ring.Rung >= len(ladders[k.Ladder])-1) {
				t.Fatalf("after %s it rings %+v", now, ring)
			}
			if local := ring.At.In(oslo); k.Ladder != "urgent" && k.Due.Day && !r.Opens(local, c).Equal(local) {
				t.Fatalf("it rings outside office hours: %s", local)
			}
			if past, _, _ := r.Rings(k, ring.At, c); len(past) == 0 || past[len(past)-1].Rung != ring.Rung || !past[len(past)-1].At.Equal(ring.At) || slices.ContainsFunc(past, func(p plan.Ring) bool { return p.At.After(ring.At) }) {
				t.Fatalf("at %+v it has rung %+v", ring, past)
			}
			between := now.Add(time.Duration(rapid.Int64Range(0, int64(ring.At.Sub(now)-1)).Draw(t, "between")))
			if again, _ := r.NextRing(k, between, c); !again.At.Equal(ring.At) || again.Rung != ring.Rung {
				t.Fatalf("asked a little later it rings at %s", again.At)
			}
			if past, _, _ := r.Rings(k, between, c); len(past) > 0 && !seen[past[len(past)-1].Rung] {
				t.Fatalf("before %+v it has rung %+v", ring, past)
			}
			seen[ring.Rung], now = true, ring.At
		}
	})
	if _, ok := r.NextRing(plan.Clock{Ladder: "x", Due: plan.Due{Time: at("2026-11-19 10:00")}}, at("2026-11-19 10:00"), c); ok {
		t.Error("a ladder that there is not rings")
	}
	if _, ok := r.NextRing(plan.Clock{Ladder: "work"}, at("2026-11-19 10:00"), c); ok {
		t.Error("what has no day rings")
	}
}

// TestNobodyTakesTheCaseOverEaster: a report on Tuesday before Easter, and all that rings
// until somebody answers, by the routine of a party.
func TestNobodyTakesTheCaseOverEaster(t *testing.T) {
	f := facts("2027-03-23 10:00")
	f.Choices = map[string][]string{"S3": {"saw"}, "E3": {"local"}}
	c := begin(t, f)
	c.must(plan.Daemon, "receipt")
	var got []string
	for _, k := range c.s.Clocks() {
		for now := f.Received; ; {
			ring, ok := c.r.NextRing(k, now, calendar())
			if !ok || ring.At.After(at("2027-03-31 12:00")) {
				break
			}
			now = ring.At
			got = append(got, fmt.Sprintf("%s %s: %s", ring.At.In(oslo).Format("01-02 15:04"), k.Step, strings.Join(ring.Who, " ")))
		}
	}
	slices.Sort(got)
	want := []string{
		"03-24 08:00 ack1: holder", "03-24 08:00 ack2: all", "03-24 08:00 coi: holder",
		"03-30 08:00 ack1: all deputy", "03-30 08:00 ack2: all control", "03-30 08:00 safety: holder lead",
		"03-31 08:00 ack1: reporter", "03-31 08:00 ack2: reporter", "03-31 08:00 coi: holder lead",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	c.now = at("2027-03-31 09:05")
	c.must("jonas", "reply")
	if i := slices.IndexFunc(c.s.Clocks(), func(k plan.Clock) bool { return strings.HasPrefix(k.Step, "ack") }); i >= 0 {
		t.Error("after a reply the promise of an answer still rings")
	}
}
