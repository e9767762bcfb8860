package mattermost_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot"
	"tillit/bot/bottest/faults"
)

func TestEveryKindOfPostIsTakenOrOwnedUpTo(t *testing.T) {
	for _, tt := range []struct {
		name   string
		post   *model.Post
		text   string
		unkept bot.Unkept
	}{
		{"words", &model.Post{Message: "hei"}, "hei", ""},
		{"words about oneself", &model.Post{Type: model.PostTypeMe, Message: "*er lei*"}, "*er lei*", ""},
		{"nothing", &model.Post{}, "", bot.UnkeptKind},
		{"spaces", &model.Post{Message: " \n "}, "", bot.UnkeptKind},
		{"a plugin's own kind", &model.Post{Type: "custom_poll", Message: "a poll"}, "", bot.UnkeptKind},
		{"words that vanish", &model.Post{Type: model.PostTypeBurnOnRead, Message: "x"}, "", bot.UnkeptKind},
		{"words shown otherwise", &model.Post{Message: "http://proxy/x", MessageSource: "http://x"}, "http://x", ""},
		{"a file that is gone", &model.Post{Message: "se", FileIds: []string{model.NewId()}}, "se", bot.UnkeptFile},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMemory(t)
			m.net.Person("Lin").Post(tt.post)
			if ev := m.wait(1)[0]; ev.Text.Reveal() != tt.text || ev.Unkept != tt.unkept || len(ev.Files) > 0 {
				t.Errorf("got %q, %q, %d files", ev.Text.Reveal(), ev.Unkept, len(ev.Files))
			}
		})
	}
}

func TestAPostOfAStrangeFormDoesNotHideTheOthers(t *testing.T) {
	m := newMemory(t)
	lin := m.net.Person("Lin")
	m.net.Twist = func(post string) string {
		return strings.Replace(post, `"props":{"twist":1}`, `"props":"not what it was"`, 1)
	}
	lin.Write("1")
	lin.Post(&model.Post{Message: "2", Props: model.StringInterface{"twist": 1}})
	lin.Write("3")
	lin.Post(&model.Post{Props: model.StringInterface{"twist": 1}})
	got := m.wait(4)
	if got[1].Text.Reveal() != "2" || got[2].Text.Reveal() != "3" || got[3].Unkept != bot.UnkeptKind {
		t.Errorf("got %q", kinds(got))
	}
	if !strings.Contains(m.log.String(), "could not be read whole") {
		t.Error("the operator is told nothing")
	}
}

func TestFilesAreKeptUpToTheLimit(t *testing.T) {
	m := newMemory(t)
	lin := m.net.Person("Lin")
	small, large := bytes.Repeat([]byte("bilde "), 1000), bytes.Repeat([]byte("x"), 1<<20+1)
	for _, tt := range []struct {
		name   string
		size   int64 // what the network claims
		file   []byte
		with   func(id string)
		kept   bool
		unkept bot.Unkept
	}{
		{name: "a picture", file: small, size: int64(len(small)), kept: true},
		{name: "too large", file: large, size: int64(len(large)), unkept: bot.UnkeptSize},
		{name: "larger than the network claims", file: large, size: 10, unkept: bot.UnkeptSize},
		{name: "broken on the way, twice", file: small, size: int64(len(small)), kept: true,
			with: func(string) { m.net.Faults.On("file", faults.Fault{After: true}, faults.Fault{Status: 502}) }},
		{name: "not handed out", file: small, size: int64(len(small)), unkept: bot.UnkeptFile,
			with: func(string) { m.net.Faults.On("file", faults.Fault{Status: http.StatusForbidden}) }},
	} {
		id := lin.Upload("bilde.png", "image/png", tt.file, tt.size)
		if tt.with != nil {
			tt.with(id)
		}
		before, files := len(m.got()), len(m.files)
		lin.Post(&model.Post{Message: "se her", FileIds: []string{id}})
		ev := m.wait(before + 1)[before]
		if ev.Unkept != tt.unkept || (len(ev.Files) == 1) != tt.kept || ev.Text.Reveal() != "se her" {
			t.Errorf("%s: %d files, unkept %q", tt.name, len(ev.Files), ev.Unkept)
		}
		if tt.kept && (len(m.files) != files+1 || !bytes.Equal(m.files[files], tt.file)) {
			t.Errorf("%s: the file did not arrive whole", tt.name)
		}
	}
}

