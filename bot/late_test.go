package bot

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/store"
)

// breaks has a promise to a case's reporter be broken, and says whether they could be told.
func (tw *town) breaks(ref string, l Late) (told bool) {
	tw.t.Helper()
	l.Ref, l.Day = ref, time.Date(2026, 11, 24, 0, 0, 0, 0, tw.bot.Zone)
	l.Letter = func(lang string) (string, bool) {
		return map[string]string{"nb": "Vi lovet {promised}. {who}.", "en": "We promised {promised}. {who}."}[lang], true
	}
	err := tw.store.Ring(tw.t.Context(), []string{ref}, func(c *store.Ringing) (store.Rang, error) {
		reporter, there := c.Reporter()
		if told = there; !there {
			return store.Rang{}, nil
		}
		words, notice, err := tw.bot.Late(reporter, l)
		lines := slices.DeleteFunc([]store.Line{words, notice}, func(l store.Line) bool { return len(l.Body) == 0 })
		told = len(lines) > 0
		return store.Rang{Rung: []byte("{}"), Lines: lines}, err
	})
	if err != nil {
		tw.t.Fatal(err)
	}
	return told
}

// TestABrokenPromiseIsToldAsAReplyIs: in her language and her hours, by the bot, and only
// when she asks for it.
func TestABrokenPromiseIsToldAsAReplyIs(t *testing.T) {
	tw := newTown(t)
	tw.prefers["H3"] = "H3.evening"
	tw.press("lin", "l", "lang:en")
	ref := tw.report("lin", "Hello")
	tw.forget("lin")
	tw.until(10)
	tw.breaks(ref, Late{Answer: true, Told: []string{"Maren V.", "Jonas T."}})
	if got := tw.said("lin"); got != "" {
		t.Errorf("at ten she gets %q", got)
	}
	tw.until(17)
	if got := tw.said("lin"); got != "You have a message." {
		t.Errorf("in the evening she gets %q", got)
	}
	tw.forget("lin")
	tw.press("lin", "show", "show")
	if got := tw.said("lin"); got != "We promised an answer by Tuesday 24 November. Maren V. and Jonas T." {
		t.Errorf("she reads %q", got)
	}
}

// TestWhoWritesFirstIsToldOfABrokenPromiseThen.
func TestWhoWritesFirstIsToldOfABrokenPromiseThen(t *testing.T) {
	tw := newTown(t)
	tw.prefers["H3"] = "H3.only_reply"
	ref := tw.report("lin", "Hei")
	tw.forget("lin")
	tw.breaks(ref, Late{})
	tw.turn(30 * time.Hour)
	if got := tw.said("lin"); got != "" {
		t.Errorf("she gets %q though she has not written", got)
	}
	tw.writes("lin", "w", "Er det noe nytt?")
	if got := tw.said("lin"); !strings.Contains(got, "Du har en beskjed.") {
		t.Errorf("as she writes she gets %q", got)
	}
	tw.forget("lin")
	tw.press("lin", "show", "show")
	if got := tw.said("lin"); got != "Vi lovet beskjed innen tirsdag 24. november. "+tw.bot.Org+"." {
		t.Errorf("she reads %q", got)
	}
}

// TestWhoCannotBeReachedIsToldOfNoBrokenPromise.
func TestWhoCannotBeReachedIsToldOfNoBrokenPromise(t *testing.T) {
	tw := newTown(t)
	ref := tw.report("lin", "Hei")
	if err := tw.does("lin", "gone", Event{Kind: EventGone}); err != nil {
		t.Fatal(err)
	}
	if tw.breaks(ref, Late{Answer: true}) {
		t.Error("she is told")
	}
}

// TestWhoPassedSomethingOnIsToldOfTheirAnswerAlone.
func TestWhoPassedSomethingOnIsToldOfTheirAnswerAlone(t *testing.T) {
	tw := newTown(t)
	tw.prefers["S3"] = "S3.leader"
	ref := tw.report("siv", "Hei")
	if tw.breaks(ref, Late{}) || !tw.breaks(ref, Late{Answer: true}) {
		t.Error("a contact is told of how far it is, or not of the answer")
	}
}
