package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"tillit/bot/network"
	"tillit/intake/hosts"
	"tillit/store"
)

// Config is tillit.toml. Paths are relative to the file's folder. No secret
// stands in it, only where secrets lie.
type Config struct {
	Data         string `toml:"data"`
	Organisation string `toml:"organisation"`
	ServerKey    string `toml:"server_key"`
	Language     string `toml:"language"`
	Questions    string `toml:"questions"` // folder of a question set; empty is the one we ship
	Routine      string `toml:"routine"`   // folder of a routine; empty is the one we ship
	KeepUnsent   int    `toml:"keep_unsent_days"`
	KeepBackups  int    `toml:"keep_backups_days"`
	NewReports   int    `toml:"new_reports_per_hour"` // that one talk begins after its first
	NewInChats   int    `toml:"new_chats_per_minute"` // reports that begin in chats, of all together
	MemoryMB     int64  `toml:"memory_mb"`            // held for all who send or read at one moment
	Files        Files  `toml:"files"`
	Web          Web    `toml:"web"`
	Office       Office `toml:"office"`
	Operator     Listen `toml:"operator"`

	OfficeChat OfficeChat // under office_chat, beside the networks' tables

	// Console holds the member's side in the terminal; only the demo sets it.
	Console bool `toml:"-"`
	// AtOnce lets notices leave at once, not spread over a while; only the demo
	// sets it, where nobody watches who writes when.
	AtOnce bool `toml:"-"`
	// Now is what time it is; nil is the real time. Only the demo sets it.
	Now func() time.Time `toml:"-"`

	networks []network.Network
	accounts []botAccount // on each network the members', then on each the office's
	dir      string
}

// Files is how much is taken of what people send besides words.
type Files struct {
	Talk   int   `toml:"most_in_a_talk"`
	TalkMB int64 `toml:"talk_mb"`
	AllGB  int64 `toml:"all_gb"`       // of all that is stored
	FreeMB int64 `toml:"free_disk_mb"` // below this, words alone are taken
}

func (f Files) validate() error {
	if f.Talk < 1 || f.TalkMB < 1 || f.AllGB < 1 || f.FreeMB < 0 {
		return errors.New("[files] each number must be at least 1, and free_disk_mb not below 0")
	}
	return nil
}

// Web is the member's pages.
type Web struct {
	Listen
	Hosts  []string `toml:"hosts"`  // names that the pages answer to; empty is loopback
	Leave  string   `toml:"leave"`  // where "leave quickly" goes
	Secure bool     `toml:"secure"` // served over HTTPS, by us or by a proxy in front
	MaxMB  int64    `toml:"max_file_mb"`
	// Client is the header in which a proxy on this machine says who comes.
	Client    string `toml:"client_header"`
	Starts    int    `toml:"new_talks_per_minute"` // of one client, over time
	StartsAll int    `toml:"new_talks_per_minute_all"`
}

// Office is the office API.
type Office struct {
	Listen
	Hosts  []string `toml:"hosts"`                      // names that it answers to besides loopback
	Proxy  string   `toml:"proxy_certificate"`          // of a proxy in front, that desks connect to
	Failed int      `toml:"failed_sign_ins_per_minute"` // from one address
}

// mostMB is the largest file that a handler's desk opens, in MB: a larger one would be
// kept and read by nobody.
const mostMB = 256

// leastMemory is what memory_mb must be at least.
const leastMemory = 16

// shared is what is left of memory_mb for all but a code's hash, in bytes. A file of an earlier
// version, whose 64 were meant without that, still serves: it never is less than the least.
func (c Config) shared() int64 { return max(c.MemoryMB-store.CodeHolds>>20, leastMemory) << 20 }

// page is the address of the member's pages, for those who would rather write there;
// empty where there are none.
func (w Web) page() string {
	scheme, name := "http://", w.Address
	if w.Secure || w.Cert != "" {
		scheme = "https://"
	}
	switch {
	case w.Address == "":
		return ""
	case len(w.Hosts) > 0:
		name = w.Hosts[0]
	case strings.HasPrefix(w.Address, "unix:"): // behind a proxy whose name we do not know
		return ""
	}
	return scheme + name + "/"
}

// Listen is an address, with a certificate where it is not loopback.
type Listen = network.Listen

