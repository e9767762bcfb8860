package plan

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/no"
)

// Calendar says which days are working days, in the organisation's time zone. It does
// not change, and is safe for concurrent use.
type Calendar struct {
	zone *time.Location
	off  *offDays
}

// offDays keeps what was worked out of each year.
type offDays struct {
	holidays *cal.BusinessCalendar
	also     []string // days off for everything: 2006-01-02, or 01-02 of each year
	closed   []string // the office's own, alone or from one to another: work only
	years    [lastYear - firstYear + 1]atomic.Pointer[yearDays]
}

// The years that are worked out once; others, each time.
const firstYear, lastYear = 1990, 2190

// yearDays are the days of a year, from 1 on.
type yearDays struct {
	kinds [367]dayKind
	days  int
}

// dayKind says for what a day is off.
type dayKind uint8

const (
	workday dayKind = iota
	closedDay
	offDay
)

// Calendar is the routine's calendar in a time zone. closed are the office's own days
// off, as [DayOff] wants them, or from one to another, "07-06..07-31", both included; they
// move steps with the ladder "work", and no promise.
func (r *Routine) Calendar(zone *time.Location, closed []string) Calendar {
	if zone == nil {
		zone = time.UTC
	}
	c := cal.NewBusinessCalendar()
	if r.calendar == "no" {
		c.AddHoliday(no.Holidays...)
	}
	return Calendar{zone, &offDays{holidays: c, also: r.alsoOff, closed: slices.Clone(closed)}}
}

// DayOff says whether a text names a day off: 2006-01-02, or 01-02 for each year.
func DayOff(text string) bool {
	_, once := parseDay(text)
	_, yearly := parseDay("2000-" + text)
	return once || yearly
}

// Zone is the time zone.
func (c Calendar) Zone() *time.Location { return c.zone }

// day is the civil day of a moment, as midnight in UTC.
func (c Calendar) day(t time.Time) time.Time {
	y, m, d := t.In(c.zone).Date()
	return civil(y, m, d)
}

func civil(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

// clock is the time of day of a moment, to the minute.
func (c Calendar) clock(t time.Time) time.Duration {
	hour, minute, _ := t.In(c.zone).Clock()
	return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
}

// at is a time of a civil day in the zone.
func (c Calendar) at(day time.Time, clock time.Duration) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, 0, int(clock/time.Minute), 0, 0, c.zone)
}

// year looks a year up.
func (o *offDays) year(y int) *yearDays {
	if y < firstYear || y > lastYear {
		return o.workOut(y)
	}
	place := &o.years[y-firstYear]
	if known := place.Load(); known != nil {
		return known
	}
	place.Store(o.workOut(y)) // whoever else does so stores the same
	return place.Load()
}

func (o *offDays) workOut(y int) *yearDays {
	var all yearDays
	has := func(list []string, day time.Time) bool {
		return slices.ContainsFunc(list, func(text string) bool { return among(day, text) })
	}
	for day := civil(y, 1, 1); day.Year() == y; day = day.AddDate(0, 0, 1) {
		switch {
		case !o.holidays.IsWorkday(day), has(o.also, day):
			all.kinds[day.YearDay()] = offDay
		case has(o.closed, day):
			all.kinds[day.YearDay()] = closedDay
		}
		all.days = day.YearDay()
	}
	return &all
}

// among says whether a civil day is one of those that a text names. Days of every year
// may go over its end.
func among(day time.Time, text string) bool {
	from, until, several := strings.Cut(text, "..")
	if !several {
		until = from
	}
	form := dayForm
	if len(from) < len(dayForm) {
		form = "01-02"
	}
	d := day.Format(form)
	if until < from {
		return d >= from || d <= until
	}
	return from <= d && d <= until
}

// works says whether a day of the year is a working day; for work, not if the office is
// closed.
func (y *yearDays) works(day int, work bool) bool {
	return y.kinds[day] == workday || y.kinds[day] == closedDay && !work
}

// longestOff is more days than are ever off in a row; past it a calendar in which no day
// is a working day counts plain days.
const longestOff = 400

// add counts from a civil day. Months end on the last day of a shorter month.
func (c Calendar) add(day time.Time, s span, work bool) time.Time {
	switch s.unit {
	case "wd":
		return c.addWork(day, s.n, work)
	case "m":
		y, m, d := day.Date()
		last := civil(y, m+time.Month(s.n)+1, 0)
		return civil(last.Year(), last.Month(), min(d, last.Day()))
	}
	return day.AddDate(0, 0, s.n)
}

// addWork counts working days from a civil day, forwards or backwards.
func (c Calendar) addWork(day time.Time, n int, work bool) time.Time {
	y, d, step, off := day.Year(), day.YearDay(), 1, 0
	if n < 0 {
		n, step = -n, -1
	}
	for year := c.off.year(y); n > 0; {
		if d += step; d < 1 || d > year.days {
			y += step
			year = c.off.year(y)
			d = 1
			if step < 0 {
				d = year.days
			}
		}
		switch {
		case year.works(d, work):
			n, off = n-1, 0
		case off > longestOff:
			n--
		default:
			off++
		}
	}
	return civil(y, 1, d)
}

// next is the first working day from a civil day on, forwards or backwards.
func (c Calendar) next(day time.Time, step int, work bool) time.Time {
	if c.off.year(day.Year()).works(day.YearDay(), work) {
		return day
	}
	return c.addWork(day, step, work)
}
