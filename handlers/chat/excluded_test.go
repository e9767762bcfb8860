package chat_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/bot"
	"tillit/handlers/chat"
	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
)

// counted is a store that writes down what is asked of it for one handler.
type counted struct {
	*store.Store
	of   string
	work []string
}

func (c *counted) Conversation(ctx context.Context, channel string, id intake.ConversationID) (store.Conversation, error) {
	if id.Reveal() == accounts[c.of] {
		c.work = append(c.work, "conversation")
	}
	return c.Store.Conversation(ctx, channel, id)
}

func (c *counted) Head(ctx context.Context, handler, ref string) (cases.Case, error) {
	if handler == c.of {
		c.work = append(c.work, "head "+ref)
	}
	return c.Store.Head(ctx, handler, ref)
}

func (c *counted) Act(ctx context.Context, a store.Act) error {
	if a.Handler == c.of {
		c.work = append(c.work, "act")
	}
	return c.Store.Act(ctx, a)
}

func (c *counted) Apply(ctx context.Context, ch store.Change) (store.Applied, error) {
	if ch.Conversation.Reveal() == accounts[c.of] {
		c.work = append(c.work, "apply")
	}
	return c.Store.Apply(ctx, ch)
}

var (
	anyRef = regexp.MustCompile(`T-[0-9A-Z]{6}`)
	anyID  = regexp.MustCompile(`ID[0-9]{4}`)
)

// TestTheChatOfOneWhoIsKeptOutIsTheSameToTheByte lives one day twice: with a case
// that keeps Jonas out, and without it. Everything that his account receives, and
// the work that leads to it, is the same.
func TestTheChatOfOneWhoIsKeptOutIsTheSameToTheByte(t *testing.T) {
	for _, words := range []chat.Words{chat.WordsChat, chat.WordsDesk} {
		t.Run(string(words), func(t *testing.T) {
			with, work, ref := aDay(t, words, "")
			without, idle, _ := aDay(t, words, ref)
			if with != without {
				t.Errorf("what Jonas receives differs.\nwith:\n%s\nwithout:\n%s", with, without)
			}
			if !slices.Equal(work, idle) {
				t.Errorf("the work differs.\nwith:    %q\nwithout: %q", work, idle)
			}
			if strings.Count(with, "åpne saken nå") < 2 || strings.Count(with, "\n") < 15 {
				t.Errorf("the day is too quiet to prove anything:\n%s", with)
			}
		})
	}
}

// aDay is lived without the case if its reference is given.
func aDay(t *testing.T, words chat.Words, never string) (got string, work []string, ref string) {
	var c *counted
	p := newPlace(t, func(conf *chat.Config, _ *network) {
		conf.Networks[0].Words = words
		c = &counted{Store: conf.Store.(*store.Store), of: "jonas"}
		conf.Store = c
	})
	p.rings()
	ordinary := p.file("900")
	p.runs(ordinary, "law", "2026-11-24T09:40Z")
	p.runs(ordinary, "urgent", "2026-11-24T11:00Z")
	ref = never
	if never == "" {
		ref = p.file("901", "jonas")
	}
	there := never == ""
	if there { // it rings at other moments, and at the same
		p.runs(ref, "law", "2026-11-24T09:40Z")
		p.runs(ref, "law", "2026-11-24T09:20Z")
		p.runs(ref, "urgent", "2026-11-24T11:00Z")
		p.runs(ref, "work", "2026-11-20")
	}
	p.tick()
	if there {
		p.write("101", "ta "+ref)
	}
	p.tick()
	if there {
		p.more("901")
	}
	p.Clock.Add(time.Hour)
	p.tick()
	for _, said := range []string{"kø", "ta %s", "slipp %s", "svar %s hei", "notat %s hei", "svar på %s", "hei", "minn meg 1", "svar %s", "send %s", "hjelp"} {
		p.write("102", strings.ReplaceAll(said, "%s", ref))
	}
	p.pressID("102", "take:"+ref)
	p.pressID("102", "answer:"+ref)
	p.pressID("102", "take:"+ordinary)
	p.deliver("102", bot.Event{Kind: bot.EventEdit, Text: intake.NewPrivate("ta " + ref)})
	if there {
		p.write("101", "slipp "+ref)
	}
	p.tick()
	if there {
		p.write("103", "ta "+ref)
	}
	p.Clock.Add(2 * time.Hour)
	p.tick()
	p.write("102", "kø")
	p.restart()
	p.ring()
	p.tick()
	p.Clock.Add(3 * 24 * time.Hour)
	p.gathered()
	got = strings.Join(p.net.calls["102"], "\n")
	for _, r := range anyRef.FindAllString(got, -1) {
		if r != ref && r != "T-4K7Q2X" {
			got = strings.ReplaceAll(got, r, "T-······")
		}
	}
	for i, w := range c.work {
		if strings.HasPrefix(w, "head ") && !strings.HasSuffix(w, ref) {
			c.work[i] = "head of the other"
		}
	}
	return anyID.ReplaceAllString(got, "ID"), c.work, ref
}

