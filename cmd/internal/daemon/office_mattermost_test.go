package daemon

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot/bottest/faults"
	"tillit/bot/mattermost/standin"
)

// mattermostTown is an office town whose handlers have accounts on Mattermost, too.
type mattermostTown struct {
	*officeTown
	mm                     *standin.Server
	marenThere, jonasThere *standin.Person
}

// newMattermostTown does what it is told to before the server starts; that adds lines
// to the account's settings.
func newMattermostTown(t *testing.T, with func(*mattermostTown) string) *mattermostTown {
	t.Helper()
	s, port := standin.New(t), freePort(t)
	mt := &mattermostTown{mm: s, marenThere: s.Person("Maren"), jonasThere: s.Person("Jonas")}
	lines := with(mt)
	mt.officeTown = newOfficeTown(t, "desk", extra{
		lines: fmt.Sprintf("[office_chat.mattermost]\ntoken_file = \"more.token\"\nwords = \"chat\"\noperator = \"Driftshuset\"\n"+
			"url = %q\ncallback = \"http://%s/hook\"\nlisten = %q\n", s.URL, port, port) + lines,
		token: s.Token, maren: fmt.Sprintf("mattermost = %q\n", mt.marenThere.ID), jonas: fmt.Sprintf("mattermost = %q\n", mt.jonasThere.ID),
	})
	return mt
}

// about is what somebody sees on Mattermost that names a case.
func about(p *standin.Person, ref string) (all []standin.Shown) {
	for _, m := range p.Screen() {
		if !m.Mine && strings.Contains(m.Text, ref) {
			all = append(all, m)
		}
	}
	return all
}

// TestANoticeOnMattermostIsKeptTrueInItsPlace: Maren takes a case, and what Jonas
// was told of it says so, where it stands.
func TestANoticeOnMattermostIsKeptTrueInItsPlace(t *testing.T) {
	t.Parallel()
	mt := newMattermostTown(t, func(*mattermostTown) string { return "" })
	ref := mt.report()
	both := []*standin.Person{mt.marenThere, mt.jonasThere}
	for _, p := range both {
		mt.until(p.Name+" is told on Mattermost", func() bool { return len(about(p, ref)) == 1 })
	}
	first := about(mt.jonasThere, ref)[0]
	if told, err := mt.marenThere.Press("Ta"); err != nil || told != "" {
		t.Fatalf("pressing shows %q, %v", told, err)
	}
	mt.until("Jonas sees who has it", func() bool { return strings.Contains(about(mt.jonasThere, ref)[0].Text, "Maren har den") })
	now := about(mt.jonasThere, ref)
	if len(now) != 1 || now[0].ID != first.ID || len(now[0].Buttons) != 0 {
		t.Errorf("Jonas sees %+v, want the one message that was %+v", now, first)
	}
	if was := mt.mm.Versions(first.ID); len(was) != 1 || !slices.Contains(was, first.Text) {
		t.Errorf("before, it said %q", was)
	}
	mt.nothingReadable()
	for _, p := range both {
		if strings.Contains(mt.log.String(), p.ID) {
			t.Error("the log holds the id of an account")
		}
	}
}

// TestWhatMayNotBeChangedIsSaidAnew: the server's operator took the right away.
func TestWhatMayNotBeChangedIsSaidAnew(t *testing.T) {
	t.Parallel()
	mt := newMattermostTown(t, func(mt *mattermostTown) string {
		mt.mm.Roles["channel_user"] = []string{"create_post", "read_channel"}
		return ""
	})
	ref := mt.report()
	mt.until("Jonas is told on Mattermost", func() bool { return len(about(mt.jonasThere, ref)) == 1 })
	mt.press(mt.maren, "Ta") // on Telegram
	mt.until("Jonas is told anew", func() bool { return len(about(mt.jonasThere, ref)) == 2 })
	now := about(mt.jonasThere, ref)
	if strings.Contains(now[0].Text, "Maren") || !strings.Contains(now[1].Text, "Maren har den") {
		t.Errorf("Jonas sees %+v", now)
	}
}

