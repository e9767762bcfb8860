package daemon

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"tillit/store/seal"
)

// TestTheUnitsCredentialsAreThoseThatAreRead: the names in docs/tillitd.service are
// found where systemd puts them, and there is none that nobody reads.
func TestTheUnitsCredentialsAreThoseThatAreRead(t *testing.T) {
	unit, err := os.ReadFile("../../../docs/tillitd.service")
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, m := range regexp.MustCompile(`(?m)^LoadCredentialEncrypted=([^:]+):`).FindAllSubmatch(unit, -1) {
		named = append(named, string(m[1]))
	}
	creds := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", creds)
	_, conf, err := installed(t, "server_key = \"\"\n[mattermost]\nurl = \"https://chat.example\"\noperator = \"Driftshuset\"\n"+
		"[office_chat.telegram]\nwords = \"desk\"\n[office_chat.mattermost]\nwords = \"desk\"\nurl = \"https://chat.example\"\noperator = \"Driftshuset\"\n")
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string, found func() bool, content string) {
		t.Helper()
		if found() {
			t.Errorf("%s is found before it is there", name)
		}
		if err := os.WriteFile(filepath.Join(creds, name), []byte(content), 0o400); err != nil {
			t.Fatal(err)
		}
		if !found() {
			t.Errorf("%s is not read", name)
		}
		if !slices.Contains(named, name) {
			t.Errorf("the unit does not load %s", name)
		}
		named = slices.DeleteFunc(named, func(n string) bool { return n == name })
	}
	key, err := os.ReadFile(filepath.Join(conf.dir, "server.key"))
	if err != nil {
		t.Fatal(err)
	}
	read("server.key", func() bool {
		_, err := seal.LoadServerKeys(conf.path(conf.ServerKey), conf.path(conf.Data))
		return err == nil
	}, string(key))
	on := func(name string) func() bool {
		return func() bool { is, err := conf.isOn(name); return err == nil && is }
	}
	read("telegram.token", on("telegram"), "700000001:kanari-token-AAAAAAAAAAAA")
	read("mattermost.token", on("mattermost"), "kanari7777777777777777abcd")
	read("office-telegram.token", on("office-telegram"), "700000002:kanari-token-AAAAAAAAAAAA")
	read("office-mattermost.token", on("office-mattermost"), "kanari8888888888888888abcd")
	if len(named) > 0 {
		t.Errorf("the unit loads %q, which nothing reads", named)
	}
}
