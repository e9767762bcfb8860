package store_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/mailbox"
	"tillit/store/seal"
	"tillit/store/storetest"
)

// life is a store to which all has happened that can happen to one, and in which
// every name, word and id that somebody gave holds the canary.
type life struct {
	*filer
	dir      string
	keys     *seal.ServerKeys
	logs     *syncBuffer
	ref      string
	secrets  [][]byte // what browsers hold: the first, and the one after the code
	code     intake.Private
	handlers []string
}

// syncBuffer takes logs from several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func name(s string) string { return s + " " + canary }

func newLife(t testing.TB) *life {
	t.Helper()
	l := &life{dir: t.TempDir(), keys: storetest.Keys(t), logs: &syncBuffer{},
		secrets: [][]byte{bytes.Repeat([]byte(canary)[:16], 2), bytes.Repeat([]byte("b"), 32)}}
	s, err := store.Open(t.Context(), store.Options{Dir: l.dir, Keys: l.keys,
		Log: slog.New(slog.NewJSONHandler(l.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	_, who := storetest.New(t)
	l.filer = newFiler(t, s, who)
	l.handlers = []string{name("maren"), name("jonas"), name("solveig")}
	l.all = append(l.handlers, cases.External, cases.Recovery)
	return l
}

// steps are what happens, in order.
func (l *life) steps() []func() {
	maren, jonas, solveig := l.handlers[0], l.handlers[1], l.handlers[2]
	lin, kari, nils := name("lin"), name("kari"), name("nils")
	must := func(err error) {
		l.t.Helper()
		if err != nil {
			l.t.Fatal(err)
		}
	}
	ctx := l.t.Context()
	line := store.Line{Body: []byte(`"` + canary + `"`)}
	held := store.Line{Body: line.Body, AwaitsPickup: true}
	return []func(){
		func() { // a browser comes
			public, wrapped, err := mailbox.New(l.secrets[0])
			must(err)
			l.apply(lin, store.Change{Mailbox: &store.Mailbox{Public: public, Wrapped: wrapped}, Event: name("e1"), Cursor: []byte(canary),
				Lines: []store.Line{{Body: line.Body, Mine: true}, line}})
		},
		func() { l.ref = l.open(lin, jonas) },
		func() {
			raw := bytes.Repeat([]byte(canary), 70_000)
			l.apply(lin, store.Change{Files: []store.FilePart{{ID: name("f"), Name: intake.NewPrivate(name("bilde")), Type: "image/" + canary,
				Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw)), nil }}}})
		},
		func() {
			l.apply(lin, store.Change{Exclude: &store.Exclude{Out: []string{solveig}}, Expires: time.Now().Add(time.Hour)})
		},
		func() {
			l.apply(lin, store.Change{Submit: &store.Submit{Keep: []string{maren, cases.Recovery}, Status: name("waiting"),
				Start: cases.Start{Level: name("high"), Lock: name("low"), Routine: name("r"), Phase: name("p"), Clocks: []cases.Clock{{ID: name("c"), Due: "2026-11-27", Ladder: name("l"), Words: true}}},
				Flags: []string{name("flag")}, Notices: []cases.Notice{{Handler: maren, Kind: name("new")}}}})
		},
		func() { // the office works
			_, err := l.s.Read(ctx, maren, l.ref, 0, nil)
			must(err)
			must(l.s.MarkRead(ctx, maren, l.ref, 2))
			must(l.s.Assign(ctx, maren, l.ref, maren))
			note := writes(l.ref, canary)
			note.Handler, note.ID, note.Chat.Via = maren, canary, canary
			must(l.s.Act(ctx, note))
			must(l.s.Reply(ctx, maren, l.ref, held, line))
		},
		func() { // a day passes
			must(l.s.Ring(ctx, []string{l.ref}, func(c *store.Ringing) (store.Rang, error) {
				_, there := c.Reporter()
				return store.Rang{Rung: []byte(`"` + canary + `"`), Lines: []store.Line{held, line}, Entries: []store.Entry{{Body: cases.Log{Event: cases.EventLate, Day: canary}}},
					Notices: []cases.Notice{{Handler: maren, Kind: cases.NoticeLate, Rung: []string{canary}}}}, errors.Join(map[bool]error{false: errors.New("she is not there")}[there])
			}))
		},
		func() {
			var err error
			l.code, err = l.s.NewCode(ctx, "test", intake.NewConversationID(lin), l.secrets[0])
			must(err)
			must(l.s.UseCode(ctx, l.code, "test", intake.NewConversationID(name("phone")), l.secrets[1]))
		},
		func() { l.apply(name("phone"), store.Change{Lines: []store.Line{held, line}}) },
		func() { // a chat without a copy, one report sent and answered
			ref := l.open(kari)
			l.apply(kari, store.Change{Submit: &store.Submit{Keep: []string{maren}, Status: "waiting"}})
			must(l.s.Reply(ctx, maren, ref, held, line))
			_, err := l.s.Lease(ctx, "test", 1, time.Minute)
			must(err)
			l.apply(kari, store.Change{Release: true, Messages: []string{canary}, Said: []string{canary}, Into: ref})
		},
		func() { // one goes on in another chat, with words that wait
			id := intake.NewConversationID(name("ida"))
			ref := l.open(name("ida"))
			l.apply(name("ida"), store.Change{Submit: &store.Submit{Keep: []string{maren}, Status: "waiting"}})
			must(l.s.Reply(ctx, maren, ref, held, line))
			code, ticket, err := l.s.DrawCode(ctx, "test", id)
			must(err)
			l.apply(name("ida"), store.Change{TransferCode: ticket})
			transfer, err := l.s.FindCode(ctx, code, "test", intake.NewConversationID(name("eva")))
			must(err)
			l.apply(name("eva"), store.Change{Transfer: &transfer, Left: &store.Left{State: []byte(canary), Expires: time.Now().Add(time.Hour), Lines: []store.Line{line}}})
		},
		func() { // the office makes one
			var all []cases.Recipient
			for _, id := range l.all {
				all = append(all, cases.Recipient{ID: id, Key: l.who.Key(id)})
			}
			_, err := l.s.Register(ctx, store.Registering{Handler: maren, ID: canary, Recipients: all, Keep: []string{maren}, Out: []string{jonas},
				Flags: []string{name("flag")}, Start: cases.Start{Routine: name("r"), Received: time.Now(), From: time.Now()}})
			must(err)
		},
		func() { // one is shredded
			ref := l.open(name("per"))
			l.apply(name("per"), store.Change{Submit: &store.Submit{Keep: []string{maren}, Status: "waiting"}})
			shred := writes(ref, canary)
			shred.Handler, shred.ID, shred.Known = maren, name("shred"), l.all
			shred.Shreds = func(cases.Facts) (string, bool) { return maren, true }
			must(l.s.Act(ctx, shred))
		},
		func() { l.open(nils) }, // stays unsent
		func() { // and something of it is taken back
			l.apply(nils, store.Change{TakeBack: &store.TakeBack{Entries: []int64{2}}, Entries: []store.Entry{{Body: cases.Log{Event: cases.EventTakenBack, Of: []int64{2}}}}})
		},
		func() { // somebody thinks better of it
			l.open(name("ane"), maren)
			l.apply(name("ane"), store.Change{Delete: true})
		},
		func() { // jonas leaves
			must(l.s.NewEpochs(ctx, l.leave(jonas)))
		},
		func() { must(l.s.Writable(ctx)) },
		func() { must(store.Backup(ctx, l.s.Dir, filepath.Join(l.dir, "backup"))) },
	}
}

// digits is the code as the slow hash takes it.
func (l *life) digits() string { return strings.ReplaceAll(l.code.Reveal(), " ", "") }
