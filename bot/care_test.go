package bot

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
)

// TestWordsOfNeedAreAnsweredEverywhere writes them at the very first, at the card, at every
// question of an interview, at the review and after sending. The card stands before anything
// else, and the case says that somebody may be unsafe.
func TestWordsOfNeedAreAnsweredEverywhere(t *testing.T) {
	needs := map[string]string{
		"jeg vil bare dø": "116 123", "jeg ble voldtatt i natt": "116 117", "han er her ennå": "112", "I want to die": "116 123", "eg orkar ikkje leve": "116 123",
	}
	where := []string{"", "card", "S1", "C0", "S2", "S3", "A1", "A2", "A3", "H4", "H5", "R"}
	for words, number := range needs {
		for _, at := range where {
			t.Run(fmt.Sprintf("%s at %s", words, at), func(t *testing.T) {
				t.Parallel()
				tw := newTown(t)
				tw.leadsTo("lin", at)
				tw.forget("lin")
				if err := tw.does("lin", "need", Event{Text: intake.NewPrivate(words)}); err != nil {
					t.Fatal(err)
				}
				tw.drain()
				first := tw.screen.sent["lin"][0]
				if first.Kind != intake.KindCard || !strings.Contains(first.Text, number) || !strings.Contains(first.Text, "116 1") {
					t.Errorf("the first thing that is said is %q, want a card with %s", first.Text, number)
				}
				if got := tw.said("lin"); !strings.Contains(got, "tatt vare på") && !strings.Contains(got, "agret") || strings.Contains(got, "ikke lagret") {
					t.Errorf("she is told %q, want that it is kept", got)
				}
				// Once is enough.
				tw.forget("lin")
				if err := tw.does("lin", "again", Event{Text: intake.NewPrivate(words)}); err != nil {
					t.Fatal(err)
				}
				tw.drain()
				if first := tw.screen.sent["lin"][0]; strings.HasPrefix(first.ID, "crisis_") {
					t.Errorf("the card is said twice")
				}
				tw.leadsTo("lin", "R")
				queue, _, err := tw.store.Queue(t.Context(), "maren", store.QueueQuery{})
				if err != nil || len(queue) != 1 || !slices.Contains(queue[0].Flags, cases.FlagUnsafe) {
					t.Errorf("the queue holds %+v, %v; want a case that says that somebody may be unsafe", queue, err)
				}
			})
		}
	}
}

// leadsTo leads a person on to a question, and no further than the receipt.
func (tw *town) leadsTo(person, at string) {
	tw.t.Helper()
	if at == "" {
		return
	}
	if at == "card" {
		tw.writes(person, "card", "hei")
		return
	}
	conv, err := tw.store.Conversation(tw.t.Context(), "screen", intake.NewConversationID(person))
	if err != nil {
		tw.t.Fatal(err)
	}
	if conv.Ref == "" && !conv.Sent {
		tw.press(person, "until-start-"+at, "start")
	}
	for i := range 100 {
		q := tw.question(person)
		if q.ID == at || at == "R" && q.Kind == intake.KindReceipt || conv.Sent {
			return
		}
		way := q.ID + ".~skip"
		for _, main := range []string{"S1.yes", "C0.nobody", "A3.send_now", "A4.send_now", "H5.send", "H4.ok", "X1.no"} {
			if slices.ContainsFunc(q.Choices, func(c intake.Choice) bool { return c.ID == main }) {
				way = main
			}
		}
		tw.press(person, fmt.Sprintf("until-%s-%d", at, i), way)
	}
	tw.t.Fatalf("she never comes to %s", at)
}

// TestAnAccountAtTheCardIsKept: somebody tells all of it before Start. It is sealed, under
// the account, and the first question follows.
func TestAnAccountAtTheCardIsKept(t *testing.T) {
	for _, at := range []string{"", "card"} {
		tw := newTown(t)
		tw.leadsTo("lin", at)
		if err := tw.does("lin", "all", Event{Text: intake.NewPrivate("Han tok på meg på middagen i går, og ingen sa noe")}); err != nil {
			t.Fatal(err)
		}
		got := tw.said("lin")
		if q := tw.question("lin"); q.ID != "S1" || !strings.Contains(got, "Jeg er en robot") || !strings.Contains(got, "tatt vare på") {
			t.Errorf("at %q she is asked %s and told %q", at, q.ID, got)
		}
		tw.leadsTo("lin", "R")
		if queue, _, err := tw.store.Queue(t.Context(), "maren", store.QueueQuery{}); err != nil || len(queue) != 1 {
			t.Errorf("the queue holds %d cases, %v", len(queue), err)
		}
	}
}

// TestAReviewIsNumberedOnce: the number of a part is the one that opens it.
func TestAReviewIsNumberedOnce(t *testing.T) {
	tw := newTown(t)
	tw.leadsTo("lin", "H4")
	review := tw.question("lin")
	plain := Plain(review)
	for i, c := range review.Choices {
		if aside(c.ID) {
			continue // its words can be written out
		}
		if !strings.Contains(plain, fmt.Sprintf("\n  %d  %s", i+1, c.Label)) {
			t.Errorf("%d is not shown before %q:\n%s", i+1, c.Label, plain)
		}
	}
	if got := strings.Count(plain, "\n  1  "); got != 1 {
		t.Errorf("1 is shown %d times:\n%s", got, plain)
	}
}
