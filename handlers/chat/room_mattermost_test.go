package chat_test

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot/bottest/faults"
	"tillit/bot/mattermost"
	"tillit/bot/mattermost/standin"
	pacing "tillit/bot/network"
	"tillit/handlers/chat"
	"tillit/intake"
)

var _ chat.Gatherer = (*mattermost.Mattermost)(nil)

// common is an office with a room on Mattermost, and the real channel to it.
type common struct {
	*place
	mm           *standin.Server
	maren, jonas *standin.Person
	stranger     *standin.Person
	room         string
}

// newCommon puts Maren and Jonas into a private channel.
func newCommon(t *testing.T) *common {
	s := standin.New(t)
	c := &common{mm: s, maren: s.Person("Maren"), jonas: s.Person("Jonas"), stranger: s.Person("Ola")}
	c.room = s.Group(model.ChannelTypePrivate, c.maren, c.jonas)
	fast := pacing.Rate{PerSecond: 1000, Burst: 1000}
	mm, err := mattermost.New(mattermost.Config{
		URL: s.URL, Token: intake.NewPrivate(s.Token), Operator: "Driftshuset", Lang: "nb", Log: slog.New(slog.DiscardHandler),
		Room: c.room, Pace: pacing.NewPacer(fast, fast),
	})
	if err != nil {
		t.Fatal(err)
	}
	c.place = newPlace(t, func(conf *chat.Config, _ *network) {
		conf.Networks = []chat.Network{{Name: "mattermost", Channel: mm, Words: chat.WordsDesk, Operator: "Driftshuset", Room: c.room}}
	})
	for i, p := range map[int]*standin.Person{0: c.maren, 1: c.jonas} {
		c.roster.Handlers[i].Accounts["mattermost"] = p.ID
	}
	return c
}

// told are the cases that the room was told of, each as often as it was.
func (c *common) told() (refs []string) {
	for _, text := range c.mm.Seen(c.room) {
		ref, ok := strings.CutPrefix(text, "Ny sak ")
		if !ok {
			c.t.Errorf("the room is told %q", text)
		}
		refs = append(refs, ref[:len("T-222222")])
	}
	return refs
}

func (c *common) report(member string, excluded ...string) string {
	c.t.Helper()
	return c.file(member, excluded...)
}

// again is a minute later: a room in trouble is left alone for that long.
func (c *common) again() error {
	c.Clock.Add(61 * time.Second)
	return c.office.Tick(c.t.Context())
}

// TestARoomOnMattermostIsToldWhatAllInItMayKnow lets people come and go between
// cases, on the real channel: Jonas, whom some cases keep out, and a stranger.
func TestARoomOnMattermostIsToldWhatAllInItMayKnow(t *testing.T) {
	c := newCommon(t)
	one := c.report("900")
	c.tick()
	want := []string{one}
	holds := func(when string) {
		t.Helper()
		for range 2 {
			if err := c.again(); err != nil {
				t.Fatalf("%s: %v", when, err)
			}
		}
		if got := c.told(); !slices.Equal(got, want) {
			t.Fatalf("%s the room is told of %q, want %q", when, got, want)
		}
	}
	holds("with both in it")
	c.report("901", "jonas")
	holds("with one in it who is kept out")
	c.mm.Leave(c.room, c.jonas)
	holds("when he has left") // what may not be told at its moment is not told later
	want = append(want, c.report("902", "jonas"))
	holds("without him")
	c.mm.Join(c.room, c.jonas)
	c.report("903", "jonas")
	holds("when he is back")
	c.mm.Join(c.room, c.stranger)
	c.report("904")
	holds("with a stranger in it")
	c.mm.Leave(c.room, c.stranger)
	holds("when the stranger has left")
	want = append(want, c.report("905"))
	holds("of the next case")
	c.restart()
	holds("after a restart")
}

// TestARoomOnMattermostThatCannotBeRead: nothing is told, and later only what may be
// told then.
func TestARoomOnMattermostThatCannotBeRead(t *testing.T) {
	for name, fail := range map[string]func(*common){
		"the channel, before": func(c *common) { c.mm.Faults.On("channel", faults.Fault{Status: 502}) },
		"the channel, after":  func(c *common) { c.mm.Faults.On("channel", faults.Fault{Status: 502, After: true}) },
		"members, before":     func(c *common) { c.mm.Faults.On("members", faults.Fault{Status: 502}) },
		"members, after":      func(c *common) { c.mm.Faults.On("members", faults.Fault{Status: 502, After: true}) },
		"members, broken off": func(c *common) { c.mm.Faults.On("members", faults.Fault{Body: `[{"channel_id":`}) },
	} {
		for later, change := range map[string]func(*common){
			"all may know": func(*common) {}, "a stranger came": func(c *common) { c.mm.Join(c.room, c.stranger) },
		} {
			t.Run(name+", then "+later, func(t *testing.T) {
				c := newCommon(t)
				ref := c.report("900")
				fail(c)
				if err := c.office.Tick(t.Context()); err == nil || strings.Contains(err.Error(), ref) || strings.Contains(err.Error(), c.room) {
					t.Errorf("it fails with %v", err)
				}
				if got := c.told(); len(got) > 0 {
					t.Fatalf("the room is told of %q", got)
				}
				change(c)
				if err := c.again(); err != nil {
					t.Fatal(err)
				}
				if got := c.told(); (len(got) == 1) != (later == "all may know") {
					t.Errorf("later the room is told of %q", got)
				}
			})
		}
	}
}

// TestARoomOnMattermostIsToldOnce: the answer is lost, another case comes in between,
// and the process is another one.
func TestARoomOnMattermostIsToldOnce(t *testing.T) {
	c := newCommon(t)
	lost := faults.Fault{Status: 502, After: true}
	ref := c.report("900")
	c.mm.Faults.On("posts", lost, faults.Fault{Status: 502})
	if err := c.office.Tick(t.Context()); err == nil {
		t.Fatal("it does not fail")
	}
	c.restart()
	other := c.report("901")
	if err := c.again(); err != nil {
		t.Fatal(err)
	}
	if got := c.told(); len(got) != 2 || got[0] != ref || got[1] != other {
		t.Errorf("the room is told of %q, want %q and %q once each", got, ref, other)
	}
}

// TestWhatBecomesOfARoomIsSaidToTheOperator: it was made public.
func TestWhatBecomesOfARoomIsSaidToTheOperator(t *testing.T) {
	c := newCommon(t)
	c.mm.Convert(c.room, model.ChannelTypeOpen)
	c.report("900")
	if err := c.office.Tick(t.Context()); err == nil || !strings.Contains(err.Error(), "the channel is public") {
		t.Errorf("it says %v", err)
	}
	if got := c.told(); len(got) > 0 {
		t.Errorf("it is told of %q", got)
	}
}
