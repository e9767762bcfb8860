package daemon

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tillit/bot/bottest/faults"
	"tillit/bot/mattermost/standin"
)

// nextPort counts through ports that no outgoing connection is given.
var nextPort atomic.Int32

// freePort is an address of this machine that nobody listens on, and that is given to
// one test only.
func freePort(t testing.TB) string {
	t.Helper()
	for range 1000 {
		at := fmt.Sprintf("127.0.0.1:%d", 20_000+(os.Getpid()*61+int(nextPort.Add(1)))%10_000)
		if ln, err := net.Listen("tcp", at); err == nil {
			ln.Close()
			return at
		}
	}
	t.Fatal("no port is free")
	return ""
}

func TestCheckAsksMattermost(t *testing.T) {
	port := freePort(t)
	callback := fmt.Sprintf("callback = \"http://%s/hook\"\nlisten = %q\n", port, port)
	for _, tt := range []struct {
		name  string
		token func(*standin.Server) string
		lines string
		with  func(*standin.Server)
		wrong bool
		says  string
	}{
		{name: "everything is well", lines: callback, says: "ready to serve"},
		{name: "an inner address", lines: callback, says: "AllowedUntrustedInternalConnections"},
		{name: "no buttons", says: "warning: mattermost: there is no callback"},
		{name: "a token that was revoked", with: func(s *standin.Server) { s.Revoke() }, wrong: true, says: "the bot token is refused"},
		{name: "a bot that is not active", with: func(s *standin.Server) { s.Disable() }, wrong: true, says: "the bot is deactivated"},
		{name: "what is no token", token: func(*standin.Server) string { return "hei" }, wrong: true, says: "does not look like one"},
		{name: "a person's token", with: func(s *standin.Server) { s.NotABot = true }, says: "warning: mattermost: the token is that of a person's account"},
		{name: "no right to write first", with: func(s *standin.Server) { s.Roles["system_user"] = nil }, wrong: true, says: "lacks the permission create_direct_channel"},
		{name: "no right to write", with: func(s *standin.Server) { s.Roles["channel_user"] = []string{"read_channel"} }, wrong: true, says: "lacks the permission create_post"},
		{name: "no right to change", with: func(s *standin.Server) {
			s.Roles["channel_user"] = []string{"create_post", "read_channel", "delete_post"}
		},
			says: "warning: mattermost: the bot lacks the permission edit_post: it could not change what it said"},
		{name: "no right to read", with: func(s *standin.Server) { s.Roles["channel_user"] = []string{"create_post", "delete_post", "edit_post"} }, wrong: true, says: "lacks the permission read_channel"},
		{name: "no right to take back", with: func(s *standin.Server) {
			s.Roles["channel_user"] = []string{"create_post", "read_channel", "edit_post"}
		}, wrong: true, says: "lacks the permission delete_post"},
		{name: "no right to look at people", with: func(s *standin.Server) { s.Roles["system_user"] = []string{"create_direct_channel"} }, says: "warning: mattermost: the bot lacks the permission view_members"},
		{name: "a callback that leads nowhere", wrong: true, says: "cannot be reached",
			lines: fmt.Sprintf("callback = \"http://127.0.0.1:9/hook\"\nlisten = %q\n", port)},
		{name: "a callback that leads elsewhere", wrong: true, says: "something else than this server answers"},
		{name: "no websocket", with: func(s *standin.Server) { s.Faults.On("websocket", faults.Fault{Status: 502}) }, says: "warning: mattermost: no websocket can be opened"},
		{name: "a server in trouble", with: func(s *standin.Server) { s.Faults.On("me", faults.Fault{Status: 502, Says: "kanari"}) }, wrong: true, says: "the server is in trouble"},
		{name: "something else than Mattermost", with: func(s *standin.Server) { s.Faults.On("me", faults.Fault{Body: "<html>kanari"}) }, wrong: true, says: "not a Mattermost server"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := standin.New(t)
			token := s.Token
			if tt.token != nil {
				token = tt.token(s)
			}
			if tt.with != nil {
				tt.with(s)
			}
			lines := tt.lines
			if tt.name == "a callback that leads elsewhere" {
				lines = fmt.Sprintf("callback = \"%s/hook\"\nlisten = %q\n", s.URL, port)
			}
			dir, conf, err := installed(t, fmt.Sprintf("[mattermost]\ntoken_file = \"mattermost.token\"\noperator = \"Driftshuset\"\nurl = %q\n%s", s.URL, lines))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "mattermost.token"), []byte(token+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			err = Check(t.Context(), conf, &out)
			if (err != nil) != tt.wrong || !strings.Contains(out.String(), tt.says) {
				t.Errorf("check says %v:\n%swant wrong=%v and %q", err, &out, tt.wrong, tt.says)
			}
			if strings.Contains(out.String(), "kanari") || strings.Contains(out.String(), token) && len(token) == 26 {
				t.Error("check shows the token, or what the server said")
			}
		})
	}
}

