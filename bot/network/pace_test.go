package network_test

import (
	"fmt"
	"testing"
	"time"

	"tillit/bot/network"
)

var start = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestEachConversationHasItsOwnPace(t *testing.T) {
	p := network.NewPacer(network.Rate{PerSecond: 100, Burst: 100}, network.Rate{PerSecond: 1, Burst: 2})
	for range 2 {
		if got := p.Take("a", start); got != 0 {
			t.Fatalf("within the burst it waits %v", got)
		}
	}
	if got := p.Take("a", start); got != time.Second {
		t.Errorf("past the burst it waits %v, want a second", got)
	}
	if got := p.Take("b", start); got != 0 {
		t.Errorf("another conversation waits %v", got)
	}
	if got := p.Take("a", start.Add(time.Second)); got != 0 {
		t.Errorf("a second later it waits %v: a refused take was counted", got)
	}
}

func TestAllTogetherHaveAPace(t *testing.T) {
	p := network.NewPacer(network.Rate{PerSecond: 10, Burst: 3}, network.Rate{PerSecond: 1, Burst: 1})
	for i := range 3 {
		if got := p.Take(fmt.Sprint(i), start); got != 0 {
			t.Fatalf("within the burst it waits %v", got)
		}
	}
	if got := p.Take("4", start); got != 100*time.Millisecond {
		t.Errorf("past the burst it waits %v, want 100ms", got)
	}
	if got := p.Take("4", start.Add(100*time.Millisecond)); got != 0 {
		t.Errorf("100ms later it waits %v: the conversation was charged for a no", got)
	}
}

func TestTheNetworksOwnWaitHolds(t *testing.T) {
	p := network.NewPacer(network.Rate{PerSecond: 100, Burst: 100}, network.Rate{PerSecond: 10, Burst: 10})
	p.Hold("a", start, start.Add(30*time.Second))
	if got := p.Take("a", start.Add(10*time.Second)); got != 20*time.Second {
		t.Errorf("it waits %v, want the rest of what the network said", got)
	}
	if got := p.Take("b", start); got != 0 {
		t.Errorf("another conversation waits %v for it", got)
	}
	p.Hold("b", start, start.Add(5*time.Second))
	if got := p.Take("c", start); got != 5*time.Second {
		t.Errorf("when two are held at once everybody waits, got %v", got)
	}
}
