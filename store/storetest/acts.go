package storetest

import (
	"context"
	"crypto/ed25519"
	"time"

	"tillit/store"
	"tillit/store/cases"
)

// Act is what a handler does, said in a chat: for tests that look at what becomes of
// it and not at who did it. Words are what leaves, as they are.
func Act(ctx context.Context, s *store.Store, handler, ref, name string, change func(*cases.Facts), words ...store.Line) error {
	a := store.Act{Handler: handler, Ref: ref, Chat: &store.Said{Body: cases.Act{Name: name, Mark: []byte("{}")}, Via: "test"}}
	a.Change = func(f *cases.Facts, _ int64) error {
		change(f)
		return nil
	}
	if len(words) > 0 {
		a.Words = func(store.Idle, int64) (store.Line, store.Line, error) { return words[0], words[1], nil }
	}
	return s.Act(ctx, a)
}

// Reply is [Act] for words to the reporter.
func Reply(ctx context.Context, s *store.Store, handler, ref string, words, notice store.Line) error {
	return Act(ctx, s, handler, ref, "reply", func(f *cases.Facts) { f.Status = "answered" }, words, notice)
}

// Write is [Act] for words to the reporter, as they are made for her: by the bot.
func Write(ctx context.Context, s *store.Store, handler string, w cases.Outgoing, render func(store.Idle, cases.Outgoing) (words, notice store.Line, err error)) error {
	return s.Act(ctx, store.Act{
		Handler: handler, Ref: w.Ref, Chat: &store.Said{Body: cases.Act{Name: "reply", Mark: []byte("{}")}, Via: "test"},
		Change: func(f *cases.Facts, seq int64) error {
			f.Status = "answered"
			if w.Asks != "" {
				f.Asks = cases.Ask(f.Asks, cases.Asking{Seq: seq, Instead: w.Instead, Hour: s.Now().Truncate(time.Hour)})
			}
			return nil
		},
		Words: func(to store.Idle, seq int64) (store.Line, store.Line, error) {
			w.Seq = seq
			return render(to, w)
		},
	})
}

// Assign is [Act] for giving a case to somebody, or to nobody.
func Assign(ctx context.Context, s *store.Store, handler, ref, to string) error {
	return Act(ctx, s, handler, ref, "give", func(f *cases.Facts) {
		f.Assignee, f.Status = to, map[bool]string{true: "waiting", false: "taken"}[to == ""]
	})
}

// Nobody has signed anything, for [store.Store.Verify]: what came through a chat is
// signed by the server.
func Nobody(string) []ed25519.PublicKey { return nil }