// TestCheckBesideARunningServer finds the callback though its place is taken.
func TestCheckBesideARunningServer(t *testing.T) {
	s, port := standin.New(t), freePort(t)
	_, conf, err := installed(t, fmt.Sprintf("[office]\nlisten = \"\"\n[operator]\nlisten = \"\"\n[web]\nlisten = \"\"\n"+
		"[mattermost]\noperator = \"Driftshuset\"\nurl = %q\ncallback = \"http://%s/hook\"\nlisten = %q\n", s.URL, port, port))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(mattermostToken, s.Token)
	ctx, cancel := context.WithCancel(t.Context())
	d, err := Open(ctx, conf, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- d.Serve(ctx) }()
	s.Person("Lin").Write("hei")
	for s.Calls("posts") == 0 { // the card is on its way: it serves
		select {
		case err := <-done:
			t.Fatal(err)
		case <-time.After(time.Millisecond):
		}
	}
	var out bytes.Buffer
	if err := Check(t.Context(), conf, &out); err != nil {
		t.Errorf("check says %v:\n%s", err, &out)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

func TestAMattermostTokenIsFoundAndNeverInTheConfiguration(t *testing.T) {
	const token = "kanari7777777777777777abcd"
	for _, tt := range []struct {
		name, lines, says string
		with              func(dir string)
		on                bool
	}{
		{name: "nothing said is off", lines: ""},
		{name: "a file", lines: "[mattermost]\ntoken_file = \"t\"\n", on: true,
			with: func(dir string) { _ = os.WriteFile(filepath.Join(dir, "t"), []byte(token), 0o600) }},
		{name: "a file that others can read", lines: "[mattermost]\ntoken_file = \"t\"\n", says: "make it 0600",
			with: func(dir string) { _ = os.WriteFile(filepath.Join(dir, "t"), []byte(token), 0o644) }},
		{name: "the environment", with: func(string) { t.Setenv(mattermostToken, token) }, on: true},
		{name: "a credential", on: true, with: func(dir string) {
			t.Setenv("CREDENTIALS_DIRECTORY", dir)
			_ = os.WriteFile(filepath.Join(dir, "mattermost.token"), []byte(token), 0o400)
		}},
		{name: "the token in clear", lines: "[mattermost]\ntoken_file = \"" + token + "\"\n", says: "not the token"},
		{name: "a key that means nothing", lines: "[mattermost]\ntoken = \"" + token + "\"\n", says: "keys that mean nothing"},
		{name: "a far server without https", lines: "[mattermost]\nurl = \"http://chat.example\"\n", says: "must begin with https"},
		{name: "a callback that nobody brings here", lines: "[mattermost]\ncallback = \"https://x.example/\"\n", says: "needs listen"},
		{name: "listening for nothing", lines: "[mattermost]\nlisten = \"127.0.0.1:7405\"\n", says: "is for a callback"},
		{name: "no callback address", lines: "[mattermost]\ncallback = \"x\"\nlisten = \"127.0.0.1:7405\"\n", says: "callback must be"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(mattermostToken, "")
			dir, conf, err := installed(t, tt.lines)
			if tt.with != nil {
				tt.with(dir)
			}
			var on bool
			if err == nil {
				on, err = conf.isOn("mattermost")
			}
			got := fmt.Sprint(err)
			if on != tt.on || (err != nil) != (tt.says != "") || !strings.Contains(got, tt.says) {
				t.Errorf("it is on: %v, and says %v; want %v and %q", on, err, tt.on, tt.says)
			}
			if strings.Contains(got, "kanari") {
				t.Errorf("the token is shown: %v", err)
			}
		})
	}
}
