package mattermost

import (
	"errors"
	"regexp"

	"tillit/bot/network"
)

// Network is Mattermost, for the server's list.
var Network = network.Network{
	Name: channelName, Title: "Mattermost",
	Settings: func() network.Settings { return &Settings{} },
	Token:    regexp.MustCompile(`\b[a-z0-9]{26}\b`),
	Account:  account,
}

// Settings is the table of an account on a Mattermost server.
type Settings struct {
	network.Table
	URL      string `toml:"url"`      // of the server
	Operator string `toml:"operator"` // who runs the server, as people know them: stands on the card
	Callback string `toml:"callback"` // address that the server brings presses to; empty is no buttons
}

// Server implements [network.Settings].
func (s *Settings) Server() (key, address string) { return "url", s.URL }

// Reader implements [network.Settings].
func (s *Settings) Reader() string { return s.Operator }

// Validate implements [network.Settings].
func (s *Settings) Validate() error {
	switch {
	case s.Callback == "" && s.Address != "":
		return errors.New("listen is for a callback; set callback to the address that Mattermost brings presses to, or take listen away")
	case s.Callback != "" && !httpAddress(s.Callback):
		return errors.New("callback must be a https:// or http:// address")
	case s.Callback != "" && s.Address == "":
		return errors.New("callback needs listen: where the proxy in front, or Mattermost itself, finds us")
	}
	return nil
}

// Open implements [network.Settings].
func (s *Settings) Open(a network.Account) (network.Channel, error) {
	return New(Config{
		URL: a.Server, Token: a.Token, Operator: s.Operator, Lang: a.Lang, Log: a.Log, MaxFile: a.MaxFile,
		Callback: s.Callback, Own: a.Own, Room: s.Room, Cursor: a.Cursor, Pace: s.Pacer(allowed, allowedChat),
	})
}

var accountID = regexp.MustCompile(`^[a-z0-9]{26}$`)

// account reads the id of somebody's account: a name can be taken over by somebody else.
func account(value any) (string, error) {
	id, ok := value.(string)
	if !ok || id != "" && !accountID.MatchString(id) {
		return "", errors.New("must be the account's id of 26 small letters and digits, not a name")
	}
	return id, nil
}
