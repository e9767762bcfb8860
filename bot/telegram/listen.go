package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"tillit/bot"
	"tillit/bot/network"
	"tillit/intake"
)

const (
	// patience is how long Telegram may hold a call that has nothing to say.
	patience = 50 * time.Second
	// glance is how often it is asked while something is still being stored.
	glance = 300 * time.Millisecond
	// hurry is the least time between two calls then.
	hurry = 20 * time.Millisecond
	// window is how many updates Telegram hands out at once.
	window = 100
)

// wanted are the kinds of update that we can do something with.
var wanted = []string{"message", "edited_message", "callback_query", "my_chat_member"}

// Listen implements [bot.Channel]. A fault of the network or of the token never
// ends it, since the other channels must go on: it is told to the operator, once,
// and tried again.
func (t *Telegram) Listen(ctx context.Context, deliver func(context.Context, bot.Event) error) error {
	in := newInbox(ctx, t, deliver)
	t.mu.Lock()
	t.inbox = in
	t.mu.Unlock()
	in.Go(func() { t.setMenu(ctx) })
	if t.Webhook != "" {
		t.receive(ctx)
	} else {
		t.poll(ctx, in)
	}
	t.mu.Lock()
	t.inbox = nil
	t.mu.Unlock()
	in.Close()
	return nil
}

// poll asks for updates until ctx is done. The offset that it asks with confirms
// what is stored, and nothing else: it is the first update that is not.
func (t *Telegram) poll(ctx context.Context, in *inbox) {
	var trouble error
	for again := network.AskAgain(); ctx.Err() == nil; {
		offset, busy := in.offset()
		hold := patience
		// After a trouble a short call shows at once that it is over; two who read
		// the same bot would only see each other's gaps.
		if busy || trouble != nil && !network.IsRefused(trouble, refusedTwo) {
			hold = 0
		}
		updates, err := t.updates(ctx, offset, hold)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			t.tell(err)
			trouble = err
			if t.TakeOver {
				t.release(ctx, err)
			}
			network.Rest(ctx, again.After(err))
			continue
		}
		t.troubles.Heard()
		t.well()
		trouble = nil
		again.Reset()
		in.confirmed(offset)
		for _, raw := range updates {
			in.take(raw)
		}
		in.hurry()
		in.rest(ctx)
	}
}

// updates calls getUpdates. The library's own decodes all of them at once and
// stumbles over one for ever; here each stays as it came.
func (t *Telegram) updates(ctx context.Context, offset int64, hold time.Duration) ([]json.RawMessage, error) {
	ask := map[string]any{"timeout": int(hold.Seconds()), "limit": window, "allowed_updates": wanted}
	if offset > 0 {
		ask["offset"] = offset
	}
	body, err := json.Marshal(ask)
	if err != nil {
		return nil, errNotReached
	}
	ctx, cancel := context.WithTimeout(ctx, hold+15*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url("bot", "getUpdates"), bytes.NewReader(body))
	if err != nil {
		return nil, errNotReached
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := t.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var answer struct {
		OK         bool              `json:"ok"`
		Result     []json.RawMessage `json:"result"`
		Code       int               `json:"error_code"`
		Parameters struct {
			RetryAfter int `json:"retry_after"`
		} `json:"parameters"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return nil, errLost
	}
	switch {
	case answer.OK:
		return answer.Result, nil
	case answer.Code == http.StatusTooManyRequests:
		return nil, &bot.RetryError{After: max(time.Duration(answer.Parameters.RetryAfter), 1) * time.Second}
	case answer.Code == http.StatusUnauthorized, answer.Code == http.StatusNotFound:
		return nil, refused("getUpdates", network.RefusedToken)
	case answer.Code == http.StatusConflict:
		return nil, refused("getUpdates", refusedTwo)
	}
	return nil, refused("getUpdates", network.RefusedOther)
}

// url is the address of a call or a file. It holds the token and must go nowhere
// but into a request.
func (t *Telegram) url(what, path string) string {
	return strings.TrimSuffix(t.API, "/") + "/" + what + t.Token.Reveal() + "/" + path
}

// hints say to the operator what is wrong and what to do, one line each.
var hints = map[string]string{
	network.RefusedToken: "the bot token is refused; make a new one with BotFather (/token), put it where the configuration says, and start again",
	refusedTwo:           "another program reads the same bot, and only one may; stop it, or end its webhook: tillitd check says which it is",
	network.RefusedOther: "Telegram refuses a call of ours; is api in the configuration the address of a Bot API server?",
}

// hint is the line for an error.
func hint(err error) string {
	var no *network.Refused
	var slow *bot.RetryError
	switch {
	case errors.As(err, &no):
		return hints[no.Kind]
	case errors.As(err, &slow):
		return "asked to slow down; waiting as long as Telegram says"
	case errors.Is(err, errTrouble):
		return "Telegram is in trouble; nothing is lost, it keeps what is written for a day"
	case errors.Is(err, errNotReached):
		return "Telegram cannot be reached; is this machine online, and is its name server?"
	}
	return "the answers of Telegram do not arrive; nothing is lost, it keeps what is written for a day"
}

// tell says a trouble to the operator, when it is another than before.
func (t *Telegram) tell(err error) { t.troubles.Tell("", hint(err), err) }

// well ends a trouble.
func (t *Telegram) well() { t.troubles.Over("", "receiving again") }

// conversation names a person's chat: by its number, and nothing else of theirs.
func conversation(chat string) intake.ConversationID { return intake.NewConversationID(chat) }
