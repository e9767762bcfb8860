package bot

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
)

// reader asks a town what its chat says and what is.
type reader struct {
	*town
	n int
}

func (r *reader) id() string { r.n++; return fmt.Sprint("k", r.n) }

// presses and says what she gets for it.
func (r *reader) presses(choice string) string {
	r.t.Helper()
	r.forget("lin")
	r.press("lin", r.id(), choice)
	return r.said("lin")
}

func (r *reader) types(text string) string {
	r.t.Helper()
	r.forget("lin")
	r.writes("lin", r.id(), text)
	return r.said("lin")
}

func (r *reader) conv() store.Conversation {
	r.t.Helper()
	conv, err := r.store.Conversation(r.t.Context(), "screen", intake.NewConversationID("lin"))
	if err != nil {
		r.t.Fatal(err)
	}
	return conv
}

// holders are those who hold a key of her case.
func (r *reader) holders() []string {
	r.t.Helper()
	_, can, err := r.store.Opened(r.t.Context(), r.conv().Ref, []string{"maren", "jonas", cases.External, cases.Recovery})
	if err != nil {
		r.t.Fatal(err)
	}
	return can
}

// offered are the buttons of the last message with any.
func (r *reader) offered() (ids []string) {
	for _, c := range r.question("lin").Choices {
		ids = append(ids, c.ID)
	}
	return ids
}

