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
	"tillit/handlers/chat"
	"tillit/handlers/clocks"
	"tillit/handlers/handlerstest"
	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
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
// solveig 103; and the external receiver, 109. It is ten in the morning of the
// Tuesday before 27 November, which is when an answer is promised to who tells now.
type place struct {
	*handlerstest.Office
	t      *testing.T
	roster *handlers.Roster // of the chat
	net    *network
	office *chat.Office
	conf   chat.Config
	ringer *clocks.Ringer  // of an office whose clocks ring
	ran    map[string]bool // clocks that a test let run
	log    bytes.Buffer
	events int
	ids    int
}

var telegram = handlers.Network{Name: "telegram", Account: func(number any) (string, error) { return fmt.Sprint(number), nil }}

var accounts = map[string]string{"maren": "101", "jonas": "102", "solveig": "103", cases.External: "109"}

func newPlace(t *testing.T, change ...func(*chat.Config, *network)) *place {
	t.Helper()
	var people []handlerstest.Person
	for _, id := range []string{"maren", "jonas", "solveig"} {
		people = append(people, handlerstest.Person{ID: id, Name: strings.ToUpper(id[:1]) + id[1:], Accounts: "telegram = " + accounts[id] + "\n"})
	}
	people = append(people, handlerstest.Person{ID: cases.External, Name: "Ekstern", Accounts: "telegram = 109\n"})
	clock := handlerstest.At(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	p := &place{t: t, Office: handlerstest.New(t, handlerstest.Options{People: people, Clock: clock, Networks: []handlers.Network{telegram}}),
		net: &network{buttons: true, shown: map[string][]shown{}, calls: map[string][]string{}}}
	p.roster = p.Roster
	p.conf = chat.Config{
		Store: p.Store, Desk: "http://127.0.0.1:7401",
		Networks: []chat.Network{{Name: "telegram", Channel: p.net, Words: chat.WordsChat, Operator: "Testnett"}},
		Now:      clock.Now, Log: slog.New(slog.NewTextHandler(&p.log, nil)), Render: p.Render,
		ID: func() string { p.ids++; return fmt.Sprintf("ID%04d", p.ids) },
	}
	for _, c := range change {
		c(&p.conf, p.net)
	}
	p.restart()
	return p
}

// leave has somebody leave the office.
func (p *place) leave(id string) {
	p.t.Helper()
	p.Leave(id)
	p.conf.Store, p.roster = p.Store, p.Roster
	p.restart()
}

// only starts the bot with an organisation file that has these alone.
func (p *place) only(ids ...string) {
	p.t.Helper()
	fewer := *p.Roster
	fewer.Handlers = slices.DeleteFunc(slices.Clone(fewer.Handlers), func(h handlers.Handler) bool { return !slices.Contains(ids, h.ID) })
	p.roster = &fewer
	p.restart()
}

// restart makes the bot anew over the same store.
func (p *place) restart() {
	p.t.Helper()
	p.conf.Roster = handlers.NewCurrent(p.roster)
	var err error
	if p.office, err = chat.New(p.conf); err != nil {
		p.t.Fatal(err)
	}
}

// tick lets the clock do its work, and sends what is due.
func (p *place) tick() {
	p.t.Helper()
	if p.ringer != nil {
		if err := p.ringer.Tick(p.t.Context()); err != nil {
			p.t.Fatal(err)
		}
	}
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
	var none store.Entry
	for {
		var due []store.Delivery
		for name := range channels {
			some, err := p.Store.Lease(p.t.Context(), name, 32, time.Minute)
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
					if err := p.Store.Gone(p.t.Context(), d.ID, none); err != nil {
						p.t.Fatal(err)
					}
					continue
				}
			}
			if err := p.Store.Delivered(p.t.Context(), d.ID); err != nil {
				p.t.Fatal(err)
			}
		}
	}
}

// deliver is an event of somebody with an account. It comes twice, as networks do.
func (p *place) deliver(account string, ev bot.Event) {
	p.t.Helper()
	p.events++
	ev.ID, ev.At = fmt.Sprint("e", p.events), p.Clock.Now()
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

// file is a report that keeps some out.
func (p *place) file(member string, excluded ...string) string {
	p.t.Helper()
	return p.tells(member, "yes", excluded...)
}

// urgent is a report of somebody who is not safe.
func (p *place) urgent(member string) string { return p.tells(member, "no") }

func (p *place) tells(member, safe string, excluded ...string) string {
	p.t.Helper()
	said := handlerstest.Answers{"S1": {safe}, "A1": {"Det var på middagen."}}
	for _, id := range excluded {
		said["C0"] = append(said["C0"], "p:"+id)
	}
	return p.File(member, said)
}

// more is something that the reporter adds.
func (p *place) more(member string) { p.Reporter(member).Says("Det var mer.") }

func (p *place) head(handler, ref string) cases.Case {
	p.t.Helper()
	c, err := p.Store.Head(p.t.Context(), handler, ref)
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}
