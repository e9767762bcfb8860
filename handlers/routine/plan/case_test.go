package plan_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tillit/handlers/routine/party"
	"tillit/handlers/routine/plan"
)

// partyRoutine is the routine that Tillit comes with.
var partyRoutine = sync.OnceValue(func() *plan.Routine {
	r, wrong := plan.Load(party.Files, plan.Vocabulary{})
	if len(wrong) > 0 {
		panic(fmt.Sprint(wrong))
	}
	return r
})

// file is a case as tests tell it: acts by name, each with the fields that matter.
type file struct {
	t interface {
		Helper()
		Fatalf(string, ...any)
		Errorf(string, ...any)
	}
	r   *plan.Routine
	s   *plan.State
	now time.Time
	seq int64
}

// facts are those of an ordinary report, which names the other party.
func facts(received string, flags ...string) plan.Facts {
	return plan.Facts{Received: at(received), Choices: map[string][]string{"S3": {"me"}, "E3": {"county"}}, Flags: flags, OtherKnown: true, Eligible: 3}
}

func begin(t testing.TB, f plan.Facts) *file {
	r := partyRoutine()
	return &file{t: t, r: r, s: r.Begin(f, r.Calendar(oslo, nil)), now: f.Received}
}

// done makes an act of a line: "decide outcome=measure". What it must hold besides is
// filled in.
func (c *file) done(by, line string) plan.Done {
	c.t.Helper()
	words := strings.Fields(line)
	c.seq++
	d := plan.Done{Act: words[0], Seq: c.seq, By: by, At: c.now, Fields: map[string][]string{}}
	for _, word := range words[1:] {
		name, value, _ := strings.Cut(word, "=")
		d.Fields[name] = append(d.Fields[name], value)
	}
	act, _ := c.r.Act(d.Act)
	for _, f := range act.Fields {
		if f.Required && d.Fields[f.Name] == nil {
			d.Fields[f.Name] = []string{filler(f.Name, c.now)}
		}
	}
	if of := d.Fields["of"]; of != nil {
		name, step, _ := strings.Cut(of[0], ".")
		for _, a := range c.s.Asked() {
			if a.Act == name && (a.Step == step || step == "") {
				d.Fields["of"] = []string{strconv.FormatInt(a.Seq, 10)}
			}
		}
	}
	return d
}

func filler(field string, now time.Time) string {
	switch field {
	case "tie":
		return "none"
	case "agree":
		return "yes"
	case "worse":
		return "no"
	case "until":
		return now.AddDate(0, 1, 0).Format(time.DateOnly)
	}
	return "*"
}

// do does an act, at the time that it is.
func (c *file) do(by, line string) error {
	c.t.Helper()
	d := c.done(by, line)
	before := len(c.s.Refused())
	may := c.s.May(d)
	if err := c.s.Apply(d); fmt.Sprint(err) != fmt.Sprint(may) || (err != nil) != (len(c.s.Refused()) > before) {
		c.t.Fatalf("%s: it may be done: %v; done: %v", line, may, err)
	}
	return may
}

// must does acts that are not refused, a minute after each other.
func (c *file) must(by string, lines ...string) {
	c.t.Helper()
	for _, line := range lines {
		c.now = c.now.Add(time.Minute)
		if err := c.do(by, line); err != nil {
			c.t.Fatalf("%s %s: %v", by, line, err)
		}
	}
}

// refused wants an act to be refused, with a key, and to leave nothing behind.
func (c *file) refused(by, line, want string) *plan.Refusal {
	c.t.Helper()
	before := dump(c.s)
	var no *plan.Refusal
	if err := c.do(by, line); !errors.As(err, &no) || no.Key != want {
		c.t.Errorf("%s %s: %v, want %s", by, line, err, want)
		return &plan.Refusal{}
	}
	if after := dump(c.s); after != before {
		c.t.Errorf("%s: refused, it leaves something behind:\n%s\n%s", line, before, after)
	}
	return no
}

// step is a step as it stands; the zero step for one that there is not.
func (c *file) step(key string) plan.Step {
	all := c.s.Steps(c.now)
	if i := slices.IndexFunc(all, func(s plan.Step) bool { return s.Key() == key }); i >= 0 {
		return all[i]
	}
	return plan.Step{}
}

// stands wants a step to stand in a way; "" is that there is none.
func (c *file) stands(key, status string) {
	c.t.Helper()
	if got := c.step(key).Status; got != status {
		c.t.Errorf("%s is %q, want %q", key, got, status)
	}
}

// triaged is a case whose duties have people: Maren is lead, contact_a and investigator.
func triaged(t testing.TB, f plan.Facts) *file {
	c := begin(t, f)
	c.must(plan.Daemon, "receipt")
	c.must("maren", "take", "assess_safety", "reply", "declare", "decide_level level=central", "staff part=contact_a=maren part=investigator=maren part=contact_b=jonas part=decider=siv")
	return c
}

// informed is one in which everybody was heard.
func informed(t testing.TB, f plan.Facts) *file {
	c := triaged(t, f)
	c.must("maren", "heard seat=r", "minutes which=tr", "no_answer which=tr")
	c.must("jonas", "disclose", "heard seat=b", "minutes which=tb", "no_answer which=tb")
	c.must("maren", "state_informed")
	return c
}

// decided is one that came to something.
func decided(t testing.TB, f plan.Facts, outcome string) *file {
	c := informed(t, f)
	c.must("siv", "decide outcome="+outcome)
	c.must("jonas", "second of=decide")
	return c
}

// closed is one of which nothing more has to be done.
func closed(t testing.TB, f plan.Facts, outcome string) *file {
	c := decided(t, f, outcome)
	c.must("maren", "no_mask", "support side=a answer=declined", "feedback letter=result_r", "check_in when=hearing", "check_in when=1m")
	c.must("jonas", "support side=b answer=declined", "feedback letter=result_b")
	c.must("maren", "close")
	c.must("siv", "second of=close")
	return c
}

// dump is all that a state says of itself, but for the acts that it refused.
func dump(s *plan.State) string {
	var b strings.Builder
	fmt.Fprintln(&b, s.Phase(), s.Level(), s.Lock(), s.Closed(), s.Hold(), s.HeldUntil(), s.End(), s.Outcome(), s.OtherKnown())
	has := s.Duties()
	for _, duty := range s.Routine().Duties() {
		fmt.Fprintln(&b, duty, has[duty])
	}
	for _, a := range s.Asked() {
		fmt.Fprintln(&b, "asked", a.Act, a.Seq, a.By, a.Step)
	}
	for _, step := range s.Steps(at("2026-12-01 12:00")) {
		fmt.Fprintf(&b, "%+v\n", step)
	}
	for _, k := range s.Clocks() {
		fmt.Fprintf(&b, "%+v\n", k)
	}
	return b.String()
}
