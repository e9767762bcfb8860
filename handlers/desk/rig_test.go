package desk_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/handlers"
	"tillit/handlers/casework"
	"tillit/handlers/desk"
	"tillit/handlers/office"
	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/storetest"
)

var _ desk.Casework = (*casework.Client)(nil)

// people of the made-up office; a name may end in a full stop.
var people = []struct{ id, name, role string }{
	{"maren", "Maren V.", "rådgiver"}, {"jonas", "Jonas T.", "assisterende sekretær"},
	{"siv", "Siv A.", "personalleder"}, {"hakon", "Håkon R.", "fylkessekretær"},
}

// place is an office with a real store behind the real API.
type place struct {
	t      *testing.T
	store  *store.Store
	server *httptest.Server
	keys   map[string]*casework.Key
	roster *handlers.Roster
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, keys: map[string]*casework.Key{}}
	for _, id := range []string{"maren", "jonas", "siv", "hakon", "external", "recovery"} {
		p.newKey(id)
	}
	keys := storetest.Keys(t)
	p.store = storetest.Open(t, t.TempDir(), keys)
	p.roster = p.parse()
	p.server = httptest.NewServer(office.New(office.Config{
		Store: p.store, Roster: p.roster, Signing: keys.Public(),
		Render: func(_ context.Context, _ string, text intake.Private, _ string) (line, notice store.Line, err error) {
			return store.Line{Body: []byte(text.Reveal()), AwaitsPickup: true}, store.Line{Body: []byte("notice")}, nil
		},
	}))
	t.Cleanup(p.server.Close)
	return p
}

// newKey gives somebody a key; a second one is what a person gets who lost the first.
func (p *place) newKey(id string) {
	p.t.Helper()
	k, err := casework.NewKey()
	if err != nil {
		p.t.Fatal(err)
	}
	p.keys[id] = k
}

// reread puts people's newest keys into the roster of the running office.
func (p *place) reread() { *p.roster = *p.parse() }

func (p *place) parse() *handlers.Roster {
	p.t.Helper()
	text := "name = \"Eksempelforbundet\"\ntime_zone = \"Pacific/Kiritimati\"\nlanguage = \"nb\"\ncounties = []\n" +
		"[promises]\nanswer_working_days = 3\nlatest_days = 7\nresult_months = 3\n"
	for _, h := range people {
		text += fmt.Sprintf("[[handlers]]\nid = %q\nname = %q\nrole = %q\ncounty = \"\"\nrights = [\"assign\"]\nkey = %q\nsign = %q\n",
			h.id, h.name, h.role, p.keys[h.id].Recipient(), p.keys[h.id].Sign())
	}
	text += fmt.Sprintf("[external]\nname = \"Ekstern mottaker\"\nkey = %q\nsign = %q\n[recovery]\nkey = %q\nkept = \"2-of-3\"\n",
		p.keys["external"].Recipient(), p.keys["external"].Sign(), p.keys["recovery"].Recipient())
	roster, problems := handlers.ParseRoster("organisation.toml", []byte(text))
	if roster == nil {
		p.t.Fatal(problems)
	}
	return roster
}

// dial signs somebody in whose machine remembers nothing.
func (p *place) dial(id string) *casework.Client { return p.dialWith(id, "") }

