package telegram

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// tokens makes what a button carries: a keyed hash of chat and choice. It says
// nothing to those who see it pass, works in one chat only, and is the same after
// a restart. A new bot token makes old buttons unknown, which is answered kindly.
type tokens struct{ buttons, webhook []byte }

func newTokens(token string) tokens {
	return tokens{buttons: derive(token, "buttons"), webhook: derive(token, "webhook")}
}

func derive(token, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, []byte(token), nil, "tillit/telegram/1/"+purpose, 32)
	if err != nil {
		panic("deriving a key: 32 bytes are never too many")
	}
	return key
}

// button is the data of one choice's button, 32 characters.
func (k tokens) button(chat, choice string) string {
	mac := hmac.New(sha256.New, k.buttons)
	mac.Write([]byte(chat + "\x00" + choice))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:24])
}

// pressed tells which choice data stands for.
func (k tokens) pressed(chat, data string) func(choice string) bool {
	return func(choice string) bool { return hmac.Equal([]byte(data), []byte(k.button(chat, choice))) }
}

// secret is what Telegram shows at the webhook to prove that it is Telegram.
func (k tokens) secret() string { return hex.EncodeToString(k.webhook) }
