// Package walk lets people wander through a talk on a channel, at random, as they do: they
// write, reply to questions far up, press old buttons, change what they wrote, change the
// language, pause and send, while others do the same and the server starts anew. An oracle
// knows what was written where, and what the person was told of it; nothing may be missing
// in the case, doubled or elsewhere.
package walk

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tillit/bot"
	"tillit/intake"
)

// Person is somebody at their end of a network.
type Person interface {
	// Conversation is what the channel calls their talk, and its address.
	Conversation() string
	// Write sends words, and returns what the network calls the message.
	Write(text string) string
	// Press presses a button under a message of ours. What the network itself shows to who
	// pressed is returned; it is false where there is no such button.
	Press(message, label string) (told string, there bool)
	// Standing are the messages that are still there, theirs and ours.
	Standing() []string
}

// Replier is somebody whose app can answer a message further up.
type Replier interface {
	// Under is the message that such an answer is read under: where an app shows a whole
	// thread, that is the last one in it that asks something.
	Under(message string) string
	Reply(message, text string) string
}

// Changer is somebody whose app can change what they wrote.
type Changer interface{ Edit(message, text string) }

// Made is a channel beside a network.
type Made struct {
	// Channel makes the channel, as each process that starts does.
	Channel func() bot.Channel
	// Person is somebody by name, who was not there before.
	Person func(name string) Person
	// Alone says that there is one person only: a terminal.
	Alone bool
	// Greets says that the channel brings an event by itself when it begins.
	Greets bool
}

// At once are as many people as wander beside each other.
const atOnce = 6

// steps is how long a walk is.
const steps = 100

// Share is how many of the walks of a whole run are taken: all of them with
// TILLIT_WALKS=all, else a fifth, and a fiftieth in short tests.
func Share(all int) int {
	switch {
	case os.Getenv("TILLIT_WALKS") == "all":
		return all
	case testing.Short():
		return (all + 49) / 50
	}
	return (all + 4) / 5
}

// Seed is what a run begins from: another one each time, or TILLIT_WALK_SEED.
func Seed() uint64 {
	if n, err := strconv.ParseUint(os.Getenv("TILLIT_WALK_SEED"), 10, 64); err == nil {
		return n
	}
	return uint64(time.Now().UnixNano()) % 1_000_000
}

// Run lets so many people wander, or the share of them that is wanted, a hundred steps each:
// some at once in one town, then others in another.
func Run(t *testing.T, people int, make func(testing.TB, *Town) Made) {
	seed := Seed()
	for left := Share(people); left > 0; {
		tw := newTown(t, make)
		n := min(left, atOnce)
		if tw.made.Alone {
			n = 1
		}
		var wandering sync.WaitGroup
		for i := range n {
			wandering.Go(func() { wander(t, tw, seed, left-i) })
		}
		wandering.Wait()
		tw.end()
		left -= n
	}
}

// lost is why a walk cannot go on.
type lost string

func wander(t *testing.T, tw *Town, seed uint64, i int) {
	name := letters(i)
	w := &wanderer{Oracle: NewOracle(name), r: rand.New(rand.NewPCG(seed, uint64(i))), tw: tw, p: tw.made.Person(name), pressed: map[string]bool{}}
	w.who = w.p.Conversation()
	defer func() {
		e := recover()
		if _, ours := e.(lost); e != nil && !ours {
			e = fmt.Sprintf("%v\n%s", e, debug.Stack())
		}
		if e == nil && len(w.faults) == 0 {
			return
		}
		t.Errorf("TILLIT_WALK_SEED=%d, person %s: %v\n%s\n\nThe walk was:\n%s\n\nThe log says:\n%s", seed, name, e, strings.Join(w.faults, "\n"), strings.Join(w.steps, "\n"), tw.logs)
	}()
	w.walk()
}

// letters is a number as a name without digits.
func letters(n int) string {
	s := ""
	for ; n > 0; n /= 26 {
		s += string(rune('a' + n%26))
	}
	return s
}