func TestAStrangerADeactivatedHandlerAndAMemberAreOne(t *testing.T) {
	p := newPlace(t)
	p.file("900")
	p.tick()
	ref := p.file("901")
	p.write("103", "ta "+ref)
	p.leave("solveig")
	p.tick()
	before := len(p.net.calls["103"])
	for _, said := range []string{"kø", "ta " + ref} {
		for _, who := range []string{"103", "900", "777", "-100200"} {
			p.write(who, said)
		}
	}
	want := p.net.calls["777"]
	if len(want) != 1 || !strings.Contains(want[0], "ikke tatt vare på") {
		t.Fatalf("a stranger gets %q, want one line", want)
	}
	for who, got := range map[string][]string{"a member": p.net.calls["900"], "who was a handler": p.net.calls["103"][before:], "a group": p.net.calls["-100200"]} {
		if !slices.Equal(got, want) {
			t.Errorf("%s gets %q, a stranger %q", who, got, want)
		}
	}
	p.more("901")
	p.tick()
	if got := p.press("102", "Ta"); !strings.HasPrefix(got, ref+" er din nå") {
		t.Errorf("the case that she had is told of, and Jonas takes it: %q", got)
	}
	conv, err := p.Store.Conversation(t.Context(), "office-telegram", intake.NewConversationID("777"))
	if err != nil || conv.Version != 0 {
		t.Errorf("a stranger is remembered: version %d, %v", conv.Version, err)
	}
	p.Clock.Add(2 * time.Hour)
	late := bot.Event{ID: "late", Kind: bot.EventMessage, Conversation: intake.NewConversationID("778"), Address: intake.NewAddress("778"), At: p.Clock.Now().Add(-time.Hour)}
	if err := p.office.Deliver(t.Context(), p.conf.Networks[0], late); err != nil || len(p.net.calls["778"]) > 0 {
		t.Errorf("what is old is answered after a restart: %q, %v", p.net.calls["778"], err)
	}
	p.write("777", "hei")
	if got := p.net.calls["777"]; len(got) != 2 {
		t.Errorf("two hours later a stranger has %d answers, want 2", len(got))
	}
}

// TestWhatWasQueuedForOneWhoLeftIsNotSent: the line was stored before the
// organisation file changed.
func TestWhatWasQueuedForOneWhoLeftIsNotSent(t *testing.T) {
	p := newPlace(t)
	p.file("900")
	if err := p.office.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.only("maren", "jonas")
	p.drain()
	if got := fmt.Sprint(len(p.net.calls["101"]), len(p.net.calls["103"])); got != "1 0" {
		t.Errorf("Maren and Solveig get %s lines, want 1 0", got)
	}
}

// TestWhoIsKeptOutLaterGetsWhatNeverWas: Jonas was told of a case and had taken it when
// its reporter keeps him out. What stands in his chat stays; from then on his words and
// his buttons get what they would get for a case that never was, and nothing else comes.
func TestWhoIsKeptOutLaterGetsWhatNeverWas(t *testing.T) {
	p := newPlace(t)
	ref := p.file("901")
	p.tick()
	p.write("102", "ta "+ref)
	lin := p.Reporter("901")
	lin.PressAt("/who", "ask_out:jonas@"+ref)
	lin.Press("out:jonas@" + ref)
	stood := len(p.net.calls["102"])
	p.more("901")
	p.Clock.Add(2 * time.Hour)
	p.tick()
	p.write("101", "ta "+ref)
	p.tick()
	if got := p.net.calls["102"][stood:]; len(got) > 0 {
		t.Errorf("Jonas is written to: %q", got)
	}
	gets := func(ref string) string {
		from := len(p.net.calls["102"])
		for _, said := range []string{"ta %s", "slipp %s", "svar %s hei", "notat %s hei", "svar på %s", "kø"} {
			p.write("102", strings.ReplaceAll(said, "%s", ref))
		}
		return strings.ReplaceAll(anyID.ReplaceAllString(strings.Join(p.net.calls["102"][from:], "\n"), "ID"), ref, "T-······")
	}
	if with, never := gets(ref), gets("T-222222"); with != never || strings.Count(with, "T-······") < 5 {
		t.Errorf("he gets\n%s\nand for a case that never was\n%s", with, never)
	}
	never := p.write("102", "ta T-222222")
	for _, button := range []string{"take:", "answer:"} { // these stand in his chat
		p.pressID("102", button+ref)
		if got := p.last("102").text; strings.ReplaceAll(got, ref, "T-222222") != never {
			t.Errorf("%s gets %q, want %q", button, got, never)
		}
	}
	if got := p.head("maren", ref); got.Assignee != "maren" {
		t.Errorf("Maren could not take it: %q has it", got.Assignee)
	}
}
