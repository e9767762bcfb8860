package handlerstest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tillit/handlers"
	"tillit/handlers/casework"
	"tillit/store/cases"
	"tillit/store/seal"
)

// Person is somebody in the organisation file.
type Person struct {
	ID, Name, Role string
	Roles          map[string]string // the role by language, instead
	Rights         []string
	Left           string // the day; empty who works here
	Outside        bool   // they hold a key only when they are given one
	Accounts       string // more lines of their block: accounts on networks, a deputy
	Key            *casework.Key
}

// People are the demo's four; a name may end in a full stop.
func People() []Person {
	all := []string{handlers.RightAssign, handlers.RightExport}
	return []Person{
		{ID: "maren", Name: "Maren V.", Role: "rådgiver", Rights: all},
		{ID: "jonas", Name: "Jonas T.", Role: "assisterende sekretær", Rights: all},
		{ID: "siv", Name: "Siv A.", Role: "personalleder", Rights: all},
		{ID: "hakon", Name: "Håkon R.", Role: "fylkessekretær", Rights: all},
	}
}

// Person is somebody of the office, the external receiver and recovery included, by
// the ids of package cases. What is changed in it counts at the next [Office.Restart].
func (o *Office) Person(id string) *Person {
	o.T.Helper()
	i := slices.IndexFunc(o.People, func(p Person) bool { return p.ID == id })
	if i < 0 {
		o.T.Fatalf("there is no %q in this office", id)
	}
	return &o.People[i]
}

// Key is somebody's private key.
func (o *Office) Key(id string) *casework.Key { return o.Person(id).Key }

// NewKey gives somebody another key, as who lost theirs gets it, and starts anew.
func (o *Office) NewKey(id string) {
	o.T.Helper()
	o.Person(id).Key = NewKey(o.T)
	o.Restart()
}

// Leave has people leave the office, and starts it anew.
func (o *Office) Leave(ids ...string) {
	o.T.Helper()
	for _, id := range ids {
		o.Person(id).Left = "2020-01-02"
	}
	o.Restart()
}

// Join has people come to the office, and starts it anew.
func (o *Office) Join(more ...Person) {
	o.T.Helper()
	for _, p := range more {
		o.People = append(o.People, o.keyed(p))
	}
	o.Restart()
}

// NewKey makes a key.
func NewKey(t testing.TB) *casework.Key {
	t.Helper()
	k, err := casework.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (o *Office) keyed(p Person) Person {
	if p.Key == nil {
		p.Key = NewKey(o.T)
	}
	return p
}

// install makes the folder: the server key and the organisation file, or takes what
// lies there, with everybody's key files in a folder beside them.
func (o *Office) install() {
	o.T.Helper()
	if o.People == nil {
		o.People = People()
	}
	o.People = slices.Clone(o.People)
	for _, other := range []Person{{ID: cases.External, Name: "Ekstern mottaker"}, {ID: cases.Recovery}} {
		if !slices.ContainsFunc(o.People, func(p Person) bool { return p.ID == other.ID }) {
			o.People = append(o.People, other)
		}
	}
	o.must(os.MkdirAll(o.Data(), 0o700))
	path := filepath.Join(o.Dir, "server.key")
	if _, err := os.Stat(path); err != nil {
		o.must(os.WriteFile(path, seal.GenerateServerKey(o.Clock.Now()), 0o600))
	}
	raw, err := os.ReadFile(path)
	o.must(err)
	o.Server, err = seal.ParseServerKeys(raw)
	o.must(err)
	for i := range o.People {
		p := &o.People[i]
		file := filepath.Join(o.Dir, "keys", strings.TrimPrefix(p.ID, "#")+".key")
		if _, err := os.Stat(file); err == nil && p.Key == nil {
			p.Key, err = casework.ReadKey(file, nil)
			o.must(err)
		}
		*p = o.keyed(*p)
	}
	if _, err := os.Stat(o.file()); err != nil {
		o.writeOrganisation()
	}
}

func (o *Office) must(err error) {
	o.T.Helper()
	if err != nil {
		o.T.Fatal(err)
	}
}

func (o *Office) file() string { return filepath.Join(o.Dir, "organisation.toml") }

// writeOrganisation writes the file as an administrator would.
func (o *Office) writeOrganisation() {
	o.T.Helper()
	zone := o.Zone
	if zone == "" {
		zone = "Europe/Oslo"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "name = \"Eksempelforbundet\"\ntime_zone = %q\nlanguage = \"nb\"\ncounties = [\"Oslo\"]\n", zone)
	// The two who are no handlers stand last, as in the file that init writes.
	others := func(p Person) int { return strings.Count(p.ID, "#") }
	slices.SortStableFunc(o.People, func(a, b Person) int { return others(a) - others(b) })
	for _, p := range o.People {
		switch p.ID {
		case cases.Recovery:
			fmt.Fprintf(&b, "[recovery]\nkey = %q\nkept = \"2-of-3\"\n", p.Key.Recipient())
			continue
		case cases.External:
			fmt.Fprintf(&b, "[external]\nname = %q\n", p.Name)
		default:
			if p.Outside {
				fmt.Fprintf(&b, "[[outside]]\nid = %q\nname = %q\nrole = %s\n", p.ID, p.Name, p.role())
				break
			}
			fmt.Fprintf(&b, "[[handlers]]\nid = %q\nname = %q\nrole = %s\nrights = [", p.ID, p.Name, p.role())
			for _, r := range p.Rights {
				fmt.Fprintf(&b, "%q, ", r)
			}
			b.WriteString("]\n")
		}
		if p.Left != "" {
			fmt.Fprintf(&b, "left = %q\n", p.Left)
		}
		b.WriteString(p.Accounts + p.Key.Public())
	}
	b.WriteString(o.Chain)
	o.must(os.WriteFile(o.file(), []byte(b.String()), 0o600))
}

// role is the role as the file has it.
func (p Person) role() string {
	if p.Roles == nil {
		return strconv.Quote(p.Role)
	}
	var all []string
	for _, lang := range slices.Sorted(maps.Keys(p.Roles)) {
		all = append(all, lang+" = "+strconv.Quote(p.Roles[lang]))
	}
	return "{" + strings.Join(all, ", ") + "}"
}

// organisation reads the file as the server does.
func (o *Office) organisation() *handlers.Roster {
	o.T.Helper()
	r, problems := handlers.LoadRoster(o.file(), o.Networks...)
	if r == nil {
		o.T.Fatal(problems)
	}
	return r
}
