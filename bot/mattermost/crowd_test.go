package mattermost_test

import (
	"fmt"
	"testing"
	"time"

	"tillit/bot/mattermost"
	"tillit/bot/mattermost/standin"
)

// TestManyWhoWriteMuchAreAnsweredSoon: 20 people write 8 messages each, at the pace that a
// server allows which nobody tuned.
func TestManyWhoWriteMuchAreAnsweredSoon(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes as long as the machine says")
	}
	tw := newTown(t, func(c *mattermost.Config) { c.Pace = nil })
	var all []*standin.Person
	began := time.Now()
	for i := range 20 {
		p := tw.net.Person(fmt.Sprint("Ola", i))
		for n := range 8 {
			p.Write(fmt.Sprint("/hjelp ", n))
		}
		all = append(all, p)
	}
	said, since := 0, time.Now()
	for time.Since(since) < time.Second { // until nothing more is said
		n := 0
		for _, p := range all {
			n += len(p.Got())
		}
		if n != said {
			said, since = n, time.Now()
		}
		time.Sleep(5 * time.Millisecond)
	}
	took := since.Sub(began)
	if said < 20*8 {
		t.Errorf("%d answers to 160 messages", said)
	}
	t.Logf("20 people with 8 messages each are answered in %v", took.Round(time.Millisecond))
	if took > 20*time.Second { // under ten where nothing else runs
		t.Errorf("the last one waits %v", took)
	}
	lin := tw.net.Person("Lin")
	began = time.Now()
	lin.Write("hei")
	tw.sees(lin, "Hei")
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("a newcomer waits %v", took)
	}
}
