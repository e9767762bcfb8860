package walk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tillit/bot"
	"tillit/bot/bottest"
	"tillit/handlers"
	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/party"
	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/storetest"
)

// Town is the whole path of a message but for the network: a channel, the bot and a real
// store, which can be stopped and started again over what it stored. Its clock runs faster
// than the real one, so that nobody is held back for writing much.
type Town struct {
	Store *store.Store
	Log   *slog.Logger

	t     testing.TB
	made  Made
	who   *storetest.People
	logs  *bottest.Journal
	ahead atomic.Int64 // of the real clock
	stop  func()       // this process
	end   func()       // and all else
	now   atomic.Pointer[bot.Channel]
	// life is held for reading by whoever does something, and for writing by who restarts it.
	life sync.RWMutex

	mu      sync.Mutex
	said    map[string][]*said
	spoke   map[string]int             // how often something was said or changed
	took    map[string]map[string]bool // the events that were stored, by conversation
	dies    map[string]int             // how many are to be stored without the channel hearing of it
	flying  map[int64]string           // lines on their way, and to whom
	empties map[string]int             // how often the outbox was found empty for somebody
	looks   int
	wake    chan struct{}
}

// said is what the bot said to somebody, as it stands there.
type said struct {
	n   int      // the how manieth thing that the bot said or changed
	ids []string // what the network calls it; a long text is several messages
	bot.Message
}

// at is the message that its buttons stand under.
func (s *said) at() string { return s.ids[len(s.ids)-1] }

var shipped = sync.OnceValue(func() handlers.Opening {
	r, faults := handlers.LoadRoutine(party.Files, acts.Vocabulary())
	if r == nil {
		panic(faults)
	}
	return handlers.Opening{Routine: r, Calendar: r.Calendar(time.UTC, nil)}
})

func newTown(t testing.TB, make func(testing.TB, *Town) Made) *Town {
	t.Helper()
	tw := &Town{
		t: t, logs: &bottest.Journal{}, who: storetest.NewPeople(t), said: map[string][]*said{}, spoke: map[string]int{}, took: map[string]map[string]bool{},
		dies: map[string]int{}, flying: map[int64]string{}, empties: map[string]int{}, wake: newWake(),
	}
	tw.Log = slog.New(slog.NewTextHandler(tw.logs, nil))
	tw.Store = storetest.OpenWith(t, store.Options{Dir: t.TempDir(), Keys: storetest.Keys(t), Now: tw.Now})
	tw.made = make(t, tw)
	tw.start()
	tw.greets(0)
	ctx, cancel := context.WithCancel(context.Background())
	var carrying sync.WaitGroup
	// One courier for all lives: what becomes of what one that dies had taken is the store's
	// to test.
	out := relay{*tw.now.Load(), tw}
	courier := &bot.Courier{Outbox: watched{tw.Store, tw}, Channels: map[string]bot.Channel{out.Name(): out.as()}, Now: tw.Now, Log: tw.Log}
	carrying.Go(func() { tw.wakes(ctx) })
	carrying.Go(func() {
		if err := courier.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	tw.end = sync.OnceFunc(func() {
		cancel()
		carrying.Wait()
		tw.stop()
	})
	t.Cleanup(tw.end)
	return tw
}

func newWake() chan struct{} { return make(chan struct{}, 1) }

// Now is the town's clock.
func (tw *Town) Now() time.Time { return time.Now().Add(time.Duration(tw.ahead.Load())) }

// turn lets time pass.
func (tw *Town) turn(d time.Duration) { tw.ahead.Add(int64(d)) }

// start is a new process: it knows what is stored, and nothing else.
func (tw *Town) start() {
	phrases, err := bot.LoadPhrases()
	if err != nil {
		tw.t.Fatal(err)
	}
	o := bottest.Office{}
	for _, id := range []string{"maren", "jonas", cases.External, cases.Recovery} {
		o.Keys = append(o.Keys, cases.Recipient{ID: id, Key: tw.who.Key(id)})
	}
	b := bot.New(bot.Config{
		Store: tw.Store, Office: o, Set: intake.Default(), Phrases: phrases, Org: "Eksempelforbundet", Zone: time.UTC, Lang: "nb",
		Keep: 14 * 24 * time.Hour, Backups: 30 * 24 * time.Hour, Now: tw.Now, Log: tw.Log, Routine: shipped(),
		Values: map[string]string{"emergency": "112", "doctor": "116 117", "police": "02800", "max": "50 MB"},
	})
	ch := tw.made.Channel()
	tw.now.Store(&ch)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx, ears{ch, tw}) }()
	tw.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			tw.t.Error(err)
		}
	})
}

