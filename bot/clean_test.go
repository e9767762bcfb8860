package bot

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/intake"
	"tillit/store/cases"
	"tillit/store/storetest"
)

// erasable is a network whose messages can be taken back, its own and a person's.
type erasable struct {
	place
	ours  bool
	taken [][]SentID
}

func (e *erasable) Capabilities(intake.ConversationID) Capabilities {
	return Capabilities{Buttons: true, CanDelete: true, DeletesOurs: e.ours, DeletesFor: 48 * time.Hour, Reader: "Nettet"}
}

func (e *erasable) Delete(_ context.Context, _ intake.Address, messages []SentID) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.taken = append(e.taken, messages)
	return nil
}

func (tw *town) erasable(ours bool) *erasable {
	e := &erasable{place: place{screen: screen{sent: map[string][]Message{}}, name: "net"}, ours: ours}
	tw.courier.Channels["net"] = e
	return e
}

// TestAChatIsCleanedEachTime: by the clock, without a word, never while a message
// waits to be read, and only where it was asked for.
func TestAChatIsCleanedEachTime(t *testing.T) {
	tw := newTown(t)
	net := tw.erasable(false)
	tw.until(8)
	write := func(person, id, text string) {
		t.Helper()
		tw.event(net, person, id, Event{Kind: EventMessage, Text: intake.NewPrivate(text), Messages: []SentID{SentID("in-" + id)}})
	}
	write("kim", "k", "hei") // did not ask for it
	tw.event(net, "lin", "s", Event{Kind: EventPress, Choices: []string{"start"}})
	ref := tw.sent(&net.place, "lin")
	write("lin", "1", "/rydd")
	offered := net.sent["lin"][len(net.sent["lin"])-1]
	i := slices.IndexFunc(net.sent["lin"], func(m Message) bool { return m.Clean })
	if i < 0 || len(net.sent["lin"][i].Choices) != 1 || net.sent["lin"][i].Choices[0].ID != "clean_each" {
		t.Fatalf("cleaning does not offer to do it each time: %+v", offered)
	}
	tw.event(net, "lin", "2", Event{Kind: EventPress, Choices: []string{"clean_each"}})
	if all, _ := tw.heard(&net.screen, "lin"); !strings.Contains(all, "én til to timer") {
		t.Errorf("she is not told what happens from now on: %q", all)
	}
	said, cleaned := len(net.sent["lin"]), len(net.taken)
	later := func(d time.Duration, want int, why string) {
		t.Helper()
		tw.turn(d)
		tw.tick()
		tw.drain()
		if got := len(net.taken) - cleaned; got != want || len(net.sent["lin"]) != said {
			t.Errorf("%s: cleaned %d times and said %d things, want %d and none", why, got, len(net.sent["lin"])-said, want)
		}
	}
	later(30*time.Minute, 0, "half an hour later")
	later(2*time.Hour, 1, "after more than two hours")
	later(3*time.Hour, 1, "nothing new stands there")
	write("lin", "3", "mer")
	said = len(net.sent["lin"])
	later(2*time.Hour+time.Minute, 2, "she wrote again")
	if last := net.taken[len(net.taken)-1]; !slices.Contains(last, "in-3") {
		t.Errorf("taken back: %q, want what she wrote, too", last)
	}
	tw.until(9)
	if err := storetest.Write(t.Context(), tw.store, "maren", cases.Outgoing{Ref: ref, By: "Maren", Text: intake.NewPrivate("svar")}, tw.bot.Reply); err != nil {
		t.Fatal(err)
	}
	tw.drain()
	said = len(net.sent["lin"])
	later(24*time.Hour, 2, "a message waits to be read")
	tw.event(net, "lin", "4", Event{Kind: EventPress, Choices: []string{"show"}})
	said = len(net.sent["lin"])
	later(2*time.Hour+time.Minute, 3, "it has been read")
	tw.event(net, "lin", "5", Event{Kind: EventPress, Choices: []string{"clean_stop"}})
	said = len(net.sent["lin"])
	later(5*time.Hour, 3, "she has stopped it")
	if faults, err := tw.store.Verify(t.Context(), storetest.Nobody); err != nil || len(faults) > 0 {
		t.Errorf("Verify: %v, %v", faults, err)
	}
}

// TestCleaningEachTimeSaysWhatRemains where only our own can be taken back, or
// nothing at all.
func TestCleaningEachTimeSaysWhatRemains(t *testing.T) {
	tw := newTown(t)
	net := tw.erasable(true)
	tw.event(net, "lin", "1", Event{Kind: EventPress, Choices: []string{"clean_each"}})
	if all, _ := tw.heard(&net.screen, "lin"); !strings.Contains(all, "Det du selv har skrevet, kan bare du slette") {
		t.Errorf("where only ours can be taken back she is told %q", all)
	}
	tw.press("kim", "1", "clean_each")
	if all, _ := tw.heard(tw.screen, "kim"); !strings.Contains(all, "kan jeg ikke slette for deg") {
		t.Errorf("where nothing can be taken back she is told %q", all)
	}
}
