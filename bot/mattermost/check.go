package mattermost

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/websocket"
	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot/network"
)

// Check asks Mattermost, live, whether the channel would work, and changes nothing.
// No finding holds the token.
func (m *Mattermost) Check(ctx context.Context) []network.Finding {
	call, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	me, res, err := m.api.GetMe(call, "")
	if err := classify("users/me", res, err); err != nil {
		return []network.Finding{network.Wrong("%s", hint(err))}
	}
	var out []network.Finding
	switch {
	case me.DeleteAt > 0:
		out = append(out, network.Wrong("the bot account is not active; activate it under Integrations, Bot Accounts"))
	case !me.IsBot:
		out = append(out, network.Thought("the token is that of a person's account; make a bot account, so that nobody takes it for somebody"))
	}
	out = append(out, m.checkRights(ctx, me)...)
	out = append(out, m.checkSocket(ctx)...)
	return append(out, m.checkCallback(ctx)...)
}

// needed are the permissions that the bot works with, by a role that it has in a
// direct chat.
var needed = []struct {
	right, what string
	spared      bool // it works without, if not as well
}{
	{"create_direct_channel", "it could not write first to somebody", false},
	{"create_post", "it could not write at all", false},
	{"read_channel", "it could not read what people write", false},
	{"delete_post", "it could not take back what it wrote when somebody asks it to", false},
	{"edit_post", "it could not change what it said when that is not so any more, and says it anew instead", true},
	{"view_members", "it could not know a person's language, nor that an account is closed", true},
}

func (m *Mattermost) checkRights(ctx context.Context, me *model.User) (out []network.Finding) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	names := append(strings.Fields(me.Roles), "channel_user")
	roles, res, err := m.api.GetRolesByNames(ctx, names)
	if err := classify("roles", res, err); err != nil {
		return []network.Finding{network.Thought("the bot's permissions could not be read: %s", hint(err))}
	}
	var has []string
	for _, r := range roles {
		has = append(has, r.Permissions...)
	}
	for _, n := range needed {
		if !slices.Contains(has, n.right) {
			out = append(out, network.Finding{Wrong: !n.spared, Says: fmt.Sprintf("the bot lacks the permission %s: %s. Give it to the role %s, or to System Scheme", n.right, n.what, strings.Join(names, " or "))})
		}
	}
	return out
}

func (m *Mattermost) checkSocket(ctx context.Context) []network.Finding {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	dialer := websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: callTime}
	conn, res, err := dialer.DialContext(ctx, "ws"+strings.TrimPrefix(m.URL, "http")+model.APIURLSuffix+"/websocket", nil)
	if res != nil && res.Body != nil {
		res.Body.Close()
	}
	if err != nil {
		return []network.Finding{network.Thought("no websocket can be opened; does the proxy in front pass on the upgrade? Until then answers take some seconds longer")}
	}
	conn.Close()
	return nil
}

// checkCallback asks our own callback, at the address that Mattermost will use,
// for what only we can answer.
func (m *Mattermost) checkCallback(ctx context.Context) (out []network.Finding) {
	if m.Callback == "" {
		return []network.Finding{network.Thought("there is no callback, so there are no buttons and people type a number")}
	}
	u, err := url.Parse(m.Callback)
	if err != nil {
		return []network.Finding{network.Wrong("%s", ErrBadCallback)}
	}
	if inner(ctx, u.Hostname()) {
		out = append(out, network.Thought("%s is an address of an inner network, where Mattermost brings nothing unless ServiceSettings.AllowedUntrustedInternalConnections names it", u.Hostname()))
	}
	probe := rand.Text()
	q := u.Query()
	q.Set(probeParam, probe)
	u.RawQuery = q.Encode()
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return append(out, network.Wrong("%s", ErrBadCallback))
	}
	// Not the client that holds the token.
	client := http.Client{Timeout: callTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		return append(out, network.Wrong("the callback at %s cannot be reached; does the proxy in front pass it on to [mattermost] listen?", u.Host))
	}
	defer res.Body.Close()
	got, err := io.ReadAll(io.LimitReader(res.Body, 1<<10))
	if err != nil || res.StatusCode != http.StatusOK || string(got) != m.tokens.answer(probe) {
		return append(out, network.Wrong("something else than this server answers at the callback, %s", u.Host))
	}
	return out
}

// inner reports whether a name stands for an address that is not reached from
// outside.
func inner(ctx context.Context, host string) bool {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	ips, err := net.DefaultResolver.LookupIP(ctx, "ip", host)
	if err != nil {
		return false // that it is not reached is said anyway
	}
	return slices.ContainsFunc(ips, func(ip net.IP) bool { return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() })
}
