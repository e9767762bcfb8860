package plan_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tillit/handlers/routine/plan"
)

var oslo = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		panic(err)
	}
	return zone
}()

// at reads a moment in Oslo.
func at(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, oslo)
	if err != nil {
		panic(err)
	}
	return t
}

// norway is the calendar of the office that closes on the days given.
func norway(closed ...string) plan.Calendar {
	return plan.Bare(nil).Calendar(oslo, closed)
}

func TestDaysFollowFromAnAnchor(t *testing.T) {
	for _, test := range []struct{ shows, expr, anchor, want string }{
		{"plain days", "received+14d", "2026-11-19 21:40", "2026-12-03"},
		{"working days over a weekend", "received+3wd", "2026-11-19 21:40", "2026-11-24"},
		{"from a Saturday", "received+1wd", "2026-11-21 10:00", "2026-11-23"},
		{"over Easter", "received+3wd", "2027-03-23 10:00", "2027-03-31"},
		{"over 17 May", "received+3wd", "2027-05-12 13:00", "2027-05-18"},
		{"24 December is a working day", "received+3wd", "2026-12-21 22:15", "2026-12-24"},
		{"before an event", "event-1wd", "2026-11-30 00:00", "2026-11-27"},
		{"three months end on the last day of February", "received+3m", "2026-11-30 09:00", "2027-02-28"},
		{"in a leap year on the 29th", "received+3m", "2027-11-30 09:00", "2028-02-29"},
		{"a month is no day longer than a month", "named+1m", "2027-01-31 09:00", "2027-02-28"},
		{"over new year", "received+14m", "2026-11-30 09:00", "2028-01-30"},
		{"hours", "received+18h", "2026-11-19 21:40", "2026-11-20T14:40Z"},
		{"hours over the change to summer", "received+18h", "2027-03-27 20:00", "2027-03-28T13:00Z"},
		{"days over the change to summer", "received+1d", "2027-03-27 23:30", "2027-03-28"},
		{"a minute after midnight is that day in Oslo", "received+1d", "2026-07-01 00:30", "2026-07-02"},
		{"seconds, to the full minute", "received+61s", "2026-11-19 21:40", "2026-11-19T20:42Z"},
		{"the day itself", "own", "2026-11-26 00:00", "2026-11-26"},
	} {
		if got := plan.DueOf(test.expr, at(test.anchor), norway(), false).String(); got != test.want {
			t.Errorf("%s: %s from %s is %s, want %s", test.shows, test.expr, test.anchor, got, test.want)
		}
	}
}

// TestAddingMonthsStaysInTheMonth: from whatever moment, forwards or back, it is the same day
// of that month, or its last one; never a day of the month behind it.
func TestAddingMonthsStaysInTheMonth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := time.Date(2026, time.Month(rapid.IntRange(1, 12*30).Draw(t, "month")), rapid.IntRange(1, 31).Draw(t, "day"), rapid.IntRange(0, 23).Draw(t, "hour"), 59, 0, 0, oslo)
		n := rapid.IntRange(-120, 120).Draw(t, "months")
		got, err := time.Parse(time.DateOnly, plan.DueOf(fmt.Sprintf("received%+dm", n), from, norway(), false).String())
		want := (from.Year()*12 + int(from.Month()) - 1 + n)
		last := got.AddDate(0, 0, 1).Day() == 1
		if err != nil || got.Year()*12+int(got.Month())-1 != want || got.Day() != from.Day() && !(last && got.Day() < from.Day()) {
			t.Fatalf("%d months from %s is %s (%v)", n, from.Format(time.DateOnly), got.Format(time.DateOnly), err)
		}
	})
}

// TestClosedDaysMoveWorkAndNoPromise: the office's own days off.
func TestClosedDaysMoveWorkAndNoPromise(t *testing.T) {
	c := norway("2026-11-23", "11-24")
	if got := plan.DueOf("received+1wd", at("2026-11-20 09:00"), c, true).String(); got != "2026-11-25" {
		t.Errorf("work is due %s", got)
	}
	if got := plan.DueOf("received+1wd", at("2026-11-20 09:00"), c, false).String(); got != "2026-11-23" {
		t.Errorf("a promise is due %s", got)
	}
	for _, test := range []struct{ closed, day, want string }{
		{"2026-11-23..2026-11-25", "2026-11-20 09:00", "2026-11-26"}, {"07-06..07-31", "2027-07-05 09:00", "2027-08-02"},
		{"12-24..01-03", "2026-12-23 09:00", "2027-01-04"}, {"12-24..01-03", "2027-01-02 09:00", "2027-01-04"}, {"2026-11-24..2026-11-24", "2026-11-20 09:00", "2026-11-23"},
	} {
		if got := plan.DueOf("received+1wd", at(test.day), norway(test.closed), true).String(); got != test.want {
			t.Errorf("closed %s, work is due %s, want %s", test.closed, got, test.want)
		}
	}
	if !plan.DayOff("12-24") || !plan.DayOff("2026-12-24") || plan.DayOff("24-12") || plan.DayOff("") || plan.DayOff("2026-02-30") {
		t.Error("what a day off may be is read wrongly")
	}
}

// TestADayIsLateWhenItHasEnded, in the organisation's time zone; a moment is late after it.
func TestADayIsLateWhenItHasEnded(t *testing.T) {
	day := plan.DueOf("received+1d", at("2026-10-24 12:00"), norway(), false) // the day that has 25 hours
	if day.Late(at("2026-10-25 23:59")) || !day.Late(at("2026-10-26 00:00")) {
		t.Error("a day is late at another moment than its end")
	}
	moment := plan.DueOf("received+4h", at("2026-11-19 21:40"), norway(), false)
	if moment.Late(at("2026-11-20 01:40")) || !moment.Late(at("2026-11-20 01:41")) {
		t.Error("a moment is late at another moment")
	}
	if (plan.Due{}).Late(at("2026-11-19 21:40")) {
		t.Error("what has no day is late")
	}
}

// TestADueTimeSurvivesItsText, and only its own text is read.
func TestADueTimeSurvivesItsText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		anchor := time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "anchor"), rapid.Int64Range(0, 1e9-1).Draw(t, "part"))
		expr := rapid.SampledFrom([]string{"received+3wd", "received+7d", "received-2m", "received+4h", "received+61s"}).Draw(t, "expr")
		due := plan.DueOf(expr, anchor, norway(), false)
		raw, err := due.MarshalText()
		var back plan.Due
		if err != nil || back.UnmarshalText(raw) != nil {
			t.Fatalf("%s does not come back", raw)
		}
		back = back.InZone(oslo)
		if back.String() != due.String() || !back.Time.Equal(due.Time) || !back.End().Equal(due.End()) || back.Day != due.Day {
			t.Fatalf("%v comes back as %v", due, back)
		}
	})
	for _, text := range []string{"2026-02-30", "2026-11-27T10:00:00Z", "2026-11-27 10:00Z", "x", "2026-11-27T10:00+", "0000000000"} {
		if (&plan.Due{}).UnmarshalText([]byte(text)) == nil {
			t.Errorf("%q is read", text)
		}
	}
	var none plan.Due
	if raw, _ := none.MarshalText(); string(raw) != "" || none.UnmarshalText(raw) != nil || !none.IsZero() {
		t.Error("no day does not come back as none")
	}
}
