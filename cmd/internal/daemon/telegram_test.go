package daemon

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"tillit/bot/bottest/faults"
	"tillit/bot/telegram/standin"
	"tillit/handlers"
	"tillit/handlers/casework"
	"tillit/store/seal"
	"tillit/store/storetest"
)

// installed writes a folder that a check has nothing against, and a
// configuration with these lines added.
func installed(t *testing.T, lines string) (dir string, conf Config, err error) {
	t.Helper()
	dir = t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	org := "name = \"E\"\ntime_zone = \"Europe/Oslo\"\nlanguage = \"nb\"\n[promises]\nanswer_working_days = 3\nlatest_days = 7\nresult_months = 3\n"
	for _, part := range []string{"[[handlers]]\nid = \"maren\"\nname = \"Maren\"\nrole = \"a\"\ncounty = \"\"\n",
		"[[handlers]]\nid = \"jonas\"\nname = \"Jonas\"\nrole = \"b\"\ncounty = \"\"\n", "[external]\nname = \"X\"\n"} {
		key, err := casework.NewKey()
		if err != nil {
			t.Fatal(err)
		}
		org += part + fmt.Sprintf("key = %q\nsign = %q\n", key.Recipient(), handlers.SignKeyString(key.SignPublic()))
	}
	recovery, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	write("organisation.toml", org+fmt.Sprintf("[recovery]\nkey = %q\nkept = \"2-of-3\"\n", recovery.Recipient()))
	write("recovery.key", recovery.String())
	write("server.key", string(seal.GenerateServerKey(time.Now())))
	write("tillit.toml", lines)
	conf, err = LoadConfig(filepath.Join(dir, "tillit.toml"))
	return dir, conf, err
}

func TestCheckAsksTelegram(t *testing.T) {
	for _, tt := range []struct {
		name  string
		token func(*standin.Server) string
		lines string
		with  func(*standin.Server)
		wrong bool
		says  string
	}{
		{name: "everything is well", says: "ready to serve"},
		{name: "a token that was revoked", with: func(s *standin.Server) { s.Revoke() }, wrong: true, says: "make a new one with BotFather"},
		{name: "what is no token", token: func(*standin.Server) string { return "hei" }, wrong: true, says: "does not look like one"},
		{name: "a webhook elsewhere", with: func(s *standin.Server) { s.SetWebhookElsewhere("https://strange.example/kanari-path") },
			wrong: true, says: "a webhook at strange.example gets what people write"},
		{name: "a webhook elsewhere that is to be ended", lines: "take_over = true\n",
			with: func(s *standin.Server) { s.SetWebhookElsewhere("https://strange.example/kanari-path") }, says: "warning: telegram: a webhook at strange.example"},
		{name: "Telegram in trouble", with: func(s *standin.Server) { s.Faults.On("getMe", faults.Fault{Status: 502}) }, wrong: true, says: "Telegram is in trouble"},
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
			dir, conf, err := installed(t, fmt.Sprintf("[telegram]\ntoken_file = \"telegram.token\"\napi = %q\n%s", s.URL, tt.lines))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "telegram.token"), []byte(token+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			err = Check(t.Context(), conf, &out)
			if (err != nil) != tt.wrong || !strings.Contains(out.String(), tt.says) {
				t.Errorf("check says %v:\n%swant wrong=%v and %q", err, &out, tt.wrong, tt.says)
			}
			if strings.Contains(out.String(), "kanari") {
				t.Error("check shows the token or the path of a webhook")
			}
		})
	}
}

func TestATokenIsFoundAndNeverInTheConfiguration(t *testing.T) {
	const token = "700000001:kanari-token-AAAAAAAAAAAA"
	for _, tt := range []struct {
		name, lines, says string
		with              func(dir string)
		on                bool
	}{
		{name: "nothing said is off", lines: ""},
		{name: "a table without a token", lines: "[telegram]\ntake_over = true\n", says: ""},
		{name: "a file", lines: "[telegram]\ntoken_file = \"t\"\n", on: true,
			with: func(dir string) { _ = os.WriteFile(filepath.Join(dir, "t"), []byte(token), 0o600) }},
		{name: "a file that others can read", lines: "[telegram]\ntoken_file = \"t\"\n", says: "make it 0600",
			with: func(dir string) { _ = os.WriteFile(filepath.Join(dir, "t"), []byte(token), 0o644) }},
		{name: "an empty file", lines: "[telegram]\ntoken_file = \"t\"\n", says: "is empty",
			with: func(dir string) { _ = os.WriteFile(filepath.Join(dir, "t"), nil, 0o600) }},
		{name: "a file that is not there", lines: "[telegram]\ntoken_file = \"t\"\n", says: "no such file"},
		{name: "the environment", with: func(string) { t.Setenv(telegramToken, token) }, on: true},
		{name: "the token in clear", lines: "[telegram]\ntoken_file = \"" + token + "\"\n", says: "not the token"},
		{name: "a key that means nothing", lines: "[telegram]\ntoken = \"" + token + "\"\n", says: "keys that mean nothing"},
		{name: "a far server without https", lines: "[telegram]\napi = \"http://api.example\"\n", says: "must begin with https"},
		{name: "a webhook without https", lines: "[telegram]\nwebhook = \"http://x.example/\"\nlisten = \"127.0.0.1:7404\"\n", says: "must be a https"},
		{name: "a webhook that nobody brings here", lines: "[telegram]\nwebhook = \"https://x.example/\"\n", says: "needs listen"},
		{name: "listening for nothing", lines: "[telegram]\nlisten = \"127.0.0.1:7404\"\n", says: "is for a webhook"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(telegramToken, "")
			dir, conf, err := installed(t, tt.lines)
			if tt.with != nil {
				tt.with(dir)
			}
			var on bool
			if err == nil {
				on, err = conf.isOn("telegram")
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

func TestQuarantineIsForRecoveryAlone(t *testing.T) {
	dir, conf, err := installed(t, "")
	if err != nil {
		t.Fatal(err)
	}
	roster, problems := handlers.LoadRoster(filepath.Join(dir, "organisation.toml"))
	if roster == nil {
		t.Fatal(problems)
	}
	d := &Daemon{conf: conf, roster: handlers.NewCurrent(roster)}
	const words = "kanari i en merkelig oppdatering"
	if err := d.quarantine(context.Background(), []byte(words)); err != nil {
		t.Fatal(err)
	}
	if found, err := storetest.Scan(filepath.Join(dir, "data"), words); err != nil || len(found) > 0 {
		t.Fatalf("readable on disk: %v, %v", found, err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "data", "quarantine", "*"))
	if len(files) != 1 || filepath.Ext(files[0]) != ".age" {
		t.Fatalf("the folder holds %v, want one file", files)
	}
	var out bytes.Buffer
	if err := Check(t.Context(), conf, &out); err != nil || !strings.Contains(out.String(), "updates in quarantine: 1") {
		t.Errorf("check says %v, %s; want a word on the quarantine", err, &out)
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(filepath.Join(dir, "recovery.key"))
	if err != nil {
		t.Fatal(err)
	}
	identity, err := age.ParseHybridIdentity(string(key))
	if err != nil {
		t.Fatal(err)
	}
	r, err := age.Decrypt(bytes.NewReader(raw), identity)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if _, err := got.ReadFrom(r); err != nil || got.String() != words {
		t.Errorf("the recovery key reads %q, %v", got.String(), err)
	}
}
