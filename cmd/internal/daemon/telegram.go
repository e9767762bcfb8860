package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"

	"tillit/bot/telegram"
)

// Telegram is the members' channel on Telegram. It is on when there is a token:
// in the file, as a systemd credential named telegram.token, or in the
// environment as TILLIT_TELEGRAM_TOKEN. The token itself never stands here.
type Telegram struct {
	Listen
	TokenFile string `toml:"token_file"`
	API       string `toml:"api"`       // another Bot API server; TILLIT_TELEGRAM_API goes before it
	Webhook   string `toml:"webhook"`   // public https address; empty is asking, which needs no open port
	TakeOver  bool   `toml:"take_over"` // end a webhook that is set elsewhere
}

const (
	telegramToken = "TILLIT_TELEGRAM_TOKEN"
	telegramAPI   = "TILLIT_TELEGRAM_API"
)

var errTokenIn = errors.New("[telegram] token_file: write the path of a file that holds the token, not the token")

// validate finds what is wrong without asking anybody.
func (t Telegram) validate() error {
	var errs []error
	if looksLikeToken(t.TokenFile) {
		return errTokenIn
	}
	if err := checkAPI(t.API); err != nil {
		errs = append(errs, fmt.Errorf("[telegram] api: %w", err))
	}
	if err := checkAPI(os.Getenv(telegramAPI)); err != nil {
		errs = append(errs, fmt.Errorf("%s: %w", telegramAPI, err))
	}
	u, err := url.Parse(t.Webhook)
	switch {
	case t.Webhook == "" && t.Address != "":
		errs = append(errs, errors.New("[telegram] listen is for a webhook; set webhook to the public address, or take listen away"))
	case t.Webhook != "" && (err != nil || u.Scheme != "https" || u.Host == ""):
		errs = append(errs, errors.New("[telegram] webhook must be a https:// address"))
	case t.Webhook != "" && t.Address == "":
		errs = append(errs, errors.New("[telegram] webhook needs listen: where the proxy in front finds us"))
	}
	if err := t.Listen.validate(false); err != nil {
		errs = append(errs, fmt.Errorf("[telegram] %w", err))
	}
	return errors.Join(errs...)
}

// tokenLike is what a bot's token looks like, wherever somebody wrote it: Telegram's,
// and Mattermost's.
var tokenLike = regexp.MustCompile(`[0-9]{6,}:[A-Za-z0-9_-]{16,}|\b[a-z0-9]{26}\b`)

func looksLikeToken(s string) bool { return tokenLike.MatchString(s) }

// hideTokens spares a token that was written into the configuration from being
// shown in the error about it.
func hideTokens(s string) string { return tokenLike.ReplaceAllString(s, "[token]") }

// checkAPI refuses an address where words and token would travel readable.
func checkAPI(api string) error {
	if api == "" {
		return nil
	}
	u, err := url.Parse(api)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("this is no address of a server")
	}
	ip := net.ParseIP(u.Hostname())
	if u.Scheme == "http" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return errors.New("beyond this machine it must begin with https://")
	}
	return nil
}

// telegram makes the channel; nil is one that is off.
func (c Config) telegram() (*telegram.Config, error) {
	token, err := c.secret("Telegram", telegramToken, c.Telegram.TokenFile, "telegram.token")
	if err != nil || token.IsZero() {
		return nil, err
	}
	api := c.Telegram.API
	if env := os.Getenv(telegramAPI); env != "" {
		api = env
	}
	return &telegram.Config{
		Token: token, API: api, Lang: c.Language, Webhook: c.Telegram.Webhook, TakeOver: c.Telegram.TakeOver,
	}, nil
}

// openTelegram makes the channel for serving.
func (d *Daemon) openTelegram() (*telegram.Telegram, error) {
	conf, err := d.conf.telegram()
	if err != nil || conf == nil {
		return nil, err
	}
	conf.Log, conf.Quarantine = d.log.With("account", "members"), d.quarantine
	return telegram.New(*conf)
}

// checkTelegram asks Telegram whether the channel would work.
func checkTelegram(ctx context.Context, conf Config, say func(problem bool, line string)) {
	c, err := conf.telegram()
	if err != nil {
		say(true, "telegram: "+err.Error())
		return
	}
	if files, err := filepath.Glob(filepath.Join(conf.path(conf.Data), "quarantine", "*.age")); err == nil && len(files) > 0 {
		say(false, fmt.Sprintf("telegram: updates in quarantine: %d; the recovery key opens them, see OPERATING", len(files)))
	}
	if c == nil {
		if conf.Telegram != (Telegram{}) {
			say(true, "telegram: [telegram] is there and no token is; set token_file, or "+telegramToken)
		}
		return
	}
	ch, err := telegram.New(*c)
	if err != nil {
		say(true, "telegram: "+err.Error())
		return
	}
	for _, f := range ch.Check(ctx) {
		say(f.Wrong, "telegram: "+f.Says)
	}
}
