// Package house tells a house to look at: fictional cases in all phases, through the
// members' pages and the acts of handlers, as people would do it over some months. What
// happens in them is data, in house.toml; another case is some lines there.
package house

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/no"

	"tillit/handlers/routine/acts"
)

//go:embed house.toml
var file string

// Case is what becomes of one report.
type Case struct {
	Name    string              `toml:"name"`    // within the story
	Shows   string              `toml:"shows"`   // what it is there to show
	Happens [][]string          `toml:"happens"` // when, who, what, and more of it
	Says    map[string][]string `toml:"says"`    // what its reporter answers, by question
}

// Story is all cases, in any order. It does not change.
type Story struct {
	Cases []Case `toml:"case"`
}

// Reporter is who in the story is the case's reporter.
const Reporter = "reporter"

// What a reporter does, and what a handler does besides acts.
const (
	tells   = "tells"   // answers, and sends
	writes  = "writes"  // something more
	opens   = "opens"   // what waits
	presses = "presses" // a button
	reads   = "reads"   // the case, as a handler
)

// Load reads the story.
func Load() (Story, error) { return read(file) }

func read(text string) (Story, error) {
	var s Story
	d := toml.NewDecoder(strings.NewReader(text)).DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return s, fmt.Errorf("reading the house: %w", err)
	}
	for _, c := range s.Cases {
		for i, row := range c.Happens {
			if err := check(row); err != nil {
				return s, fmt.Errorf("reading the house: %s, line %d: %w", c.Name, i+1, err)
			}
		}
	}
	return s, nil
}

// check holds that a row says when, and something that can be done.
func check(row []string) error {
	if len(row) < 3 {
		return fmt.Errorf("a row is when, who, what")
	}
	if !when.MatchString(row[0]) {
		return fmt.Errorf("%q is no moment", row[0])
	}
	known := []string{reads}
	if row[1] == Reporter {
		known = []string{tells, writes, opens, presses}
	} else if a := acts.Find(row[2]); a != nil {
		known = []string{a.Name}
		for _, f := range row[3:] {
			name, _, _ := strings.Cut(f, "=")
			if !slices.ContainsFunc(a.Fields, func(x field) bool { return x.Name == name }) {
				return fmt.Errorf("%s has no field %q", a.Name, name)
			}
		}
	}
	if !slices.Contains(known, row[2]) {
		return fmt.Errorf("nobody can do %q", row[2])
	}
	return nil
}

// when is a moment: so many working days before today at a time, "12 09:30", or so long
// before now, "-70m".
var when = regexp.MustCompile(`^([0-9]+) ([01][0-9]|2[0-3]):([0-5][0-9])$|^-[0-9]+[hm]$`)

// days counts from a day: "12" working days before it, "+3" after it.
type days struct {
	now time.Time // in the organisation's time zone
	cal *cal.BusinessCalendar
}

func daysFrom(now time.Time) days {
	c := cal.NewBusinessCalendar()
	c.AddHoliday(no.Holidays...)
	return days{now, c}
}

// at is a moment of the story.
func (d days) at(text string) time.Time {
	m := when.FindStringSubmatch(text)
	if m[1] == "" {
		ago, _ := time.ParseDuration(text) // the pattern lets through what it takes
		return d.now.Add(ago).Truncate(time.Second)
	}
	hour, _ := strconv.Atoi(m[2])
	minute, _ := strconv.Atoi(m[3])
	y, month, day := d.day(m[1]).Date()
	return time.Date(y, month, day, hour, minute, 0, 0, d.now.Location())
}

// day is a working day. Today counts as one, whatever it is.
func (d days) day(text string) time.Time {
	n, _ := strconv.Atoi(strings.TrimPrefix(text, "+"))
	y, month, day := d.now.Date()
	noon := time.Date(y, month, day, 12, 0, 0, 0, time.UTC)
	if n == 0 {
		return noon
	}
	if !strings.HasPrefix(text, "+") {
		n = -n
	}
	return d.cal.WorkdaysFrom(noon, n)
}

// placed is a day or a moment in a value: {12}, {+3}, {12 14:00}.
var placed = regexp.MustCompile(`\{(\+?[0-9]+)( (?:[01][0-9]|2[0-3]):[0-5][0-9])?\}`)

// fill puts days where a value names them.
func (d days) fill(value string) string {
	return placed.ReplaceAllStringFunc(value, func(text string) string {
		m := placed.FindStringSubmatch(text)
		day := d.day(m[1]).Format(time.DateOnly)
		if m[2] != "" {
			return day + "T" + strings.TrimSpace(m[2])
		}
		return day
	})
}
