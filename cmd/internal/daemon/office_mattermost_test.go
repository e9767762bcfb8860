package daemon

import (
	"fmt"
	"slices"
	"strings"
	"testing"

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
