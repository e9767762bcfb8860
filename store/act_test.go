package store_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/storetest"
)

// officeChat is a turn of a handler's chat with the office's bot.
func officeChat(t *testing.T, s *store.Store, handler, event string) store.Change {
	t.Helper()
	id := intake.NewConversationID(handler)
	conv, err := s.Conversation(t.Context(), "office-test", id)
	if err != nil {
		t.Fatal(err)
	}
	return store.Change{Channel: "office-test", Conversation: id, Address: intake.NewAddress(handler), Expect: conv.Version, Event: event,
		State: []byte("{}"), Lines: []store.Line{{Body: []byte(`"said to ` + handler + `"`)}}}
}

var errTaken = errors.New("somebody has it")

// taking is to take a case that nobody has, in a chat.
func taking(handler, ref string) store.Act {
	return store.Act{Handler: handler, Ref: ref, Chat: &store.Said{Body: cases.Act{Name: "take", Mark: []byte("{}")}, Via: "test"},
		Change: func(f *cases.Facts, _ int64) error {
			if f.Assignee != "" {
				return errTaken
			}
			f.Assignee, f.Status = handler, "taken"
			return nil
		}}
}

func TestAnActAndItsTurnAreStoredTogetherOrNotAtAll(t *testing.T) {
	s, who := storetest.New(t)
	f := newFiler(t, s, who)
	ref := f.open("lin", "jonas")
	f.send("lin", "maren")
	ctx := t.Context()
	take := taking("maren", ref)
	for _, tt := range []struct {
		name   string
		change func(*store.Change, *store.Act)
		want   error
	}{
		{"the case of another", func(_ *store.Change, a *store.Act) { a.Handler = "jonas" }, store.ErrUnknown},
		{"a case that never was", func(c *store.Change, a *store.Act) { a.Ref = "T-222222" }, store.ErrUnknown},
		{"a case that somebody has", func(_ *store.Change, a *store.Act) { a.Change = func(*cases.Facts, int64) error { return errTaken } }, errTaken},
		{"a chat that moved on", func(c *store.Change, a *store.Act) { c.Expect = 7 }, store.ErrStale},
	} {
		c, a := officeChat(t, s, "maren", "e0"), take
		tt.change(&c, &a)
		a.Turn = &c
		if err := s.Act(ctx, a); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
		head, err := s.Head(ctx, "maren", ref)
		conv := officeChat(t, s, "maren", "")
		if err != nil || head.Assignee != "" || conv.Expect != 0 {
			t.Errorf("%s left something behind: %v, %q, version %d", tt.name, err, head.Assignee, conv.Expect)
		}
	}
	first := officeChat(t, s, "maren", "e1")
	take.Turn = &first
	if err := s.Act(ctx, take); err != nil {
		t.Fatal(err)
	}
	if head, err := s.Head(ctx, "maren", ref); err != nil || head.Assignee != "maren" || head.Status != "taken" {
		t.Errorf("after taking, the case is with %q, status %q, %v", head.Assignee, head.Status, err)
	}
	again := officeChat(t, s, "maren", "e1")
	take.Turn = &again
	if err := s.Act(ctx, take); !errors.Is(err, store.ErrDuplicate) {
		t.Errorf("the same event again: %v, want %v", err, store.ErrDuplicate)
	}
	if _, err := s.Head(ctx, "jonas", ref); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("one who is kept out reads the head: %v, want %v", err, store.ErrUnknown)
	}
	due, err := s.Lease(ctx, "office-test", 9, time.Minute)
	if err != nil || len(due) != 1 || due[0].Address.Reveal() != "maren" {
		t.Errorf("%d lines are on their way to the handler, %v; want the one", len(due), err)
	}
}

func TestOneOfManyTakesACase(t *testing.T) {
	s, who := storetest.New(t)
	f := newFiler(t, s, who)
	ref := f.open("lin")
	f.send("lin", "maren", "jonas")
	var wg sync.WaitGroup
	won := make(chan string, 8)
	for i := range 8 {
		h := []string{"maren", "jonas"}[i%2]
		c := officeChat(t, s, h, "")
		c.Conversation = intake.NewConversationID(h + string(rune('a'+i)))
		wg.Go(func() {
			a := taking(h, ref)
			a.Turn = &c
			err := s.Act(t.Context(), a)
			if err == nil {
				won <- h
			} else if !errors.Is(err, errTaken) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	close(won)
	head, err := s.Head(t.Context(), "maren", ref)
	if err != nil || len(won) != 1 || <-won != head.Assignee {
		t.Errorf("%d took it, and %q has it, %v", len(won), head.Assignee, err)
	}
}

func TestChatsOfThoseWhoLeftAreDestroyed(t *testing.T) {
	dir := t.TempDir()
	s := storetest.Open(t, dir, storetest.Keys(t))
	f := newFiler(t, s, storetest.NewPeople(t))
	ref := f.open("lin")
	f.send("lin", "maren", "jonas")
	for _, h := range []string{"maren", "jonas"} {
		c := officeChat(t, s, h, "")
		c.State = []byte(`"` + canary + `"`)
		if _, err := s.Apply(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.KeepChats(t.Context(), "office-test", []intake.ConversationID{intake.NewConversationID("maren")}); err != nil {
		t.Fatal(err)
	}
	if err := s.KeepChats(t.Context(), "test", nil); err != nil { // a reporter's chat holds a seat
		t.Fatal(err)
	}
	got := []bool{}
	for _, c := range []struct{ channel, who string }{{"office-test", "maren"}, {"office-test", "jonas"}, {"test", "lin"}} {
		conv, err := s.Conversation(t.Context(), c.channel, intake.NewConversationID(c.who))
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, conv.Version > 0)
	}
	if !slices.Equal(got, []bool{true, false, true}) {
		t.Errorf("Maren's, Jonas' and Lin's chats are there: %v, want true false true", got)
	}
	for channel, whose := range map[string]string{"test": "Lin's", "office-test": "Maren's"} {
		if due, err := s.Lease(t.Context(), channel, 9, time.Minute); err != nil || len(due) != 1 {
			t.Errorf("%d lines are on their way, %v; want %s", len(due), err, whose)
		}
	}
	if _, err := s.Head(t.Context(), "jonas", ref); err != nil {
		t.Errorf("the case went with the chat: %v", err)
	}
}
