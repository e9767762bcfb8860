package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/storetest"
)

// said returns what a person has been sent since the last call of forget.
func (tw *town) said(person string) string {
	tw.drain()
	tw.screen.mu.Lock()
	defer tw.screen.mu.Unlock()
	var all []string
	for _, m := range tw.screen.sent[person] {
		all = append(all, m.Text+m.Words.Reveal())
	}
	return strings.Join(all, "\n")
}

func (tw *town) forget(person string) {
	tw.drain()
	tw.screen.mu.Lock()
	defer tw.screen.mu.Unlock()
	tw.screen.sent[person] = nil
}

func (tw *town) writes(person, id, text string) {
	tw.t.Helper()
	if err := tw.does(person, id, Event{Text: intake.NewPrivate(text)}); err != nil {
		tw.t.Fatal(err)
	}
}

// replies writes to a case's reporter as maren.
func (tw *town) replies(ref, text string) {
	tw.t.Helper()
	if err := storetest.Write(tw.t.Context(), tw.store, "maren", cases.Outgoing{Ref: ref, By: "Maren V.", Text: intake.NewPrivate(text)}, tw.bot.Reply); err != nil {
		tw.t.Fatal(err)
	}
}

func (tw *town) tick() {
	tw.t.Helper()
	if err := tw.bot.Tick(tw.t.Context()); err != nil {
		tw.t.Fatal(err)
	}
	if err := tw.store.Expire(tw.t.Context()); err != nil {
		tw.t.Fatal(err)
	}
}

// until turns the clock forward to an hour of a day.
func (tw *town) until(hour int) {
	now := tw.now().UTC()
	at := time.Date(now.Year(), now.Month(), now.Day(), hour, 30, 0, 0, time.UTC)
	if !at.After(now) {
		at = at.AddDate(0, 0, 1)
	}
	tw.turn(at.Sub(now))
}

func (tw *town) notices(handler, kind string) int {
	tw.t.Helper()
	all, err := tw.store.Notices(tw.t.Context(), handler)
	if err != nil {
		tw.t.Fatal(err)
	}
	return len(slices.DeleteFunc(all, func(n cases.Notice) bool { return n.Kind != kind }))
}

func (tw *town) logs(ref string) int {
	tw.t.Helper()
	room, err := tw.store.Read(tw.t.Context(), "maren", ref, 0, nil)
	if err != nil {
		tw.t.Fatal(err)
	}
	n := 0
	for _, e := range room.Entries {
		if e.Kind == cases.EntryLog {
			n++
		}
	}
	return n
}

func TestAReplySpeaksTheReportersLanguage(t *testing.T) {
	tw := newTown(t)
	tw.press("lin", "l", "lang:en")
	ref := tw.report("lin", "Hello")
	tw.forget("lin")
	tw.replies(ref, "Thank you.")
	if got := tw.said("lin"); got != "You have a message." {
		t.Errorf("the notice is %q, want it in English and without content", got)
	}
	tw.press("lin", "show", "show")
	if got := tw.said("lin"); !strings.Contains(got, "From Maren V.:Thank you.") {
		t.Errorf("she reads %q", got)
	}
}

func TestTheNoticeKeepsToTheHoursSheChose(t *testing.T) {
	for choice, c := range map[string]struct{ at, comes int }{
		"H3.any": {3, 3}, "H3.day": {20, 9}, "H3.evening": {10, 17}, "": {3, 3},
	} {
		t.Run(choice, func(t *testing.T) {
			tw := newTown(t)
			tw.prefers["H3"] = choice
			ref := tw.report("lin", "Hei")
			tw.forget("lin")
			tw.until(c.at)
			tw.replies(ref, "Takk.")
			if got := tw.said("lin"); (got != "") != (c.at == c.comes) {
				t.Errorf("at %d she gets %q", c.at, got)
			}
			tw.until(c.comes)
			if got := tw.said("lin"); got != "Du har en beskjed." {
				t.Errorf("at %d she has got %q", c.comes, got)
			}
		})
	}
}