func TestSomebodyIsKeptOutAfterSending(t *testing.T) {
	r := &reader{town: newTown(t)}
	ref := r.report("lin", "Hei")
	if _, err := r.store.Read(t.Context(), "jonas", ref, 0, nil); err != nil {
		t.Fatal(err)
	}
	day := r.bot.Phrases.Day("nb", r.now().UTC(), r.now())
	got := r.types("/innsyn")
	if want := "– Jonas T.: har åpnet den " + day; !strings.Contains(got, want) {
		t.Errorf("she reads %q, want %q", got, want)
	}
	if want := []string{"ask_out:maren@" + ref, "ask_out:jonas@" + ref, "wish:access@" + ref}; !slices.Equal(r.offered(), want) {
		t.Fatalf("she can press %v, want %v", r.offered(), want)
	}
	got = r.presses("ask_out:jonas@" + ref)
	if !strings.Contains(got, "Jonas T. har åpnet saken "+day) || len(r.holders()) != 3 {
		t.Errorf("asked once more: %q; %v hold a key", got, r.holders())
	}
	for _, no := range []string{"ja", "Ja", "out_no"} { // a bare yes keeps nobody out
		if no == "out_no" {
			r.presses(no)
		} else {
			r.types(no)
		}
		if len(r.holders()) != 3 {
			t.Fatalf("after %q %v hold a key", no, r.holders())
		}
	}
	got = r.presses("out:jonas@" + ref)
	if !strings.Contains(got, "Jonas T. er holdt utenfor nå, og kan ikke åpne noe mer. Jonas T. har åpnet saken "+day) {
		t.Errorf("she is told %q", got)
	}
	if want := []string{"maren", cases.Recovery}; !slices.Equal(r.holders(), want) {
		t.Errorf("%v hold a key, want %v", r.holders(), want)
	}
	if got := r.types("/innsyn"); !strings.Contains(got, "Disse kan åpne saken din nå:\n– Maren V.: har ikke åpnet den\n\n") ||
		!strings.Contains(got, "Disse holder du utenfor: Jonas T.") || !strings.Contains(got, "kan det ikke lenger:\n– Jonas T.: har åpnet den "+day) {
		t.Errorf("afterwards she reads %q", got)
	}
	entries := func() int {
		t.Helper()
		room, err := r.store.Read(t.Context(), "maren", ref, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		return len(room.Entries)
	}
	before := entries()
	for _, again := range []string{"out:jonas@" + ref, "ask_out:jonas@" + ref} { // yesterday's buttons
		if got := r.presses(again); got != "Jonas T. er holdt utenfor allerede." || entries() != before {
			t.Errorf("%s again: %q, and %d more entries", again, got, entries()-before)
		}
	}
	// She thinks better of it: nobody is given a key by that.
	if got := r.presses("in:jonas@" + ref); !strings.Contains(got, "kan ikke lese noe ennå") || len(r.conv().Out) != 0 || len(r.holders()) != 2 {
		t.Errorf("let in: %q; kept out %v, %v hold a key", got, r.conv().Out, r.holders())
	}
	// The last one: it goes outside, and she is told so before and after.
	if got := r.presses("ask_out:maren@" + ref); !strings.Contains(got, "Den går til Advokat Ek (ekstern).") {
		t.Errorf("before the last one: %q", got)
	}
	r.presses("out:maren@" + ref)
	if got := r.types("/innsyn"); !strings.Contains(got, "Bare denne kan åpne den nå:\n– Advokat Ek (ekstern): har ikke åpnet den") ||
		!slices.Equal(r.holders(), []string{cases.External, cases.Recovery}) {
		t.Errorf("with nobody left: %q; %v hold a key", got, r.holders())
	}
	if got := r.presses("out:gerd@" + ref); !strings.Contains(got, "Gerd L. jobber ikke med meldinger her lenger") {
		t.Errorf("somebody who left: %q", got)
	}
}

func TestANameInAMessageIsAskedAbout(t *testing.T) {
	r := &reader{town: newTown(t)}
	ref := r.report("lin", "Hei")
	if got := r.types("Det var Jonas som gjorde det."); !strings.Contains(got, "låst") || !strings.Contains(got, "Vil du holde noen av dem utenfor?") {
		t.Fatalf("she gets %q", got)
	}
	if want := []string{"out:jonas@" + ref, "out_no"}; !slices.Equal(r.offered(), want) {
		t.Fatalf("she can press %v, want %v", r.offered(), want)
	}
	if c := r.question("lin").Choices[0]; !c.Main || !strings.HasPrefix(c.Label, "Hold Jonas T") {
		t.Errorf("the main button is %+v", c)
	}
	r.types("ja") // is kept, and nobody is kept out by it
	if len(r.holders()) != 3 {
		t.Fatalf("after a bare yes %v hold a key", r.holders())
	}
	r.types("JONAS!")
	if got := r.types("Nei, noen andre"); got != "Greit. Ingenting er endret." || len(r.holders()) != 3 {
		t.Errorf("no: %q; %v hold a key", got, r.holders())
	}
	r.types("Jeg sa Jonas.")
	if r.types("Hold Jonas T. utenfor"); len(r.holders()) != 2 {
		t.Errorf("with the whole label: %v hold a key", r.holders())
	}
	if got := r.types("Jonas igjen."); strings.Contains(got, "utenfor") {
		t.Errorf("about one who cannot read it: %q", got)
	}
	r.types("Maren var der også.")
	if r.presses("out:maren@" + ref); !slices.Equal(r.holders(), []string{cases.External, cases.Recovery}) {
		t.Errorf("both named: %v hold a key", r.holders())
	}
}

// TestWhoIsOnlyToldIsKeptOut: the secretary of the county holds no key, and is kept out
// all the same, before sending and after, so that nobody tells her.
func TestWhoIsOnlyToldIsKeptOut(t *testing.T) {
	r := &reader{town: newTown(t)}
	ref := r.report("lin", "Hei")
	if got := r.types("/innsyn"); strings.Contains(got, "Sidsel") {
		t.Errorf("she is among those who can read: %q", got)
	}
	if got := r.types("Det var Sidsel Ås som gjorde det."); !strings.Contains(got, "eller som kan få vite om det") {
		t.Fatalf("she is not asked about: %q", got)
	}
	if want := []string{"out:sidsel@" + ref, "out_no"}; !slices.Equal(r.offered(), want) {
		t.Fatalf("she can press %v, want %v", r.offered(), want)
	}
	if got := r.presses("out:sidsel@" + ref); !strings.Contains(got, "Sidsel Ås holdes utenfor fra nå av, og får ikke vite mer om saken fra oss.") {
		t.Errorf("she is told %q", got)
	}
	if !slices.Equal(r.conv().Out, []string{"sidsel"}) || len(r.holders()) != 3 {
		t.Errorf("kept out are %v, and %v hold a key", r.conv().Out, r.holders())
	}
	if got := r.types("Det var Sidsel."); strings.Contains(got, "utenfor") {
		t.Errorf("asked once more: %q", got)
	}
	if got := r.types("/innsyn"); !strings.Contains(got, "Disse holder du utenfor: Sidsel Ås (fylkessekretær)") {
		t.Errorf("afterwards she reads %q", got)
	}
	if i := slices.IndexFunc(r.question("lin").Choices, func(c intake.Choice) bool { return c.Label == "Ikke hold Sidsel Ås utenfor lenger" }); i < 0 {
		t.Errorf("she can press %v", r.question("lin").Choices)
	}
	if got := r.presses("in:sidsel@" + ref); got != "Det er notert. Vi holder ikke Sidsel Ås utenfor lenger." || len(r.conv().Out) > 0 {
		t.Errorf("let in: %q; kept out are %v", got, r.conv().Out)
	}
	// In a report that is being told.
	r.types("/ny")
	for r.question("lin").ID != "A1" {
		if q := r.question("lin"); q.ID == "C0" {
			r.presses("C0.nobody")
		} else {
			r.presses(q.Choices[0].ID)
		}
	}
	r.types("Det var Sidsel")
	r.presses("A1.~done")
	if r.presses("X1.p:sidsel"); !slices.Equal(r.conv().Out, []string{"sidsel"}) {
		t.Errorf("in the interview: %v", r.conv().Out)
	}
	if second := r.walkTo("lin"); second == ref || !slices.Contains(r.conv().Out, "sidsel") || !slices.Contains(r.holders(), "maren") {
		t.Errorf("at send: %v are kept out, %v hold a key", r.conv().Out, r.holders())
	}
}

// TestAButtonCountsForItsCaseAlone: one further up in the chat, of a report that was
// sent before, keeps nobody out of the one that is being told, or the reverse.
func TestAButtonCountsForItsCaseAlone(t *testing.T) {
	r := &reader{town: newTown(t)}
	first := r.report("lin", "Hei")
	r.types("/ny")
	r.presses("out:jonas@" + first) // nothing is told yet: it counts, for the first
	if !slices.Equal(r.conv().Out, []string{"jonas"}) {
		t.Fatalf("kept out of the first are %v", r.conv().Out)
	}
	for r.question("lin").ID != "C0" {
		if q := r.question("lin"); q.Accepts == intake.AcceptsFree {
			r.presses(q.ID + ".~skip")
		} else {
			r.presses(q.Choices[0].ID)
		}
	}
	r.presses("C0.nobody")
	if conv := r.conv(); conv.Sent || len(conv.Out) != 0 {
		t.Fatalf("of the second %v are kept out", conv.Out)
	}
	r.presses("out:maren@" + first)
	r.presses("in:jonas@" + first)
	if conv := r.conv(); len(conv.Out) != 0 {
		t.Errorf("buttons of the first keep %v out of the second", conv.Out)
	}
	r.presses("out:jonas")
	if conv := r.conv(); !slices.Equal(conv.Out, []string{"jonas"}) {
		t.Errorf("its own button: %v", conv.Out)
	}
	r.presses("out:jonas")
	r.presses("in:jonas")
	if conv := r.conv(); len(conv.Out) != 0 {
		t.Errorf("and back: %v", conv.Out)
	}
	second := r.walkTo("lin")
	r.presses("out:jonas") // of the time before sending
	if conv := r.conv(); conv.Ref != second || len(conv.Out) != 0 || len(r.holders()) != 3 {
		t.Errorf("after sending, a button from before: %v are kept out, %v hold a key", conv.Out, r.holders())
	}
}

// TestWhatItSaysIsWhatHolds presses whatever was ever offered, in any order, and
// compares what the bot says about who can read with the box and the keys.
func TestWhatItSaysIsWhatHolds(t *testing.T) {
	seeds := uint64(16)
	if testing.Short() {
		seeds = 4
	}
	for seed := range seeds {
		r := &reader{town: newTown(t)}
		dice := rand.New(rand.NewPCG(seed, 3))
		r.press("lin", r.id(), "start")
		var ever, did []string
		sent := 0
		for step := 0; step < 60 && sent < 8; step++ {
			q := r.question("lin")
			for _, c := range q.Choices {
				if !strings.Contains(c.ID, "delete") && !slices.Contains(ever, c.ID) {
					ever = append(ever, c.ID)
				}
			}
			var act string
			switch n := dice.IntN(10); {
			case n < 5 && !r.conv().Sent:
				act = r.ahead(q, dice)
			case n < 7:
				act = []string{"Jonas gjorde det", "Maren så det", "Jonas og Maren", "/innsyn", "/ny"}[dice.IntN(5)]
			default:
				act = ever[dice.IntN(len(ever))]
			}
			did = append(did, act)
			if slices.Contains(ever, act) {
				r.presses(act)
			} else {
				r.types(act)
			}
			if r.conv().Sent {
				sent++
			}
			for _, c := range r.question("lin").Choices {
				if !strings.Contains(c.ID, "delete") && !slices.Contains(ever, c.ID) {
					ever = append(ever, c.ID)
				}
			}
			if wrong := r.wrong(); wrong != "" {
				t.Fatalf("seed %d: %s\nafter %q", seed, wrong, did)
			}
		}
	}
}

// ahead is the shortest way on.
func (r *reader) ahead(q Message, dice *rand.Rand) string {
	for _, id := range []string{"S1.yes", "C0.p:jonas", "A3.send_now", "H4.ok", "H5.send", q.ID + ".~done", q.ID + ".~skip"} {
		if slices.ContainsFunc(q.Choices, func(c intake.Choice) bool { return c.ID == id }) && (id != "C0.p:jonas" || dice.IntN(2) == 0) {
			return id
		}
	}
	if len(q.Choices) == 0 {
		return "/vis"
	}
	return q.Choices[dice.IntN(len(q.Choices))].ID
}

// wrong says what does not agree.
func (r *reader) wrong() string {
	r.t.Helper()
	conv := r.conv()
	st, err := decodeState(conv.State)
	if err != nil {
		r.t.Fatal(err)
	}
	m, err := r.bot.Who(r.t.Context(), r.screen, intake.NewConversationID("lin"), "nb")
	if err != nil {
		r.t.Fatal(err)
	}
	var can []string
	out := conv.Out
	iv, telling := st.interview()
	telling = telling && st.Phase == phaseAsking
	switch {
	case telling:
		out = slices.Sorted(slices.Values(iv.Excluded()))
		can = r.bot.Office.Keep(iv.Level(), out)
		if iv.Opened() && !slices.Equal(out, conv.Out) {
			return fmt.Sprintf("the interview keeps %v out, the box %v", out, conv.Out)
		}
	case conv.Sent:
		can = r.holders()
		for _, id := range out {
			if slices.Contains(can, id) {
				return id + " is kept out and holds a key"
			}
		}
	default:
		return ""
	}
	first, rest, _ := strings.Cut(m.Text, "\n\n")
	for id, name := range map[string]string{"maren": "Maren V.", "jonas": "Jonas T.", cases.External: "Advokat Ek"} {
		if strings.Contains(first, "– "+name) != slices.Contains(can, id) {
			return fmt.Sprintf("%v can read, it says %q", can, first)
		}
		if id != cases.External && (strings.Contains(rest, "holder du utenfor: "+name) || strings.Contains(rest, " og "+name)) != slices.Contains(out, id) {
			return fmt.Sprintf("%v are kept out, it says %q", out, rest)
		}
	}
	if !strings.Contains(first, "\n– ") {
		return "it names nobody"
	}
	return ""
}

// TestWhereItGoesIsSaidBeforehand: who reads outside the office is named on the card,
// where an answer leads there, at the review and on the receipt.
func TestWhereItGoesIsSaidBeforehand(t *testing.T) {
	r := &reader{town: newTown(t)}
	const outside = "Advokat Ek (ekstern)"
	r.prefers["A3"], r.prefers["E3"] = "A3.go_on", "E3.central_leadership"
	r.prefers["H3"] = "H3.any"
	r.press("lin", r.id(), "start")
	if got := r.presses("access"); !strings.Contains(got, outside) {
		t.Errorf("before anything is told: %q", got)
	}
	r.presses("start")
	r.walkTo("lin")
	seen := 0
	for _, m := range r.screen.sent["lin"] {
		has := slices.ContainsFunc(m.Choices, func(c intake.Choice) bool { return c.ID == "access" })
		if at := m.ID == "E3" || m.Kind == intake.KindReview || m.Kind == intake.KindReceipt; !at {
			continue
		} else if seen++; !has || !strings.Contains(m.Text+m.Help, outside) {
			t.Errorf("%s says %q and has the button: %v", m.ID, m.Text+m.Help, has)
		}
	}
	if seen < 3 {
		t.Errorf("she saw %d of three", seen)
	}
	if got := r.types("/innsyn"); !strings.Contains(got, "Bare denne kan åpne den nå:\n– "+outside) {
		t.Errorf("afterwards: %q", got)
	}
}

// TestATokenCountsAsItsButton: a network that gives buttons only a token finds these too.
func TestATokenCountsAsItsButton(t *testing.T) {
	r := &reader{town: newTown(t)}
	ref := r.report("lin", "Hei")
	r.token("lin", r.id(), "out:jonas@"+ref)
	if conv := r.conv(); !slices.Equal(conv.Out, []string{"jonas"}) || len(r.holders()) != 2 {
		t.Errorf("kept out are %v, %v hold a key", conv.Out, r.holders())
	}
}
