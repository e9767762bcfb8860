package chat_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/bot"
	"tillit/handlers/chat"
)

// gathering is a network that says who is in a room.
type gathering struct {
	*network
	unreadable bool
	refuse     error
}

func (g *gathering) Members(context.Context, string) ([]string, error) {
	g.reads++
	if g.unreadable {
		return nil, errors.New("not now")
	}
	return slices.Clone(g.members), nil
}

func (g *gathering) Post(_ context.Context, room string, m bot.Message) (bot.SentID, error) {
	if g.refuse != nil {
		return "", g.refuse
	}
	g.room = append(g.room, room+": "+text(m))
	return "1", nil
}

func newRoom(t *testing.T, members ...string) (*place, *gathering) {
	g := &gathering{}
	p := newPlace(t, func(c *chat.Config, n *network) {
		g.network, n.members = n, members
		c.Networks[0].Channel, c.Networks[0].Room = g, "fellesrom"
	})
	return p, g
}

// TestARoomIsToldOnlyIfAllWhoAreInItMayKnow changes who is there between two cases.
func TestARoomIsToldOnlyIfAllWhoAreInItMayKnow(t *testing.T) {
	p, g := newRoom(t, "101", "103")
	one := p.file("900", "jonas")
	p.tick()
	p.tick()
	want := []string{"fellesrom: Ny sak " + one + ". Innen fredag 27. november. Ta den i din egen chat med meg."}
	if !slices.Equal(g.room, want) {
		t.Fatalf("the room is told %q, want %q", g.room, want)
	}
	g.members = append(g.members, "102") // Jonas comes in
	p.file("901", "jonas")
	p.tick()
	g.members = []string{"101", "103", "777"} // a stranger, when Jonas has left
	p.file("902")
	p.tick()
	g.members = []string{"101"}
	for range 3 {
		p.tick() // what could not be told at its moment is not told later
	}
	if !slices.Equal(g.room, want) {
		t.Errorf("the room is told %q, want nothing after %q", g.room, want)
	}
	three := p.file("903")
	p.tick()
	if len(g.room) != 2 || !strings.Contains(g.room[1], three) {
		t.Errorf("with only those who may know, the room is told %q, want the last case too", g.room)
	}
}

func TestARoomThatCannotBeReadOrWrittenIsToldLater(t *testing.T) {
	p, g := newRoom(t, "101")
	ref := p.file("900")
	for name, broken := range map[string]func(bool){
		"reading": func(b bool) { g.unreadable = b },
		"writing": func(b bool) {
			g.refuse = nil
			if b {
				g.refuse = &bot.RetryError{After: time.Second}
			}
		},
	} {
		broken(true)
		if err := p.office.Tick(t.Context()); err == nil || strings.Contains(err.Error(), ref) {
			t.Errorf("%s fails with %v", name, err)
		}
		reads := g.reads
		if err := p.office.Tick(t.Context()); err != nil || g.reads != reads {
			t.Errorf("%s: a room in trouble is asked again at once, %v", name, err)
		}
		broken(false)
		p.Clock.Add(2 * time.Minute)
		if len(g.room) != 0 {
			t.Fatalf("%s failed, and the room is told %q", name, g.room)
		}
	}
	p.tick()
	p.restart()
	p.tick()
	if len(g.room) != 1 {
		t.Errorf("the room is told %q, want one notice", g.room)
	}
}

func TestARoomWaitsUntilTheNoticeIsDueToAll(t *testing.T) {
	p, g := newRoom(t, "101", "102")
	p.Random = func(n int64) int64 { return n - 1 }
	p.Restart()
	p.conf.Store = p.Store
	p.restart()
	p.file("900")
	p.tick()
	if g.reads != 0 || len(g.room) != 0 {
		t.Errorf("before it is due the room is read %d times and told %q", g.reads, g.room)
	}
}

func TestARoomNeedsANetworkThatSaysWhoIsInIt(t *testing.T) {
	c := chat.Config{Networks: []chat.Network{{Name: "test", Channel: &network{}, Words: chat.WordsDesk, Room: "x"}}}
	if _, err := chat.New(c); err == nil || !strings.Contains(err.Error(), "does not say who is in a chat") {
		t.Errorf("New: %v", err)
	}
	c.Networks[0].Room, c.Networks[0].Words = "", ""
	if _, err := chat.New(c); err == nil || !strings.Contains(err.Error(), "is not chosen") {
		t.Errorf("New without a choice of words: %v", err)
	}
}