func TestWhoWantsNoNoticeIsToldWhenSheWrites(t *testing.T) {
	tw := newTown(t)
	tw.prefers["H3"] = "H3.only_reply"
	ref := tw.report("lin", "Hei")
	tw.forget("lin")
	tw.replies(ref, "Takk.")
	tw.turn(30 * time.Hour)
	if got := tw.said("lin"); got != "" {
		t.Errorf("she gets %q though she has not written", got)
	}
	tw.writes("lin", "w", "Er det noe nytt?")
	if got := tw.said("lin"); !strings.Contains(got, "Du har en beskjed.") {
		t.Errorf("having written she gets %q", got)
	}
	tw.press("lin", "show", "show")
	if got := tw.said("lin"); !strings.Contains(got, "Takk.") {
		t.Errorf("having asked she reads %q", got)
	}
}

func TestADeferredNoticeHoldsUpNoAnswer(t *testing.T) {
	tw := newTown(t)
	tw.prefers["H3"] = "H3.evening"
	ref := tw.report("lin", "Hei")
	tw.until(10)
	tw.forget("lin")
	tw.replies(ref, "Takk.")
	tw.writes("lin", "s", "/status")
	if got := tw.said("lin"); !strings.Contains(got, ref) || !strings.Contains(got, "Du har en beskjed.") {
		t.Errorf("she asked for the status and got %q", got)
	}
}

func TestTheOfficeIsToldOfAnAnswer(t *testing.T) {
	tw := newTown(t)
	ref := tw.report("lin", "Hei")
	tw.writes("lin", "a", "Det skjedde igjen.")
	tw.writes("lin", "b", "I går.")
	if got := tw.notices("maren", "answer"); got > 1 {
		t.Errorf("%d notices at once, want them spread and batched", got)
	}
	tw.turn(16 * time.Minute)
	for _, h := range []string{"maren", "jonas"} {
		if got := tw.notices(h, "answer"); got != 1 {
			t.Errorf("%s has %d notices of an answer, want one for both messages", h, got)
		}
	}
	if got := tw.notices("maren", "new"); got != 1 {
		t.Errorf("%d notices of the new case %s, want one", got, ref)
	}
	for _, c := range []string{"/status", "/hjelp", "/innsyn"} {
		tw.writes("per"+c, "c", c)
	}
	tw.bot.Random = func(int64) int64 { t.Error("a person is asked for and the notice waits"); return 0 }
	tw.writes("lin", "h", "/menneske")
}

func TestWhoIsExcludedIsToldNothingOfAnAnswer(t *testing.T) {
	tw := newTown(t)
	tw.press("lin", "1", "start")
	tw.press("lin", "2", "S1.yes")
	for i, c := range []string{"A1.~skip", "S3.me", "S2.~skip", "A2.~skip", "C0.p:jonas", "C0.~done"} {
		tw.press("lin", "3"+string(rune('a'+i)), c)
	}
	tw.report("lin", "Hei")
	tw.writes("lin", "a", "Det skjedde igjen.")
	tw.turn(16 * time.Minute)
	for _, kind := range []string{"new", "answer"} {
		if got := tw.notices("jonas", kind); got != 0 {
			t.Errorf("jonas, who is kept out, has %d notices of kind %s", got, kind)
		}
		if got := tw.notices("maren", kind); got != 1 {
			t.Errorf("maren has %d notices of kind %s, want one", got, kind)
		}
	}
}

