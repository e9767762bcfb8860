package bot

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
)

// told is what a person has been sent, as ids.
func (tw *town) told(person string) (ids []string) {
	tw.drain()
	tw.screen.mu.Lock()
	defer tw.screen.mu.Unlock()
	for _, m := range tw.screen.sent[person] {
		ids = append(ids, m.ID)
	}
	return ids
}

// token presses a button by a token that only the channel can read.
func (tw *town) token(person, id, choice string) {
	tw.t.Helper()
	if err := tw.does(person, id, Event{Kind: EventPress, Pressed: func(c string) bool { return c == choice }}); err != nil {
		tw.t.Fatal(err)
	}
}

func TestATokenIsTheButtonItStandsFor(t *testing.T) {
	tw := newTown(t)
	tw.meets(tw.screen, "lin", "0")
	tw.token("lin", "1", "start")
	tw.token("lin", "2", "S1.yes")
	if got := tw.question("lin"); got.ID != "A1" {
		t.Fatalf("after two presses she is asked %s, want A1", got.ID)
	}
	tw.token("lin", "3", "S1.no")
	if got := tw.told("lin"); !slices.Contains(got, "corrected") {
		t.Errorf("a button of an earlier question led to %v, want a correction", got)
	}
	tw.token("lin", "4", "of a deleted handler")
	if got := tw.told("lin"); got[len(got)-2] != "no_longer" || got[len(got)-1] != "A1" {
		t.Errorf("an unknown button led to %v, want a kind word and the question again", got)
	}
}

func TestTheCardComesBeforeATypedStart(t *testing.T) {
	tw := newTown(t)
	for i, want := range []string{"hello", "S1"} {
		if err := tw.does("lin", string(rune('a'+i)), Event{Text: intake.NewPrivate("/start eyJ0b2tlbiI6MX0")}); err != nil {
			t.Fatal(err)
		}
		if got := tw.told("lin"); got[len(got)-1] != want {
			t.Errorf("after %d typed starts she was told %v, want %s", i+1, got, want)
		}
	}
}

func TestWhatCannotBeKeptIsSaid(t *testing.T) {
	for _, unkept := range []Unkept{UnkeptKind, UnkeptSize, UnkeptFile} {
		tw := newTown(t)
		tw.press("lin", "1", "start")
		if err := tw.does("lin", "2", Event{Unkept: unkept}); err != nil {
			t.Fatal(err)
		}
		got := tw.told("lin")
		if want := "unkept_" + string(unkept); got[len(got)-2] != want || got[len(got)-1] != "S1" {
			t.Errorf("she was told %v, want %s and the question again", got, want)
		}
	}
}

func TestWordsBesideWhatCannotBeKeptAreAnAnswer(t *testing.T) {
	tw := newTown(t)
	tw.press("lin", "1", "start")
	if err := tw.does("lin", "2", Event{Unkept: UnkeptSize, Text: intake.NewPrivate("ja")}); err != nil {
		t.Fatal(err)
	}
	if got := tw.told("lin"); !slices.Contains(got, "unkept_size") || got[len(got)-1] != "A1" {
		t.Errorf("she was told %v, want the word on the file and the next question", got)
	}
}

// edits has a person change a message, and returns the last thing that they are told.
func (tw *town) edits(person, id, message string, ev Event) string {
	tw.t.Helper()
	ev.Kind, ev.Message = EventEdit, message
	if err := tw.does(person, id, ev); err != nil {
		tw.t.Fatal(err)
	}
	got := tw.told(person)
	return got[len(got)-1]
}

func TestAnEditIsAVersionAndNoAnswer(t *testing.T) {
	tw := newTown(t)
	yes := Event{Text: intake.NewPrivate("ja")}
	tw.press("lin", "1", "start")
	if got := tw.edits("lin", "2", "7", yes); got != "S1" || !slices.Contains(tw.told("lin"), "edited_not") {
		t.Errorf("before there is a case an edit led to %v; want that it is not kept, and the question", tw.told("lin"))
	}
	ref := tw.report("kim", "Det var på middagen.")
	if got := tw.edits("kim", "early", "2", yes); got == "edited" {
		t.Error("what was never kept is said to be kept in both versions")
	}
	if err := tw.does("kim", "more", Event{Message: "9", Text: intake.NewPrivate("Det var før middagen.")}); err != nil {
		t.Fatal(err)
	}
	tw.turn(time.Hour) // the notice of it has left
	rung := tw.notices("maren", "answer")
	before := tw.logs(ref)
	if got := tw.edits("kim", "late", "9", Event{Text: intake.NewPrivate("Det var etter middagen.")}); got != "edited" {
		t.Errorf("she was told %s, want that both versions are kept", got)
	}
	renewed := tw.notices("maren", "answer") // the old one gave way to one that is not due yet
	if tw.turn(time.Hour); rung != 1 || renewed != 0 || tw.notices("maren", "answer") != 1 {
		t.Errorf("the office is not told of a change: %d notices before, %d at once, %d later", rung, renewed, tw.notices("maren", "answer"))
	}
	if got := tw.edits("kim", "file", "9", Event{Unkept: UnkeptSize}); got != "unkept_size" {
		t.Errorf("of a file that cannot be kept she is told %s", got)
	}
	if err := tw.does("kim", "gone", Event{Kind: EventDelete, Message: "9"}); err != nil {
		t.Fatal(err)
	}
	if tw.logs(ref) != before+1 {
		t.Error("the case does not say that she took the message away")
	}
}

