package mattermost_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"tillit/bot"
	"tillit/bot/bottest/faults"
)

func TestEditsAndDeletionsAreFoundWhileListeningAndAfterwards(t *testing.T) {
	for name, down := range map[string]bool{"while it listens": false, "while nobody listens": true} {
		t.Run(name, func(t *testing.T) {
			m := newMemory(t)
			lin := m.net.Person("Lin")
			one, two, three := lin.Write("1"), lin.Write("2"), lin.Write("3")
			m.wait(3)
			m.connected()
			if down {
				m.stop()
				m.net.Advance(100 * time.Hour) // longer than ids are remembered
			}
			lin.React(three) // changes when it was changed, and nothing else
			lin.Edit(one, "1, better")
			lin.Delete(two)
			lin.Write("4")
			if down {
				m.start()
			}
			var got []string
			for _, ev := range m.wait(6)[3:] {
				got = append(got, fmt.Sprintf("%s %q %v %v", ev.Kind, ev.Text.Reveal(), ev.Message == one, ev.Message == two))
			}
			slices.Sort(got)
			want := []string{`delete "" false true`, `edit "1, better" true false`, `message "4" false false`}
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			// They are not found a second time.
			m.stop()
			clear(m.ids)
			m.start()
			m.connected()
			lin.Write("5")
			m.wait(7)
		})
	}
}

func TestEachEditIsAVersionInTheCase(t *testing.T) {
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	tw.begin(lin)
	post := lin.Write("Det var på en tirsdag.")
	tw.kept(lin, post)
	lin.Edit(post, "Det var på en onsdag.")
	tw.sees(lin, tw.phrase("nb", "edited"))
	tw.again()
	lin.Edit(post, "Det var på en torsdag.")
	tw.until("both are said to be kept", func() bool {
		n := 0
		for _, s := range lin.Got() {
			if s == tw.phrase("nb", "edited") {
				n++
			}
		}
		return n == 2
	})
	tw.send(lin)
	want := []string{"Det var på en tirsdag.", "Det var på en onsdag.", "Det var på en torsdag."}
	if got := tw.words(tw.ref(lin)); !slices.Equal(got, want) {
		t.Errorf("the office reads %q, want %q", got, want)
	}
}

// TestAnEditBeforeWeReadKeepsTheFirstWords has the network's answer be slow: by then
// the bot cannot read the old words any more.
func TestAnEditBeforeWeReadKeepsTheFirstWords(t *testing.T) {
	m := newMemory(t)
	lin := m.net.Person("Lin")
	lin.Write("hei")
	m.wait(1)
	m.connected()
	m.net.Faults.On("read", faults.Fault{Status: 502, Delay: 20 * time.Millisecond})
	post := lin.Write("first words")
	lin.Edit(post, "second words")
	lin.Edit(post, "third words")
	got := texts(m.wait(4))
	if want := []string{"hei", "first words", "second words", "third words"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhatIsTakenAwayBeforeWeReadIsKeptAsItWasHeard(t *testing.T) {
	m := newMemory(t)
	lin := m.net.Person("Lin")
	lin.Write("hei")
	m.wait(1)
	m.connected()
	m.net.Faults.On("read", faults.Fault{Status: 502, Delay: 20 * time.Millisecond})
	lin.Delete(lin.Write("said and taken back"))
	lin.Write("and on")
	got := m.wait(4)
	if got[1].Text.Reveal() != "said and taken back" || got[2].Text.Reveal() != "and on" || got[3].Kind != bot.EventDelete {
		t.Errorf("got %q", kinds(got))
	}
}

func TestWhatWasTakenAwayBeforeAnybodyHeardIsNotLookedFor(t *testing.T) {
	m := newMemory(t)
	lin := m.net.Person("Lin")
	lin.Write("1")
	m.wait(1)
	m.stop()
	lin.Delete(lin.Write("said to nobody"))
	lin.Write("2")
	m.start()
	if got := texts(m.wait(2)); got[1] != "2" {
		t.Errorf("got %q", got)
	}
}

// TestMoreChangesThanTheNetworkLists: of those it hands out any thousand.
func TestMoreChangesThanTheNetworkLists(t *testing.T) {
	const many = 1300
	m := newMemory(t)
	lin := m.net.Person("Lin")
	var posts []string
	for i := range many {
		posts = append(posts, lin.Write(fmt.Sprint(i)))
	}
	m.net.Advance(5 * time.Minute)
	lin.Write("last")
	m.wait(many + 1)
	m.stop()
	m.net.Advance(5 * time.Minute)
	for i, id := range posts {
		lin.Edit(id, fmt.Sprintf("%d, better", i))
	}
	m.start()
	m.wait(2*many + 1)
}

func TestOlderTextsOfAPostAreNoPosts(t *testing.T) {
	m := newMemory(t)
	lin := m.net.Person("Lin")
	post := lin.Write("1")
	m.wait(1)
	for i := range 5 {
		lin.Edit(post, fmt.Sprint("better ", i)) // the network keeps the old text as a row of its own
		m.wait(i + 2)
	}
}
