package casework

import (
	"errors"

	"tillit/store/seal"
	"tillit/store/unseal"
)

// ErrDrill says that a key does not open what is sealed to its public half.
var ErrDrill = errors.New("this key does not open what is sealed to that recipient")

// Drill seals a secret to a recipient as the server does, and opens it with a key.
func Drill(k *Key, recipient, secret string) error {
	at := seal.Context{V: seal.Version, Case: "drill", Room: "drill", Epoch: 1, Seq: 1, Kind: "log"}
	data, err := seal.Entry(recipient, at, []byte(`"`+secret+`"`))
	if err != nil {
		return err
	}
	body, _, err := unseal.Entry(k.identity, data, at)
	if err != nil || string(body) != `"`+secret+`"` {
		return ErrDrill
	}
	return nil
}
