package telegram

import (
	"context"
	"fmt"
	"net/url"

	"tillit/bot/network"
)

// Check asks Telegram, live, whether the channel would work, and changes nothing.
// No finding holds the token.
func (t *Telegram) Check(ctx context.Context) []network.Finding {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	me, err := t.api.GetMe(ctx)
	if err = classify("getMe", err); err != nil {
		return []network.Finding{network.Wrong("%s", hint(err))}
	}
	var out []network.Finding
	if me.CanReadAllGroupMessages {
		out = append(out, network.Thought("the bot is shown everything that is written in its groups; turn that off with BotFather (/setprivacy)"))
	} else if me.CanJoinGroups {
		out = append(out, network.Thought("the bot can be added to groups, where it takes no reports; turn that off with BotFather (/setjoingroups)"))
	}
	hook, err := t.api.GetWebhookInfo(ctx)
	if err = classify("getWebhookInfo", err); err != nil {
		return append(out, network.Wrong("%s", hint(err)))
	}
	if hook.URL != "" && hook.URL != t.Webhook {
		out = append(out, network.Finding{Wrong: !t.TakeOver, Says: fmt.Sprintf("a webhook at %s gets what people write to this bot. If you do not know it, "+
			"somebody else has the token: make a new one with BotFather (/revoke) now. If it is an old one of yours, set take_over = true", host(hook.URL))})
	} else if hook.URL != "" && hook.LastErrorMessage != "" {
		out = append(out, network.Thought("Telegram could not bring the last update, and %d wait; is the webhook's address reachable from outside?", hook.PendingUpdateCount))
	}
	return out
}

// host is all of an address that may be shown: its path may be a secret.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "an unreadable address"
	}
	return u.Host
}
