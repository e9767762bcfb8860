package telegram

import (
	"errors"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"tillit/bot/network"
	"tillit/intake"
)

// Network is Telegram, for the server's list.
var Network = network.Network{
	Name: channelName, Title: "Telegram",
	Settings:    func() network.Settings { return &Settings{} },
	Token:       regexp.MustCompile(`[0-9]{6,}:[A-Za-z0-9_-]{16,}`),
	SameAccount: sameAccount,
	Account:     person,
}

// Settings is the table of an account on Telegram.
type Settings struct {
	network.Table
	API      string `toml:"api"`       // another Bot API server
	Webhook  string `toml:"webhook"`   // public https address; empty is asking, which needs no open port
	TakeOver bool   `toml:"take_over"` // end a webhook that is set elsewhere
}

// Server implements [network.Settings].
func (s *Settings) Server() (key, address string) { return "api", s.API }

// Reader implements [network.Settings].
func (*Settings) Reader() string { return "Telegram" }

// Validate implements [network.Settings].
func (s *Settings) Validate() error {
	u, err := url.Parse(s.Webhook)
	switch {
	case s.Webhook == "" && s.Address != "":
		return errors.New("listen is for a webhook; set webhook to the public address, or take listen away")
	case s.Webhook != "" && (err != nil || u.Scheme != "https" || u.Host == ""):
		return errors.New("webhook must be a https:// address")
	case s.Webhook != "" && s.Address == "":
		return errors.New("webhook needs listen: where the proxy in front finds us")
	}
	return nil
}

// Open implements [network.Settings].
func (s *Settings) Open(a network.Account) (network.Channel, error) {
	return New(Config{
		Token: a.Token, API: a.Server, Lang: a.Lang, Log: a.Log, Office: a.Office, Quarantine: a.Quarantine,
		Webhook: s.Webhook, TakeOver: s.TakeOver, Pace: s.Pacer(allowed, allowedChat),
	})
}

// sameAccount compares the numbers before the colons: the accounts'.
func sameAccount(a, b intake.Private) bool {
	one, _, ok := strings.Cut(a.Reveal(), ":")
	other, _, also := strings.Cut(b.Reveal(), ":")
	n, err := strconv.ParseInt(one, 10, 64)
	m, errAlso := strconv.ParseInt(other, 10, 64)
	return ok && also && err == nil && errAlso == nil && n == m
}

// person reads the number of somebody's account.
func person(value any) (string, error) {
	switch n, ok := value.(int64); {
	case !ok:
		return "", errors.New("must be the number of their account")
	case n < 0:
		return "", errors.New("is the number of a group; write the person's own")
	case n > 0:
		return strconv.FormatInt(n, 10), nil
	}
	return "", nil
}
