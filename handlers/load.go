package handlers

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // an organisation's zone, also on a machine that has none

	"github.com/pelletier/go-toml/v2"

	"tillit/store/cases"
)

// Problem is one thing to mend in the organisation file.
type Problem struct {
	File    string
	Line    int
	Text    string
	Warning bool // the file may be used all the same
}

// String returns the problem as "file:line: text". How grave it is, whoever shows it says.
func (p Problem) String() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text) }

// file is the stored form of the organisation file. Names in it stay as they are.
type file struct {
	Name     string   `toml:"name"`
	TimeZone string   `toml:"time_zone"`
	Language string   `toml:"language"`
	Counties []string `toml:"counties"`
	Promises struct {
		Answer int `toml:"answer_working_days"`
		Latest int `toml:"latest_days"`
		Result int `toml:"result_months"`
	} `toml:"promises"`
	Closed   []string `toml:"closed"`
	Handlers []worker `toml:"handlers"`
	Outside  []keyed  `toml:"outside"`
	Chain    []post   `toml:"chain"`
	Control  *control `toml:"control"`
	External keyed    `toml:"external"`
	Recovery struct {
		Key  string `toml:"key"`
		Kept string `toml:"kept"`
	} `toml:"recovery"`
}

// person is what the file says of anybody.
type person struct {
	ID        string   `toml:"id"`
	Name      string   `toml:"name"`
	Role      any      `toml:"role"` // a text, or a table of one in each language
	Nicknames []string `toml:"nicknames"`
	County    string   `toml:"county"`
	Left      string   `toml:"left"`
	// accounts are where the office's bots write to them: what the file says under the
	// name of each network.
	accounts map[string]any
}

// keyed is somebody who can hold a key.
type keyed struct {
	person
	Key  string `toml:"key"`
	Sign string `toml:"sign"`
	// Before are sign keys that the person had once: what was signed with them still is.
	Before []string `toml:"sign_before"`
}

// worker is a handler.
type worker struct {
	keyed
	Rights []string `toml:"rights"`
	Deputy string   `toml:"deputy"`
	Away   []string `toml:"away"`
}

// Network is a chat network on which people of the file may have an account.
type Network struct {
	Name string // what the file calls it
	// Account reads what the file says; empty is no account. An error goes on after
	// "NAME of handler ID".
	Account func(value any) (string, error)
}

// Rights that a handler may have. Everybody in the file reads, answers and takes
// a case for themselves.
var knownRights = []string{RightAssign, RightExport}

var handlerID = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// LoadRoster reads an organisation file and says everything that is wrong with
// it at once. The roster is nil if anything but warnings was found. Without networks,
// for a program that knows none, settings of a person that mean nothing else are taken
// for accounts, and not looked at.
func LoadRoster(path string, networks ...Network) (*Roster, []Problem) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, []Problem{{File: path, Line: 1, Text: "cannot be read; make one with tillitd init"}}
	}
	return ParseRoster(path, data, networks...)
}

// ParseRoster is [LoadRoster] for bytes at hand; name is for the problems.
func ParseRoster(name string, data []byte, networks ...Network) (*Roster, []Problem) {
	c := &checker{name: name, lines: index(data), networks: networks}
	var f file
	decoder := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		c.decoding(err)
		if len(c.problems) > 0 {
			return nil, c.problems // what follows a broken line cannot be judged
		}
	}
	f.readAccounts(data)
	r := c.roster(f)
	slices.SortStableFunc(c.problems, func(a, b Problem) int { return a.Line - b.Line })
	if slices.ContainsFunc(c.problems, func(p Problem) bool { return !p.Warning }) {
		return nil, c.problems
	}
	return r, c.problems
}

// readAccounts reads persons once more, with all that is said of them: the file's form
// names no network.
func (f *file) readAccounts(data []byte) {
	var all struct {
		Handlers, Outside, Chain []map[string]any
		External, Control        map[string]any
	}
	if toml.Unmarshal(data, &all) != nil { // It was readable a moment ago, in a stricter form.
		return
	}
	f.External.accounts = all.External
	if f.Control != nil {
		f.Control.accounts = all.Control
	}
	for i := range f.Handlers {
		f.Handlers[i].accounts = all.Handlers[i]
	}
	for i := range f.Outside {
		f.Outside[i].accounts = all.Outside[i]
	}
	for i := range f.Chain {
		f.Chain[i].accounts = all.Chain[i]
	}
}

// checker gathers problems while it turns the file into a roster.
type checker struct {
	name     string
	networks []Network
	lines    map[string]int
	problems []Problem
	keys     map[string]string // public key, or account → whose it is
	ids      map[string]bool
	own      string // the file's language
}

func (c *checker) problem(at, format string, args ...any) {
	c.problems = append(c.problems, Problem{File: c.name, Line: c.line(at), Text: fmt.Sprintf(format, args...)})
}

func (c *checker) warning(at, format string, args ...any) {
	c.problem(at, format, args...)
	c.problems[len(c.problems)-1].Warning = true
}

// line finds the nearest line: the key's own, or its table's.
func (c *checker) line(at string) int {
	for {
		if n := c.lines[at]; n > 0 {
			return n
		}
		cut := strings.LastIndexByte(at, '.')
		if cut < 0 {
			return 1
		}
		at = at[:cut]
	}
}