// restart ends the process, when nobody is in the middle of something, and starts another.
func (tw *Town) restart() {
	tw.life.Lock()
	defer tw.life.Unlock()
	tw.stop()
	before := tw.all()
	tw.start()
	tw.greets(before)
}

// greets waits for what a channel says by itself when it begins.
func (tw *Town) greets(before int) {
	for end := time.Now().Add(10 * time.Second); tw.made.Greets && tw.all() == before && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
}

// all is how many events were stored, of everybody.
func (tw *Town) all() (n int) {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	for _, events := range tw.took {
		n += len(events)
	}
	return n
}

// dieAfter lets the process die when it has stored what somebody does next, and before the
// network hears of it.
func (tw *Town) dieAfter(who string) {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	tw.dies[who] = 1
}

// ears is a channel that notes what was stored of each person.
type ears struct {
	bot.Channel
	tw *Town
}

var errUnheard = errors.New("the process died before the network heard of it")

func (e ears) Listen(ctx context.Context, deliver func(context.Context, bot.Event) error) error {
	return e.Channel.Listen(ctx, func(ctx context.Context, ev bot.Event) error {
		if err := deliver(ctx, ev); err != nil {
			return err
		}
		if ev.Kind == bot.EventDelete || ev.Kind == bot.EventJoined {
			return nil // nobody did that just now
		}
		e.tw.mu.Lock()
		defer e.tw.mu.Unlock()
		who := ev.Conversation.Reveal()
		if e.tw.dies[who] > 0 {
			e.tw.dies[who]--
			return errUnheard
		}
		if e.tw.took[who] == nil {
			e.tw.took[who] = map[string]bool{}
		}
		e.tw.took[who][ev.ID] = true // a network may offer it again
		return nil
	})
}

// relay is the channel of the process that runs now. It notes what it says.
type relay struct {
	bot.Channel
	tw *Town
}

// as is the relay with what its channel can do.
func (r relay) as() bot.Channel {
	if _, ok := r.Channel.(bot.Editor); ok {
		return able{r}
	}
	return r
}

func (r relay) Send(ctx context.Context, to intake.Address, m bot.Message) (bot.SentID, error) {
	id, err := (*r.tw.now.Load()).Send(ctx, to, m)
	if err == nil {
		r.tw.mu.Lock()
		defer r.tw.mu.Unlock()
		r.tw.said[to.Reveal()] = append(r.tw.said[to.Reveal()], &said{r.tw.speaks(to), strings.Split(string(id), ","), m})
	}
	return id, err
}

// speaks counts what is said to somebody. It runs with mu held.
func (tw *Town) speaks(to intake.Address) int {
	tw.spoke[to.Reveal()]++
	return tw.spoke[to.Reveal()]
}

// spoken is how often something was said to somebody.
func (tw *Town) spoken(who string) int {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	return tw.spoke[who]
}

type able struct{ relay }

func (a able) Delete(ctx context.Context, to intake.Address, all []bot.SentID) error {
	return (*a.tw.now.Load()).(bot.Deleter).Delete(ctx, to, all)
}

func (a able) Edit(ctx context.Context, to intake.Address, sent bot.SentID, m bot.Message) error {
	err := (*a.tw.now.Load()).(bot.Editor).Edit(ctx, to, sent, m)
	a.tw.mu.Lock()
	defer a.tw.mu.Unlock()
	for _, s := range a.tw.said[to.Reveal()] {
		if err == nil && slices.Contains(s.ids, string(sent)) {
			s.n, s.Message = a.tw.speaks(to), m
		}
	}
	return err
}