func TestAFileAddedByAnEditIsKeptOnce(t *testing.T) {
	m := newMemory(t)
	lin := m.net.Person("Lin")
	first := lin.Upload("1.txt", "text/plain", []byte("first"), 5)
	post := lin.Post(&model.Post{Message: "se", FileIds: []string{first}})
	m.wait(1)
	lin.Edit(post, "se her", lin.Upload("2.txt", "text/plain", []byte("second"), 6))
	m.wait(2)
	lin.Edit(post, "se her nå")
	m.wait(3)
	if len(m.files) != 2 || string(m.files[1]) != "second" {
		t.Errorf("%d files were kept, want each of two once", len(m.files))
	}
}

func TestWhatIsPassedOnAndAnsweredIsMarked(t *testing.T) {
	m := newMemory(t)
	lin := m.net.Person("Lin")
	root := lin.Write("mine egne ord")
	lin.Post(&model.Post{Message: "om dette", RootId: root})
	lin.Post(&model.Post{Message: "sendt videre", FileIds: []string{lin.Upload("x", "text/plain", []byte("x"), 1)},
		Metadata: &model.PostMetadata{Embeds: []*model.PostEmbed{{Type: model.PostEmbedPermalink}}}})
	got := m.wait(3)
	if got[1].Quotes.Reveal() != "mine egne ord" || got[0].Forwarded || !got[2].Forwarded {
		t.Errorf("quoted %q, forwarded %v and %v", got[1].Quotes.Reveal(), got[0].Forwarded, got[2].Forwarded)
	}
}

func TestChatsOfSeveralAreToldOneLineAndNothingIsKept(t *testing.T) {
	m := newMemory(t)
	lin, ola := m.net.Person("Lin"), m.net.Person("Ola")
	ola.Speak("en")
	lin.Write("hei")
	m.wait(1)
	m.connected()
	group := m.net.Group(model.ChannelTypeGroup, lin, ola)
	town := m.net.Group(model.ChannelTypeOpen, lin, ola)
	lin.WriteIn(town, "not for the bot")
	lin.WriteIn(group, "kanari i en gruppe")
	lin.WriteIn(group, "og mer") // is told only once
	ola.WriteIn(town, "@tillit kanari", m.net.BotID)
	m.until("both chats are told", func() bool { return len(m.net.Seen(group)) == 1 && len(m.net.Seen(town)) == 1 })
	if got := m.net.Seen(group)[0]; !strings.Contains(got, "direktemelding") {
		t.Errorf("the group is told %q", got)
	}
	if got := m.net.Seen(town)[0]; !strings.Contains(got, "direct message") {
		t.Errorf("the channel is told %q", got)
	}
	m.wait(1)
	// After a restart nothing of it is read either.
	m.stop()
	m.start()
	m.connected()
	m.wait(1)
}

func TestAStopDoesNotWaitForASlowFile(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for as long as a commit may take")
	}
	t.Parallel()
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	tw.begin(lin)
	tw.net.Faults.On("file", faults.Fault{Delay: 12 * time.Second})
	lin.Post(&model.Post{FileIds: model.StringArray{lin.Upload("a", "", []byte("x"), 1)}})
	tw.until("the file is asked for", func() bool { return tw.net.Calls("file") > 0 })
	began := time.Now()
	tw.stop()
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("it stopped after %v", took)
	}
}