// wanderer is a person who wanders.
type wanderer struct {
	*Oracle
	r       *rand.Rand
	tw      *Town
	p       Person
	who     string
	wrote   []string // messages that were kept, as the network calls them
	undos   []undo
	pressed map[string]bool // buttons that take words back
	owed    bool            // what is asked after a long text may come at any moment
	sent    bool            // the office has it
	steps   []string
	faults  []string
}

func (w *wanderer) logf(format string, args ...any) {
	w.steps = append(w.steps, fmt.Sprintf(format, args...))
}
func (w *wanderer) faultf(format string, args ...any) {
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
	w.logf("FAULT: "+format, args...)
}

// do does something that is one event, and returns what was said to it.
func (w *wanderer) do(how func() (event bool)) []said {
	w.tw.life.RLock()
	defer w.tw.life.RUnlock()
	w.tw.turn(2 * time.Second)
	before, events := w.tw.spoken(w.who), w.tw.stored(w.who)
	if how() {
		events++
	}
	if !w.tw.settled(w.who, events) {
		panic(lost("what was done last is never stored, or never answered"))
	}
	return slices.DeleteFunc(w.tw.heard(w.who), func(s said) bool { return s.n <= before })
}

// questions are what stands there with something to press, oldest first.
func (w *wanderer) questions() []said {
	stands := w.p.Standing()
	return slices.DeleteFunc(w.tw.heard(w.who), func(s said) bool { return len(s.Choices) == 0 || !slices.Contains(stands, s.at()) })
}

// asked is what is asked now.
func (w *wanderer) asked() said {
	for _, s := range slices.Backward(w.tw.heard(w.who)) {
		if offers(s) && s.Kind != intake.KindCard {
			return s
		}
	}
	return said{}
}

// offers says whether there is anything to press under a message of its own: neither to take
// back nor, under a short answer, what the question above it offers.
func offers(s said) bool {
	return slices.ContainsFunc(s.Choices, func(c intake.Choice) bool {
		return !strings.HasPrefix(c.ID, "undo:") && !(s.Kind == intake.KindReply && strings.HasSuffix(c.ID, ".~done"))
	})
}

// accounts are where words go that no question asks for.
var accounts = []string{"A1"}

// places are where words under a message belong.
func (w *wanderer) places(m said) []string {
	if w.sent {
		return []string{Message}
	}
	switch m.Accepts {
	case intake.AcceptsFree, intake.AcceptsText, intake.AcceptsOneText, intake.AcceptsFile:
		if m.Asked != "" {
			return []string{m.ID}
		}
	}
	if m.Asked != "" {
		return accounts
	}
	return nil
}

// refusals say that words were not kept.
var refusals = []string{"not_kept", "not_saved", "unsent_gone", "moved_on", "back_again", "not_deleted_words"}

// write writes something new, under a question further up or just so.
func (w *wanderer) write(to *said) {
	key := w.Key()
	text := key + ", skrev jeg og litt til"
	switch w.r.IntN(10) {
	case 0:
		text += strings.Repeat(" og mer", 400)
	case 1, 2:
		text = key + ", ja"
	}
	under := w.asked()
	if to != nil {
		under = w.under(*to)
	}
	at := w.places(under)
	w.logf("writes %s under %s (a reply: %v)", key, under.ID, to != nil)
	message := ""
	heard := w.do(func() bool {
		if to != nil {
			message = w.p.(Replier).Reply(to.at(), text)
		} else {
			message = w.p.Write(text)
		}
		return true
	})
	if w.owed && to == nil && at != nil { // it may have come just before these words
		for _, q := range heard {
			at = append(slices.Clone(at), w.places(q)...)
		}
	}
	w.fate(key, message, at, len(text) > 2000, heard)
}

// under is what somebody means to answer who replies to a message.
func (w *wanderer) under(m said) said {
	id := w.p.(Replier).Under(m.at())
	for _, s := range w.tw.heard(w.who) {
		if s.at() == id {
			return s
		}
	}
	panic(lost("the thread of a message ends with what nobody said"))
}

