package bot

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"tillit/intake"
	"tillit/store"
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
	tw.token("lin", "1", "start")
	tw.token("lin", "2", "S1.yes")
	if got := tw.question("lin"); got.ID != "C0" {
		t.Fatalf("after two presses she is asked %s, want C0", got.ID)
	}
	tw.token("lin", "3", "S1.no")
	if got := tw.told("lin"); !slices.Contains(got, "corrected") {
		t.Errorf("a button of an earlier question led to %v, want a correction", got)
	}
	tw.token("lin", "4", "of a deleted handler")
	if got := tw.told("lin"); got[len(got)-2] != "no_longer" || got[len(got)-1] != "C0" {
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
	if got := tw.told("lin"); !slices.Contains(got, "unkept_size") || got[len(got)-1] != "C0" {
		t.Errorf("she was told %v, want the word on the file and the next question", got)
	}
}

func TestAnEditIsAVersionAndNoAnswer(t *testing.T) {
	tw := newTown(t)
	edit := Event{Kind: EventEdit, Message: "7", Text: intake.NewPrivate("ja")}
	tw.press("lin", "1", "start")
	before := len(tw.told("lin"))
	if err := tw.does("lin", "2", edit); err != nil {
		t.Fatal(err)
	}
	if got := tw.told("lin"); len(got) != before {
		t.Errorf("before there is a case an edit led to %v", got[before:])
	}
	tw.report("kim", "Det var på middagen.")
	edit.Text = intake.NewPrivate("Det var etter middagen.")
	if err := tw.does("kim", "late", edit); err != nil {
		t.Fatal(err)
	}
	if got := tw.told("kim"); got[len(got)-1] != "edited" {
		t.Errorf("she was told %v, want that both versions are kept", got)
	}
}

func TestABodyKeepsWhatTheNetworkSays(t *testing.T) {
	tw := newTown(t)
	ev := Event{
		Kind: EventMessage, Text: intake.NewPrivate("Se her"), Message: "7", Forwarded: true, Quotes: intake.NewPrivate("Hva skjedde?"),
	}
	st := state{V: 1, Phase: phaseSent, Lang: "nb"}
	sit := tw.bot.situation(tw.screen, store.Conversation{Ref: "T-AAAAAA", Sent: true}, st, ev)
	c := tw.bot.change(tw.screen, sit.conv, ev, tw.bot.step(sit))
	if len(c.Entries) != 1 {
		t.Fatalf("%d entries, want one", len(c.Entries))
	}
	for _, want := range []string{`"message":"7"`, `"forwarded":true`, `"quotes":"Hva skjedde?"`} {
		if !strings.Contains(string(c.Entries[0].Body), want) {
			t.Errorf("the entry lacks %s", want)
		}
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
	}
	if got, want := tw.told("lin")[before:], []string{"kept_files", "voice", "kept_files", "kept_files"}; !slices.Equal(got, want) {
		t.Errorf("she was told %v, want %v", got, want)
	}
}
