package daemon

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEachLimitIsASetting: what a crowd may take is written in the file, each limit where
// OPERATING.md says, and one that makes no sense is refused with its name.
func TestEachLimitIsASetting(t *testing.T) {
	const whole = `memory_mb = 96
new_reports_per_hour = 2
new_chats_per_minute = 20
[files]
most_in_a_talk = 3
talk_mb = 4
all_gb = 5
free_disk_mb = 6
[web]
max_connections = 7
min_bytes_per_second = 8
client_header = "X-Real-IP"
new_talks_per_minute = 9
new_talks_per_minute_all = 10
[office]
max_connections = 11
hosts = ["Blåbær.example"]
proxy_certificate = "proxy.pem"
failed_sign_ins_per_minute = 12
[operator]
max_connections = 13
[telegram]
max_connections = 14
[mattermost]
min_bytes_per_second = 15
`
	path := filepath.Join(t.TempDir(), "tillit.toml")
	load := func(text string) (Config, error) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return LoadConfig(path)
	}
	c, err := load(whole)
	if err != nil {
		t.Fatal(err)
	}
	if c.MemoryMB != 96 || c.NewReports != 2 || c.NewInChats != 20 || c.Files != (Files{3, 4, 5, 6}) || c.Web.Connections != 7 || c.Web.Rate != 8 || c.Web.Client != "X-Real-IP" ||
		c.Web.Starts != 9 || c.Web.StartsAll != 10 || c.Office.Connections != 11 || c.Office.Failed != 12 || c.Operator.Connections != 13 {
		t.Errorf("%+v", c)
	}
	if !hostNames(c.Office.Hosts).Has("xn--blbr-roah.example", "443") {
		t.Error("the office's name is not known")
	}
	for _, wrong := range []string{
		"memory_mb = 1", "new_reports_per_hour = 0", "new_chats_per_minute = 0", "[files]\ntalk_mb = 0", "[web]\nmax_connections = -1", "[office]\nmin_bytes_per_second = -1",
		"[web]\nnew_talks_per_minute = 0", "[office]\nfailed_sign_ins_per_minute = 0", "[office]\nhosts = [\"https://kontor.example\"]", "[web]\nhosts = [\"a b\"]",
	} {
		key := strings.Fields(wrong[strings.LastIndexByte(wrong, '\n')+1:])[0]
		if key == "talk_mb" {
			key = "[files]" // whose numbers are named together
		}
		if _, err := load(wrong); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	ways, err := os.ReadFile("../../../docs/OPERATING.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(whole) {
		if key, _, ok := strings.Cut(line, " = "); ok && !strings.Contains(string(ways), "`"+key+"`") {
			t.Errorf("OPERATING.md says nothing of %s", key)
		}
	}
}

// TestAFileOfAnEarlierVersionServes takes the 64 that an earlier init wrote, and leaves room
// beside a code's hash.
func TestAFileOfAnEarlierVersionServes(t *testing.T) {
	for mb, left := range map[int]int64{16: 16, 64: 16, 80: 16, 96: 32, 128: 64} {
		path := filepath.Join(t.TempDir(), "tillit.toml")
		if err := os.WriteFile(path, fmt.Appendf(nil, "memory_mb = %d\n", mb), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := LoadConfig(path)
		if err != nil || c.shared() != left<<20 {
			t.Errorf("of %d MB %d bytes are left, %v", mb, c.shared(), err)
		}
	}
}
