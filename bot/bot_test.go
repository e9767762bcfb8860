package bot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tillit/handlers"
	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/party"
	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/storetest"
)

// office is a small organisation for tests.
type office struct{ recipients []cases.Recipient }

func (o office) People() []intake.Person {
	return []intake.Person{{ID: "maren", Name: "Maren V."}, {ID: "jonas", Name: "Jonas T."}}
}
func (o office) Outside() intake.Person {
	return intake.Person{ID: cases.External, Name: "Advokat Ek (ekstern)"}
}
func (o office) Former() []intake.Person { return []intake.Person{{ID: "gerd", Name: "Gerd L."}} }
func (o office) Told() []intake.Person {
	return []intake.Person{{ID: "sidsel", Name: "Sidsel Ås (fylkessekretær)"}}
}
func (o office) Recipients() []cases.Recipient { return o.recipients }
func (o office) Keep(level string, excluded []string) []string {
	if level == "external" {
		return []string{cases.External, cases.Recovery}
	}
	keep := []string{cases.Recovery}
	for _, id := range []string{"maren", "jonas"} {
		if !slices.Contains(excluded, id) {
			keep = append(keep, id)
		}
	}
	if len(keep) == 1 {
		keep = append(keep, cases.External)
	}
	return keep
}
func (o office) Notices(can []string, kind string, urgent bool, now time.Time, random func(int64) int64) []cases.Notice {
	var out []cases.Notice
	for _, id := range can {
		if id == cases.Recovery {
			continue
		}
		after := now
		if !urgent {
			after = now.Add(time.Duration(random(int64(15 * time.Minute))))
		}
		out = append(out, cases.Notice{Handler: id, Kind: kind, After: after})
	}
	return out
}

// shipped is the routine that Tillit comes with.
var shipped = sync.OnceValue(func() handlers.Opening {
	r, faults := handlers.LoadRoutine(party.Files, acts.Vocabulary())
	if r == nil {
		panic(faults)
	}
	return handlers.Opening{Routine: r, Calendar: r.Calendar(time.UTC, nil)}
})

// screen is a channel without a network: it shows what was sent to whom.
type screen struct {
	mu   sync.Mutex
	sent map[string][]Message
	gone bool // everybody has blocked us
}

func (*screen) Name() string                                                     { return "screen" }
func (*screen) Capabilities(intake.ConversationID) Capabilities                  { return Capabilities{Buttons: true} }
func (*screen) Listen(context.Context, func(context.Context, Event) error) error { return nil }
func (s *screen) Send(_ context.Context, to intake.Address, m Message) (SentID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return "", ErrGone
	}
	s.sent[to.Reveal()] = append(s.sent[to.Reveal()], m)
	return "1", nil
}

// town is a bot with a real store, and people who write to it.
type town struct {
	draining sync.Mutex
	t        testing.TB
	store    *store.Store
	people   *storetest.People
	bot      *Bot
	screen   *screen
	courier  *Courier
	ahead    atomic.Int64      // how far the town's clock is ahead, in nanoseconds
	prefers  map[string]string // answers that are not skipped, by question
}

func (tw *town) now() time.Time { return time.Now().Add(time.Duration(tw.ahead.Load())) }

// turn lets time pass.
func (tw *town) turn(d time.Duration) { tw.ahead.Add(int64(d)) }

// restart is what a new process finds: the store, and nothing in memory.
func (tw *town) restart() { tw.bot = New(tw.bot.Config) }

