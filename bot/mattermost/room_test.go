package mattermost_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot"
	"tillit/bot/bottest/faults"
	"tillit/bot/mattermost"
	"tillit/bot/mattermost/standin"
)

// crowd are people whom nobody has met.
func crowd(s *standin.Server, n int) (all []*standin.Person) {
	for i := range n {
		all = append(all, s.Person(fmt.Sprint("p", i)))
	}
	return all
}

func TestWhoIsInARoomIsReadWhole(t *testing.T) {
	for _, kind := range []model.ChannelType{model.ChannelTypePrivate, model.ChannelTypeGroup} {
		for _, n := range []int{0, 1, 7, 49, 50, 199, 200, 399, 450} {
			m := newMemory(t)
			people := crowd(m.net, n)
			room := m.net.Group(kind, people...)
			got, err := m.mm.Members(t.Context(), room)
			if err != nil || len(got) != n || slices.Contains(got, m.net.BotID) {
				t.Fatalf("of %d people in a chat of kind %s %d are read, %v", n, kind, len(got), err)
			}
			for _, p := range people {
				if !slices.Contains(got, p.ID) {
					t.Fatalf("of %d people one is not read", n)
				}
			}
		}
	}
}

func TestARoomIsReadAnewEachTime(t *testing.T) {
	m := newMemory(t)
	people := crowd(m.net, 3)
	room := m.net.Group(model.ChannelTypePrivate, people[:2]...)
	for _, tt := range []struct {
		change func()
		want   int
	}{
		{func() {}, 2},
		{func() { m.net.Join(room, people[2]) }, 3},
		{func() { m.net.Leave(room, people[0], people[2]) }, 1},
	} {
		tt.change()
		if got, err := m.mm.Members(t.Context(), room); err != nil || len(got) != tt.want {
			t.Errorf("%d are read, want %d, %v", len(got), tt.want, err)
		}
	}
}

// TestWhatIsNoRoomIsRefusedWithAReason: what can be read by somebody who is not in
// it, and what cannot be read whole.
func TestWhatIsNoRoomIsRefusedWithAReason(t *testing.T) {
	each := func(call string, f faults.Fault) func(*memory, string) string {
		return func(m *memory, room string) string {
			m.net.Faults.On(call, f, f)
			return room
		}
	}
	for _, tt := range []struct {
		name string
		with func(m *memory, room string) string
		says string
	}{
		{"no id", func(*memory, string) string { return "town-square" }, "no id of a channel"},
		{"a path", func(_ *memory, room string) string { return room + "/../" + room }, "no id of a channel"},
		{"one that never was", func(*memory, string) string { return model.NewId() }, "no such channel, or the bot is not in it"},
		{"the bot is not in it", func(m *memory, room string) string { m.net.Leave(room); return room }, "no such channel, or the bot is not in it"},
		{"a public one", func(m *memory, room string) string { m.net.Convert(room, model.ChannelTypeOpen); return room }, "is public"},
		{"a direct one", func(m *memory, _ string) string { return m.net.Chat(m.net.Person("Lin")) }, "only a private channel"},
		{"a kind that we do not know", func(m *memory, room string) string { m.net.Convert(room, "X"); return room }, "only a private channel"},
		{"an archived one", func(m *memory, room string) string { m.net.Archive(room); return room }, "is archived"},
		{"a shared one", func(m *memory, room string) string { m.net.Share(room); return room }, "shared with another server"},
		{"the channel in trouble", each("channel", faults.Fault{Status: 502}), "in trouble"},
		{"the channel in trouble, after", each("channel", faults.Fault{Status: 502, After: true}), "in trouble"},
		{"the channel is something else", each("channel", faults.Fault{Body: "{}"}), "not a Mattermost server"},
		{"members in trouble", each("members", faults.Fault{Status: 502}), "in trouble"},
		{"members in trouble, after", each("members", faults.Fault{Status: 502, After: true}), "in trouble"},
		{"members are something else", each("members", faults.Fault{Body: "<html>"}), "not a Mattermost server"},
		{"members are of another chat", each("members", faults.Fault{Body: `[{"channel_id":"x","user_id":"y"}]`}), "not a Mattermost server"},
		{"members are nobody", each("members", faults.Fault{Body: `[]`}), "the bot is not in it"},
		{"the second page in trouble", func(m *memory, room string) string {
			m.net.Join(room, crowd(m.net, 210)...)
			m.net.Faults.On("members", faults.Fault{Pass: true}, faults.Fault{Status: 502})
			return room
		}, "in trouble"},
		{"somebody leaves meanwhile", func(m *memory, room string) string {
			people := crowd(m.net, 210)
			slices.SortFunc(people, func(a, b *standin.Person) int { return strings.Compare(a.ID, b.ID) })
			m.net.Join(room, people...)
			m.net.Between = func() {
				m.net.Leave(room, people[0])
				people = people[1:]
			}
			return room
		}, "people came or went"},
		{"far too many", func(m *memory, room string) string { m.net.Join(room, crowd(m.net, 5200)...); return room }, "too many"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMemory(t)
			lin := m.net.Person("Lin")
			room := tt.with(m, m.net.Group(model.ChannelTypePrivate, lin))
			got, err := m.mm.Members(t.Context(), room)
			if err == nil || !strings.Contains(err.Error(), tt.says) || got != nil {
				t.Fatalf("%d are read, %v; want %q", len(got), err, tt.says)
			}
			for _, secret := range []string{room, lin.ID, m.net.URL} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error tells: %v", err)
				}
			}
		})
	}
}

