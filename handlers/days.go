package handlers

import (
	"regexp"
	"strings"
	"time"
)

// This file reads days: on which somebody is away, and on which the office is closed.

// Span is some days in a row, both ends included, as "2006-01-02".
type Span struct{ From, Until string }

// Has reports whether a day is one of them.
func (s Span) Has(day string) bool { return s.From <= day && day <= s.Until }

// away reads on which days somebody is not here: "2026-12-20..2027-01-03", or one day.
func (c *checker) away(at string, all []string) []Span {
	var spans []Span
	for _, text := range all {
		from, until, several := strings.Cut(text, "..")
		if !several {
			until = from
		}
		_, one := time.Parse(time.DateOnly, from)
		_, other := time.Parse(time.DateOnly, until)
		if one != nil || other != nil || until < from {
			c.problem(at, "away must be days such as \"2026-12-20..2027-01-03\" or \"2026-12-24\", not %q", text)
			continue
		}
		spans = append(spans, Span{from, until})
	}
	return spans
}

// everyYear is a day without its year.
var everyYear = regexp.MustCompile(`^\d\d-\d\d$`)

// closed reads on which days the office is closed: of one year, or of every year, alone or
// from one to another. Those of every year may go over its end. It returns each day.
func (c *checker) closed(all []string) (days []string) {
	for _, text := range all {
		from, until, several := strings.Cut(text, "..")
		if !several {
			until = from
		}
		yearly := everyYear.MatchString(from)
		first, one := someDay(from)
		last, other := someDay(until)
		if yearly && last.Before(first) {
			last = last.AddDate(1, 0, 0)
		}
		if one != nil || other != nil || yearly != everyYear.MatchString(until) || last.Before(first) || last.Sub(first) > mostClosed {
			c.problem("closed", "closed must be days such as \"2026-12-24\", or of every year \"12-24\" or \"07-06..07-31\", not %q", text)
			continue
		}
		for day := first; !day.After(last); day = day.AddDate(0, 0, 1) {
			if text := day.Format(time.DateOnly); yearly {
				days = append(days, text[len("2006-"):])
			} else {
				days = append(days, text)
			}
		}
	}
	return days
}

// mostClosed is longer than any office is closed at a time.
const mostClosed = 180 * 24 * time.Hour

// someDay reads a day, or a day of every year as one of a leap year.
func someDay(text string) (time.Time, error) {
	if everyYear.MatchString(text) {
		text = "2024-" + text
	}
	return time.Parse(time.DateOnly, text)
}
