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

// closed holds that each day on which the office is closed is one: of one year, or of
// every year, alone or from one to another. Those of every year may go over its end.
func (c *checker) closed(all []string) []string {
	for _, text := range all {
		from, until, several := strings.Cut(text, "..")
		if !several {
			until = from
		}
		yearly := everyYear.MatchString(from)
		if !isDay(from) || !isDay(until) || yearly != everyYear.MatchString(until) || !yearly && until < from {
			c.problem("closed", "closed must be days such as \"2026-12-24\", or of every year \"12-24\" or \"07-06..07-31\", not %q", text)
		}
	}
	return all
}

// isDay reports whether a text is a day, or a day of every year; 29 February is one.
func isDay(text string) bool {
	if everyYear.MatchString(text) {
		text = "2024-" + text
	}
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}
