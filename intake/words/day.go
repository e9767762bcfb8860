package words

import (
	"embed"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

//go:embed calendar/*.toml
var calendarFiles embed.FS

// calendars are what each language calls days and amounts.
var calendars = sync.OnceValue(func() *Book {
	b, faults := read(calendarFiles, "calendar")
	if len(faults) > 0 {
		panic(errors.Join(faults...)) // The tests read them, so a binary cannot have broken ones.
	}
	return b
})

// Name is what the language calls itself.
func (l *Lang) Name() string { return l.cal.Say("name") }

// Day speaks a day, "tirsdag 24. november".
func (l *Lang) Day(t time.Time) string { return l.date("day", "", t) }

// DayFrom speaks a day as [Lang.Day] does, with its year when that is another one than now.
func (l *Lang) DayFrom(t, now time.Time) string {
	if t.Year() != now.Year() {
		return l.date("day_year", "", t)
	}
	return l.Day(t)
}

// ShortDay is a day in few letters, "tir. 24. nov."; it has the year when that is
// another one than now.
func (l *Lang) ShortDay(t, now time.Time) string {
	if t.Year() != now.Year() {
		return l.date("day_year", "_short", t)
	}
	return l.date("day", "_short", t)
}

// LongDay is a whole date, as a heading has it: "Tirsdag 24. november 2026".
func (l *Lang) LongDay(t time.Time) string { return Capital(l.date("day_year", "", t)) }

// Date is a whole date in the fewest words that leave nothing open: "24. november 2026".
func (l *Lang) Date(t time.Time) string { return l.date("date", "", t) }

// Capital begins words with a capital, as a line does.
func Capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// Month is a month with its year: "nov. 2026".
func (l *Lang) Month(t time.Time) string {
	return l.cal.Say("month_year", "month", l.nth("months_short", int(t.Month())-1), "year", t.Year())
}

func (l *Lang) date(key, form string, t time.Time) string {
	return l.cal.Say(key, "weekday", l.nth("weekdays"+form, int(t.Weekday())), "day", t.Day(),
		"month", l.nth("months"+form, int(t.Month())-1), "year", t.Year())
}

func (l *Lang) nth(key string, i int) string { return strings.Fields(l.cal.Say(key))[i] }

// Moment is a day in few letters with its time, "i dag kl. 9.05" or "tir. 24. nov. kl. 9.05".
func (l *Lang) Moment(t, now time.Time) string {
	if SameDay(t, now) {
		return l.At(l.cal.Say("today"), t)
	}
	return l.At(l.ShortDay(t, now), t)
}

// At puts the time of t behind a day in words.
func (l *Lang) At(day string, t time.Time) string {
	return l.cal.Say("at", "day", day, "clock", l.Clock(t))
}

// Clock is a time of the day, "09.05".
func (l *Lang) Clock(t time.Time) string {
	return l.cal.Say("clock", "hour", t.Format("15"), "minute", t.Format("04"))
}

// SameDay reports whether two times are on one day, each in its own zone.
func SameDay(a, b time.Time) bool { return a.Format(time.DateOnly) == b.Format(time.DateOnly) }

// Size is how large a file is, "1,2 MB".
func (l *Lang) Size(n int64) string {
	switch {
	case n < 1000:
		return l.cal.Say("size.b", "n", n)
	case n < 1_000_000:
		return l.cal.Say("size.kb", "n", (n+500)/1000)
	}
	return l.cal.Say("size.mb", "n", strings.Replace(fmt.Sprintf("%.1f", float64(n)/1e6), ".", l.cal.Say("size.point"), 1))
}
