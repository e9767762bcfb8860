package office_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"tillit/handlers/handlerstest"
)

// hiddenCases are that many that what they cost together can be measured.
const hiddenCases = 300

// TestSilenceOfListsInTime measures what is asked about no one case, a queue or what waits:
// in an office with 300 cases that keep the asker out, and in the same office without them.
// It fails where all of them together shift the time of an answer by more than a fifth and
// 20 µs, three times to the same side: what one of them can do is less than a thousandth.
// Two offices are never quite alike (one has written more lately), so the band of
// [TestSilenceInTime] would be too narrow here. The control is the same with half of the
// answer's time, and 40 µs, more.
func TestSilenceOfListsInTime(t *testing.T) {
	base := handlerstest.New(t, handlerstest.Options{Hasty: true})
	fill(base, 60)
	with, without := base.Copy(t), base.Copy(t)
	fill(with, hiddenCases, "jonas")
	here := watch{T: t, api: with.API.Config.Handler, token: session(with, "jonas")}
	there := watch{T: t, api: without.API.Config.Handler, token: session(without, "jonas")}
	for _, a := range asks {
		if a.about() || a.route == "POST /v1/session" {
			continue
		}
		if shifts, told := toldApart(here, there, a, 0); told {
			t.Errorf("%s %s: with hidden cases it takes %v longer", a.route, a.what, shifts)
		}
	}
	if shifts, told := toldApart(here, there, ask{route: "GET /v1/notices"}, 40*time.Microsecond); !told {
		t.Errorf("40 µs and half of the time are not seen: %v", shifts)
	}
}

// toldApart says whether three measurings find one office the slower.
func toldApart(with, without watch, a ask, more time.Duration) (shifts []time.Duration, told bool) {
	for range 3 {
		shift, of := shiftOf(with, without, a, more)
		shifts = append(shifts, shift)
		if limit := of/5 + 20*time.Microsecond; shift.Abs() <= limit || (shift > 0) != (shifts[0] > 0) {
			return shifts, false
		}
	}
	return shifts, true
}

// shiftOf is the median of how much longer it takes with hidden cases, and that of how long
// it takes without.
func shiftOf(with, without watch, a ask, more time.Duration) (shift, of time.Duration) {
	const pairs = 200
	var shifts, took []time.Duration
	for i := range pairs + 20 {
		var h, v time.Duration
		if rand.IntN(2) == 0 {
			h, v = with.time(a.request("", sight{}), 0), without.time(a.request("", sight{}), 0)
		} else {
			v, h = without.time(a.request("", sight{}), 0), with.time(a.request("", sight{}), 0)
		}
		if more > 0 {
			h += more + v/2
		}
		if i >= 20 { // until all is warm
			shifts, took = append(shifts, h-v), append(took, v)
		}
	}
	slices.Sort(shifts)
	slices.Sort(took)
	return shifts[pairs/2], took[pairs/2]
}