// fate notes what somebody was told of their words.
func (w *wanderer) fate(key, message string, at []string, long bool, heard []said) {
	var ids []string
	for _, s := range heard {
		ids = append(ids, s.ID)
	}
	switch {
	case slices.ContainsFunc(ids, func(id string) bool { return slices.Contains(refusals, id) }):
		w.logf("is told that it is not kept: %v", ids)
		return
	case at == nil:
		w.KeptAnywhere(key)
	default:
		w.Kept(key, at...)
	}
	w.wrote = append(w.wrote, message)
	w.canUndo(key, message, heard)
	w.logf("hears %v; it is to be at %v", ids, at)
	if w.owed = len(ids) == 0 && long; len(ids) > 0 || long && w.r.IntN(2) == 0 { // the rest of a long text may still come
		return
	}
	w.owed = false
	if w.tw.turn(time.Minute); !w.tw.speaksAfter(w.who, w.tw.spoken(w.who)) {
		w.faultf("nothing is said of %s", key)
	}
}

// undo is a button that takes back what was written.
type undo struct {
	under        said
	choice       intake.Choice
	key, message string
}

// canUndo notes the button that takes words back.
func (w *wanderer) canUndo(key, message string, heard []said) {
	for _, s := range heard {
		for _, c := range s.Choices {
			if strings.HasPrefix(c.ID, "undo:") && s.ID != "undone" { // which takes back the one before
				w.undos = append(w.undos, undo{s, c, key, message})
			}
		}
	}
}

// takesBack takes back something that was written, as long as there is time: it is nowhere
// from then on.
func (w *wanderer) takesBack() {
	u := w.undos[max(0, len(w.undos)-1-w.r.IntN(3))]
	before, again, there, taken := w.tw.spoken(w.who), w.pressed[u.choice.ID], false, false
	w.logf("presses %s", u.choice.ID)
	w.do(func() bool {
		told, ok := w.p.Press(u.under.at(), u.choice.Label)
		there, taken = ok, ok && told == ""
		return taken
	})
	w.pressed[u.choice.ID] = again || there
	// It is said once it is gone from the disk and out of the chat, which may be tried again.
	said := w.answered(before)
	for end := time.Now().Add(20 * time.Second); said == "" && there && !again && time.Now().Before(end); said = w.answered(before) {
		time.Sleep(10 * time.Millisecond)
		w.tw.turn(time.Second)
		w.tw.look()
	}
	switch {
	case said == "undone":
		w.logf("has taken back %s", u.key)
		w.Gone(u.key)
		w.wrote = slices.DeleteFunc(w.wrote, func(message string) bool { return message == u.message })
	case said == "" && taken && !again:
		w.faultf("nothing is said to taking %s back", u.key)
	}
}

// answered is what was said, since something, to a wish to take words back.
func (w *wanderer) answered(since int) string {
	for _, s := range w.tw.heard(w.who) {
		if s.n > since && (s.ID == "undone" || strings.HasPrefix(s.ID, "undo_") || slices.Contains(refusals, s.ID)) {
			return s.ID
		}
	}
	return ""
}

// never are buttons that a walk does not press: they end it, lead it where the office of
// the test cannot read, or take words back.
func never(id string) bool {
	return strings.HasPrefix(id, "undo:") || strings.HasPrefix(id, "unfile:") || strings.HasPrefix(id, "E3.") && id != "E3.~skip" || strings.Contains(id, "p:") || strings.Contains(id, "out") || strings.HasPrefix(id, "in:") ||
		slices.Contains([]string{"delete_yes", "delete_told", "H5.send", "H5.delete_yes", "safer"}, id)
}

func (w *wanderer) press(m said) {
	choices := slices.DeleteFunc(slices.Clone(m.Choices), func(c intake.Choice) bool { return never(c.ID) })
	if len(choices) > 0 {
		w.presses(m, pick(w.r, choices))
	}
}

func (w *wanderer) presses(m said, c intake.Choice) []said {
	w.logf("presses %s", c.ID)
	return w.do(func() bool {
		told, there := w.p.Press(m.at(), c.Label)
		return there && told == ""
	})
}