func newTown(t testing.TB) *town {
	t.Helper()
	_, who := storetest.New(t)
	tw := &town{t: t, people: who, prefers: map[string]string{}}
	st, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Keys: storetest.Keys(t), Now: tw.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	o := office{}
	for id, identity := range map[string]string{"maren": "maren", "jonas": "jonas", cases.External: "external", cases.Recovery: "recovery"} {
		o.recipients = append(o.recipients, cases.Recipient{ID: id, Key: who.Key(identity)})
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	sc := &screen{sent: map[string][]Message{}}
	tw.store, tw.screen = st, sc
	tw.bot = New(Config{
		Store: st, Office: o, Set: intake.Default(), Phrases: phrases(t), Org: "Eksempelforbundet",
		Zone: time.UTC, Lang: "nb", Keep: 14 * 24 * time.Hour, Backups: 30 * 24 * time.Hour, Now: tw.now, Log: log,
		Routine: shipped(), Values: map[string]string{"emergency": "112", "doctor": "116 117", "police": "02800", "max": "20 MB"},
	})
	tw.courier = &Courier{Outbox: st, Channels: map[string]Channel{"screen": sc}, Now: tw.now, Log: log}
	return tw
}

// does delivers one event and lets the courier empty the outbox.
func (tw *town) does(person, id string, ev Event) error {
	ev.ID, ev.At = id, time.Now()
	ev.Conversation, ev.Address = intake.NewConversationID(person), intake.NewAddress(person)
	if ev.Kind == "" {
		ev.Kind = EventMessage
	}
	return tw.bot.Deliver(context.Background(), tw.screen, ev)
}

func (tw *town) drain() {
	tw.t.Helper()
	tw.draining.Lock() // a line that another drain holds is not yet on the screen
	defer tw.draining.Unlock()
	for again := true; again; {
		again = false
		for _, ch := range tw.courier.Channels {
			n, err := tw.courier.round(context.Background(), ch)
			if err != nil {
				tw.t.Fatal(err)
			}
			again = again || n > 0
		}
	}
}

// meets has a new person see the card, without which nobody begins.
func (tw *town) meets(ch Channel, person, id string) {
	tw.t.Helper()
	conv, err := tw.store.Conversation(context.Background(), ch.Name(), intake.NewConversationID(person))
	if err != nil {
		tw.t.Fatal(err)
	}
	if conv.Version > 0 || ch.Capabilities(intake.ConversationID{}).Copy {
		return
	}
	hello := Event{ID: id + "-hello", Kind: EventMessage, Text: intake.NewPrivate("hei"), Conversation: intake.NewConversationID(person), Address: intake.NewAddress(person), At: tw.now()}
	if err := tw.bot.Deliver(context.Background(), ch, hello); err != nil {
		tw.t.Fatal(err)
	}
}

func (tw *town) press(person, id, choice string) {
	tw.t.Helper()
	if choice == "start" {
		tw.meets(tw.screen, person, id)
	}
	if err := tw.does(person, id, Event{Kind: EventPress, Choices: []string{choice}}); err != nil {
		tw.t.Fatal(err)
	}
}

// question returns what a person is asked now.
func (tw *town) question(person string) Message {
	tw.drain()
	tw.screen.mu.Lock()
	defer tw.screen.mu.Unlock()
	sent := tw.screen.sent[person]
	for i := len(sent) - 1; i >= 0; i-- {
		if offers(sent[i]) {
			return sent[i]
		}
	}
	return Message{}
}

// offers says whether there is anything to press under a message of its own: neither to take
// back nor, under a short answer, what the question above it offers.
func offers(m Message) bool {
	return slices.ContainsFunc(m.Choices, func(c intake.Choice) bool {
		return !strings.HasPrefix(c.ID, undoIt) && !(m.Kind == intake.KindReply && strings.HasSuffix(c.ID, ".~done"))
	})
}

// report leads a person through the shortest whole interview and returns the
// reference.
func (tw *town) report(person, words string) string {
	tw.t.Helper()
	tw.press(person, person+"-start", "start")
	return tw.walks(person, person, words)
}

// walkTo leads through a second interview, without a word.
func (tw *town) walkTo(person string) string {
	return tw.walks(person, person+" again", "Enda en ting.")
}

func (tw *town) walks(person, name, words string) string {
	tw.t.Helper()
	told := false
	for i := range 100 {
		id := fmt.Sprintf("%s-%d", name, i)
		q := tw.question(person)
		offers := func(id string) bool {
			return slices.ContainsFunc(q.Choices, func(c intake.Choice) bool { return c.ID == id })
		}
		switch {
		case tw.prefers[q.ID] != "":
			tw.press(person, id, tw.prefers[q.ID])
		case q.Kind == intake.KindReceipt:
			conv, err := tw.store.Conversation(context.Background(), "screen", intake.NewConversationID(person))
			if err != nil {
				tw.t.Fatal(err)
			}
			return conv.Ref
		case q.ID == "A1" && !told:
			told = true
			if err := tw.does(person, id, Event{Text: intake.NewPrivate(words)}); err != nil {
				tw.t.Fatal(err)
			}
		case q.ID == "A1":
			tw.press(person, id, "A1.~done")
		case offers("S1.yes"):
			tw.press(person, id, "S1.yes")
		case offers("C0.nobody"):
			tw.press(person, id, "C0.nobody")
		case offers("A3.go_on") && tw.prefers["H3"] != "":
			tw.press(person, id, "A3.go_on")
		case offers("A3.send_now"):
			tw.press(person, id, "A3.send_now")
		case offers("H4.ok"):
			tw.press(person, id, "H4.ok")
		case offers("H5.send"):
			tw.press(person, id, "H5.send")
		case offers(q.ID + ".~skip"):
			tw.press(person, id, q.ID+".~skip")
		default:
			tw.t.Fatalf("no way on from %s", q.ID)
		}
	}
	tw.t.Fatal("the interview does not end")
	return ""
}

func TestAReportReachesTheOffice(t *testing.T) {
	tw := newTown(t)
	ref := tw.report("lin", "Det var på middagen.")
	cases, _, err := tw.store.Queue(t.Context(), "maren", store.QueueQuery{})
	if err != nil || len(cases) != 1 || cases[0].Ref != ref {
		t.Fatalf("the queue holds %d cases, %v; want the one that was sent", len(cases), err)
	}
}

func TestNobodyIsCrossed(t *testing.T) {
	tw := newTown(t)
	const people = 16
	refs := make([]string, people)
	var wg sync.WaitGroup
	for i := range people {
		wg.Go(func() { refs[i] = tw.report(fmt.Sprintf("person-%d", i), fmt.Sprintf("kanari-%d", i)) })
	}
	wg.Wait()
	slices.Sort(refs)
	if got := len(slices.Compact(refs)); got != people {
		t.Errorf("%d different cases, want %d", got, people)
	}
	for person, sent := range tw.screen.sent {
		for _, m := range sent {
			if strings.Contains(m.Text+m.Words.Reveal(), "kanari") {
				t.Errorf("a text stands in the chat of %s", person)
			}
		}
	}
}

func TestTheSameEventTwiceChangesNothing(t *testing.T) {
	tw := newTown(t)
	tw.press("lin", "1", "start")
	tw.press("lin", "2", "S1.yes")
	first := tw.question("lin")
	n := len(tw.screen.sent["lin"])
	tw.press("lin", "2", "S1.yes")
	if got := tw.question("lin"); got.ID != first.ID || len(tw.screen.sent["lin"]) != n {
		t.Errorf("after a repeat the person is asked %s with %d messages, want %s with %d", got.ID, len(tw.screen.sent["lin"]), first.ID, n)
	}
}

func TestCommandsWorkAtEveryPoint(t *testing.T) {
	tw := newTown(t)
	n := 0
	type1 := func(text string) {
		t.Helper()
		n++
		if err := tw.does("lin", fmt.Sprint("c", n), Event{Text: intake.NewPrivate(text)}); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	all := []string{"/status", "/pause", "/innsyn", "/hjelp", "/menneske", "/språk", "/nynorsk", "/rydd", "/vis", "/ukjent"}
	for _, c := range all {
		type1(c)
	}
	ref := tw.report("lin", "Hei")
	for _, c := range all {
		type1(c)
	}
	type1("/ny")
	if q := tw.question("lin"); q.ID != "S1" {
		t.Errorf("/ny asks %s, want the first question", q.ID)
	}
	if ref == "" {
		t.Error("no case")
	}
}

func TestDeletionEndsTheCase(t *testing.T) {
	tw := newTown(t)
	tw.press("lin", "1", "start")
	tw.press("lin", "2", "S1.yes")
	tw.press("lin", "3", "A1.~skip")
	if err := tw.does("lin", "4", Event{Text: intake.NewPrivate("/slett")}); err != nil {
		t.Fatal(err)
	}
	tw.press("lin", "5", "delete_yes")
	conv, err := tw.store.Conversation(t.Context(), "screen", intake.NewConversationID("lin"))
	if err != nil || conv.Ref != "" {
		t.Errorf("after deletion the conversation has the case %q, %v", conv.Ref, err)
	}
}

// TestWhoIsFarAheadWaits, and nobody waits for them: after a burst the next event of
// the same person does not get through at once, another's does.
func TestWhoIsFarAheadWaits(t *testing.T) {
	tw := newTown(t)
	still := tw.now()
	tw.bot.Now = func() time.Time { return still }
	deliver := func(person, id string, patience time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		ev := Event{ID: id, Kind: EventMessage, Text: intake.NewPrivate("hei"), At: still, Conversation: intake.NewConversationID(person), Address: intake.NewAddress(person)}
		return tw.bot.Deliver(ctx, tw.screen, ev)
	}
	for i := range paceBurst {
		if err := tw.does("lin", fmt.Sprint(i), Event{Text: intake.NewPrivate("hei")}); err != nil {
			t.Fatal(err)
		}
	}
	if err := deliver("lin", "next", time.Second/pacePerSec/5); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after a burst the next one comes to %v, want it to wait", err)
	}
	if err := deliver("kari", "k", 10*time.Second); err != nil {
		t.Errorf("another person's comes to %v", err)
	}
}
