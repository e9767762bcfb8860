// Package network is what channels over a network share: what the server must know of
// each of them ([Network]), the patience with which they try again, the inbox that
// keeps order, what the operator is told, the pace, long texts cut well, and files
// that come one by one. It knows no network by name.
package network

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"tillit/bot"
	"tillit/intake"
)

// Network is what the server must know of one network. All that has the network's name
// on it is made of Name: the channel, the tables [name] and [office_chat.name] of the
// configuration, the column of the organisation file, and where tokens are found.
type Network struct {
	Name  string // "telegram"
	Title string // "Telegram", as people call it
	// Settings makes an empty table for the file to fill.
	Settings func() Settings
	// Token is what a token looks like, wherever somebody wrote it: one that stands in
	// the configuration is never shown.
	Token *regexp.Regexp
	// SameAccount reports whether two tokens that differ are of one account, as far as
	// tokens say; nil is that they do not.
	SameAccount func(a, b intake.Private) bool
	// Account reads what the organisation file says of a person's account; empty is
	// none. An error goes on after "telegram of handler kari".
	Account func(value any) (string, error)
}

// Settings is the table of an account of ours. A network's own type embeds [Table].
type Settings interface {
	// Common is what each network's table has.
	Common() *Table
	// Server is the network's address, as the file has it, and what the file calls it.
	Server() (key, address string)
	// Reader is who runs the network and can read it, as people know them.
	Reader() string
	// Validate finds what is wrong without asking anybody; each fault is one error of a
	// joined one, and begins with its key. What every table has is looked at elsewhere.
	Validate() error
	// Open makes the channel, and calls nobody.
	Open(Account) (Channel, error)
}

// Table is what the table of every network has.
type Table struct {
	Listen
	TokenFile string `toml:"token_file"` // path of the token; the token itself never stands here
	Words     string `toml:"words"`      // the office's account: "desk" or "chat"; there is no default
	Room      string `toml:"room"`       // the office's account: id of a chat of several for new cases

	// How many messages and changes leave in a second, to all and to one chat; 0 is what the
	// network allows.
	PerSecond     float64 `toml:"messages_per_second"`
	PerSecondChat float64 `toml:"messages_per_second_chat"`
}

// Pacer is the pace of the table, or else what the network allows.
func (t *Table) Pacer(overall, each Rate) *Pacer {
	if t.PerSecond > 0 {
		overall.PerSecond = t.PerSecond
		overall.Burst = max(1, min(overall.Burst, int(t.PerSecond)))
	}
	if t.PerSecondChat > 0 {
		each.PerSecond = t.PerSecondChat
	}
	return NewPacer(overall, each)
}

// ValidatePace refuses a pace at which nobody is answered.
func (t *Table) ValidatePace() error {
	for name, n := range map[string]float64{"messages_per_second": t.PerSecond, "messages_per_second_chat": t.PerSecondChat} {
		if n != 0 && (n < 0.1 || n > 1000) {
			return fmt.Errorf("%s is %v; it must be 0.1 to 1000, or 0 for what the network allows", name, n)
		}
	}
	return nil
}

// Common implements [Settings].
func (t *Table) Common() *Table { return t }

// Account is what an account is opened with, besides its settings. Nil functions are
// those of a channel that is only asked whether it would work.
type Account struct {
	Office  bool           // it is the office's own, for handlers
	Token   intake.Private // never empty
	Server  string         // the network's address; empty is its usual one
	Lang    string         // for those whose language we do not speak
	MaxFile int64          // in bytes
	Log     *slog.Logger
	// Quarantine keeps what could not be read. It returns nil only when it is on disk.
	Quarantine func(ctx context.Context, raw []byte) error
	// Own is told whose the account is, before anything is read, where only the network
	// knows. Its error ends Listen.
	Own func(ctx context.Context, id string) error
	// Cursor returns the newest [bot.Event.Cursor] that was committed for a person.
	Cursor func(ctx context.Context, person intake.ConversationID) ([]byte, error)
}

// Channel is what a network's account is for the server. Its handler is for what the
// network brings by itself.
type Channel interface {
	bot.Channel
	http.Handler
	// Check asks the network, live, whether the channel would work, and changes
	// nothing. No finding holds a token.
	Check(ctx context.Context) []Finding
	// Health is how the channel is, as far as it has seen.
	Health() Health
}

// Identified is a channel whose account only the network knows.
type Identified interface {
	// Account is the id of our own account, which is no secret.
	Account(ctx context.Context) (string, error)
}

// Finding is what a check has to say.
type Finding struct {
	Wrong bool // otherwise only worth a thought
	Says  string
}

// Wrong is a finding that keeps the channel from working.
func Wrong(format string, args ...any) Finding { return Finding{true, fmt.Sprintf(format, args...)} }

// Thought is a finding that is only worth a thought.
func Thought(format string, args ...any) Finding { return Finding{false, fmt.Sprintf(format, args...)} }

// Listen is an address, with a certificate where it is not loopback, and what is let in.
type Listen struct {
	Address string `toml:"listen"`
	Cert    string `toml:"certificate,omitempty"`
	Key     string `toml:"certificate_key,omitempty"`

	Connections int `toml:"max_connections,omitempty"`      // at once; 0 is the listener's default
	Rate        int `toml:"min_bytes_per_second,omitempty"` // that a body must come with; 0 is the default
}

// Validate refuses plain HTTP beyond this machine, unless a proxy is in front: words and
// keys would travel readable. A unix socket or loopback behind a proxy is fine.
func (l Listen) Validate(proxied bool) error {
	if l.Connections < 0 || l.Connections > 100_000 {
		return fmt.Errorf("max_connections is %d; it must be 1 to 100000", l.Connections)
	}
	if l.Rate < 0 || l.Rate > 1<<20 {
		return fmt.Errorf("min_bytes_per_second is %d; it must be 1 to %d", l.Rate, 1<<20)
	}
	if l.Address == "" || strings.HasPrefix(l.Address, "unix:") || l.Cert != "" {
		return nil
	}
	host, _, err := net.SplitHostPort(l.Address)
	if err != nil {
		return fmt.Errorf("listen: %q is no address; write host:port", l.Address)
	}
	if loopback(host) || proxied {
		return nil
	}
	return fmt.Errorf("listen: %s is reachable from other machines and has no certificate; set certificate and certificate_key, or listen on 127.0.0.1 behind a proxy", l.Address)
}

// CheckServer refuses an address where words and token would travel readable.
func CheckServer(address string) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("this is no address of a server")
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return errors.New("beyond this machine it must begin with https://")
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
