package daemon

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"tillit/bot/mattermost"
	"tillit/intake"
)

// Mattermost is the members' channel on a Mattermost server. It is on when there
// is a token: in the file, as a systemd credential named mattermost.token, or in the
// environment as TILLIT_MATTERMOST_TOKEN. The token itself never stands here.
type Mattermost struct {
	Listen
	URL       string `toml:"url"` // of the server; TILLIT_MATTERMOST_URL goes before it
	TokenFile string `toml:"token_file"`
	Operator  string `toml:"operator"` // who runs the server, as people know them: stands on the card
	Callback  string `toml:"callback"` // address that the server brings presses to; empty is no buttons
}

const (
	mattermostToken = "TILLIT_MATTERMOST_TOKEN"
	mattermostURL   = "TILLIT_MATTERMOST_URL"
)

var errMattermostTokenIn = errors.New("[mattermost] token_file: write the path of a file that holds the token, not the token")

// validate finds what is wrong without asking anybody.
func (m Mattermost) validate() error {
	var errs []error
	if looksLikeToken(m.TokenFile) {
		return errMattermostTokenIn
	}
	if err := checkAPI(m.URL); err != nil {
		errs = append(errs, fmt.Errorf("[mattermost] url: %w", err))
	}
	if err := checkAPI(os.Getenv(mattermostURL)); err != nil {
		errs = append(errs, fmt.Errorf("%s: %w", mattermostURL, err))
	}
	u, err := url.Parse(m.Callback)
	switch {
	case m.Callback == "" && m.Address != "":
		errs = append(errs, errors.New("[mattermost] listen is for a callback; set callback to the address that Mattermost brings presses to, or take listen away"))
	case m.Callback != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil):
		errs = append(errs, errors.New("[mattermost] callback must be a https:// or http:// address"))
	case m.Callback != "" && m.Address == "":
		errs = append(errs, errors.New("[mattermost] callback needs listen: where the proxy in front, or Mattermost itself, finds us"))
	}
	if err := m.Listen.validate(false); err != nil {
		errs = append(errs, fmt.Errorf("[mattermost] %w", err))
	}
	return errors.Join(errs...)
}

// mattermost makes the channel's configuration; nil is one that is off.
func (c Config) mattermost() (*mattermost.Config, error) {
	token, err := c.secret("Mattermost", mattermostToken, c.Mattermost.TokenFile, "mattermost.token")
	if err != nil || token.IsZero() {
		return nil, err
	}
	server := c.Mattermost.URL
	if env := os.Getenv(mattermostURL); env != "" {
		server = env
	}
	return &mattermost.Config{
		URL: server, Token: token, Operator: c.Mattermost.Operator, Lang: c.Language,
		Callback: c.Mattermost.Callback, MaxFile: c.Web.MaxMB << 20,
	}, nil
}

// openMattermost makes the channel for serving.
func (d *Daemon) openMattermost() (*mattermost.Mattermost, error) {
	conf, err := d.conf.mattermost()
	if err != nil || conf == nil {
		return nil, err
	}
	conf.Log, conf.Own = d.log.With("account", "members"), d.apart.open()
	conf.Cursor = func(ctx context.Context, person intake.ConversationID) ([]byte, error) {
		return d.store.Cursor(ctx, "mattermost", person)
	}
	return mattermost.New(*conf)
}

// checkMattermost asks Mattermost whether the channel would work.
func checkMattermost(ctx context.Context, conf Config, say func(problem bool, line string)) {
	c, err := conf.mattermost()
	if err != nil {
		say(true, "mattermost: "+err.Error())
		return
	}
	if c == nil {
		if conf.Mattermost != (Mattermost{}) {
			say(true, "mattermost: [mattermost] is there and no token is; set token_file, or "+mattermostToken)
		}
		return
	}
	ch, err := mattermost.New(*c)
	if err != nil {
		say(true, "mattermost: "+err.Error())
		return
	}
	askMattermost(ctx, conf, conf.Mattermost.Listen, ch, func(problem bool, line string) { say(problem, "mattermost: "+line) })
}

// askMattermost asks, live. While it asks, it stands where the server would, if
// nobody does: the callback is tried from outside.
func askMattermost(ctx context.Context, conf Config, at Listen, ch *mattermost.Mattermost, say func(problem bool, line string)) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Opening a unix socket would take it from a server that runs.
	if at.Address != "" && !strings.HasPrefix(at.Address, "unix:") {
		if ln, err := conf.listen(at); err == nil {
			served := make(chan error, 1)
			go func() { served <- serve(ctx, ln, ch) }()
			defer func() {
				cancel()
				<-served
			}()
		}
	}
	for _, f := range ch.Check(ctx) {
		say(f.Wrong, f.Says)
	}
}
