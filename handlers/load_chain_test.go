package handlers_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/handlers"
	"tillit/handlers/casework"
	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/party"
	"tillit/handlers/routine/plan"
	"tillit/intake"
	"tillit/store/cases"
)

// parse reads a valid file with more in it: head stands before all tables, handler by
// their id behind their block, tail at the end.
func parse(t *testing.T, head string, handler map[string]string, tail string, networks ...handlers.Network) (*handlers.Roster, []handlers.Problem) {
	t.Helper()
	text, _ := office(t, nil)
	for id, more := range handler {
		at := fmt.Sprintf("id = %q\n", id)
		text = strings.Replace(text, at, at+more+"\n", 1)
	}
	return handlers.ParseRoster("o", []byte(head+"\n"+text+tail), networks...)
}

// read is parse of what must be valid.
func read(t *testing.T, head string, handler map[string]string, tail string, networks ...handlers.Network) *handlers.Roster {
	t.Helper()
	r, problems := parse(t, head, handler, tail, networks...)
	if r == nil || len(problems) > 0 {
		t.Fatal(problems)
	}
	return r
}

// outsider is a block of somebody from outside, with keys of their own.
func outsider(t *testing.T, id, more string) string {
	t.Helper()
	k, err := casework.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("[[outside]]\nid = %q\nname = %q\n%s\n%s", id, strings.ToUpper(id), more, k.Public())
}

const someChain = `
[[chain]]
post = "party_secretary"
person = "siv"
[[chain]]
post = "county_secretary"
county = "Oslo"
id = "ole"
name = "Ole P."
nicknames = ["Oleman"]
role = "fylkessekretær"
reach = "ole@example.org"
paper = "OLE"
[[chain]]
post = "county_secretary"
county = "Agder"
person = "ole"
[control]
id = "kontroll"
name = "Kontrollutvalget"
paper = "KONTROLL"
`

// ids are those of some people.
func ids[P any](all []P, id func(P) string) (out []string) {
	for _, p := range all {
		out = append(out, id(p))
	}
	return out
}

func postID(p handlers.Post) string   { return p.ID }
func personID(p intake.Person) string { return p.ID }

func TestTheChainIsThoseWhoHoldItsPosts(t *testing.T) {
	r := read(t, `counties = ["Oslo", "Agder", "Troms"]`, nil, someChain+outsider(t, "eva", ""), paper)
	for _, c := range []struct {
		county string
		out    []string
		want   []string
	}{
		{"Oslo", nil, []string{"ole", "siv"}},
		{"Agder", nil, []string{"ole", "siv"}},
		{"Troms", nil, []string{"siv"}},
		{"", nil, []string{"siv"}},
		{"Oslo", []string{"ole"}, []string{"siv"}},
		{"Oslo", []string{"ole", "siv"}, nil},
	} {
		if got := ids(r.Chain(c.county, c.out...), postID); !slices.Equal(got, c.want) {
			t.Errorf("a report of %q that keeps out %v goes up to %v, want %v", c.county, c.out, got, c.want)
		}
	}
	ole := r.Chain("Oslo")[0]
	if ole.Reach != "ole@example.org" || ole.Accounts["paper"] != "OLE" || ole.Post != handlers.CountySecretary {
		t.Errorf("the county secretary is %+v", ole)
	}
	if c := r.Control(); c.ID != "kontroll" || c.Accounts["paper"] != "KONTROLL" {
		t.Errorf("control is %+v", c)
	}
	if c := r.Control("kontroll"); c.ID != cases.External {
		t.Errorf("where control is kept out it is %q", c.ID)
	}
	if c := read(t, "", nil, "").Control(); c.ID != cases.External {
		t.Errorf("where the file names nobody, control is %q", c.ID)
	}
}