func TestTheReminderComesOnceAndSaysNothing(t *testing.T) {
	tw := newTown(t)
	tw.until(14) // so that three noons lie before the end, at whatever hour the test runs
	tw.press("lin", "1", "start")
	tw.press("lin", "2", "S1.yes")
	tw.press("per", "1", "start") // has told nothing, and is not reminded
	tw.press("lin", "3", "A1.~skip")
	tw.forget("lin")
	tw.forget("per")
	tw.turn(10 * 24 * time.Hour)
	tw.tick()
	if got := tw.said("lin"); got != "" {
		t.Errorf("four days before, she gets %q", got)
	}
	tw.turn(26 * time.Hour)
	tw.until(3)
	tw.tick()
	if got := tw.said("lin"); got != "" {
		t.Errorf("at night she gets %q", got)
	}
	for range 3 {
		tw.until(12)
		tw.tick()
	}
	if got := tw.said("lin"); got != "Du har en beskjed." {
		t.Errorf("she is reminded with %q, want once and without content", got)
	}
	if got := tw.said("per"); got != "" {
		t.Errorf("who has told nothing gets %q", got)
	}
	tw.press("lin", "4", "show")
	day := tw.bot.Phrases.Day("nb", tw.now().Add(14*24*time.Hour).UTC(), tw.now())
	if got := tw.said("lin"); !strings.Contains(got, day) {
		t.Errorf("she reads %q, want the day %s when it is deleted", got, day)
	}
	tw.turn(13 * 24 * time.Hour)
	tw.tick()
	if conv, err := tw.store.Conversation(context.Background(), "screen", intake.NewConversationID("lin")); err != nil || conv.Ref == "" {
		t.Errorf("deleted before the day that was named: %v", err)
	}
}

func TestNoReminderForWhomWeMayNotWriteTo(t *testing.T) {
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for choice, want := range map[string]bool{"": true, "any": true, "day": true, "evening": false, "only_reply": false} {
		if got := mayWrite(state{Write: choice}, at); got != want {
			t.Errorf("at noon, with %q: %v, want %v", choice, got, want)
		}
	}
}

func TestAReplyThatWaitedTooLongIsOwnedUpTo(t *testing.T) {
	tw := newTown(t)
	ref := tw.report("lin", "Hei")
	tw.replies(ref, "Hemmelig.")
	before := tw.logs(ref)
	tw.turn(13 * 24 * time.Hour)
	tw.tick()
	if tw.logs(ref) != before {
		t.Error("the case says after 13 days that the reply was not read")
	}
	tw.turn(2 * 24 * time.Hour)
	tw.tick()
	if got := tw.logs(ref); got != before+1 {
		t.Errorf("the case has %d log lines, want one more than %d", got, before)
	}
	tw.forget("lin")
	tw.press("lin", "1", "show")
	if got := tw.said("lin"); !strings.Contains(got, "ventet her i 14 dager") || strings.Contains(got, "Hemmelig") {
		t.Errorf("she reads %q, want to be told that it is gone", got)
	}
	tw.forget("lin")
	tw.press("lin", "2", "show")
	if got := tw.said("lin"); got != "Det er ingen beskjed som venter." {
		t.Errorf("asked again she reads %q", got)
	}
}

func TestWhoIsBackGetsWhatWaited(t *testing.T) {
	for name, back := range map[string]Event{"writes": {Text: intake.NewPrivate("Hei igjen")}, "unblocks": {Kind: EventJoined}} {
		t.Run(name, func(t *testing.T) {
			tw := newTown(t)
			ref := tw.report("lin", "Hei")
			before := tw.logs(ref)
			tw.drain()
			tw.screen.gone = true
			tw.replies(ref, "Takk.")
			tw.drain()
			if err := tw.does("lin", "gone", Event{Kind: EventGone}); err != nil {
				t.Fatal(err)
			}
			if got := tw.logs(ref); got != before+1 {
				t.Errorf("the case says %d times that she cannot be reached", got-before)
			}
			tw.replies(ref, "Er du der?")
			tw.drain()
			tw.screen.gone = false
			tw.forget("lin")
			if got := tw.said("lin"); got != "" {
				t.Errorf("gone, she gets %q", got)
			}
			if err := tw.does("lin", "back", back); err != nil {
				t.Fatal(err)
			}
			if got := tw.said("lin"); strings.Count(got, "Du har en beskjed.") != 1 {
				t.Errorf("back, she gets %q, want one notice", got)
			}
			if got := tw.logs(ref); got != before+2 {
				t.Errorf("the case has %d new log lines, want gone and back", got-before)
			}
			tw.press("lin", "show", "show")
			if got := tw.said("lin"); !strings.Contains(got, "Takk.") || !strings.Contains(got, "Er du der?") {
				t.Errorf("she reads %q, want both replies", got)
			}
		})
	}
}

