package telegram

import (
	"encoding/hex"

	"tillit/bot/network"
)

// tokens makes what a button carries: a mark of chat and choice, which works in one chat
// only.
type tokens struct{ buttons, webhook network.Key }

func newTokens(token string) tokens {
	return tokens{network.NewKey(channelName, token, "buttons"), network.NewKey(channelName, token, "webhook")}
}

// button is the data of one choice's button, 32 characters.
func (k tokens) button(chat, choice string) string { return k.buttons.Mark(chat + "\x00" + choice) }

// pressed tells which choice data stands for.
func (k tokens) pressed(chat, data string) func(choice string) bool {
	return func(choice string) bool { return k.buttons.Made(data, chat+"\x00"+choice) }
}

// secret is what Telegram shows at the webhook to prove that it is Telegram.
func (k tokens) secret() string { return hex.EncodeToString(k.webhook) }
