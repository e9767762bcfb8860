package telegram_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"tillit/store/cases"
)

// TestAPlaceIsKeptAndALiveOneIsSilent shares places: one, one of a name, and one that the
// network tells anew while somebody moves, about which the bot says nothing more.
func TestAPlaceIsKeptAndALiveOneIsSilent(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	tw.begin(lin)
	lin.Send(map[string]any{"location": map[string]any{"latitude": 59.91273, "longitude": 10.74609, "horizontal_accuracy": 12.0}})
	lin.Send(map[string]any{"venue": map[string]any{"title": "Kantina", "address": "Gata 1", "location": map[string]any{"latitude": 59.9, "longitude": 10.7}}})
	message, _ := lin.Send(map[string]any{"location": map[string]any{"latitude": 60.0, "longitude": 11.0, "live_period": 900}})
	tw.settled()
	said := func() int { // once nothing more is said
		n, since := len(lin.Got()), time.Now()
		tw.until("nothing more is said", func() bool {
			if now := len(lin.Got()); now != n {
				n, since = now, time.Now()
			}
			return time.Since(since) > 500*time.Millisecond
		})
		return n
	}
	before := said()
	for i := range 20 {
		lin.EditFields(message, map[string]any{"location": map[string]any{"latitude": 60.0 + float64(i)/100, "longitude": 11.0, "live_period": 900}})
	}
	lin.EditFields(message, map[string]any{"location": map[string]any{"latitude": 60.5, "longitude": 11.5}})
	tw.settled()
	if after := said(); after > before {
		t.Errorf("%d moves were answered: %q", 21, lin.Got()[before:])
	}
	tw.send(lin)
	var live []string
	for _, b := range tw.told(tw.ref(lin)) {
		switch b := b.(type) {
		case cases.Answer:
			if b.Live {
				live = append(live, b.Text.Reveal())
			}
		case cases.Message:
			if b.Live {
				live = append(live, b.Text.Reveal())
			}
		}
	}
	got := tw.words(tw.ref(lin))
	for _, want := range []string{"📍 59.912730, 10.746090 (± 12 m)", "Kantina, Gata 1\n📍 59.900000, 10.700000"} {
		if !slices.Contains(got, want) {
			t.Errorf("the office reads %q, want %q", got, want)
		}
	}
	if want := []string{"📍 60.000000, 11.000000", "📍 60.500000, 11.500000"}; fmt.Sprint(live) != fmt.Sprint(want) {
		t.Errorf("of the one that moves are kept %q, want %q", live, want)
	}
}
