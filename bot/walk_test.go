package bot

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tillit/intake"
	"tillit/store/cases"
)

// chatty is the screen of a network with messages of a certain length.
type chatty struct{ *screen }

func (chatty) Capabilities(intake.ConversationID) Capabilities {
	return Capabilities{Buttons: true, LongestText: 4096, Reader: "the network"}
}

// wanderer is a person in a chat who writes, replies to whatever stands there, presses old
// and new buttons, changes messages, pauses and changes language. They know where each thing
// was written.
type wanderer struct {
	t     *rapid.T
	tw    *town
	ch    Channel
	name  string
	n     int
	where map[string][]string // under which questions it may stand, once; nil is anywhere
	wrote []string            // messages that were kept, by the network's id
}

const inWords = "(message)"

func (w *wanderer) sends(ev Event) {
	w.n++
	w.tw.turn(2 * time.Second)
	ev.ID, ev.At = fmt.Sprint(w.name, w.n), w.tw.now()
	ev.Conversation, ev.Address = intake.NewConversationID(w.name), intake.NewAddress(w.name)
	if err := w.tw.bot.Deliver(context.Background(), w.ch, ev); err != nil {
		w.t.Fatal(err)
	}
}

// shown is what stands in the chat, of ours.
func (w *wanderer) shown() []Message {
	w.tw.drain()
	w.tw.screen.mu.Lock()
	defer w.tw.screen.mu.Unlock()
	return slices.Clone(w.tw.screen.sent[w.name])
}

// asked is what is asked now.
func (w *wanderer) asked() Message {
	for _, m := range slices.Backward(w.shown()) {
		if len(m.Choices) > 0 && m.Kind != intake.KindCard {
			return m
		}
	}
	return Message{}
}

// accounts are where words go that no question asks for.
var accounts = []string{"A1", "L2"}

