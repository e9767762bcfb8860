package plan_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"tillit/handlers/routine/plan"
)

// TestTheGoldenPaths works five cases, act by act, over weekends and holidays: what each
// act comes to, the phase, what became free with its day, and what is next.
func TestTheGoldenPaths(t *testing.T) {
	paths, err := filepath.Glob("testdata/paths/*.txtar")
	if err != nil || len(paths) != 5 {
		t.Fatalf("%d paths, %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			c := told(t, string(a.Comment))
			for _, f := range a.Files {
				switch want := strings.TrimSpace(string(f.Data)); f.Name {
				case "acts":
					c.walk(t, strings.Split(want, "\n"))
				default:
					if got := c.list(); got != want {
						t.Errorf("at the %s: %s", f.Name, cmp.Diff(want, got))
					}
				}
			}
		})
	}
}

// told begins a case from the head of a path.
func told(t *testing.T, head string) *file {
	f, lock := plan.Facts{Eligible: 3, Choices: map[string][]string{}}, ""
	for _, line := range strings.Split(head, "\n") {
		words := strings.Fields(line + " ")
		if len(words) == 0 {
			continue
		}
		switch words[0] {
		case "received":
			f.Received = at(strings.Join(words[1:], " "))
		case "source":
			f.Source = words[1]
		case "choices":
			for _, word := range words[1:] {
				q, choice, _ := strings.Cut(word, "=")
				f.Choices[q] = []string{choice}
			}
		case "flags":
			f.Flags = words[1:]
		case "event":
			f.Event = words[1]
		case "other":
			f.OtherKnown = true
		case "lock":
			lock = strings.TrimSuffix(words[1], "none")
		}
	}
	c := begin(t, f)
	if c.s.Lock() != lock {
		t.Errorf("it is locked to %q, want %q", c.s.Lock(), lock)
	}
	c.must(plan.Daemon, "receipt")
	return c
}

func (c *file) walk(t *testing.T, rows []string) {
	for _, row := range rows {
		cells := strings.Split(row, " | ")
		if len(cells) != 5 {
			t.Fatalf("%q is no row", row)
		}
		c.now = at(cells[0])
		before := c.s.Clone()
		err := c.play(cells[1], cells[2])
		if got := c.result(before, err); got != cells[3] {
			t.Errorf("%s %s\n got %s\nwant %s", cells[0], cells[2], got, cells[3])
		}
		if got := c.follows(before); got != cells[4] {
			t.Errorf("%s %s leads to\n     %s\nwant %s", cells[0], cells[2], got, cells[4])
		}
	}
}

func (c *file) play(who, line string) error {
	if line == "learn other" {
		c.s.Learn(nil, true, c.now)
		return nil
	}
	if seat, is := strings.CutPrefix(who, "seat "); is {
		who = plan.Seat(seat)
	}
	return c.do(who, line)
}

// result says what an act came to, as the paths do.
func (c *file) result(before *plan.State, err error) string {
	var no *plan.Refusal
	switch {
	case errors.As(err, &no):
		return "✗ " + say(no)
	case len(c.s.Asked()) > len(before.Asked()):
		return "waits for a second person"
	case c.s.OtherKnown() && !before.OtherKnown():
		return "accepted: the other party is known"
	}
	was := map[string]plan.Step{}
	for _, s := range before.Steps(c.now) {
		was[s.Key()] = s
	}
	var done, waived, opens, moved []string
	for _, s := range c.s.Steps(c.now) {
		old, there := was[s.Key()]
		late := map[bool]string{true: " (late)"}[s.Late]
		switch {
		case s.Status == plan.StatusDone && !old.Over():
			done = append(done, s.Key()+late)
		case s.Status == plan.StatusWaived && !old.Over():
			waived = append(waived, s.Key())
		case !there && s.Object != "":
			opens = append(opens, s.Key())
		case s.Moves > old.Moves:
			moved = append(moved, s.Key()+" now "+shown(s.Due))
		}
	}
	var parts []string
	for _, part := range []struct {
		head string
		list []string
	}{{"done: ", done}, {"waived ", waived}, {"opens ", opens}, {"", moved}} {
		if slices.Sort(part.list); len(part.list) > 0 {
			parts = append(parts, part.head+strings.Join(part.list, ", "))
		}
	}
	if len(parts) == 0 {
		return "accepted"
	}
	return strings.Join(parts, "; ")
}

func say(no *plan.Refusal) string {
	steps, verb := strings.Join(no.Steps, " and "), "waits"
	if len(no.Steps) > 1 {
		verb = "wait"
	}
	switch no.Key {
	case plan.RefusedWaits:
		return fmt.Sprintf("%s %s for %s", steps, verb, strings.Join(no.Waits, " and "))
	case plan.RefusedApart:
		return no.Duty + " and " + no.Other + " must be two people"
	case plan.RefusedNotBegun:
		return steps + " has not begun"
	case plan.RefusedOwner:
		return steps + " is " + no.Duty + "'s"
	case plan.RefusedDuty:
		return "not among your duties: " + no.Duty
	case plan.RefusedSelf:
		return "you asked for it yourself"
	case plan.RefusedLevel:
		return "locked: " + no.Level
	case plan.RefusedMove:
		return "cannot be moved"
	}
	return no.Error()
}

func shown(d plan.Due) string {
	if d.Day {
		return d.Time.Format("Mon 2 Jan")
	}
	return d.Time.Format("Mon 2 Jan 15:04")
}

// free are the steps that can be done, with their days.
func free(s *plan.State) (all []string) {
	for _, step := range s.Steps(at("2026-01-01 00:00")) {
		if step.Status == plan.StatusOpen {
			all = append(all, step.Key()+" "+shown(step.Due))
		}
	}
	return all
}

// follows says what an act leads to: another phase, what became free, what is next.
func (c *file) follows(before *plan.State) string {
	var parts, fresh []string
	if phase := c.s.Phase(); phase != before.Phase() {
		parts = append(parts, phase)
	}
	was, is := free(before), free(c.s)
	for _, line := range is {
		if !slices.Contains(was, line) {
			fresh = append(fresh, line)
		}
	}
	if len(fresh) > 0 {
		parts = append(parts, "+ "+strings.Join(fresh, ", "))
	}
	return strings.Join(append(parts, "next "+is[0]), " · ")
}

// list is how the whole case stands.
func (c *file) list() string {
	var waiting []string
	for _, step := range c.s.Steps(c.now) {
		if len(step.Waits) > 0 {
			waiting = append(waiting, step.Key())
		}
	}
	slices.Sort(waiting)
	if waiting == nil {
		waiting = []string{"nothing"}
	}
	return fmt.Sprintf("phase %s\n%s\nwaiting: %s", c.s.Phase(), strings.Join(free(c.s), "\n"), strings.Join(waiting, ", "))
}
