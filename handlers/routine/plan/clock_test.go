package plan_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tillit/handlers/routine/plan"
)

// TestChangesLeadFromOneListToTheOther, whatever they are, and each keeps its id.
func TestChangesLeadFromOneListToTheOther(t *testing.T) {
	steps := []string{"access/a1", "access/a2", "ack1", "minutes", "minutes/ta", "minutes/tr", "minutes_x"}
	drawn := func(t *rapid.T, name string) (all []plan.Clock) {
		for i, step := range steps {
			if rapid.Bool().Draw(t, name+step) {
				k := clock("work", rapid.SampledFrom([]string{"2026-11-27", "2026-11-28"}).Draw(t, "due"), rapid.SampledFrom([]string{"2026-11-19 10:00", "2026-11-20 10:00"}).Draw(t, "begun"))
				k.ID, k.Step, k.Moves = "", step, rapid.IntRange(0, 1).Draw(t, "moves")
				if name == "before" {
					k.ID = string(rune('A' + i))
				}
				all = append(all, k)
			}
		}
		return all
	}
	rapid.Check(t, func(t *rapid.T) {
		before, after := drawn(t, "before"), drawn(t, "after")
		now, last := slices.Clone(before), ""
		for _, change := range plan.Changes(before, after) {
			if change.Clock.Step < last {
				t.Fatalf("%s comes after %s", change.Clock.Step, last)
			}
			last = change.Clock.Step
			i := slices.IndexFunc(now, func(k plan.Clock) bool { return k.ID == change.Clock.ID && k.ID != "" })
			switch {
			case change.Op == plan.ClockBegins && change.Clock.ID == "":
				now = append(now, change.Clock)
			case change.Op == plan.ClockEnds && i >= 0:
				now = slices.Delete(now, i, i+1)
			case change.Op == plan.ClockMoves && i >= 0:
				now[i] = change.Clock
			default:
				t.Fatalf("%+v is of no clock", change)
			}
		}
		slices.SortFunc(now, func(a, b plan.Clock) int { return slices.Index(steps, a.Step) - slices.Index(steps, b.Step) })
		for i := range now {
			now[i].ID = ""
		}
		if !slices.EqualFunc(now, after, func(a, b plan.Clock) bool {
			return a.Step == b.Step && a.Due == b.Due && a.Moves == b.Moves && a.Begun.Equal(b.Begun)
		}) {
			t.Fatalf("they lead to %v, want %v", now, after)
		}
	})
}
