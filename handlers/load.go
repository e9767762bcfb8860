package handlers

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // an organisation's zone, also on a machine that has none
	"unicode"
	"unicode/utf8"

	"tillit/store/cases"

	"filippo.io/age"
	"github.com/pelletier/go-toml/v2"
)

// Problem is one thing to mend in the organisation file.
type Problem struct {
	File    string
	Line    int
	Text    string
	Warning bool // the file may be used all the same
}

// String returns the problem as "file:line: text".
func (p Problem) String() string {
	text := p.Text
	if p.Warning {
		text = "warning: " + text
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, text)
}

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
	Handlers []person `toml:"handlers"`
	External person   `toml:"external"`
	Recovery struct {
		Key  string `toml:"key"`
		Kept string `toml:"kept"`
	} `toml:"recovery"`
}

type person struct {
	ID        string   `toml:"id"`
	Name      string   `toml:"name"`
	Role      string   `toml:"role"`
	Nicknames []string `toml:"nicknames"`
	County    string   `toml:"county"`
	Rights    []string `toml:"rights"`
	Key       string   `toml:"key"`
	Sign      string   `toml:"sign"`
	// Before are sign keys that the person had once: what was signed with them still is.
	Before []string `toml:"sign_before"`
	Left   string   `toml:"left"`
	// accounts are where the office's bots write to them: what the file says under the
	// name of each network.
	accounts map[string]any
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
		Handlers []map[string]any `toml:"handlers"`
		External map[string]any   `toml:"external"`
	}
	if toml.Unmarshal(data, &all) != nil { // It was readable a moment ago, in a stricter form.
		return
	}
	f.External.accounts = all.External
	for i := range min(len(f.Handlers), len(all.Handlers)) {
		f.Handlers[i].accounts = all.Handlers[i]
	}
}

// checker gathers problems while it turns the file into a roster.
type checker struct {
	name     string
	networks []Network
	lines    map[string]int
	problems []Problem
	keys     map[string]string // public key → whose it is
}

func (c *checker) problem(at, format string, args ...any) {
	c.problems = append(c.problems, Problem{File: c.name, Line: c.line(at), Text: fmt.Sprintf(format, args...)})
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
	return len(key) == 2 && (key[0] == "handlers" || key[0] == "external") &&
		(len(c.networks) == 0 || slices.ContainsFunc(c.networks, func(n Network) bool { return n.Name == key[1] }))
}