// TestARoomOnMattermostOnTheWholeServer: Jonas is kept out of the first case, and so
// is the room that he is in.
func TestARoomOnMattermostOnTheWholeServer(t *testing.T) {
	t.Parallel()
	room := ""
	mt := newMattermostTown(t, func(mt *mattermostTown) string {
		room = mt.mm.Group(model.ChannelTypePrivate, mt.marenThere, mt.jonasThere)
		return fmt.Sprintf("room = %q\n", room)
	})
	kept := mt.report("jonas")
	mt.until("Maren is told", func() bool { return len(about(mt.marenThere, kept)) == 1 })
	mt.another()
	ref := mt.report()
	mt.until("the room is told", func() bool { return strings.Contains(strings.Join(mt.mm.Seen(room), "\n"), ref) })
	if got := mt.mm.Seen(room); len(got) != 1 || strings.Contains(got[0], kept) {
		t.Errorf("the room is told %q", got)
	}
	mt.nothingReadable()
	if strings.Contains(mt.log.String(), room) {
		t.Error("the log holds the id of the room")
	}
}

func TestCheckAsksAboutTheRoom(t *testing.T) {
	for _, tt := range []struct {
		name  string
		with  func(s *standin.Server, room string)
		wrong bool
		says  string
	}{
		{name: "handlers alone", says: "ready to serve"},
		{name: "strangers", with: func(s *standin.Server, room string) { s.Join(room, s.Person("Ola")) },
			says: "warning: the office's mattermost: the room: 1 of the 3 in it are no handlers in the organisation file; nothing is told there"},
		{name: "nobody", with: func(s *standin.Server, room string) { s.Leave(room, s.Person("Maren"), s.Person("Jonas")) }, says: "warning: the office's mattermost: the room: nobody is in it"},
		{name: "the bot is not in it", with: func(s *standin.Server, room string) { s.Leave(room) }, wrong: true, says: "the room: there is no such channel, or the bot is not in it"},
		{name: "a public one", with: func(s *standin.Server, room string) { s.Convert(room, model.ChannelTypeOpen) }, wrong: true, says: "the room: the channel is public"},
		{name: "a shared one", with: func(s *standin.Server, room string) { s.Share(room) }, wrong: true, says: "the room: the channel is shared"},
		{name: "in trouble", with: func(s *standin.Server, _ string) { s.Faults.On("members", faults.Fault{Status: 502, Says: "kanari"}) }, wrong: true, says: "the room: Mattermost is in trouble"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := standin.New(t)
			maren, jonas := s.Person("Maren"), s.Person("Jonas")
			room := s.Group(model.ChannelTypePrivate, maren, jonas)
			if tt.with != nil {
				tt.with(s, room)
			}
			dir, conf, err := installed(t, fmt.Sprintf("[office_chat.mattermost]\ntoken_file = \"office.token\"\nwords = \"desk\"\noperator = \"Driftshuset\"\nurl = %q\nroom = %q\n", s.URL, room))
			if err != nil {
				t.Fatal(err)
			}
			account(t, dir, "maren", fmt.Sprintf("mattermost = %q\n", maren.ID))
			account(t, dir, "jonas", fmt.Sprintf("mattermost = %q\n", jonas.ID))
			if err := os.WriteFile(filepath.Join(dir, "office.token"), []byte(s.Token), 0o600); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			err = Check(t.Context(), conf, &out)
			if (err != nil) != tt.wrong || !strings.Contains(out.String(), tt.says) {
				t.Errorf("check says %v:\n%swant wrong=%v and %q", err, &out, tt.wrong, tt.says)
			}
			if tt.with == nil && strings.Contains(out.String(), "the room") {
				t.Errorf("it has something against the room: %s", &out)
			}
			for _, secret := range []string{"kanari", room, maren.ID, s.Person("Ola").ID} {
				if strings.Contains(out.String(), secret) {
					t.Errorf("check tells who is there: %s", &out)
				}
			}
		})
	}
}