// Default is what an empty file means.
func Default() Config {
	return Config{
		Data: "data", Organisation: "organisation.toml", ServerKey: "server.key",
		Language: "nb", KeepUnsent: 14, KeepBackups: 30, MemoryMB: 128, NewReports: 5, NewInChats: 120,
		Files:    Files{Talk: 40, TalkMB: 200, AllGB: 50, FreeMB: 1000},
		Web:      Web{Listen: Listen{Address: "127.0.0.1:7400"}, Leave: "https://www.yr.no/", MaxMB: 20, Client: "X-Forwarded-For", Starts: 12, StartsAll: 120},
		Office:   Office{Listen: Listen{Address: "127.0.0.1:7402"}, Failed: 30},
		Operator: Listen{Address: "127.0.0.1:7403"},

		OfficeChat: OfficeChat{QuietFrom: 20, QuietUntil: 7},
	}
}

// LoadConfig reads a file strictly: an unknown key is an error that shows its
// line. All faults of the values come at once.
func LoadConfig(path string) (Config, error) { return loadConfig(path, networks) }

func loadConfig(path string, networks []network.Network) (Config, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("reading the configuration: %w", err)
	}
	c := Default()
	if err := c.decode(raw, networks); err != nil {
		var strict *toml.StrictMissingError
		if errors.As(err, &strict) {
			return Config{}, fmt.Errorf("%s has keys that mean nothing here:\n%s", path, c.hideTokens(strict.String()))
		}
		var bad *toml.DecodeError
		if errors.As(err, &bad) {
			row, _ := bad.Position()
			return Config{}, fmt.Errorf("%s:%d:\n%s", path, row, c.hideTokens(bad.String()))
		}
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	c.dir = filepath.Dir(path)
	return c, c.validate()
}

// hideTokens spares a token that was written into the configuration from being
// shown in the error about it.
func (c Config) hideTokens(s string) string {
	for _, n := range c.networks {
		s = n.Token.ReplaceAllString(s, "[token]")
	}
	return s
}

func (c Config) validate() error {
	var errs []error
	if c.KeepUnsent < 1 || c.KeepUnsent > 90 {
		errs = append(errs, fmt.Errorf("keep_unsent_days is %d; it must be 1 to 90", c.KeepUnsent))
	}
	if c.KeepBackups < 1 || c.KeepBackups > 365 {
		errs = append(errs, fmt.Errorf("keep_backups_days is %d; it must be 1 to 365", c.KeepBackups))
	}
	if c.MemoryMB < leastMemory || c.MemoryMB > 16<<10 {
		errs = append(errs, fmt.Errorf("memory_mb is %d; it must be %d to %d", c.MemoryMB, leastMemory, 16<<10))
	}
	if c.Web.MaxMB < 1 || c.Web.MaxMB > mostMB {
		errs = append(errs, fmt.Errorf("[web] max_file_mb is %d; it must be 1 to %d, which is what a desk opens", c.Web.MaxMB, mostMB))
	}
	if c.NewReports < 1 {
		errs = append(errs, fmt.Errorf("new_reports_per_hour is %d; it must be 1 or more", c.NewReports))
	}
	if c.NewInChats < 1 {
		errs = append(errs, fmt.Errorf("new_chats_per_minute is %d; it must be 1 or more", c.NewInChats))
	}
	if c.Web.Starts < 1 || c.Web.StartsAll < 1 {
		errs = append(errs, errors.New("[web] new_talks_per_minute and new_talks_per_minute_all must be 1 or more"))
	}
	if c.Office.Failed < 1 {
		errs = append(errs, fmt.Errorf("[office] failed_sign_ins_per_minute is %d; it must be 1 or more", c.Office.Failed))
	}
	for name, names := range map[string][]string{"web": c.Web.Hosts, "office": c.Office.Hosts} {
		if _, err := hosts.Parse(names); err != nil {
			errs = append(errs, fmt.Errorf("[%s] hosts: %w", name, err))
		}
	}
	for name, l := range map[string]Listen{"web": c.Web.Listen, "office": c.Office.Listen, "operator": c.Operator} {
		if err := l.Validate(c.Web.Secure && name == "web"); err != nil {
			errs = append(errs, fmt.Errorf("[%s] %w", name, err))
		}
	}
	errs = append(errs, c.Files.validate(), c.OfficeChat.validate())
	for _, a := range c.accounts {
		errs = append(errs, a.validate(func(s string) bool { return c.hideTokens(s) != s }))
	}
	return errors.Join(errs...)
}

func (c Config) path(p string) string {
	if filepath.IsAbs(p) || p == "" {
		return p
	}
	return filepath.Join(c.dir, p)
}

// hostNames are names that were looked at when the file was read.
func hostNames(written []string) hosts.Names {
	names, err := hosts.Parse(written)
	if err != nil {
		panic("names of hosts that were not looked at: " + err.Error())
	}
	return names
}

func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }
