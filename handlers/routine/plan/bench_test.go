package plan_test

import (
	"testing"
	"time"

	"tillit/handlers/routine/plan"
)

// longCase is a log of 2,000 acts, as of a case that is worked for a long time.
func longCase(tb testing.TB) (plan.Facts, []plan.Done) {
	f := facts(monday, "ONGOING")
	c := triaged(tb, f)
	var log []plan.Done
	c = begin(tb, f)
	step := func(by, line string) {
		c.now = c.now.Add(7 * time.Minute)
		d := c.done(by, line)
		if err := c.s.Apply(d); err != nil {
			tb.Fatalf("%s: %v", line, err)
		}
		log = append(log, d)
	}
	step(plan.Daemon, "receipt")
	for _, line := range []string{"take", "assess_safety", "reply", "declare", "decide_level level=central", "staff part=contact_a=maren part=investigator=maren part=contact_b=jonas part=decider=siv"} {
		step("maren", line)
	}
	for len(log) < 2000 {
		for _, line := range []string{"reply", "note", "heard seat=r", "note", "reply", "note", "measure owner=jonas", "note", "note", "reply"} {
			step("maren", line)
		}
		for _, s := range c.s.Steps(c.now) {
			if s.ID == "minutes" && s.Status == plan.StatusOpen {
				step("maren", "minutes which="+s.Object)
				step("maren", "no_answer which="+s.Object)
			}
			if s.ID == "measure" && s.Status == plan.StatusOpen {
				step("jonas", "measure_done which="+s.Object)
			}
		}
	}
	return f, log[:2000]
}

// BenchmarkFold is a case of 2,000 acts, beside looking up each of them and reading its
// fields, and nothing else. They take turns; the best of each is told, in milliseconds.
func BenchmarkFold(b *testing.B) {
	f, log := longCase(b)
	r, c := partyRoutine(), calendar()
	best := map[string]float64{}
	took := func(name string, do func()) {
		begun := time.Now()
		do()
		if ms := float64(time.Since(begun).Microseconds()) / 1000; best[name] == 0 || ms < best[name] {
			best[name] = ms
		}
	}
	for b.Loop() {
		took("floor-ms", func() {
			n := 0
			for _, d := range log {
				act, _ := r.Act(d.Act)
				for _, field := range act.Fields {
					n += len(d.Fields[field.Name])
				}
			}
			if n == 0 {
				b.Fatal("nothing was filled in")
			}
		})
		took("fold-ms", func() {
			s := r.Begin(f, c)
			for _, d := range log {
				if err := s.Apply(d); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	for name, ms := range best {
		b.ReportMetric(ms, name)
	}
}

// BenchmarkClone is a copy of what that leads to, which a desk makes for each act.
func BenchmarkClone(b *testing.B) {
	f, log := longCase(b)
	s := partyRoutine().Begin(f, calendar())
	for _, d := range log {
		_ = s.Apply(d)
	}
	for b.Loop() {
		_ = s.Clone()
	}
}

// BenchmarkRings are all rings of one case over a year in which nobody does anything.
func BenchmarkRings(b *testing.B) {
	r, c := partyRoutine(), calendar()
	f := facts(monday, "URGENT", "POLICE_INFO", "ONGOING")
	clocks := r.Begin(f, c).Clocks()
	for b.Loop() {
		n := 0
		for _, k := range clocks {
			for now := f.Received; now.Before(f.Received.AddDate(1, 0, 0)); n++ {
				ring, ok := r.NextRing(k, now, c)
				if !ok {
					break
				}
				now = ring.At
			}
		}
		if n < 100 {
			b.Fatalf("it rings %d times", n)
		}
	}
}

// BenchmarkLoad reads the routine of a party.
func BenchmarkLoad(b *testing.B) {
	all := folder()
	for b.Loop() {
		if r, wrong := plan.Load(all, plan.Vocabulary{}); r == nil {
			b.Fatal(wrong)
		}
	}
}