// places are where words under a message belong.
func (w *wanderer) places(m Message) []string {
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

func (w *wanderer) word(kind string) (key string) {
	w.n++
	return fmt.Sprintf("kanari%s%s%dx", w.name, kind, w.n)
}

func (w *wanderer) write(answersTo *Message) {
	key := w.word("w")
	text := key + ", skrev jeg og litt til"
	if rapid.IntRange(0, 9).Draw(w.t, "long") == 0 {
		text += strings.Repeat(" og mer", 400)
	}
	ev := Event{Kind: EventMessage, Text: intake.NewPrivate(text), Message: "m" + key}
	under := w.asked()
	if answersTo != nil {
		under = *answersTo
		ev.AnswersTo = func(id string) bool {
			return slices.ContainsFunc(answersTo.Choices, func(c intake.Choice) bool { return c.ID == id })
		}
	}
	w.where[key] = w.places(under)
	w.t.Logf("writes %s under %s, to be at %v (a reply: %v)", key, under.ID, w.where[key], answersTo != nil)
	w.sends(ev)
	w.wrote = append(w.wrote, ev.Message)
}

// never are buttons that a walk does not press.
func never(id string) bool {
	return strings.HasPrefix(id, "E3.") && id != "E3.~skip" || strings.Contains(id, "p:") || strings.Contains(id, "out") || strings.HasPrefix(id, "in:") ||
		slices.Contains([]string{"delete_yes", "H5.send", "H5.delete_yes", "safer"}, id)
}

func (w *wanderer) press(m Message) {
	choices := slices.DeleteFunc(slices.Clone(m.Choices), func(c intake.Choice) bool { return never(c.ID) })
	if len(choices) == 0 {
		return
	}
	c := rapid.SampledFrom(choices).Draw(w.t, "choice")
	w.t.Logf("presses %s", c.ID)
	w.sends(Event{Kind: EventPress, Pressed: func(id string) bool { return id == c.ID }})
}

func (w *wanderer) step() {
	all := slices.DeleteFunc(w.shown(), func(m Message) bool { return len(m.Choices) == 0 })
	old := rapid.SampledFrom(all).Draw(w.t, "of")
	switch draw := rapid.IntRange(0, 99).Draw(w.t, "step"); {
	case draw < 30:
		w.write(nil)
	case draw < 65:
		w.press(w.asked())
	case draw < 75:
		w.press(old)
	case draw < 85 && old.Asked != "":
		w.write(&old)
	case draw < 90 && len(w.wrote) > 0:
		key := w.word("e")
		w.where[key] = []string{inWords}
		message := rapid.SampledFrom(w.wrote).Draw(w.t, "changed")
		w.t.Logf("changes %s to %s", message, key)
		w.sends(Event{Kind: EventEdit, Message: message, Text: intake.NewPrivate(key + ", skrev jeg")})
	case draw < 96:
		command := rapid.SampledFrom([]string{"/status", "/pause", "/hjelp", "/english", "/nynorsk", "/bokmål", "/slett", "/innsyn", "/språk", "3", "/hjlep"}).Draw(w.t, "command")
		w.t.Logf("writes %s", command)
		w.sends(Event{Kind: EventMessage, Text: intake.NewPrivate(command)})
	case draw < 98:
		w.t.Logf("waits")
		w.tw.turn(time.Minute)
		if _, err := w.tw.bot.goOn(context.Background(), []Channel{w.ch}); err != nil {
			w.t.Fatal(err)
		}
	default:
		w.t.Logf("the server starts anew")
		w.tw.restart()
	}
}

// on goes on from a question, by these buttons if it has one of them.
func (w *wanderer) on(q Message, first ...string) {
	for _, way := range append(first, "start", "lang:nb", "delete_no", "go_on", ".go_on", ".~skip", ".no", ".delete_no") {
		for _, c := range q.Choices {
			if c.ID == way || way[0] == '.' && strings.HasSuffix(c.ID, way) {
				w.sends(Event{Kind: EventPress, Choices: []string{c.ID}})
				return
			}
		}
	}
	w.t.Fatalf("no way on from %s", q.ID)
}

// sent goes the shortest way to the receipt.
func (w *wanderer) sent() string {
	for range 200 {
		q := w.asked()
		if q.Kind == intake.KindReceipt {
			conv, err := w.tw.store.Conversation(context.Background(), w.ch.Name(), intake.NewConversationID(w.name))
			if err != nil {
				w.t.Fatal(err)
			}
			return conv.Ref
		}
		w.on(q, "H5.send", "H4.ok", "A3.send_now")
	}
	w.t.Fatal("the interview does not end")
	return ""
}

// TestNothingOfAChatIsLostOrElsewhere lets people wander through a chat, and compares what
// they wrote where with what the office opens: ten thousand steps with TILLIT_WALKS=all, a
// fifth of them without, and a fiftieth in short tests.
func TestNothingOfAChatIsLostOrElsewhere(t *testing.T) {
	tw := newTown(t)
	people, every := 0, 5
	if testing.Short() {
		every = 50
	}
	rapid.Check(t, func(rt *rapid.T) {
		if people++; people%every != 0 && os.Getenv("TILLIT_WALKS") != "all" {
			return
		}
		w := &wanderer{t: rt, tw: tw, ch: chatty{tw.screen}, name: fmt.Sprintf("person%dp", people), where: map[string][]string{}}
		w.sends(Event{Kind: EventMessage, Text: intake.NewPrivate("hei")})
		w.sends(Event{Kind: EventPress, Choices: []string{"start"}})
		for range rapid.SampledFrom([]int{0, 0, 5, 10, 15, 20, 25, 30, 35}).Draw(rt, "skipped") {
			if q := w.asked(); q.Kind == intake.KindQuestion && q.ID != "H5" {
				w.on(q)
			}
		}
		for range 100 {
			w.step()
		}
		ref := w.sent()
		at := map[string][]string{}
		for _, body := range tw.people.Told(t, tw.store, "maren", ref) {
			place, text := inWords, ""
			switch b := body.(type) {
			case cases.Answer:
				place, text = b.Question, b.Text.Reveal()
			case cases.Message:
				text = b.Text.Reveal()
			}
			for key := range w.where {
				for range strings.Count(text, key+",") {
					at[key] = append(at[key], place)
				}
			}
		}
		for key, want := range w.where {
			if got := at[key]; len(got) != 1 || want != nil && !slices.Contains(want, got[0]) {
				rt.Errorf("%s is to be at one of %v, and stands at %v", key, want, got)
			}
		}
	})
}