// TestWhoIsToldHoldsNothing: those of the chain and control can be found and kept out,
// and are otherwise nobody; somebody from outside holds no key until they are given one.
func TestWhoIsToldHoldsNothing(t *testing.T) {
	r := read(t, `counties = ["Oslo", "Agder"]`, nil, someChain+outsider(t, "eva", ""), paper)
	if got, want := ids(r.Told(), personID), []string{"eva", "ole", "kontroll"}; !slices.Equal(got, want) {
		t.Errorf("told are %v, want %v", got, want)
	}
	if got := r.Told()[1]; got.Name != "Ole P. (fylkessekretær)" || !slices.Equal(got.Nicknames, []string{"Oleman"}) {
		t.Errorf("the secretary is found as %+v", got)
	}
	if got := ids(r.People(), personID); slices.Contains(got, "eva") || len(got) != 3 {
		t.Errorf("handlers are %v", got)
	}
	if got, want := r.Keep("", nil), []string{"maren", "jonas", "siv", cases.Recovery}; !slices.Equal(got, want) {
		t.Errorf("a key at the start have %v, want %v", got, want)
	}
	for _, to := range r.Recipients() {
		if to.ID == "ole" || to.ID == "kontroll" || to.ByGrant != (to.ID == "eva") || to.Key == "" {
			t.Errorf("%s may be given a key, by grant alone: %v", to.ID, to.ByGrant)
		}
	}
	for _, id := range []string{"ole", "kontroll"} {
		if _, ok := r.Handler(id); ok || r.SignKeys(id) != nil {
			t.Errorf("%s passes for somebody with a key", id)
		}
	}
	if _, ok := r.Account("paper", "OLE"); ok {
		t.Error("the account of who has no key counts in the office's chat")
	}
	eva, ok := r.Handler("eva")
	if _, signs := r.Signer(handlers.SignKeyString(eva.Sign)); !ok || !signs || eva.May(handlers.RightAssign) {
		t.Error("somebody from outside cannot sign in, or has rights")
	}
}

// TestWhoLeftAPostIsStillKnown by name, and ends no key: they held none.
func TestWhoLeftAPostIsStillKnown(t *testing.T) {
	r := read(t, `counties = ["Oslo"]`, nil, strings.Replace(outsider(t, "eva", ""), "[[outside]]", "[[outside]]\nleft = \"2020-01-02\"", 1)+`
[[chain]]
post = "county_secretary"
county = "Oslo"
id = "ole"
name = "Ole P."
left = "2020-01-02"
[[chain]]
post = "county_secretary"
county = "Oslo"
id = "nils"
name = "Nils Q."
`)
	if got := ids(r.Chain("Oslo"), postID); !slices.Equal(got, []string{"nils"}) {
		t.Errorf("the chain is %v", got)
	}
	if got := ids(r.Former(), personID); !slices.Equal(got, []string{"eva", "ole"}) {
		t.Errorf("once here were %v", got)
	}
	if got := r.Gone(); !slices.Equal(got, []string{"eva"}) {
		t.Errorf("keys end of %v", got)
	}
	if len(r.SignKeys("eva")) == 0 || r.SignKeys("ole") != nil {
		t.Error("who signed once is not who can be asked")
	}
}

