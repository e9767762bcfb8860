package chat_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tillit/bot"
	"tillit/handlers"
	"tillit/handlers/casework"
	"tillit/handlers/chat"
	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/seal"
	"tillit/store/storetest"
)

// network is a chat network in memory. It records every byte that it is given.
type network struct {
	mu      sync.Mutex
	buttons bool
	fail    error
	shown   map[string][]shown // by account
	calls   map[string][]string
	n       int
	members []string // of the room
	reads   int
	room    []string
}

type shown struct {
	id, text string
	choices  []intake.Choice
}

func (*network) Name() string { return "test" }
func (n *network) Capabilities(intake.ConversationID) bot.Capabilities {
	return bot.Capabilities{Buttons: n.buttons, Reader: "Testnett"}
}

func (*network) Listen(ctx context.Context, _ func(context.Context, bot.Event) error) error {
	<-ctx.Done()
	return nil
}

func text(m bot.Message) string {
	m.Choices = nil
	return bot.Plain(m)
}

func (n *network) Send(_ context.Context, to intake.Address, m bot.Message) (bot.SentID, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.fail != nil {
		return "", n.fail
	}
	n.n++
	who, s := to.Reveal(), shown{fmt.Sprint(n.n), text(m), m.Choices}
	n.shown[who] = append(n.shown[who], s)
	n.calls[who] = append(n.calls[who], fmt.Sprintf("send %q %+v", s.text, s.choices))
	return bot.SentID(s.id), nil
}

// still is a network that changes nothing that was said.
type still struct{ *network }

func (n still) Edit(_ context.Context, to intake.Address, sent bot.SentID, m bot.Message) error {
	return fmt.Errorf("not here")
}

func (n *network) Edit(_ context.Context, to intake.Address, sent bot.SentID, m bot.Message) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, s := range n.shown[to.Reveal()] {
		if s.id == string(sent) {
			n.shown[to.Reveal()][i] = shown{s.id, text(m), m.Choices}
			n.calls[to.Reveal()] = append(n.calls[to.Reveal()], fmt.Sprintf("edit %q %+v", text(m), m.Choices))
			return nil
		}
	}
	return fmt.Errorf("nothing of that name")
}

// place is an office with three handlers who have accounts: maren 101, jonas 102,
// solveig 103; and the external receiver, 109.
type place struct {
	t      *testing.T
	dir    string
	store  *store.Store
	roster *handlers.Roster
	keys   map[string]*casework.Key
	server *seal.ServerKeys
	net    *network
	office *chat.Office
	conf   chat.Config
	now    time.Time
	log    bytes.Buffer
	events int
	ids    int
	left   string // who left the office, in the organisation file that is made next
}

var accounts = map[string]string{"maren": "101", "jonas": "102", "solveig": "103", cases.External: "109"}

func newPlace(t *testing.T, change ...func(*chat.Config, *network)) *place {
	t.Helper()
	p := &place{t: t, dir: t.TempDir(), server: storetest.Keys(t), keys: map[string]*casework.Key{},
		net: &network{buttons: true, shown: map[string][]shown{}, calls: map[string][]string{}},
		now: time.Now()}
	p.store = storetest.Open(t, p.dir, p.server)
	p.roster = p.organisation("maren", "jonas", "solveig")
	p.conf = chat.Config{
		Store: p.store, Roster: p.roster, Desk: "http://127.0.0.1:7401",
		Networks: []chat.Network{{Name: "telegram", Channel: p.net, Words: chat.WordsChat, Operator: "Testnett"}},
		Now:      func() time.Time { return p.now }, Log: slog.New(slog.NewTextHandler(&p.log, nil)),
		ID: func() string { p.ids++; return fmt.Sprintf("ID%04d", p.ids) },
		Render: func(_ context.Context, _ string, text intake.Private, by string) (words, notice store.Line, err error) {
			return store.Line{Body: line(by + ": " + text.Reveal()), AwaitsPickup: true}, store.Line{Body: line("notice")}, nil
		},
	}
	for _, c := range change {
		c(&p.conf, p.net)
	}
	p.restart()
	return p
}

func line(text string) []byte {
	return bot.EncodeLine(bot.Message{Message: intake.Message{ID: "x", Text: text}})
}

// organisation has these handlers, in this order, with the keys that they always had.
func (p *place) organisation(ids ...string) *handlers.Roster {
	p.t.Helper()
	org := "name = \"Eksempelforbundet\"\ntime_zone = \"Europe/Oslo\"\nlanguage = \"nb\"\n[promises]\nanswer_working_days = 3\nlatest_days = 7\nresult_months = 3\n"
	for _, id := range append(slices.Clone(ids), cases.External, cases.Recovery) {
		if p.keys[id] == nil {
			k, err := casework.NewKey()
			if err != nil {
				p.t.Fatal(err)
			}
			p.keys[id] = k
		}
		key := fmt.Sprintf("key = %q\n", p.keys[id].Recipient())
		person := fmt.Sprintf("name = %q\nsign = %q\ntelegram = %s\n", strings.ToUpper(id[:1])+id[1:], p.keys[id].Sign(), accounts[id]) + key
		switch id {
		case cases.External:
			org += "[external]\n" + person
		case cases.Recovery:
			org += "[recovery]\nkept = \"2-of-3\"\n" + key
		default:
			org += "[[handlers]]\nid = \"" + id + "\"\n" + person
			if id == p.left {
				org += "left = \"2020-01-31\"\n"
			}
		}
	}
	roster, problems := handlers.ParseRoster("organisation.toml", []byte(org),
		handlers.Network{Name: "telegram", Account: func(number any) (string, error) { return fmt.Sprint(number), nil }})
	if roster == nil {
		p.t.Fatal(problems)
	}
	return roster
}