func pick[T any](r *rand.Rand, all []T) T { return all[r.IntN(len(all))] }

// typed are commands, and what looks like one.
var typed = []string{"/status", "/pause", "/hjelp", "/english", "/nynorsk", "/bokmål", "/slett", "/innsyn", "/språk", "3", "/hjlep"}

func (w *wanderer) step() {
	_, replies := w.p.(Replier)
	_, changes := w.p.(Changer)
	switch draw := w.r.IntN(100); {
	case draw < 30:
		w.write(nil)
	case draw < 65:
		w.press(w.asked())
	case draw < 75:
		if old := w.questions(); len(old) > 0 {
			w.press(pick(w.r, old))
		}
	case draw < 85 && replies:
		old := slices.DeleteFunc(w.questions(), func(s said) bool { return s.Asked == "" })
		if len(old) > 0 {
			w.write(&old[w.r.IntN(len(old))])
		}
	case draw < 90 && changes:
		stands := w.p.Standing()
		if w.wrote = slices.DeleteFunc(w.wrote, func(id string) bool { return !slices.Contains(stands, id) }); len(w.wrote) > 0 {
			w.change(pick(w.r, w.wrote))
		}
	case draw < 92 && len(w.undos) > 0:
		w.takesBack()
	case draw < 96:
		command := pick(w.r, typed)
		w.logf("writes %s", command)
		w.do(func() bool { w.p.Write(command); return true })
	case draw < 97:
		w.logf("waits")
		w.tw.turn(time.Minute)
	case draw < 98 && !w.tw.made.Alone:
		w.logf("the server dies when it has stored what comes next, and nobody hears of it")
		w.tw.dieAfter(w.who)
		w.write(nil)
	default:
		w.logf("the server starts anew")
		w.tw.restart()
		w.tw.settled(w.who, w.tw.stored(w.who)) // a channel may greet
	}
}

func (w *wanderer) change(message string) {
	key := w.Key()
	w.logf("changes a message to %s", key)
	heard := w.do(func() bool {
		w.p.(Changer).Edit(message, key+", skrev jeg")
		return true
	})
	if !slices.ContainsFunc(heard, func(s said) bool { return s.ID == "edited" }) {
		w.faultf("nothing is said to the change to %s", key)
	}
	w.Kept(key, Message)
	w.canUndo(key, "", heard)
}

// on goes on from a question, by these buttons if it has one of them.
func (w *wanderer) on(q said, first ...string) {
	for _, way := range append(first, "start", "lang:nb", "delete_no", "go_on", ".go_on", ".~skip", ".no", ".delete_no") {
		for _, c := range q.Choices {
			if c.ID == way || way[0] == '.' && strings.HasSuffix(c.ID, way) {
				w.presses(q, c)
				return
			}
		}
	}
	panic(lost("there is no way on from " + q.ID))
}

// send goes the shortest way to the receipt.
func (w *wanderer) send() {
	for range 200 {
		q := w.asked()
		if q.Kind == intake.KindReceipt {
			w.sent = true
			return
		}
		w.on(q, "H5.send", "H4.ok", "A3.send_now")
	}
	panic(lost("the interview does not end"))
}

func (w *wanderer) walk() {
	w.do(func() bool { w.p.Write("hei"); return true })
	if w.r.IntN(3) > 0 { // the others tell before they begin
		w.on(w.asked())
	}
	for range pick(w.r, []int{0, 0, 5, 10, 15, 20, 25, 30, 35}) {
		if q := w.asked(); q.Kind == intake.KindQuestion && q.ID != "H5" {
			w.on(q)
		}
	}
	sends := w.r.IntN(2 * steps)
	for i := range steps {
		if i == sends {
			w.logf("sends")
			w.send()
		}
		w.step()
	}
	if !w.sent {
		w.send()
	}
	ref, err := w.tw.ref(w.who)
	if err != nil {
		panic(lost(err.Error()))
	}
	w.faults = append(w.faults, w.Faults(ToldIn(w.tw.who.Told(w.tw.t, w.tw.Store, "maren", ref)))...)
}