func TestDaysOnWhichTheOfficeIsClosed(t *testing.T) {
	for text, want := range map[string]string{
		`"2026-12-24"`:                      "2026-12-24",
		`"12-24", "2027-05-18"`:             "12-24 2027-05-18",
		`"12-30..01-02"`:                    "12-30 12-31 01-01 01-02",
		`"02-28..03-01"`:                    "02-28 02-29 03-01",
		`"2027-02-27..2027-03-01"`:          "2027-02-27 2027-02-28 2027-03-01",
		`"2026-12-31..2027-01-01", "02-29"`: "2026-12-31 2027-01-01 02-29",
	} {
		if got := strings.Join(read(t, "closed = ["+text+"]", nil, "").Closed, " "); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}

func TestADeputyIsRungWhileSomebodyIsAway(t *testing.T) {
	r := read(t, "", map[string]string{
		"maren": "deputy = \"jonas\"\naway = [\"2026-12-20..2027-01-03\", \"2027-02-01\"]",
		"jonas": "deputy = \"siv\"\naway = [\"2026-12-24..2026-12-26\"]",
		"siv":   "deputy = \"maren\"\naway = [\"2026-12-25\"]",
	}, "")
	everybody := func(string) bool { return true }
	but := func(out string) func(string) bool { return func(id string) bool { return id != out } }
	for _, c := range []struct {
		id, at string
		may    func(string) bool
		want   string
	}{
		{"maren", "2026-12-19T23:59:00+01:00", everybody, "maren"},
		{"maren", "2026-12-20T00:00:00+01:00", everybody, "jonas"},
		{"maren", "2026-12-19T23:30:00Z", everybody, "jonas"}, // it is the 20th in Oslo
		{"maren", "2026-12-24T12:00:00+01:00", everybody, "siv"},
		{"maren", "2026-12-25T12:00:00+01:00", everybody, ""},
		{"maren", "2027-01-03T23:00:00+01:00", everybody, "jonas"},
		{"maren", "2027-01-04T00:00:00+01:00", everybody, "maren"},
		{"maren", "2027-02-01T08:00:00+01:00", but("jonas"), "siv"},
		{"jonas", "2027-02-01T08:00:00+01:00", but("jonas"), "siv"},
		{"nobody", "2027-02-01T08:00:00+01:00", everybody, ""},
		{cases.External, "2026-12-25T12:00:00+01:00", everybody, cases.External},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := r.Instead(c.id, at, c.may); got.ID != c.want || ok != (c.want != "") {
			t.Errorf("for %s at %s %q is rung, want %q", c.id, c.at, got.ID, c.want)
		}
	}
	if d, ok := r.Deputy("maren"); !ok || d.ID != "jonas" {
		t.Errorf("her deputy is %q", d.ID)
	}
}

// TestFaultsOfTheChain: each is said with its line, beside the others.
func TestFaultsOfTheChain(t *testing.T) {
	const county = "[[chain]]\npost = \"county_secretary\"\ncounty = \"Oslo\"\n"
	for name, c := range map[string]struct {
		head, maren, tail string
		want              []string
	}{
		"a deputy whom nobody knows": {maren: `deputy = "per"`, want: []string{`the deputy of handler maren must be a handler who works here, and "per" is none`}},
		"a deputy from outside":      {maren: `deputy = "eva"`, tail: "EVA", want: []string{`"eva" is none`}},
		"oneself":                    {maren: `deputy = "maren"`, want: []string{"cannot be their own deputy"}},
		"no days":                    {maren: `away = ["20.12.2026", "2027-01-03..2026-12-20", "12-24"]`, want: []string{"not \"20.12.2026\"", "not \"2027-01-03..2026-12-20\"", "not \"12-24\""}},
		"no closed days":             {head: `closed = ["24.12", "07-06..2026-07-31", "2026-12-31..2026-12-24", "02-30", "12-24..01-01", "02-29", "01-01..12-31"]`, want: []string{"not \"24.12\"", "not \"07-06..2026-07-31\"", "not \"2026-12-31..2026-12-24\"", "not \"02-30\"", "not \"01-01..12-31\""}},
		"another post":               {tail: "[[chain]]\npost = \"chair\"\nperson = \"siv\"\n", want: []string{"post must be one of county_secretary, assistant_party_secretary, party_secretary"}},
		"a county that is none":      {head: `counties = ["Agder"]`, tail: county + "person = \"siv\"\n", want: []string{`county "Oslo" is not among counties`}},
		"no county":                  {tail: "[[chain]]\npost = \"county_secretary\"\nperson = \"siv\"\n", want: []string{"a county secretary needs a county"}},
		"nobody":                     {head: `counties = ["Oslo"]`, tail: county, want: []string{"somebody without a key needs an id", " has no name"}},
		"two in one post":            {tail: "[[chain]]\npost = \"party_secretary\"\nperson = \"siv\"\n[[chain]]\npost = \"party_secretary\"\nperson = \"jonas\"\n", want: []string{"post party_secretary has two people"}},
		"a person who is none":       {head: `counties = ["Oslo"]`, tail: county + "person = \"per\"\n", want: []string{`there is nobody here with the id "per"`}},
		"said twice":                 {head: `counties = ["Oslo"]`, tail: county + "person = \"siv\"\nname = \"Siv\"\n", want: []string{"names somebody who stands elsewhere"}},
		"an id that is taken":        {head: `counties = ["Oslo"]`, tail: county + "id = \"siv\"\nname = \"Siw\"\n", want: []string{`id "siv" is used twice`}},
		"a handler under two ids":    {head: `counties = ["Oslo"]`, tail: county + "id = \"siv2\"\nname = \" siv\"\n", want: []string{"is handler siv as well"}},
		"a key":                      {head: `counties = ["Oslo"]`, tail: county + "id = \"ole\"\nname = \"Ole\"\nkey = \"age\"\n", want: []string{"unknown setting chain.key"}},
		"rights from outside":        {tail: "RIGHTS", want: []string{"unknown setting outside.rights"}},
		"control who is a handler":   {tail: "[control]\nperson = \"siv\"\n", want: []string{"the control organ must be nobody who works with cases"}},
		"control under another id":   {tail: "[control]\nid = \"siv2\"\nname = \"SIV\"\n", want: []string{"is handler siv as well"}},
		"control from outside":       {tail: "EVA[control]\nperson = \"eva\"\n", want: []string{"can be given a key"}},
		"all at once": {maren: "deputy = \"per\"\naway = [\"x\"]", tail: "[control]\nperson = \"siv\"\n[[chain]]\npost = \"chair\"\nperson = \"per\"\n",
			want: []string{"deputy of handler maren", "away must be", "the control organ", "post must be", "there is nobody here"}},
	} {
		t.Run(name, func(t *testing.T) {
			tail := strings.ReplaceAll(c.tail, "EVA", outsider(t, "eva", ""))
			tail = strings.ReplaceAll(tail, "RIGHTS", outsider(t, "eva", `rights = ["assign"]`))
			more := map[string]string{}
			if c.maren != "" {
				more["maren"] = c.maren
			}
			r, problems := parse(t, c.head, more, tail, paper)
			if r != nil || len(problems) != len(c.want) {
				t.Errorf("found %q, want %q", problems, c.want)
			}
			for _, want := range c.want {
				if !slices.ContainsFunc(problems, func(p handlers.Problem) bool { return p.Line > 0 && strings.Contains(p.Text, want) }) {
					t.Errorf("found %q, want %q", problems, want)
				}
			}
		})
	}
}

// pairs are duties that are apart, of a routine that takes three people.
var pairs = [][2]string{{"contact_a", "contact_b"}, {"investigator", "decider"}, {"support_a", "support_b"},
	{"support_a", "contact_b"}, {"support_b", "contact_a"}, {"support_a", "decider"}, {"support_b", "decider"}}

func TestWhatTheRoutineCannotBeGivenIsWarnedOf(t *testing.T) {
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	ring := map[string]string{"maren": `deputy = "jonas"`, "jonas": `deputy = "siv"`, "siv": `deputy = "maren"`}
	with := func(id, more string) map[string]string {
		out := map[string]string{}
		for k, v := range ring {
			out[k] = v
		}
		out[id] = more
		return out
	}
	for name, c := range map[string]struct {
		head    string
		handler map[string]string
		tail    string
		apart   [][2]string
		want    []string
	}{
		"nothing":                 {handler: ring, apart: pairs[:2]},
		"just enough":             {handler: ring, apart: pairs, want: []string{"take 3 people, and there are no more"}},
		"enough, with outside":    {handler: ring, apart: pairs, tail: "EVA"},
		"too few":                 {handler: ring, apart: [][2]string{{"a", "b"}, {"a", "c"}, {"a", "d"}, {"b", "c"}, {"b", "d"}, {"c", "d"}}, want: []string{"take 4 people, and there are 3"}},
		"counties":                {head: `counties = ["Oslo", "Agder", "Troms"]`, handler: ring, tail: someChain, want: []string{"no county secretary is named for Troms"}},
		"no deputy":               {handler: with("siv", ""), want: []string{"handler siv has no deputy"}},
		"a circle":                {handler: with("jonas", `deputy = "maren"`), want: []string{"maren and jonas stand in for each other in a circle"}},
		"all of a circle away":    {handler: map[string]string{"maren": "deputy = \"jonas\"\naway = [\"2026-12-24\"]", "jonas": "deputy = \"siv\"\naway = [\"2026-12-20..2026-12-31\"]", "siv": "deputy = \"maren\"\naway = [\"2026-12-24..2026-12-26\"]"}, want: []string{"on 2026-12-24 handler maren is away", "on 2026-12-24 handler jonas is away", "on 2026-12-24 handler siv is away"}},
		"all of it away long ago": {handler: map[string]string{"maren": "deputy = \"jonas\"\naway = [\"2025-12-24\"]", "jonas": "deputy = \"siv\"\naway = [\"2025-12-24\"]", "siv": "deputy = \"maren\"\naway = [\"2025-12-24\"]"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := read(t, c.head, c.handler, strings.ReplaceAll(c.tail, "EVA", outsider(t, "eva", "")), paper)
			got := r.Warnings(c.apart, now)
			if len(got) != len(c.want) {
				t.Errorf("warned of %q, want %q", got, c.want)
			}
			for _, want := range c.want {
				if !slices.ContainsFunc(got, func(p handlers.Problem) bool { return p.Warning && p.Line > 0 && strings.Contains(p.Text, want) }) {
					t.Errorf("warned of %q, want %q", got, want)
				}
			}
		})
	}
}

// TestPostsThatNobodyHoldsAreWarnedOf, by the routine that Tillit comes with.
func TestPostsThatNobodyHoldsAreWarnedOf(t *testing.T) {
	party, faults := plan.Load(party.Files, acts.Vocabulary())
	if party == nil {
		t.Fatal(faults)
	}
	for name, c := range map[string]struct {
		tail string
		want []string
	}{
		"all":  {"[[chain]]\npost = \"assistant_party_secretary\"\nid = \"a\"\nname = \"A\"\n[[chain]]\npost = \"party_secretary\"\nid = \"b\"\nname = \"B\"\n[control]\nid = \"k\"\nname = \"K\"\n", nil},
		"none": {"", []string{"as assistant_party_secretary", "as party_secretary", "no control organ is named"}},
	} {
		got := read(t, "", nil, c.tail).Unfilled(party)
		if len(got) != len(c.want) {
			t.Errorf("%s: warned of %q", name, got)
		}
		for i, want := range c.want {
			if p := got[i]; !p.Warning || p.Line == 0 || !strings.Contains(p.Text, want) {
				t.Errorf("%s: warned of %q, want %q", name, p, want)
			}
		}
	}
}

// TestTheExamplesOfTheTemplateAreRead: with all that stands there as a comment, and what
// must be filled in, the file that init writes is valid.
func TestTheExamplesOfTheTemplateAreRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "organisation.toml")
	if err := handlers.WriteRoster(path); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?m)^# (\[|[a-z_]+ = )`).ReplaceAllString(string(raw), "$1")
	text = regexp.MustCompile(`(?m)^(left|telegram|mattermost) = .*$`).ReplaceAllString(text, "")
	text = strings.Replace(text, "counties = []", `counties = ["Oslo"]`, 1)
	text = strings.Replace(strings.Replace(text, `id = ""`, `id = "kari"`, 1), `id = ""`, `id = "ola"`, 1)
	for n := 0; strings.Contains(text, `name = ""`); n++ {
		text = strings.Replace(text, `name = ""`, fmt.Sprintf("name = \"Navn %d\"", n), 1)
	}
	for strings.Contains(text, `key = ""`) {
		k, err := casework.NewKey()
		if err != nil {
			t.Fatal(err)
		}
		text = strings.Replace(text, `key = ""`, fmt.Sprintf("key = %q", k.Recipient()), 1)
		text = strings.Replace(text, `sign = ""`, fmt.Sprintf("sign = %q", handlers.SignKeyString(k.SignPublic())), 1)
	}
	r, problems := handlers.ParseRoster("organisation.toml", []byte(text))
	if r == nil {
		t.Fatal(problems)
	}
	if len(r.Guests) != 1 || len(r.Chain("Oslo")) != 2 || r.Control().ID != "kontroll" || len(r.Closed) != 2+26 || len(r.Handlers[0].Away) != 1 {
		t.Errorf("an example is not read: %+v", r)
	}
}
