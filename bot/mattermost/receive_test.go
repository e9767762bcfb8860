package mattermost_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot"
	"tillit/bot/bottest/faults"
	"tillit/bot/mattermost"
)

func TestWhatIsWrittenWhileNobodyListensIsFoundOnceAndInOrder(t *testing.T) {
	m := newMemory(t)
	lin, ola := m.net.Person("Lin"), m.net.Person("Ola")
	lin.Write("1")
	m.wait(1)
	m.stop()
	lin.Write("2")
	ola.Write("a") // a chat that was opened meanwhile
	lin.Write("3")
	ola.Write("b")
	m.start()
	got := map[bool][]string{}
	for _, ev := range m.wait(5) {
		got[ev.Address.Reveal() == lin.ID] = append(got[ev.Address.Reveal() == lin.ID], ev.Text.Reveal())
	}
	if !slices.Equal(got[true], []string{"1", "2", "3"}) || !slices.Equal(got[false], []string{"a", "b"}) {
		t.Errorf("got %v", got)
	}
	if m.twice > 0 {
		t.Errorf("%d posts were offered again though their place is committed", m.twice)
	}
}

// TestNothingIsTwiceAfterTheNetworkIsForgotten has no memory of ids, as after three
// days: the committed place alone must tell what is stored.
func TestNothingIsTwiceAfterTheIdsAreForgotten(t *testing.T) {
	m := newMemory(t)
	lin := m.net.Person("Lin")
	first := lin.Write("1")
	m.wait(1)
	lin.Edit(first, "1, better")
	lin.Write("2")
	m.wait(3)
	for range 3 {
		m.stop()
		clear(m.ids)
		m.net.Advance(80 * time.Hour)
		m.start()
		m.connected()
		m.wait(3)
	}
	lin.Write("3")
	if got := texts(m.wait(4)); got[3] != "3" {
		t.Errorf("got %v", got)
	}
}

func TestAProcessThatDiesLosesNothingAndStoresNothingTwice(t *testing.T) {
	for name, how := range map[string]int32{"before it is stored": diesBefore, "when it is stored and nobody knows": diesAfter} {
		t.Run(name, func(t *testing.T) {
			tw := newTown(t)
			lin := tw.net.Person("Lin")
			tw.begin(lin)
			var all []string
			for i := range 6 {
				tw.dies.Store(how)
				all = append(all, fmt.Sprintf("setning %d", i))
				post := lin.Write(all[i])
				time.Sleep(15 * time.Millisecond) // room to die in
				tw.again()
				tw.kept(lin, post)
			}
			tw.send(lin)
			if got := tw.words(tw.ref(lin)); !slices.Equal(got, all) {
				t.Errorf("the office reads %q, written was %q", got, all)
			}
		})
	}
}

func TestManyMissedPostsAreWalkedInPages(t *testing.T) {
	many := 10_000
	if testing.Short() {
		many = 2_300
	}
	m := newMemory(t)
	lin := m.net.Person("Lin")
	lin.Write("0")
	m.wait(1)
	m.stop()
	for i := range many {
		lin.Write(fmt.Sprint(i + 1))
	}
	m.start()
	for i, ev := range m.wait(many + 1) {
		if ev.Text.Reveal() != fmt.Sprint(i) {
			t.Fatalf("event %d is post %s", i, ev.Text.Reveal())
		}
	}
	if n := m.net.Calls("after"); n < many/200 {
		t.Errorf("%d posts were read in %d pages", many, n)
	}
}

func TestASlowReaderLosesTheConnectionAndNothingElse(t *testing.T) {
	m := newMemory(t)
	lin := m.net.Person("Lin")
	lin.Write("0")
	m.wait(1)
	m.connected()
	m.net.Slow = 2 // for the next connections
	m.net.CloseSockets()
	const many = 400
	for i := range many {
		lin.Write(fmt.Sprint(i + 1))
	}
	for i, ev := range m.wait(many + 1) {
		if ev.Text.Reveal() != fmt.Sprint(i) {
			t.Fatalf("event %d is post %s", i, ev.Text.Reveal())
		}
	}
}

