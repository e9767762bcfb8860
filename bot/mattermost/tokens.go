package mattermost

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// tokens makes what a button carries. Mattermost signs no callback, so a press
// proves itself: by a keyed hash of person, message and choice, which Mattermost
// keeps to itself and shows to nobody's app. It works for one message and one
// person only, and is the same after a restart. A new bot token makes old buttons
// unknown, which is answered kindly.
type tokens struct{ buttons, proof, messages, probe []byte }

func newTokens(token string) tokens {
	return tokens{derive(token, "buttons"), derive(token, "proof"), derive(token, "messages"), derive(token, "probe")}
}

func derive(token, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, []byte(token), nil, "tillit/mattermost/1/"+purpose, 32)
	if err != nil {
		panic("deriving a key: 32 bytes are never too many")
	}
	return key
}

func keyed(key []byte, parts ...string) string {
	mac := hmac.New(sha256.New, key)
	for _, p := range parts {
		mac.Write([]byte(p + "\x00")) // No id holds a zero.
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:24])
}

// carried is what a button carries.
type carried struct {
	Message string `json:"m"` // the mark of the message that it stands under
	Root    string `json:"r"` // the thread that it stands in
	Choice  string `json:"c"` // which choice, and says nothing to anybody else
	Proof   string `json:"p"` // that we made the three, for this person
}

// button is what the button of a choice carries.
func (k tokens) button(person, mark, root, choice string) carried {
	c := carried{Message: mark, Root: root, Choice: keyed(k.buttons, person, mark, choice)}
	c.Proof = k.proves(person, c)
	return c
}

// buttonID names a button on the network, where only letters and digits may. Everybody
// who sees the button sees it.
func buttonID(c carried) string {
	sum := sha256.Sum256([]byte(c.Choice))
	return hex.EncodeToString(sum[:10])
}

func (k tokens) proves(person string, c carried) string {
	return keyed(k.proof, person, c.Message, c.Root, c.Choice)
}

// ours reports whether we made what a button carries, for this person.
func (k tokens) ours(person string, c carried) bool {
	return hmac.Equal([]byte(c.Proof), []byte(k.proves(person, c)))
}

// pressed tells which choice was pressed.
func (k tokens) pressed(person string, c carried) func(choice string) bool {
	return func(choice string) bool {
		return hmac.Equal([]byte(c.Choice), []byte(keyed(k.buttons, person, c.Message, choice)))
	}
}

// answer is what the callback says to a probe, to prove that it is us who are
// reached.
func (k tokens) answer(probe string) string { return keyed(k.probe, probe) }