func (c *checker) decoding(err error) {
	strict := new(toml.StrictMissingError)
	if errors.As(err, &strict) {
		for _, e := range strict.Errors {
			if c.isAccount(e.Key()) {
				continue
			}
			row, _ := e.Position()
			c.problems = append(c.problems, Problem{File: c.name, Line: row,
				Text: "unknown setting " + strings.Join(e.Key(), ".")})
		}
		return
	}
	row, text := 1, "not readable as TOML"
	if e := new(toml.DecodeError); errors.As(err, &e) {
		row, _ = e.Position()
		text = strings.TrimPrefix(e.Error(), "toml: ")
	}
	c.problems = append(c.problems, Problem{File: c.name, Line: row, Text: text})
}

// isAccount reports whether a setting is somebody's account on a network.
func (c *checker) isAccount(key toml.Key) bool {
	return len(key) == 2 && slices.Contains([]string{"handlers", "outside", "chain", "control", "external"}, key[0]) &&
		(len(c.networks) == 0 || slices.ContainsFunc(c.networks, func(n Network) bool { return n.Name == key[1] }))
}

func (c *checker) roster(f file) *Roster {
	c.keys, c.ids, c.own = map[string]string{}, map[string]bool{}, f.Language
	r := &Roster{Org: f.Name, Lang: f.Language, Counties: f.Counties, file: c.name, lines: c.lines,
		Promises: Promises{f.Promises.Answer, f.Promises.Latest, f.Promises.Result}}
	c.basics(f, r)
	for i, p := range f.Handlers {
		at := fmt.Sprintf("handlers.%d", i)
		h := c.worker(at, p, r)
		if p.Left == "" {
			r.Handlers = append(r.Handlers, h)
			continue
		}
		c.left(at+".left", p.Left, r.Zone)
		r.Left = append(r.Left, h)
	}
	if len(r.Handlers) < 2 {
		c.problem("handlers", "at least two handlers are needed, so that a case can be kept from one of them")
	}
	c.others(f, r)
	c.outside(f, r)
	c.chain(f, r)
	c.control(f, r)
	c.deputies(f, r)
	return r
}

func (c *checker) basics(f file, r *Roster) {
	if strings.TrimSpace(f.Name) == "" {
		c.problem("name", "name of the organisation is missing")
	}
	zone, err := time.LoadLocation(f.TimeZone)
	if f.TimeZone == "" || err != nil {
		c.problem("time_zone", "time_zone must be a place such as Europe/Oslo")
	}
	r.Zone = zone
	if f.Language == "" {
		c.problem("language", "language is missing, for example nb")
	}
	r.Closed = c.closed(f.Closed)
	for key, n := range map[string]int{"answer_working_days": f.Promises.Answer, "latest_days": f.Promises.Latest, "result_months": f.Promises.Result} {
		if n < 0 {
			c.problem("promises."+key, "%s must be a number above zero, or left out: the routine says it", key)
		}
	}
}

// others reads the two recipients who are no handlers.
func (c *checker) others(f file, r *Roster) {
	if f.External.Key == "" && f.External.Name == "" {
		c.problem("external", "an external receiver is missing: somebody outside who reads what no handler may")
	} else {
		if f.External.ID != "" {
			c.problem("external.id", "the external receiver has no id")
		}
		r.External = c.keyed("external", f.External, "the external receiver")
		if f.External.Left != "" {
			c.problem("external.left", "the external receiver does not leave; put another in their place")
		}
		for _, h := range f.Handlers {
			if strings.EqualFold(strings.TrimSpace(h.Name), strings.TrimSpace(f.External.Name)) {
				c.problem("external.name", "the external receiver must not be a handler")
			}
		}
	}
	r.External.ID = cases.External
	if f.Recovery.Key == "" {
		c.problem("recovery", "a recovery key is missing: without it a lost key loses cases")
	} else {
		c.recipient("recovery.key", f.Recovery.Key, "recovery")
	}
	if f.Recovery.Kept != "2-of-3" {
		c.warning("recovery.kept", "recovery should need two of three people: kept = \"2-of-3\"")
	}
	r.Recovery = Recovery{Key: f.Recovery.Key, Note: f.Recovery.Kept}
}

var (
	tableLine = regexp.MustCompile(`^\s*\[(\[?)\s*([A-Za-z_]+)\s*\]`)
	keyLine   = regexp.MustCompile(`^\s*([A-Za-z_]+)\s*=`)
)

// index finds the line of each setting, for problems that only meaning shows.
func index(data []byte) map[string]int {
	lines, counts, table := map[string]int{}, map[string]int{}, ""
	for i, line := range strings.Split(string(data), "\n") {
		if m := tableLine.FindStringSubmatch(line); m != nil {
			table = m[2] + "."
			if lines[m[2]] == 0 {
				lines[m[2]] = i + 1
			}
			if m[1] != "" {
				table = fmt.Sprintf("%s.%d.", m[2], counts[m[2]])
				counts[m[2]]++
				lines[strings.TrimSuffix(table, ".")] = i + 1
			}
		} else if m := keyLine.FindStringSubmatch(line); m != nil {
			lines[table+m[1]] = i + 1
		}
	}
	return lines
}