func TestEveryCloseLeadsToCatchingUp(t *testing.T) {
	slow := func(c *mattermost.Config) { c.Look = time.Hour } // only what the websocket leads to
	m := newMemory(t, slow)
	lin := m.net.Person("Lin")
	lin.Write("0")
	m.wait(1)
	first := ""
	for i := range 3 {
		m.connected()
		m.net.Faults.On("websocket", faults.Fault{}) // and the first attempt to come back fails
		m.net.CloseSockets()
		id := lin.Write(fmt.Sprint(i + 1))
		if i == 0 {
			first = id
		}
		m.wait(i + 2)
	}
	m.connected()
	m.net.Faults.On("websocket", faults.Fault{})
	m.net.CloseSockets()
	lin.Edit(first, "changed while nobody heard")
	if got := m.wait(5); got[4].Kind != bot.EventEdit || got[4].Message != first {
		t.Errorf("got %v", kinds(got))
	}
}

func TestAHoleInWhatTheWebsocketSaysIsRead(t *testing.T) {
	slow := func(c *mattermost.Config) { c.Look = time.Hour }
	m := newMemory(t, slow)
	lin, ola := m.net.Person("Lin"), m.net.Person("Ola")
	post := lin.Write("1")
	ola.Write("a")
	m.wait(2)
	m.connected()
	m.net.Mute(true)
	lin.Edit(post, "2")
	lin.Write("3")
	m.net.Mute(false)
	m.net.Skip()
	ola.Write("b") // what comes next has the wrong number
	m.wait(5)
}

func TestWithoutAWebsocketItIsSlowerAndNothingElse(t *testing.T) {
	m := newMemory(t)
	m.stop()
	for range 1000 {
		m.net.Faults.On("websocket", faults.Fault{Status: http.StatusBadGateway})
	}
	m.net.CloseSockets()
	m.start()
	m.net.Person("Lin").Write("hei")
	m.wait(1)
	if m.net.Listening() > 0 {
		t.Error("a websocket is open")
	}
}

func TestPostsOfTheSameMillisecondAreAllRead(t *testing.T) {
	m := newMemory(t)
	lin := m.net.Person("Lin")
	lin.Write("begin")
	m.wait(1)
	m.stop()
	for range 3 { // the edges of pages fall among them
		m.net.Still(true)
		for range 150 {
			lin.Write("together")
		}
		m.net.Still(false)
		lin.Write("apart")
	}
	m.start()
	m.wait(1 + 3*151)
}

func TestWhatAppearsBehindWhatIsReadIsFound(t *testing.T) {
	m := newMemory(t)
	lin := m.net.Person("Lin")
	lin.Write("1")
	lin.Write("2")
	m.wait(2)
	lin.WriteLate("came in by another machine", 20*time.Second)
	m.wait(3)
	m.stop()
	lin.WriteLate("and so did this, while nobody listened", 30*time.Second)
	m.start()
	m.wait(4)
}

func TestAPlaceThatIsNotThereAnyMoreIsNoEnd(t *testing.T) {
	m := newMemory(t)
	lin := m.net.Person("Lin")
	var old []string
	for i := range 3 {
		old = append(old, lin.Write(fmt.Sprint(i)))
		m.net.Advance(2 * time.Minute) // so that the place moves on
	}
	m.wait(3)
	m.stop()
	for _, id := range old {
		m.net.Purge(id) // a rule on how long posts are kept
	}
	for i := range 300 {
		lin.Write(fmt.Sprint(i + 3))
	}
	m.start()
	for i, ev := range m.wait(303) {
		if ev.Text.Reveal() != fmt.Sprint(i) {
			t.Fatalf("event %d is post %s", i, ev.Text.Reveal())
		}
	}
}

func TestTwoDevicesAreOnePerson(t *testing.T) {
	m := newMemory(t)
	lin := m.net.Person("Lin")
	m.connected()
	for range 2 {
		go lin.Write("from here")
		go lin.Write("from there")
	}
	for _, ev := range m.wait(4) {
		if ev.Address.Reveal() != lin.ID {
			t.Error("a person on two devices is two people")
		}
	}
}

func TestOnlyPeopleAreHeard(t *testing.T) {
	m := newMemory(t)
	lin, other := m.net.Person("Lin"), m.net.Person("another bot")
	other.Robot()
	other.Write("hello, I am a machine")
	lin.Post(&model.Post{Type: model.PostTypeJoinChannel, Message: "lin joined the channel"})
	lin.Write("hei")
	if got := m.wait(1); got[0].Text.Reveal() != "hei" {
		t.Errorf("got %v", kinds(got))
	}
}