func (c *checker) roster(f file) *Roster {
	c.keys = map[string]string{}
	r := &Roster{Org: f.Name, Lang: f.Language, Counties: f.Counties,
		Promises: Promises{f.Promises.Answer, f.Promises.Latest, f.Promises.Result}}
	c.basics(f, r)
	seen := map[string]bool{}
	for i, p := range f.Handlers {
		at := fmt.Sprintf("handlers.%d", i)
		if !handlerID.MatchString(p.ID) {
			c.problem(at+".id", "a handler needs an id of small letters, digits and hyphens")
		} else if seen[p.ID] {
			c.problem(at+".id", "id %q is used twice", p.ID)
		}
		seen[p.ID] = true
		if p.County != "" && !slices.Contains(f.Counties, p.County) {
			c.problem(at+".county", "county %q is not among counties", p.County)
		}
		h := c.person(at, p, "handler "+p.ID)
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
	for key, n := range map[string]int{"answer_working_days": f.Promises.Answer, "latest_days": f.Promises.Latest, "result_months": f.Promises.Result} {
		if n < 1 {
			c.problem("promises."+key, "%s must be a number above zero", key)
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
		r.External = c.person("external", f.External, "the external receiver")
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
		c.problem("recovery.kept", "recovery should need two of three people: kept = \"2-of-3\"")
		c.problems[len(c.problems)-1].Warning = true
	}
	r.Recovery = Recovery{Key: f.Recovery.Key, Note: f.Recovery.Kept}
}

func (c *checker) person(at string, p person, who string) Handler {
	if strings.TrimSpace(p.Name) == "" {
		c.problem(at+".name", "%s has no name", who)
	}
	for _, right := range p.Rights {
		switch {
		case right == "close":
			c.problem(at+".rights", "right \"close\" means nothing yet, because no case can be closed; leave it out of %s", who)
		case !slices.Contains(knownRights, right):
			c.problem(at+".rights", "unknown right %q; there are %s", right, strings.Join(knownRights, ", "))
		}
	}
	c.called(at, p, who)
	c.recipient(at+".key", p.Key, who)
	sign, err := ParseSignKey(p.Sign)
	if err != nil {
		c.problem(at+".sign", "sign key of %s: %v", who, err)
	} else {
		c.once(at+".sign", p.Sign, who)
	}
	var before []ed25519.PublicKey
	for _, text := range p.Before {
		key, err := ParseSignKey(text)
		if err != nil {
			c.problem(at+".sign_before", "an earlier sign key of %s: %v", who, err)
			continue
		}
		c.once(at+".sign_before", text, who)
		before = append(before, key)
	}
	return Handler{ID: p.ID, Name: p.Name, Role: p.Role, Nicknames: p.Nicknames, County: p.County, Rights: p.Rights,
		Key: p.Key, Sign: sign, Before: before, Accounts: c.accounts(at, p, who), Line: c.line(at)}
}

// called checks what a person is found by in the words of a reporter.
func (c *checker) called(at string, p person, who string) {
	if strings.ContainsAny(p.Name, ",(;–") {
		c.problem(at+".name", "name of %s has more than a name in it; what follows is not looked for, so write it in role", who)
		c.problems[len(c.problems)-1].Warning = true
	}
	for i, nick := range p.Nicknames {
		switch {
		case !strings.ContainsFunc(nick, unicode.IsLetter) || utf8.RuneCountInString(nick) < 2:
			c.problem(at+".nicknames", "nickname %d of %s needs two letters or more", i+1, who)
		case utf8.RuneCountInString(nick) > 40:
			c.problem(at+".nicknames", "nickname %d of %s is longer than anybody writes", i+1, who)
		case slices.ContainsFunc(p.Nicknames[:i], func(o string) bool { return strings.EqualFold(o, nick) }):
			c.problem(at+".nicknames", "%s has the nickname %q twice", who, nick)
		}
	}
}

// accounts reads where the office's bots write to somebody: by the account's own
// number or id, since a name can be taken over by somebody else.
func (c *checker) accounts(at string, p person, who string) map[string]string {
	accounts := map[string]string{}
	for _, n := range c.networks {
		said, there := p.accounts[n.Name]
		if !there {
			continue
		}
		account, err := n.Account(said)
		switch {
		case err != nil:
			c.problem(at+"."+n.Name, "%s of %s %v", n.Name, who, err)
		case account != "":
			accounts[n.Name] = account
			c.once(at+"."+n.Name, n.Name+" "+account, who)
		}
	}
	return accounts
}

// left holds that the day on which somebody left is one that has come: they are out
// from the next start, whatever the day is.
func (c *checker) left(at, day string, zone *time.Location) {
	if zone == nil {
		zone = time.UTC
	}
	date, err := time.ParseInLocation(time.DateOnly, day, zone)
	switch {
	case err != nil:
		c.problem(at, "left must be a day such as \"2026-11-30\"")
	case date.After(time.Now()):
		c.problem(at, "left is a day to come; write it when the day is there")
	}
}

func (c *checker) recipient(at, key, who string) {
	if _, err := age.ParseHybridRecipient(key); err != nil {
		c.problem(at, "key of %s is not a whole age1pq1 line from tillit keygen", who)
		return
	}
	c.once(at, key, who)
}

func (c *checker) once(at, key, who string) {
	if other, taken := c.keys[key]; taken {
		what := "key"
		if network, _, ok := strings.Cut(key, " "); ok {
			what = network + " account"
		}
		c.problem(at, "%s has the %s of %s", who, what, other)
		return
	}
	c.keys[key] = who
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
