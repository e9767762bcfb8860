package network_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tillit/bot"
	"tillit/bot/network"
)

// timed is when turns came, by who had them.
type timed struct {
	mu    sync.Mutex
	began time.Time
	order []string
	at    map[string][]time.Duration
}

func (d *timed) note(key string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.order = append(d.order, key)
	d.at[key] = append(d.at[key], time.Since(d.began))
}

// turns has each conversation take so many turns, one after another, as its lines do.
func turns(t *testing.T, p *network.Pacer, n map[string]int) *timed {
	t.Helper()
	d := &timed{began: time.Now(), at: map[string][]time.Duration{}}
	var all sync.WaitGroup
	for key, times := range n {
		all.Go(func() {
			for range times {
				if err := p.Turn(t.Context(), key, time.Now); err != nil {
					t.Error(err)
				}
				d.note(key)
			}
		})
	}
	all.Wait()
	return d
}

func TestEachConversationHasItsOwnPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := network.NewPacer(network.Rate{PerSecond: 100, Burst: 100}, network.Rate{PerSecond: 1, Burst: 2})
		got := turns(t, p, map[string]int{"a": 4, "b": 1})
		near := func(is, want time.Duration) bool { return is >= want-time.Millisecond && is < want+50*time.Millisecond }
		if a := got.at["a"]; !near(a[1], 0) || !near(a[2], time.Second) || !near(a[3], 2*time.Second) || !near(got.at["b"][0], 0) {
			t.Errorf("turns came at %v", got.at)
		}
	})
}

// TestNoSecondHasMoreThanTheLimit looks at each second of a crowd's.
func TestNoSecondHasMoreThanTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := network.NewPacer(network.Rate{PerSecond: 25, Burst: 2}, network.Rate{PerSecond: 1, Burst: 4})
		crowd := map[string]int{}
		for i := range 300 {
			crowd[fmt.Sprint(i)] = 1
		}
		var all []time.Duration
		for _, at := range turns(t, p, crowd).at {
			all = append(all, at...)
		}
		slices.Sort(all)
		for i := range all[:len(all)-30] {
			if all[i+30]-all[i] < time.Second {
				t.Fatalf("more than 30 leave within the second after %v", all[i])
			}
		}
		if last := all[len(all)-1]; last > 12*time.Second {
			t.Errorf("the last of 300 leaves after %v, want 1.2 times what 30 a second take", last)
		}
	})
}

// TestWhoWritesMuchStarvesNobody: one line of a newcomer is not behind others' fifty.
func TestWhoWritesMuchStarvesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := network.NewPacer(network.Rate{PerSecond: 5, Burst: 1}, network.Rate{PerSecond: 5, Burst: 5})
		go func() {
			time.Sleep(2 * time.Second)
			began := time.Now()
			p.Heard("newcomer", true, time.Now())
			if err := p.Turn(t.Context(), "newcomer", time.Now); err != nil || time.Since(began) > time.Second {
				t.Errorf("a newcomer waits %v: %v", time.Since(began), err)
			}
		}()
		got := turns(t, p, map[string]int{"a": 20, "b": 20, "c": 20})
		if n := len(got.order); n != 60 {
			t.Fatalf("%d turns", n)
		}
		for i := 3; i+3 <= 57; i += 3 {
			if slices.Sort(got.order[i : i+3]); got.order[i] == got.order[i+1] && got.order[i+1] == got.order[i+2] {
				t.Errorf("one of them has three turns in a row: %v", got.order)
			}
		}
	})
}

// TestAPressIsAnsweredFirst and nobody waits behind presses for ever.
func TestAPressIsAnsweredFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := network.NewPacer(network.Rate{PerSecond: 1, Burst: 1}, network.Rate{PerSecond: 100, Burst: 100})
		if err := p.Turn(t.Context(), "first", time.Now); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var order []string
		wants := func(key string, says func()) {
			says()
			go func() {
				_ = p.Turn(t.Context(), key, time.Now) // it is noted either way
				mu.Lock()
				defer mu.Unlock()
				order = append(order, key)
			}()
			synctest.Wait()
		}
		wants("a notice", func() {})
		wants("who wrote", func() { p.Heard("who wrote", false, time.Now()) })
		wants("who pressed", func() { p.Heard("who pressed", true, time.Now()) })
		for i := range 30 { // others press all the time
			wants(fmt.Sprint(i), func() { p.Heard(fmt.Sprint(i), true, time.Now()) })
		}
		time.Sleep(40 * time.Second)
		mu.Lock()
		defer mu.Unlock()
		if order[0] != "who pressed" || slices.Index(order, "who wrote") > slices.Index(order, "29") || slices.Index(order, "a notice") > 20 {
			t.Errorf("the order is %v", order)
		}
	})
}

func TestTheNetworksOwnWaitHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fast := network.Rate{PerSecond: 100, Burst: 100}
		p := network.NewPacer(fast, fast)
		now := time.Now()
		for _, key := range []string{"a", "b"} {
			p.Hold(key, now, now.Add(24*time.Second))
		}
		got := turns(t, p, map[string]int{"a": 1, "b": 1, "c": 1})
		if got.at["c"][0] > 0 || got.at["a"][0] < 24*time.Second || got.at["b"][0] < 24*time.Second {
			t.Errorf("two are held for 24 s, and turns come at %v", got.at)
		}
		now = time.Now()
		for i := range 6 { // it means everybody
			p.Hold(fmt.Sprint(i), now, now.Add(20*time.Second))
		}
		got = turns(t, p, map[string]int{"c": 1})
		if at := got.at["c"][0]; at < time.Second || at > 2*time.Second {
			t.Errorf("six are held, and another one waits %v, want a breath", at)
		}
	})
}

func TestWhoGivesUpTakesNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := network.NewPacer(network.Rate{PerSecond: 1, Burst: 1}, network.Rate{PerSecond: 1, Burst: 1})
		turns(t, p, map[string]int{"a": 1})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var later *bot.RetryError
		if err := p.Turn(ctx, "b", time.Now); !errors.As(err, &later) {
			t.Errorf("who gives up gets %v", err)
		}
		if got := turns(t, p, map[string]int{"c": 1}); got.at["c"][0] > time.Second {
			t.Errorf("the next one waits %v for a turn that nobody took", got.at["c"][0])
		}
	})
}
