package mattermost

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"tillit/bot/network"
)

// tokens makes what a button carries. Mattermost signs no callback, so a press
// proves itself: by a keyed hash of person, message and choice, which Mattermost
// keeps to itself and shows to nobody's app. It works for one message and one
// person only.
type tokens struct{ buttons, proof, messages, probe network.Key }

func newTokens(token string) tokens {
	key := func(purpose string) network.Key { return network.NewKey(channelName, token, purpose) }
	return tokens{key("buttons"), key("proof"), key("messages"), key("probe")}
}

// of is several ids as one text. No id holds a zero.
func of(ids ...string) string { return strings.Join(ids, "\x00") + "\x00" }

// carried is what a button carries.
type carried struct {
	Message string `json:"m"` // the mark of the message that it stands under
	Root    string `json:"r"` // the thread that it stands in
	Choice  string `json:"c"` // which choice, and says nothing to anybody else
	Proof   string `json:"p"` // that we made the three, for this person
}

// button is what the button of a choice carries.
func (k tokens) button(person, mark, root, choice string) carried {
	c := carried{Message: mark, Root: root, Choice: k.buttons.Mark(of(person, mark, choice))}
	c.Proof = k.proof.Mark(proved(person, c))
	return c
}

// buttonID names a button on the network, where only letters and digits may. Everybody
// who sees the button sees it.
func buttonID(c carried) string {
	sum := sha256.Sum256([]byte(c.Choice))
	return hex.EncodeToString(sum[:10])
}

func proved(person string, c carried) string { return of(person, c.Message, c.Root, c.Choice) }

// ours reports whether we made what a button carries, for this person.
func (k tokens) ours(person string, c carried) bool {
	return k.proof.Made(c.Proof, proved(person, c))
}

// pressed tells which choice was pressed.
func (k tokens) pressed(person string, c carried) func(choice string) bool {
	return func(choice string) bool { return k.buttons.Made(c.Choice, of(person, c.Message, choice)) }
}

// answer is what the callback says to a probe, to prove that it is us who are
// reached.
func (k tokens) answer(probe string) string { return k.probe.Mark(of(probe)) }