// TestAnEditGoesIntoTheCaseOfItsMessage: another report is written into meanwhile,
// and may be open to others.
func TestAnEditGoesIntoTheCaseOfItsMessage(t *testing.T) {
	tw := newTown(t)
	entries := func(ref string) int {
		t.Helper()
		room, err := tw.store.Read(t.Context(), "maren", ref, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		return len(room.Entries)
	}
	write := func(id, message, text string) {
		t.Helper()
		if err := tw.does("lin", id, Event{Message: message, Text: intake.NewPrivate(text)}); err != nil {
			t.Fatal(err)
		}
	}
	first := tw.report("lin", "Det første.")
	write("m1", "m1", "mer om det første")
	write("again", "", "/ny")
	second := tw.walkTo("lin")
	write("m2", "m2", "mer om det andre")
	was := [2]int{entries(first), entries(second)}
	for i, message := range []string{"m1", "m2"} {
		if got := tw.edits("lin", "edit "+message, message, Event{Text: intake.NewPrivate("endret")}); got != "edited" {
			t.Errorf("an edit of %s is answered with %s", message, got)
		}
		was[i]++
		if got := [2]int{entries(first), entries(second)}; got != was {
			t.Errorf("after an edit of %s the cases have %v entries, want %v", message, got, was)
		}
	}
	if conv, err := tw.store.Conversation(t.Context(), "screen", intake.NewConversationID("lin")); err != nil || conv.Ref != second {
		t.Errorf("she writes into %q now, want %q: %v", conv.Ref, second, err)
	}
}

// TestMappingsLiveAsLongAsTheCase: a year later a reply arrives, and an old message
// can be changed.
func TestMappingsLiveAsLongAsTheCase(t *testing.T) {
	tw := newTown(t)
	ref := tw.report("lin", "Det var på middagen.")
	if err := tw.does("lin", "m", Event{Message: "m1", Text: intake.NewPrivate("mer")}); err != nil {
		t.Fatal(err)
	}
	for range 12 {
		tw.turn(31 * 24 * time.Hour)
		tw.tick()
	}
	tw.until(12)
	tw.replies(ref, "kanari: et år etter")
	tw.press("lin", "show", "show")
	if got := tw.said("lin"); !strings.Contains(got, "kanari: et år etter") {
		t.Error("a reply does not find its reporter after a year")
	}
	if got := tw.edits("lin", "e", "m1", Event{Text: intake.NewPrivate("endret")}); got != "edited" {
		t.Errorf("a change after a year is answered with %s", got)
	}
}

func TestABodyKeepsWhatTheNetworkSays(t *testing.T) {
	tw := newTown(t)
	ev := Event{
		Kind: EventMessage, Text: intake.NewPrivate("Se her"), Message: "7", Forwarded: true, Quotes: intake.NewPrivate("Hva skjedde?"),
	}
	st := state{V: 1, Phase: phaseSent, Lang: "nb"}
	sit := tw.bot.situation(tw.screen, store.Conversation{Ref: "T-AAAAAA", Sent: true}, st, ev)
	c := tw.bot.change(tw.screen, sit, tw.bot.decide(sit))
	if len(c.Entries) != 1 {
		t.Fatalf("%d entries, want one", len(c.Entries))
	}
	want := cases.Source{Message: "7", Forwarded: true, Quotes: intake.NewPrivate("Hva skjedde?")}
	if said, ok := c.Entries[0].Body.(cases.Message); !ok || said.Source != want {
		t.Error("the entry does not say where its words come from")
	}
}

func TestAnAlbumIsThankedForOnce(t *testing.T) {
	tw := newTown(t)
	tw.report("lin", "Det var på middagen.")
	before := len(tw.told("lin"))
	picture := File{Name: intake.NewPrivate("b.jpg"), Size: 3, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("abc")), nil }}
	for i, album := range []string{"7", "7", "7", "8"} {
		if err := tw.does("lin", fmt.Sprint("part ", i), Event{Album: album, Files: []File{picture}}); err != nil {
			t.Fatal(err)
		}
		tw.drain()
	}
	if got := tw.told("lin")[before:]; !slices.Equal(got, []string{"kept_files", "kept_files"}) {
		t.Errorf("two albums were answered with %v", got)
	}
}

func TestAVoiceCanBeKnown(t *testing.T) {
	tw := newTown(t)
	tw.report("lin", "Det var på middagen.")
	before := len(tw.told("lin"))
	for i, voice := range []bool{false, true, true} {
		f := File{Name: intake.NewPrivate("lyd"), Size: 3, Voice: voice, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("abc")), nil }}
		if err := tw.does("lin", fmt.Sprint("sound ", i), Event{Files: []File{f}}); err != nil {
			t.Fatal(err)
		}
		tw.drain()
	}
	if got, want := tw.told("lin")[before:], []string{"kept_files", "voice", "kept_files", "kept_files"}; !slices.Equal(got, want) {
		t.Errorf("she was told %v, want %v", got, want)
	}
}