// restart makes the bot anew over the same store.
func (p *place) restart() {
	p.t.Helper()
	p.conf.Roster = p.roster
	var err error
	if p.office, err = chat.New(p.conf); err != nil {
		p.t.Fatal(err)
	}
}

// tick lets the clock do its work, and sends what is due.
func (p *place) tick() {
	p.t.Helper()
	if err := p.office.Tick(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	p.drain()
	// What became known by sending may lead to more.
	if err := p.office.Tick(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	p.drain()
}

// drain is the courier, without its patience.
func (p *place) drain() {
	p.t.Helper()
	channels := map[string]bot.Channel{}
	for _, ch := range p.office.Channels() {
		channels[ch.Name()] = ch
	}
	for {
		var due []store.Delivery
		for name := range channels {
			some, err := p.store.Lease(p.t.Context(), name, 32, time.Minute)
			if err != nil {
				p.t.Fatal(err)
			}
			due = append(due, some...)
		}
		if len(due) == 0 {
			return
		}
		for _, d := range due {
			if ch := channels[d.Channel]; ch != nil {
				m, err := bot.DecodeLine(d.Body)
				if err != nil {
					p.t.Fatal(err)
				}
				if _, err := ch.Send(p.t.Context(), d.Address, m); err == bot.ErrGone {
					if err := p.store.Gone(p.t.Context(), d.ID, store.Entry{}); err != nil {
						p.t.Fatal(err)
					}
					continue
				}
			}
			if err := p.store.Delivered(p.t.Context(), d.ID); err != nil {
				p.t.Fatal(err)
			}
		}
	}
}

// deliver is an event of somebody with an account. It comes twice, as networks do.
func (p *place) deliver(account string, ev bot.Event) {
	p.t.Helper()
	p.events++
	ev.ID, ev.At = fmt.Sprint("e", p.events), p.now
	ev.Conversation, ev.Address = intake.NewConversationID(account), intake.NewAddress(account)
	for range 2 {
		if err := p.office.Deliver(p.t.Context(), p.conf.Networks[0], ev); err != nil {
			p.t.Fatal(err)
		}
	}
	p.drain()
}

func (p *place) write(account, words string) string {
	p.t.Helper()
	p.deliver(account, bot.Event{Kind: bot.EventMessage, Text: intake.NewPrivate(words)})
	return p.last(account).text
}

// press presses the newest button with a label.
func (p *place) press(account, label string) string {
	p.t.Helper()
	for _, s := range slices.Backward(p.net.shown[account]) {
		for _, c := range s.choices {
			if c.Label == label {
				p.pressID(account, c.ID)
				return p.last(account).text
			}
		}
	}
	p.t.Fatalf("no button says %q among %+v", label, p.net.shown[account])
	return ""
}

// pressID presses by what a button carries; this network's say nothing by themselves.
func (p *place) pressID(account, id string) {
	p.t.Helper()
	p.deliver(account, bot.Event{Kind: bot.EventPress, Pressed: func(s string) bool { return s == id }})
}

func (p *place) last(account string) shown {
	all := p.net.shown[account]
	if len(all) == 0 {
		return shown{}
	}
	return all[len(all)-1]
}

// file is a report that keeps some out. Words come to who is not.
func (p *place) file(member string, excluded ...string) string {
	p.t.Helper()
	return p.fileAt(member, false, p.now.Add(-time.Minute), excluded...)
}

func (p *place) fileAt(member string, urgent bool, at time.Time, excluded ...string) string {
	p.t.Helper()
	kept := cases.Answer{Question: "A1", Text: intake.NewPrivate("Det var på middagen.")}
	keep := p.roster.Keep("", excluded)
	c := store.Change{
		Channel: "telegram", Conversation: intake.NewConversationID(member), Address: intake.NewAddress(member), State: []byte("{}"),
		Open: &store.OpenRoom{Recipients: p.roster.Recipients()}, Exclude: &store.Exclude{Out: excluded},
		Entries: []store.Entry{{Body: kept}},
	}
	a, err := p.store.Apply(p.t.Context(), c)
	if err != nil {
		p.t.Fatal(err)
	}
	notices := p.roster.Notices(keep, "new", urgent, at, func(int64) int64 { return 0 })
	c = store.Change{Channel: "telegram", Conversation: c.Conversation, Expect: a.Version, State: []byte("{}"),
		Submit: &store.Submit{Keep: keep, Status: "waiting", Due: []cases.Due{{Rule: "R-ACK1", Day: "2026-11-27"}}, Notices: notices}}
	if a, err = p.store.Apply(p.t.Context(), c); err != nil {
		p.t.Fatal(err)
	}
	return a.Ref
}

// more is something that the reporter adds.
func (p *place) more(member string, excluded ...string) {
	p.t.Helper()
	id := intake.NewConversationID(member)
	conv, err := p.store.Conversation(p.t.Context(), "telegram", id)
	if err != nil {
		p.t.Fatal(err)
	}
	p.events++
	at := p.now.Add(-time.Minute + time.Duration(p.events)*time.Millisecond)
	_, err = p.store.Apply(p.t.Context(), store.Change{Channel: "telegram", Conversation: id, Expect: conv.Version, State: []byte("{}"),
		Notices: p.roster.Notices(p.roster.Keep("", excluded), "answer", false, at, func(int64) int64 { return 0 })})
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) head(handler, ref string) cases.Case {
	p.t.Helper()
	c, err := p.store.Head(p.t.Context(), handler, ref)
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}
