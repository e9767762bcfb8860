package mattermost_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot/mattermost"
	"tillit/bot/mattermost/standin"
	"tillit/store/cases"
)

// events are what the log of a case says of messages that were taken away.
func (tw *town) taken(ref string) (events []cases.Event) {
	tw.t.Helper()
	for _, b := range tw.who.Told(tw.t, tw.store, "maren", ref) {
		if l, ok := b.(cases.Log); ok && strings.HasPrefix(string(l.Event), "taken_") {
			events = append(events, l.Event)
		}
	}
	return events
}

// TestACaseSaysOfNobodyThatTheyDeleted what somebody else did: a thread goes with its first
// post, whoever takes that away, and only the server's own mark says who it was.
func TestACaseSaysOfNobodyThatTheyDeleted(t *testing.T) {
	for name, tt := range map[string]struct {
		unmarked bool
		takes    func(tw *town, lin *standin.Person, post, root string)
		want     []cases.Event
	}{
		"the reporter":           {takes: func(_ *town, lin *standin.Person, post, _ string) { lin.Delete(post) }, want: []cases.Event{cases.EventTaken}},
		"an administrator":       {takes: func(tw *town, _ *standin.Person, post, _ string) { tw.net.AdminDelete(post) }, want: []cases.Event{cases.EventTakenOther}},
		"who takes our question": {takes: func(tw *town, _ *standin.Person, _, root string) { tw.net.AdminDelete(root) }, want: []cases.Event{cases.EventTakenOther}},
		"a server without marks": {unmarked: true, takes: func(_ *town, lin *standin.Person, post, _ string) { lin.Delete(post) }, want: []cases.Event{cases.EventTakenUnknown}},
		"our own cleaning": {takes: func(tw *town, lin *standin.Person, _, _ string) {
			lin.Write("/rydd")
			tw.sees(lin, "tatt bort det jeg har skrevet")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tw := newTown(t, func(c *mattermost.Config) {})
			tw.net.Unmarked = tt.unmarked
			lin := tw.net.Person("Lin")
			ref := tw.report(lin, "Det var på middagen.")
			tw.quiet(lin)
			root := lin.Screen()[len(lin.Screen())-1].ID
			post := lin.Post(&model.Post{Message: "Og så var det dette.", RootId: root})
			tw.kept(lin, post)
			tw.quiet(lin)
			tt.takes(tw, lin, post, root)
			last := lin.Write("En ting til.")
			tw.kept(lin, last)
			tw.until("what happened is noted", func() bool { return slices.Equal(tw.taken(ref), tt.want) })
			if words := tw.words(ref); !slices.Contains(words, "Og så var det dette.") {
				t.Errorf("the office reads %q", words)
			}
			if there := slices.ContainsFunc(lin.Screen(), func(s standin.Shown) bool { return s.ID == post }); there != (tt.want == nil) {
				t.Errorf("her words in the thread stand there: %v", there)
			}
		})
	}
}
