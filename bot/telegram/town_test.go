package telegram_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tillit/bot"
	"tillit/bot/bottest"
	"tillit/bot/network"
	"tillit/bot/telegram"
	"tillit/bot/telegram/standin"
	"tillit/handlers"
	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/party"
	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/storetest"
)

// town is the whole path: people, the network, the channel, the bot and a store.
type town struct {
	t     *testing.T
	net   *standin.Server
	dir   string
	who   *storetest.People
	store *store.Store
	tg    *telegram.Telegram
	log   *bottest.Journal
	bot   *bot.Bot
	stop  func()
	seen  map[*standin.Person]int // newest message when they last pressed
}

// shipped is the routine that Tillit comes with.
var shipped = sync.OnceValue(func() handlers.Opening {
	r, faults := handlers.LoadRoutine(party.Files, acts.Vocabulary())
	if r == nil {
		panic(faults)
	}
	return handlers.Opening{Routine: r, Calendar: r.Calendar(time.UTC, nil)}
})

// newTown starts all of it. It ends with the test, or when stop is called.
func newTown(t *testing.T, change ...func(*telegram.Config)) *town {
	t.Helper()
	tw := &town{t: t, net: standin.New(t), dir: t.TempDir(), log: &bottest.Journal{}, seen: map[*standin.Person]int{}}
	tw.who = storetest.NewPeople(t)
	tw.store = storetest.Open(t, tw.dir, storetest.Keys(t))
	tw.start(change...)
	return tw
}

func (tw *town) start(change ...func(*telegram.Config)) {
	tw.t.Helper()
	log := slog.New(slog.NewTextHandler(tw.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	o := bottest.Office{}
	for _, id := range []string{"maren", "jonas", cases.External, cases.Recovery} {
		o.Keys = append(o.Keys, cases.Recipient{ID: id, Key: tw.who.Key(id)})
	}
	phrases, err := bot.LoadPhrases()
	if err != nil {
		tw.t.Fatal(err)
	}
	tw.bot = bot.New(bot.Config{
		Store: tw.store, Office: o, Set: intake.Default(), Phrases: phrases, Org: "Eksempelforbundet", Zone: time.UTC, Lang: "nb",
		Keep: 14 * 24 * time.Hour, Backups: 30 * 24 * time.Hour, Now: time.Now, Log: log, Routine: shipped(), Shown: true,
		Values: map[string]string{"emergency": "112", "doctor": "116 117", "police": "02800", "max": "50 MB"},
	})
	tw.net.Fast = true
	quick := func(c *telegram.Config) {
		c.Pace = network.NewPacer(network.Rate{PerSecond: 1000, Burst: 1000}, network.Rate{PerSecond: 1000, Burst: 1000})
	}
	tw.tg = channel(tw.t, tw.net, log, append([]func(*telegram.Config){quick}, change...)...)
	courier := &bot.Courier{Outbox: tw.store, Channels: map[string]bot.Channel{"telegram": tw.tg}, Now: time.Now, Log: log}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := courier.Run(ctx); err != nil {
			tw.t.Error(err)
		}
	})
	running.Go(func() {
		if err := tw.bot.Run(ctx, tw.tg); err != nil {
			tw.t.Error(err)
		}
	})
	tw.stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})
	tw.t.Cleanup(tw.stop)
}

// until waits for something to become true.
func (tw *town) until(what string, ok func() bool) {
	tw.t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			tw.t.Fatalf("waited in vain: %s\n%s", what, tw.log)
		}
	}
}

// settled waits until everything that was written is stored and confirmed.
func (tw *town) settled() {
	tw.t.Helper()
	tw.until("everything confirmed", func() bool { return tw.net.Pending() == 0 })
}

// sees waits until a person's newest messages hold these words.
func (tw *town) sees(p *standin.Person, words string) {
	tw.t.Helper()
	tw.until(fmt.Sprintf("%s sees %q, got %q", p.Name, words, last(p)), func() bool {
		return slices.ContainsFunc(p.Got(), func(s string) bool { return strings.Contains(s, words) })
	})
}

func last(p *standin.Person) string {
	got := p.Got()
	if len(got) == 0 {
		return ""
	}
	return got[len(got)-1]
}

// press presses a button under a message that came after the last press.
func (tw *town) press(p *standin.Person, label string) {
	tw.t.Helper()
	tw.until(fmt.Sprintf("a button that says %s", label), func() bool {
		return slices.Contains(tw.buttons(p), label)
	})
	screen := p.Screen()
	if _, err := p.Press(label); err != nil {
		tw.t.Fatal(err)
	}
	tw.seen[p] = screen[len(screen)-1].ID
	tw.until("the press is stored", func() bool { return tw.net.Pending() == 0 })
}

// buttons are the labels under the newest message that has any, if it came after
// the last press.
func (tw *town) buttons(p *standin.Person) (labels []string) {
	for _, m := range slices.Backward(p.Screen()) {
		for _, b := range m.Buttons {
			labels = append(labels, b.Label)
		}
		if labels != nil && m.ID > tw.seen[p] {
			return labels
		}
	}
	return nil
}

// begin takes a person to the first question in own words.
func (tw *town) begin(p *standin.Person) {
	tw.t.Helper()
	p.Write("/start")
	for _, label := range []string{"Start", "Ja"} {
		tw.press(p, label)
	}
	tw.sees(p, "egne ord")
}

// report takes a person through the shortest interview and returns the case.
func (tw *town) report(p *standin.Person, words ...string) string {
	tw.t.Helper()
	tw.begin(p)
	for _, w := range words {
		p.Write(w)
	}
	tw.settled()
	tw.send(p)
	return tw.ref(p)
}

// send goes from the free account to the receipt.
func (tw *town) send(p *standin.Person) {
	tw.t.Helper()
	// What was said to earlier words keeps a pace, and may ask the question anew.
	for n := -1; n != len(p.Got()); time.Sleep(1500 * time.Millisecond) {
		n = len(p.Got())
	}
	for _, label := range []string{"Ferdig", "Det skjedde med meg", "Hopp over", "Hopp over", "Nei, alle her kan se det", "Se over og send", "Hopp over", "Hopp over", "Ferdig med å se over", "Send inn"} {
		tw.press(p, label)
	}
	tw.sees(p, "Kvittering")
}

func (tw *town) conversation(p *standin.Person) store.Conversation {
	tw.t.Helper()
	c, err := tw.store.Conversation(tw.t.Context(), "telegram", intake.NewConversationID(fmt.Sprint(p.ID)))
	if err != nil {
		tw.t.Fatal(err)
	}
	return c
}

func (tw *town) ref(p *standin.Person) string { return tw.conversation(p).Ref }

// told is what a handler reads in a case, oldest first.
func (tw *town) told(ref string) []cases.Body {
	tw.t.Helper()
	return tw.who.Told(tw.t, tw.store, "maren", ref)
}

// words are the reporter's own words in a case.
func (tw *town) words(ref string) []string {
	tw.t.Helper()
	return storetest.Words(tw.told(ref))
}
