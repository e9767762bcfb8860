package plan

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Due is until when something must be done: a whole day, which is late when it has
// ended, or a moment.
type Due struct {
	Time time.Time // of a day: its midnight
	Day  bool
}

// The two forms of a due time as text.
const (
	dayForm    = time.DateOnly
	momentForm = "2006-01-02T15:04Z"
)

// IsZero says that there is none.
func (d Due) IsZero() bool { return d.Time.IsZero() }

// String is the text form: "2026-11-27", or a minute in UTC.
func (d Due) String() string {
	switch {
	case d.IsZero():
		return ""
	case d.Day:
		return d.Time.Format(dayForm)
	}
	return d.Time.UTC().Format(momentForm)
}

// MarshalText implements encoding.TextMarshaler; see [Due.String].
func (d Due) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what [Due.MarshalText] wrote, and nothing else. A day comes
// back as a civil date in UTC: [Due.InZone] puts it where it belongs.
func (d *Due) UnmarshalText(text []byte) error {
	got, err := Due{}, error(nil)
	switch len(text) {
	case 0:
	case len(dayForm):
		got.Day = true
		got.Time, err = time.Parse(dayForm, string(text))
	default:
		got.Time, err = time.Parse(momentForm, string(text))
	}
	if err != nil || got.String() != string(text) {
		return fmt.Errorf("this is no day and no minute: %d bytes", len(text))
	}
	*d = got
	return nil
}

// InZone is the same day, or the same moment, in a time zone.
func (d Due) InZone(zone *time.Location) Due {
	switch {
	case d.IsZero():
		return d
	case d.Day:
		return dayIn(d.Time, zone)
	}
	return Due{Time: d.Time.In(zone)}
}

// End is the moment from which on it is late.
func (d Due) End() time.Time {
	if !d.Day {
		return d.Time
	}
	y, m, day := d.Time.Date()
	return time.Date(y, m, day+1, 0, 0, 0, 0, d.Time.Location())
}

// Late says whether it is over at a moment. What has no day is never late.
func (d Due) Late(now time.Time) bool {
	switch {
	case d.IsZero():
		return false
	case d.Day:
		return !now.Before(d.End())
	}
	return now.After(d.Time)
}

// place is where it stands among others: a day stands at its noon.
func (d Due) place() time.Time {
	if !d.Day {
		return d.Time
	}
	y, m, day := d.Time.Date()
	return time.Date(y, m, day, 12, 0, 0, 0, d.Time.Location())
}

// Before puts due times in order; what has none comes last.
func (d Due) Before(other Due) bool {
	if d.IsZero() || other.IsZero() {
		return !d.IsZero()
	}
	return d.place().Before(other.place())
}

func dayIn(civil time.Time, zone *time.Location) Due {
	y, m, day := civil.Date()
	return Due{Time: time.Date(y, m, day, 0, 0, 0, 0, zone), Day: true}
}

// parseDay reads a day that an act or a fact names.
func parseDay(text string) (time.Time, bool) {
	t, err := time.Parse(dayForm, text)
	return t, err == nil && t.Year() > 1900
}

// span is a length of time as a routine writes it: 3wd, -5d, 3m, 72h, 60s.
type span struct {
	n    int
	unit string
}

// maxSpan keeps a number of a routine within what a calendar can count.
const maxSpan = 10_000

func parseSpan(text string) (span, bool) {
	i := strings.LastIndexAny(text, "0123456789")
	if i < 0 {
		return span{}, false
	}
	n, err := strconv.Atoi(strings.TrimPrefix(text[:i+1], "+"))
	s := span{n, text[i+1:]}
	switch s.unit {
	case "wd", "d", "m", "h", "s":
		return s, err == nil && n >= -maxSpan && n <= maxSpan && !strings.HasPrefix(text, "+-")
	}
	return span{}, false
}

// isDays says whether it leads to a whole day.
func (s span) isDays() bool { return s.unit == "wd" || s.unit == "d" || s.unit == "m" }

func (s span) hours() time.Duration {
	if s.unit == "h" {
		return time.Duration(s.n) * time.Hour
	}
	return time.Duration(s.n) * time.Second
}

// expr is one due expression: a span from an anchor, the anchor's own day, or the day
// that the act gave.
type expr struct {
	anchor string
	span
}

// own is the anchor of a step whose day is the one that its act gave.
const own = "own"

func parseExpr(text string) (expr, bool) {
	if text == own {
		return expr{anchor: own}, true
	}
	i := strings.IndexAny(text, "+-")
	if i < 0 {
		return expr{text, span{unit: "d"}}, true
	}
	s, ok := parseSpan(text[i:])
	return expr{text[:i], s}, ok
}

// from is the due time that it leads to. A moment is rounded up to a whole minute, so
// that it survives its text form.
func (e expr) from(anchor time.Time, c Calendar, work bool) Due {
	switch {
	case e.anchor == own:
		return dayIn(c.day(anchor), c.zone)
	case e.isDays():
		return dayIn(c.add(c.day(anchor), e.span, work), c.zone)
	}
	t := anchor.Add(e.hours())
	if up := t.Truncate(time.Minute); up.Before(t) {
		t = up.Add(time.Minute)
	}
	return Due{Time: t.In(c.zone)}
}
