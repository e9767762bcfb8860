package bot

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/intake"
	"tillit/store/storetest"
)

// everywhere is each global command, typed and as a button where there is one, with
// what the answer to it must hold while nothing is sent and when it is.
var everywhere = []struct {
	typed, button string
	unsent, sent  string
	asksAgain     bool // repeats the question, so that nobody has to look for it
}{
	{"/status", "status", "Ingenting er sendt", "Det du sendte, har kommet fram", true},
	{"/innsyn", "access", "Når du sender, kan disse lese det:\n– Maren V.\n– Jonas T.\n", "Disse kan åpne saken din nå:\n– Maren V.: har ikke åpnet den\n– Jonas T.: har ikke åpnet den\n", true},
	{"/hjelp", "help", "116 117", "116 117", true},
	{"/menneske", "human", "hjelpetelefon", "snakke med et menneske", true},
	{"/pause", "", "Saksbehandlerne ser det ikke før du sender", "Det du har sendt, blir hos saksbehandlerne", false},
	{"/språk", "", "Hvilket språk", "Hvilket språk", false},
	{"/bokmål", "lang:nb", "på bokmål", "på bokmål", true},
	{"/kode", "R.code", "trenger du ingen kode", "trenger du ingen kode", true},
	{"/rydd", "R.clean", "kan jeg ikke slette for deg", "kan jeg ikke slette for deg", true},
	{"/les-mer", "more", "", "", true},
	{"/slett", "delete", "Vil du slette alt", "kan ikke slettes herfra", false},
}

// TestEachCommandWorksAtEachQuestion leads a person through every question of the
// interview, and at each of them types and presses each command. None may move her
// on, lose what is asked, seal anything or keep it from being answered.
func TestEachCommandWorksAtEachQuestion(t *testing.T) {
	tw := newTown(t)
	n := 0
	send := func(ev Event) {
		t.Helper()
		n++
		tw.turn(time.Second) // nobody types faster
		if err := tw.does("lin", fmt.Sprint("e", n), ev); err != nil {
			t.Fatal(err)
		}
	}
	press := func(choice string) { t.Helper(); send(Event{Kind: EventPress, Choices: []string{choice}}) }
	sealed := func() string {
		conv, err := tw.store.Conversation(t.Context(), "screen", intake.NewConversationID("lin"))
		if err != nil {
			t.Fatal(err)
		}
		st, err := decodeState(conv.State)
		if err != nil {
			t.Fatal(err)
		}
		iv, ok := st.interview()
		return fmt.Sprint(conv.Ref, st.Phase, ok && iv.Opened(), iv.At(), strings.Replace(string(st.Talk), `,"pz":true`, "", 1)) // a break is none
	}
	met := map[string]bool{}
	all := func(at string, asked Message, isSent bool) {
		t.Helper()
		before := sealed()
		for i, c := range everywhere {
			if testing.Short() && (i+len(met))%4 != 0 {
				continue // a quarter at each question, another quarter at the next
			}
			want := c.unsent
			if isSent {
				want = c.sent
			}
			if at == "the card" && (c.typed == "/pause" || c.typed == "/slett") {
				want = "Du har ikke fortalt noe her ennå"
			}
			events := []Event{{Text: intake.NewPrivate(c.typed)}}
			if c.button != "" {
				events = append(events, Event{Kind: EventPress, Choices: []string{c.button}})
			}
			for _, ev := range events {
				if strings.HasPrefix(c.typed, "/les-mer") && ev.Kind == "" {
					continue // there is only a button
				}
				tw.forget("lin")
				send(ev)
				if got := tw.said("lin"); !strings.Contains(got, want) || got == "" {
					t.Errorf("at %s, %s%v answers %q, want %q", at, c.typed, ev.Choices, got, want)
				}
				if c.typed == "/slett" && !isSent {
					press("delete_no")
				}
				if got := tw.question("lin"); c.asksAgain && !isSent && asked.ID != "" && got.ID != asked.ID {
					t.Errorf("at %s, after %s%v she is asked %q", at, c.typed, ev.Choices, got.ID)
				}
				if got := sealed(); got != before && asked.ID != "" {
					t.Errorf("at %s, %s%v moved the interview", at, c.typed, ev.Choices)
				}
			}
		}
	}
	send(Event{Text: intake.NewPrivate("Hei")})
	all("the card", Message{}, false)
	press("start")
	answered := map[string]int{}
	for range 120 {
		q := tw.question("lin")
		if q.Kind == intake.KindReceipt {
			all("the receipt", Message{}, true)
			if len(met) < 30 {
				t.Errorf("the interview met only %d questions", len(met))
			}
			return
		}
		if q.ID == "language" || q.ID == "delete_ask" {
			t.Fatalf("stuck at the bot's own question %s", q.ID)
		}
		if !met[q.ID] {
			met[q.ID] = true
			all(q.ID, q, false)
			press("go_on")
			q = tw.question("lin")
		}
		answered[q.ID]++
		press(onward(q, answered[q.ID]))
	}
	t.Fatalf("the interview does not end; it is at %s", tw.question("lin").ID)
}

// onward answers a question so that as many as possible follow.
func onward(q Message, visit int) string {
	has := func(id string) bool {
		return slices.ContainsFunc(q.Choices, func(c intake.Choice) bool { return c.ID == id })
	}
	for _, id := range []string{
		"S1.no", "C0.nobody", "S3.heard", "A4.go_on", "A3.go_on", "B3.yes", "C1.touching", "H1.may_tell", "H4.ok", "H5.send",
	} {
		if has(id) && (visit == 1 || !has(q.ID+".~done")) {
			return id
		}
	}
	for _, way := range []string{".~done", ".~skip"} {
		if has(q.ID + way) {
			return q.ID + way
		}
	}
	return q.Choices[0].ID
}

// TestStatusAndAccessSayWhatHasHappened follows a case through the office.
func TestStatusAndAccessSayWhatHasHappened(t *testing.T) {
	tw := newTown(t)
	ref := tw.report("lin", "Hei")
	n := 0
	ask := func(command, want, not string) {
		t.Helper()
		n++
		tw.forget("lin")
		tw.writes("lin", fmt.Sprint("s", n), command)
		if got := tw.said("lin"); !strings.Contains(got, want) || not != "" && strings.Contains(got, not) {
			t.Errorf("%s answers %q, want %q", command, got, want)
		}
	}
	ask("/status", "Ingen har åpnet det ennå.", "har saken din")
	ask("/innsyn", "– Maren V.: har ikke åpnet den\n– Jonas T.: har ikke åpnet den\n", "")
	if err := storetest.Assign(t.Context(), tw.store, "maren", ref, "maren"); err != nil {
		t.Fatal(err)
	}
	ask("/status", "Maren V. har saken din.", "")
	if _, err := tw.store.Blind(t.Context(), "jonas", ref, 0); err != nil { // no key, and nothing to open with it
		t.Fatal(err)
	}
	if _, err := tw.store.Read(t.Context(), "maren", ref, 0, nil); err != nil {
		t.Fatal(err)
	}
	day := tw.bot.Phrases.Day("nb", tw.now().UTC(), tw.now())
	ask("/innsyn", "– Maren V.: har åpnet den "+day+"\n– Jonas T.: har ikke åpnet den\n", "")
	tw.replies(ref, "Takk.")
	ask("/status", "Maren V. har saken din.", "Ingen har åpnet")
}
