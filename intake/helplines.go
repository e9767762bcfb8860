package intake

import (
	"fmt"
	"slices"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// staleAfter is how long a checked telephone number is trusted.
const staleAfter = 180 * 24 * time.Hour

type linesFile struct {
	Checked toml.LocalDate      `toml:"checked"`
	Lines   []map[string]string `toml:"line"` // number, audience, and words by language
}

// HelpLines returns the numbers to call, a line each, for someone under 18 or not.
func (s *Set) HelpLines(lang string, minor bool) []string {
	lang = s.known(lang)
	var out []string
	for _, l := range s.lines.Lines {
		if a := l["audience"]; a == "all" || (a == "minor") == minor {
			out = append(out, l["number"]+": "+l[lang])
		}
	}
	return out
}

// HelpLinesFor returns the numbers to call for who tells an interview. As long as nobody
// has said how old they are, those for the young are among them.
func (s *Set) HelpLinesFor(lang string, iv Interview) []string {
	switch {
	case iv.c.Minor:
		return s.HelpLines(lang, true)
	case iv.c.Adult:
		return s.HelpLines(lang, false)
	}
	return s.AllHelpLines(lang)
}

// AllHelpLines returns the numbers to call for who may be of any age.
func (s *Set) AllHelpLines(lang string) []string {
	lang = s.known(lang)
	var out []string
	for _, l := range s.lines.Lines {
		out = append(out, l["number"]+": "+l[lang])
	}
	return out
}

// HelpLinesStale reports whether nobody has checked the numbers for 180 days.
func (s *Set) HelpLinesStale(now time.Time) bool {
	return now.Sub(s.lines.Checked.AsTime(time.UTC)) > staleAfter
}

func (b *build) readLines() {
	src, bad := readTOML(b.fsys, "helplines.toml", &b.set.lines)
	b.problems = append(b.problems, bad...)
	b.sources["helplines.toml"] = &src
	if len(bad) > 0 {
		return
	}
	if b.set.lines.Checked == (toml.LocalDate{}) {
		b.addf("helplines.toml", "", "checked is missing: the day when someone last rang the numbers")
	}
	for i, l := range b.set.lines.Lines {
		at := fmt.Sprintf("line.%d", i)
		if l["number"] == "" {
			b.addf("helplines.toml", at, "number is missing")
		}
		if a := l["audience"]; a != "all" && a != "adult" && a != "minor" {
			b.addf("helplines.toml", at, "audience %q is none of all, adult, minor", a)
		}
		for _, lang := range b.set.main.Languages {
			if l[lang] == "" {
				b.addf("helplines.toml", at, "%s: words are missing", lang)
			}
		}
	}
	for i, c := range b.set.main.Cards {
		for _, n := range c.Numbers {
			if !slices.ContainsFunc(b.set.lines.Lines, func(l map[string]string) bool { return l["number"] == n }) {
				b.addf(mainFile, fmt.Sprintf("card.%d.numbers", i), "card %s: helplines.toml has no %s", c.ID, n)
			}
		}
	}
}
