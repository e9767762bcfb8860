package mattermost_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tillit/bot"
	"tillit/bot/bottest"
	"tillit/bot/mattermost"
	"tillit/bot/mattermost/standin"
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
	mm    *mattermost.Mattermost
	log   *bottest.Journal
	bot   *bot.Bot
	stop  func()
	seen  map[*standin.Person]string // the post under which they last pressed

	callback *httptest.Server
	served   atomic.Pointer[mattermost.Mattermost] // behind the callback
	dies     atomic.Int32                          // how it dies at the next event
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
func newTown(t *testing.T, change ...func(*mattermost.Config)) *town {
	t.Helper()
	tw := &town{t: t, net: standin.New(t), dir: t.TempDir(), log: &bottest.Journal{}, seen: map[*standin.Person]string{}}
	tw.callback = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { tw.served.Load().ServeHTTP(rw, r) }))
	t.Cleanup(tw.callback.Close)
	tw.who = storetest.NewPeople(t)
	tw.store = storetest.Open(t, tw.dir, storetest.Keys(t))
	tw.start(change...)
	tw.carry()
	return tw
}

func (tw *town) start(change ...func(*mattermost.Config)) {
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
	where := func(c *mattermost.Config) {
		c.Callback = tw.callback.URL + "/hooks/mattermost"
		c.Cursor = func(ctx context.Context, person intake.ConversationID) ([]byte, error) {
			return tw.store.Cursor(ctx, "mattermost", person)
		}
	}
	tw.mm = channel(tw.t, tw.net, log, append([]func(*mattermost.Config){where}, change...)...)
	tw.served.Store(tw.mm)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := tw.mm.Listen(ctx, tw.take); err != nil {
			tw.t.Error(err)
		}
	})
	tw.stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})
	tw.t.Cleanup(tw.stop)
}

// now is the channel of the process that runs now.
type now struct {
	bot.Channel
	tw *town
}

func (n now) Send(ctx context.Context, to intake.Address, m bot.Message) (bot.SentID, error) {
	return n.tw.served.Load().Send(ctx, to, m)
}

func (n now) Delete(ctx context.Context, to intake.Address, all []bot.SentID) error {
	return n.tw.served.Load().Delete(ctx, to, all)
}

// carry runs one courier for all processes: what one that dies had taken waits for
// half a minute, which is the store's to test.
func (tw *town) carry() {
	log := slog.New(slog.NewTextHandler(tw.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	courier := &bot.Courier{Outbox: tw.store, Channels: map[string]bot.Channel{"mattermost": now{tw.mm, tw}}, Now: time.Now, Log: log}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := courier.Run(ctx); err != nil {
			tw.t.Error(err)
		}
	})
	tw.t.Cleanup(func() {
		cancel()
		running.Wait()
	})
}

// until waits for something to become true.
func (tw *town) until(what string, ok func() bool) {
	tw.t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			tw.t.Fatalf("waited in vain: %s\n%s", what, tw.log)
		}
	}
}

// The ways in which the process dies at an event: before anything is stored, or
// when it is and nobody knows.
const (
	lives = iota
	diesBefore
	diesAfter
)

var errDead = errors.New("the process is dead")

// take is what the bot does with an event, unless the process dies in it. After
// that nothing is stored until a new one starts.
func (tw *town) take(ctx context.Context, ev bot.Event) error {
	how := tw.dies.Load()
	if how == diesBefore {
		return errDead
	}
	err := tw.bot.Deliver(ctx, tw.mm, ev)
	if how == diesAfter {
		tw.dies.Store(diesBefore)
		return errDead
	}
	return err
}

// again is a new process on the same disk.
func (tw *town) again(change ...func(*mattermost.Config)) {
	tw.t.Helper()
	tw.stop()
	tw.dies.Store(lives)
	tw.start(change...)
}

// kept waits until these posts of a person are stored.
func (tw *town) kept(p *standin.Person, posts ...string) {
	tw.t.Helper()
	for _, post := range posts {
		tw.until("a post is stored", func() bool { return tw.mm.Stored(p.ID, post) })
	}
}

// sees waits until a person's newest messages hold these words.
func (tw *town) sees(p *standin.Person, words string) {
	tw.t.Helper()
	tw.until(fmt.Sprintf("%s sees %q, got %q", p.Name, words, last(p)), func() bool {
		return slices.ContainsFunc(p.Got(), func(s string) bool { return strings.Contains(s, words) })
	})
}

// quiet waits until the bot has said what it has to say.
func (tw *town) quiet(p *standin.Person) {
	tw.t.Helper()
	n, since := len(p.Got()), time.Now()
	tw.until("nothing more is said", func() bool {
		if now := len(p.Got()); now != n {
			n, since = now, time.Now()
		}
		return time.Since(since) > 150*time.Millisecond
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
	m := tw.newest(p)
	for _, b := range m.Buttons {
		if b.Label != label {
			continue
		}
		if told, err := p.PressAt(m.ID, b.Action); err != nil || told != "" {
			tw.t.Fatalf("pressing %s: %q, %v", label, told, err)
		}
		tw.seen[p] = m.ID
		return
	}
}

// newest is the newest post with buttons.
func (tw *town) newest(p *standin.Person) standin.Shown {
	for _, m := range slices.Backward(p.Screen()) {
		if len(m.Buttons) > 0 {
			return m
		}
	}
	return standin.Shown{}
}

// buttons are the labels under the newest message that has any, if it came after
// the last press.
func (tw *town) buttons(p *standin.Person) (labels []string) {
	m := tw.newest(p)
	if m.ID == tw.seen[p] {
		return nil
	}
	for _, b := range m.Buttons {
		labels = append(labels, b.Label)
	}
	return labels
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
		tw.kept(p, p.Write(w))
	}
	tw.send(p)
	return tw.ref(p)
}

// send goes from the free account to the receipt.
func (tw *town) send(p *standin.Person) {
	tw.t.Helper()
	for _, label := range []string{"Ferdig", "Det skjedde med meg", "Hopp over", "Hopp over", "Nei, alle her kan se det", "Se over og send", "Hopp over", "Hopp over", "Ferdig med å se over", "Send inn"} {
		tw.press(p, label)
	}
	tw.sees(p, "Kvittering")
}

func (tw *town) conversation(p *standin.Person) store.Conversation {
	tw.t.Helper()
	c, err := tw.store.Conversation(tw.t.Context(), "mattermost", intake.NewConversationID(p.ID))
	if err != nil {
		tw.t.Fatal(err)
	}
	return c
}

// phrase is what the bot says, in its own words.
func (tw *town) phrase(lang, key string) string { return tw.bot.Phrases.Say(lang, key) }

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