// watched is an outbox that notes for whom nothing was left in it.
type watched struct {
	bot.Outbox
	tw *Town
}

// flown notes that a line is on its way no more.
func (w watched) flown(line int64, err error) error {
	w.tw.mu.Lock()
	defer w.tw.mu.Unlock()
	delete(w.tw.flying, line)
	return err
}

func (w watched) Delivered(ctx context.Context, line int64) error {
	return w.flown(line, w.Outbox.Delivered(ctx, line))
}

func (w watched) Sent(ctx context.Context, line int64, messages ...string) error {
	return w.flown(line, w.Outbox.Sent(ctx, line, messages...))
}

func (w watched) Retry(ctx context.Context, d store.Delivery, at time.Time) error {
	return w.flown(d.ID, w.Outbox.Retry(ctx, d, at))
}

func (w watched) Wait(ctx context.Context, d store.Delivery, at time.Time) error {
	return w.flown(d.ID, w.Outbox.Wait(ctx, d, at))
}

func (w watched) MaybeSent(ctx context.Context, line int64, at time.Time) error {
	return w.flown(line, w.Outbox.MaybeSent(ctx, line, at))
}

func (w watched) Gone(ctx context.Context, line int64, entry store.Entry) error {
	return w.flown(line, w.Outbox.Gone(ctx, line, entry))
}

// Wake is the store's, and the town's own.
func (w watched) Wake() <-chan struct{} { return w.tw.wake }

// wakes passes on what the store tells the courier.
func (tw *Town) wakes(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-tw.Store.Wake():
			tw.look()
		}
	}
}

func (w watched) Lease(ctx context.Context, channel string, n int, ttl time.Duration) ([]store.Delivery, error) {
	w.tw.mu.Lock()
	w.tw.looks++
	at, flying := w.tw.looks, maps.Clone(w.tw.flying)
	w.tw.mu.Unlock()
	due, err := w.Outbox.Lease(ctx, channel, n, ttl)
	if err != nil || len(due) == n {
		return due, err
	}
	w.tw.mu.Lock()
	defer w.tw.mu.Unlock()
	for _, d := range due {
		flying[d.ID], w.tw.flying[d.ID] = d.Address.Reveal(), d.Address.Reveal()
	}
	there := slices.Collect(maps.Values(flying))
	for who := range w.tw.took {
		if !slices.Contains(there, who) {
			w.tw.empties[who] = at
		}
	}
	return due, nil
}

// look has the courier look whether something is due.
func (tw *Town) look() {
	select {
	case tw.wake <- struct{}{}:
	default:
	}
}

// settled waits until so many of somebody's events were stored, and all that was to be said
// is said. It is false when that does not come.
func (tw *Town) settled(who string, events int) bool {
	end := time.Now().Add(30 * time.Second)
	since := -1
	for n := 0; time.Now().Before(end); n++ {
		tw.mu.Lock()
		if since < 0 && len(tw.took[who]) >= events {
			since = tw.looks
			tw.look()
		}
		done := since >= 0 && tw.empties[who] > since
		tw.mu.Unlock()
		if done {
			return true
		}
		time.Sleep(time.Millisecond)
	}
	return false
}

// stored is how many of somebody's events were.
func (tw *Town) stored(who string) int {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	return len(tw.took[who])
}

// speaksAfter waits until more was said to somebody. It is false when that does not come.
func (tw *Town) speaksAfter(who string, n int) bool {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if tw.spoken(who) > n {
			return true
		}
	}
	return false
}

// heard is what was said to somebody, oldest first.
func (tw *Town) heard(who string) []said {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	all := make([]said, len(tw.said[who]))
	for i, s := range tw.said[who] {
		all[i] = *s
	}
	return all
}

// ref is the case of somebody's talk.
func (tw *Town) ref(who string) (string, error) {
	c, err := tw.Store.Conversation(context.Background(), (*tw.now.Load()).Name(), intake.NewConversationID(who))
	if err != nil {
		return "", fmt.Errorf("reading a conversation: %w", err)
	}
	return c.Ref, nil
}