func (p *place) dialWith(id, memory string) *casework.Client {
	p.t.Helper()
	c, err := casework.Dial(p.t.Context(), casework.Config{Server: p.server.URL, Key: p.keys[id], StateFile: memory})
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

// report is what a reporter files.
type report struct {
	name     string // of the conversation
	keepsOut []string
	answers  []cases.Answer
	files    []store.FilePart
	level    string
	flags    []string
	due      []cases.Due
	joined   []string // who came to the office after it
}

// file files a report and returns its reference.
func (p *place) file(r report) string {
	p.t.Helper()
	all := slices.DeleteFunc(p.roster.Recipients(), func(to cases.Recipient) bool { return slices.Contains(r.joined, to.ID) })
	c := store.Change{Channel: "web", Conversation: intake.NewConversationID(r.name), State: []byte("{}"),
		Open: &store.OpenRoom{Recipients: all}, Exclude: &store.Exclude{Out: r.keepsOut}}
	for _, b := range r.answers {
		c.Entries = append(c.Entries, store.Entry{Body: b})
	}
	a := p.apply(c)
	if r.files != nil {
		a = p.apply(store.Change{Channel: "web", Conversation: c.Conversation, Expect: a.Version, State: []byte("{}"), Files: r.files})
	}
	a = p.apply(store.Change{Channel: "web", Conversation: c.Conversation, Expect: a.Version, State: []byte("{}"),
		Entries: []store.Entry{{Body: cases.Log{Event: cases.EventReceived}}},
		Submit:  &store.Submit{Keep: p.roster.Keep(r.level, r.keepsOut), Status: "waiting", Level: r.level, Flags: r.flags, Due: r.due}})
	return a.Ref
}

// says adds the reporter's words to a case that was filed.
func (p *place) says(conversation, words string) {
	p.t.Helper()
	id := intake.NewConversationID(conversation)
	c, err := p.store.Conversation(p.t.Context(), "web", id)
	if err != nil {
		p.t.Fatal(err)
	}
	p.apply(store.Change{Channel: "web", Conversation: id, Expect: c.Version, State: []byte("{}"),
		Entries: []store.Entry{{Body: cases.Message{Text: intake.NewPrivate(words)}}}})
}

func (p *place) apply(c store.Change) store.Applied {
	p.t.Helper()
	a, err := p.store.Apply(p.t.Context(), c)
	if err != nil {
		p.t.Fatal(err)
	}
	return a
}

func filePart(id, name, kind string, data []byte) store.FilePart {
	return store.FilePart{ID: id, Name: intake.NewPrivate(name), Type: kind,
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}
}

// dueIn is a promise so many days from today.
func dueIn(days int) []cases.Due {
	return []cases.Due{{Rule: "R-ACK1", Day: time.Now().AddDate(0, 0, days).Format(time.DateOnly)},
		{Rule: "R-FB", Day: time.Now().AddDate(0, 0, days+90).Format(time.DateOnly)}}
}

// whole is a report with all kinds of answers, told by someone who keeps Håkon out.
func whole(picture []byte) report {
	answers := []cases.Answer{
		{Question: "S1", Asked: "Er du trygg nå?", Choices: []string{"yes"}, Labels: []string{"Ja"}},
		{Question: "C0", Asked: "Er det noen av disse som ikke skal se saken?", Is: []string{"keeps_out"}, Choices: []string{"p:hakon"}, Labels: []string{"Håkon R. (fylkessekretær)"}},
		{Question: "S3", Is: []string{"who"}, Asked: "Hvordan er du knyttet til dette?", Choices: []string{"me"}, Labels: []string{"Det skjedde med meg"}},
		{Question: "A1", Asked: "Fortell det du vil at vi skal vite, med dine egne ord og i den rekkefølgen du vil.", Text: intake.NewPrivate("Det var på middagen etter årsmøtet. Han satt ved siden av meg og la hånden på låret mitt.")},
		{Question: "A1", Asked: "Fortell det du vil at vi skal vite, med dine egne ord og i den rekkefølgen du vil.", Text: intake.NewPrivate("Jeg flyttet meg.\nHan lo av det, og sa det høyt til de andre.")},
		{Question: "B1", Is: []string{"what"}, Asked: "Skjedde det én gang, eller flere?", Choices: []string{"several"}, Labels: []string{"Flere ganger"}},
		{Question: "B4", Is: []string{"what"}, Asked: "Hvor eller når var det?", Choices: []string{"social", "digital"}, Labels: []string{"Sosialt", "På nett"}},
		{Question: "B5", Asked: "Hvilket sted?", Way: "skip"},
		{Question: "C1", Is: []string{"what"}, Asked: "Hva av dette passer?", Choices: []string{"touch"}, Labels: []string{"Berøring", "Kommentarer eller blikk"}},
		{Question: "E2", Asked: "Hva er rollen til den det gjelder?", Text: intake.NewPrivate("Fylkesleder")},
		{Question: "E2", Asked: "Hva er rollen til den det gjelder?", Text: intake.NewPrivate("Tidligere fylkesleder"), Supersedes: true},
		{Question: "F1", Asked: "Var det noen som så eller hørte det?", Way: "unknown"},
		{Question: "F2", Asked: "Har du fortalt det til noen?", Way: "rather_not"},
		{Question: "G1", Asked: "Hva trenger du nå?", Text: intake.NewPrivate(strings.Repeat("uavbrutt", 12))},
	}
	files := []store.FilePart{filePart("f-gps", "IMG_2231.jpg", "image/jpeg", picture),
		filePart("f-doc", "Referat fra møtet.pdf", "application/pdf", []byte("%PDF-1.7 not a picture"))}
	return report{name: "lin", keepsOut: []string{"hakon"}, answers: answers, files: files, level: "county",
		flags: []string{"ONGOING", "TALK_FIRST"}, due: dueIn(1)}
}

// serving runs a desk on loopback for the length of a test.
type serving struct {
	base  string
	links chan string
}

func serve(t *testing.T, work desk.Casework, change ...func(*desk.Config)) serving {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := serving{"http://" + ln.Addr().String(), make(chan string, 50)}
	conf := desk.Config{Work: work, Lang: "nb", OnLink: func(u string) { s.links <- u }}
	for _, c := range change {
		c(&conf)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- desk.Serve(ctx, conf, ln) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}