func TestWhatIsDeletedIsSaidInTheChat(t *testing.T) {
	tw := newTown(t)
	for i, c := range []string{"start", "S1.yes", "delete", "delete_yes"} {
		tw.press("lin", "d"+string(rune('0'+i)), c)
	}
	day := tw.bot.Phrases.Day("nb", tw.now().Add(30*24*time.Hour).UTC(), tw.now())
	if got := tw.said("lin"); !strings.Contains(got, "er slettet hos oss") || !strings.Contains(got, day) {
		t.Errorf("after deletion she has read %q, want that it is deleted and that backups expire %s", got, day)
	}
	tw.forget("lin")
	tw.press("lin", "d3", "delete_yes") // the network offers it again
	if got := tw.said("lin"); got != "" {
		t.Errorf("a repeat says %q", got)
	}
}

func TestASecondReportLeavesTheFirst(t *testing.T) {
	begin := func(t *testing.T) (*town, string) {
		tw := newTown(t)
		first := tw.report("lin", "Hei")
		for i, c := range []string{"/ny", "S1.yes", "A1.~skip"} {
			if id := "n" + string(rune('0'+i)); strings.HasPrefix(c, "/") {
				tw.writes("lin", id, c)
			} else {
				tw.press("lin", id, c)
			}
		}
		return tw, first
	}
	ref := func(tw *town) (string, bool) {
		conv, err := tw.store.Conversation(tw.t.Context(), "screen", intake.NewConversationID("lin"))
		if err != nil {
			tw.t.Fatal(err)
		}
		return conv.Ref, conv.Sent
	}
	t.Run("deleted", func(t *testing.T) {
		tw, first := begin(t)
		tw.press("lin", "x1", "delete")
		tw.forget("lin")
		tw.press("lin", "x2", "delete_yes")
		if got := tw.said("lin"); !strings.Contains(got, "Det du har sendt før, ligger hos saksbehandlerne") {
			t.Errorf("she reads %q", got)
		}
		if got, sent := ref(tw); got != first || !sent {
			t.Errorf("she writes in %q, want the first case", got)
		}
		tw.forget("lin")
		tw.writes("lin", "x3", "Mer om det første.")
		if got := tw.said("lin"); !strings.Contains(got, "lagt til saken din") {
			t.Errorf("what she adds to the first case is answered with %q", got)
		}
	})
	t.Run("out of time", func(t *testing.T) {
		tw, first := begin(t)
		tw.turn(15 * 24 * time.Hour)
		tw.tick()
		before, _, _ := tw.store.Queue(t.Context(), "maren", store.QueueQuery{})
		tw.forget("lin")
		tw.writes("lin", "x1", "Et svar på et spørsmål som ikke finnes.")
		if got := tw.said("lin"); !strings.Contains(got, "fristen gikk ut") {
			t.Errorf("she reads %q, want that it is gone and that this was not kept", got)
		}
		after, _, _ := tw.store.Queue(t.Context(), "maren", store.QueueQuery{})
		if len(before) != 1 || after[0].Unread != before[0].Unread {
			t.Errorf("words of one report were filed in %s", first)
		}
	})
}

// TestWordsAfterClosingAskWhetherToOpenItAgain whoever has the case, and everybody while
// nobody has it.
func TestWordsAfterClosingAskWhetherToOpenItAgain(t *testing.T) {
	for lead, want := range map[string]string{"maren": "1 0, 0 1", "": "1 0, 1 0", "solveig": "1 0, 1 0"} {
		tw := newTown(t)
		ref := tw.report("lin", "Hei")
		err := storetest.Act(t.Context(), tw.store, "maren", ref, "close", func(f *cases.Facts) { f.Closed, f.Assignee = true, lead })
		if err != nil {
			t.Fatal(err)
		}
		tw.writes("lin", "w", "Det har hendt igjen.")
		tw.turn(time.Hour)
		got := fmt.Sprintf("%d %d, %d %d", tw.notices("maren", cases.NoticeReopen), tw.notices("maren", cases.NoticeAnswer), tw.notices("jonas", cases.NoticeReopen), tw.notices("jonas", cases.NoticeAnswer))
		if got != want {
			t.Errorf("with %q as its lead Maren and Jonas get %s, want %s", lead, got, want)
		}
	}
}
