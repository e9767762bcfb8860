package bot

import (
	"context"
	"errors"
	"strings"
	"testing"

	"tillit/intake"
	"tillit/store"
)

// dying is a store whose process dies after a number of writes.
type dying struct {
	*store.Store
	left int
}

var errDied = errors.New("the process died")

func (d *dying) Apply(ctx context.Context, c store.Change) (store.Applied, error) {
	if d.left == 0 {
		return store.Applied{}, errDied
	}
	d.left--
	return d.Store.Apply(ctx, c)
}

// TestWhatIsOwedIsSaidAfterACrash kills the process between what was done and the
// word that it was done; the network then offers the event again.
func TestWhatIsOwedIsSaidAfterACrash(t *testing.T) {
	toSend := []string{"start", "S1.yes", "A1.~skip", "S3.~skip", "S2.~skip", "A2.~skip", "C0.nobody", "A3.send_now", "H1.~skip", "H3.~skip", "H4.ok", "H5.send"}
	toDelete := []string{"start", "S1.yes", "delete", "delete_yes"}
	for name, c := range map[string]struct {
		presses []string
		want    string
	}{
		"the receipt":        {toSend, "Kvittering: "},
		"that it is deleted": {toDelete, "er slettet hos oss"},
	} {
		t.Run(name, func(t *testing.T) {
			tw := newTown(t)
			last := len(c.presses) - 1
			for i, choice := range c.presses[:last] {
				tw.press("lin", string(rune('a'+i)), choice)
			}
			tw.forget("lin")
			tw.restart()
			tw.bot.Store = &dying{tw.store, 1}
			ev := Event{Kind: EventPress, Choices: c.presses[last:]}
			if err := tw.does("lin", "last", ev); !errors.Is(err, errDied) {
				t.Fatalf("delivering gives %v; the event is acknowledged though a word is owed", err)
			}
			if got := tw.said("lin"); strings.Contains(got, c.want) {
				t.Fatalf("it is said before the crash: %q", got)
			}
			for range 2 {
				tw.restart()
				tw.bot.Store = tw.store
				if err := tw.does("lin", "last", ev); err != nil {
					t.Fatal(err)
				}
			}
			if got := tw.said("lin"); strings.Count(got, c.want) != 1 {
				t.Errorf("after the crash she reads %q, want %q once", got, c.want)
			}
			conv, err := tw.store.Conversation(t.Context(), "screen", intake.NewConversationID("lin"))
			if err != nil || (conv.Ref == "") != (name == "that it is deleted") {
				t.Errorf("she has the case %q, %v", conv.Ref, err)
			}
		})
	}
}
