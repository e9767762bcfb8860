package mattermost

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot"
	"tillit/bot/mattermost/standin"
	"tillit/intake"
)

func forFuzzing(t testing.TB) *Mattermost {
	m, err := New(Config{URL: "http://127.0.0.1:1", Token: intake.NewPrivate(model.NewId()), Operator: "x", Callback: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func FuzzAPostIsReadOrLeftOut(f *testing.F) {
	id := model.NewId()
	f.Add([]byte(`{"id":"` + id + `","create_at":5,"message":"hei","props":{"attachments":[{}]},"metadata":{"embeds":[{"type":"permalink"}]}}`))
	f.Add([]byte(`{"id":"` + id + `","props":"x","file_ids":["a/b",null],"metadata":{"files":[null]}}`))
	m := forFuzzing(f)
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // nobody is asked
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, whole := readPost(raw)
		if p == nil {
			if whole {
				t.Error("no post, and whole")
			}
			return
		}
		if !model.IsValidId(p.Id) {
			t.Errorf("a post with the id %q", p.Id)
		}
		for _, kind := range []bot.EventKind{bot.EventMessage, bot.EventEdit, bot.EventDelete} {
			ev := m.event(ctx, p, kind, 0, newFetch(ctx, m))
			if ev.ID == "" || kind == bot.EventMessage && ev.Text.IsZero() && len(ev.Files) == 0 && ev.Unkept == "" {
				t.Errorf("an event that says nothing: %+v", ev)
			}
		}
	})
}

func FuzzAPressProvesItself(f *testing.F) {
	m := forFuzzing(f)
	person := model.NewId()
	for _, c := range []carried{m.tokens.button(person, strings.Repeat("m", 32), "", "start"), {}} {
		raw, err := json.Marshal(press{Person: person, Carried: c})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, ok := readPress(raw)
		if !ok || !m.tokens.ours(p.Person, p.Carried) {
			return
		}
		// Only what is in the corpus above can prove anything.
		if p.Person != person || !m.tokens.pressed(p.Person, p.Carried)("start") {
			t.Errorf("a press that nobody offered proves itself")
		}
	})
}

func FuzzAPlaceIsReadOrForgotten(f *testing.F) {
	f.Add(place{}.with(&model.Post{Id: model.NewId(), CreateAt: 7, EditAt: 9}).encode(), int64(100), int64(7))
	f.Add([]byte(`{"after_at":-5,"done":[{"at":9},{"at":1}],"changed":-1}`), int64(1), int64(0))
	f.Fuzz(func(t *testing.T, raw []byte, at, edited int64) {
		post := &model.Post{Id: model.NewId(), CreateAt: at, EditAt: edited}
		p := readPlace(raw).with(post)
		if at > p.AfterAt && !p.has(post) {
			t.Error("what was stored is not known to be")
		}
		again := readPlace(p.encode())
		if again.After != p.After || !slices.Equal(again.Done, p.Done) || !slices.Equal(again.Changes, p.Changes) {
			t.Errorf("it is read otherwise than it was written: %+v, %+v", again, p)
		}
	})
}

func FuzzTextIsShownAsItIs(f *testing.F) {
	for _, s := range []string{
		"# Overskrift\n\n* liste\n1. to\n> sitat\n| a | b |\n|---|---|", "a\n====\nb\n----", "    kode\n\tkode `x` ~~y~~ **z** _w_",
		"https://x.example/a_b?c=[d]#e. og [lenke](http://y.example)", `\\ \* \`, "~town @all :smile: 👩‍👧 \u202e", "kari@example.no, (@channel) kl. 12:30:45 :+1:",
	} {
		f.Add(s, 40)
	}
	f.Fuzz(func(t *testing.T, text string, limit int) {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return
		}
		limit = max(limit%200, 20)
		var all string
		for _, p := range pieces(text, limit) {
			if n := utf8.RuneCountInString(p); n > limit {
				t.Fatalf("a piece has %d characters, %d are allowed", n, limit)
			}
			shown, problem := standin.Render(p)
			if problem != "" && !strings.Contains(text, "://") {
				t.Fatalf("%q is shown as something else: %s", p, problem)
			}
			all += shown
		}
		if squeeze(all) != squeeze(text) {
			t.Fatalf("%q is shown as %q", text, all)
		}
	})
}

func squeeze(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), ""), joiner, "")
}

func FuzzWhatTheWebsocketSays(f *testing.F) {
	id, me := model.NewId(), model.NewId()
	f.Add([]byte(`{"event":"posted","data":{"post":"{\"id\":\"` + id + `\"}","channel_type":"D","channel_name":"` + id + `__` + me + `"},"broadcast":{"channel_id":"x"},"seq":3}`))
	f.Add([]byte(`{"event":"posted","data":{"post":7,"mentions":"[1]"},"broadcast":null,"seq":-1}`))
	m := forFuzzing(f)
	f.Fuzz(func(_ *testing.T, raw []byte) {
		ev, err := model.WebSocketEventFromJSON(strings.NewReader(string(raw)))
		if err != nil || ev == nil {
			return
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		in := newInbox(ctx, m, me, func(context.Context, bot.Event) error { return nil })
		in.said(ev)
		in.Close()
	})
}