func TestARoomIsWrittenToOnce(t *testing.T) {
	before, after := faults.Fault{}, faults.Fault{After: true}
	for name, fail := range map[string][]faults.Fault{
		"everything is well": nil, "lost before": {before}, "lost after": {after}, "lost twice": {after, before}, "in trouble": {{Status: 502, After: true}, {Status: 502}},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemory(t)
			room, other := m.net.Group(model.ChannelTypePrivate, m.net.Person("Lin")), m.net.Group(model.ChannelTypeGroup)
			m.net.Faults.On("posts", fail...)
			msg := words("k", "Ny sak.", offers("Ta")...)
			for range 4 {
				if _, err := m.mm.Post(t.Context(), room, msg); errors.Is(err, bot.ErrMaybeSent) {
					t.Fatal("the outcome is left open, though the network can be asked")
				}
			}
			m.stop()
			m.start()
			if _, err := m.mm.Post(t.Context(), room, msg); err != nil {
				t.Fatal(err)
			}
			if _, err := m.mm.Post(t.Context(), other, msg); err != nil { // another room is told, too
				t.Fatal(err)
			}
			for _, r := range []string{room, other} {
				if got := m.net.Seen(r); !slices.Equal(got, []string{"Ny sak."}) {
					t.Errorf("a room sees %q", got)
				}
			}
		})
	}
}

func TestARoomThatTakesNothing(t *testing.T) {
	m := newMemory(t)
	room := m.net.Group(model.ChannelTypePrivate)
	var slow *bot.RetryError
	m.net.Faults.On("posts", faults.Fault{Status: http.StatusTooManyRequests, RetryAfter: time.Second})
	if _, err := m.mm.Post(t.Context(), room, words("k", "Ny sak.")); !errors.As(err, &slow) {
		t.Errorf("asked to slow down it says %v", err)
	}
	m.net.Leave(room)
	for _, where := range []string{room, model.NewId(), "x/../y", ""} {
		_, err := m.mm.Post(t.Context(), where, words("k2", "Ny sak."))
		if err == nil || where != "" && strings.Contains(err.Error(), where) || strings.Contains(err.Error(), "no id") == model.IsValidId(where) {
			t.Errorf("writing there: %v", err)
		}
	}
}

// TestInARoomOfOursNobodyIsToldThatItIsNone: elsewhere people are told that where
// several read is no place to write to us.
func TestInARoomOfOursNobodyIsToldThatItIsNone(t *testing.T) {
	m := newMemory(t)
	lin := m.net.Person("Lin")
	room, other := m.net.Group(model.ChannelTypeGroup, lin), m.net.Group(model.ChannelTypeGroup, lin)
	m.stop()
	m.start(func(c *mattermost.Config) { c.Room = room })
	m.connected()
	lin.WriteIn(room, "hvem tar denne?")
	lin.WriteIn(other, "hei")
	m.until("the other chat is told", func() bool { return len(m.net.Seen(other)) == 1 })
	if got := m.net.Seen(room); len(got) > 0 {
		t.Errorf("our own room is told %q", got)
	}
}
