package handlers

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"tillit/store/seal"
)

// signPrefix marks a sign key, so that it cannot be pasted for an age key.
const signPrefix = "ed25519:"

// SignKeyString returns a sign key as it stands in the organisation file.
func SignKeyString(key ed25519.PublicKey) string {
	return signPrefix + base64.RawURLEncoding.EncodeToString(key)
}

// ParseSignKey reads the form of [SignKeyString].
func ParseSignKey(s string) (ed25519.PublicKey, error) {
	raw, ok := strings.CutPrefix(s, signPrefix)
	if !ok {
		return nil, fmt.Errorf("a sign key has the form %s…", signPrefix)
	}
	key, err := base64.RawURLEncoding.Strict().DecodeString(raw)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, errors.New("not a whole sign key")
	}
	return key, nil
}

// Fingerprint returns a short form of a handler's two public keys, in eight
// groups to read aloud.
func Fingerprint(recipient string, sign ed25519.PublicKey) string {
	return groups(seal.Frame("tillit/handler-keys/1", []byte(recipient), sign))
}

// ServerFingerprint returns a short form of the key that the server signs with:
// what a desk pins.
func ServerFingerprint(signing ed25519.PublicKey) string {
	return groups(seal.Frame("tillit/server/1", signing))
}

func groups(framed []byte) string {
	sum := sha256.Sum256(framed)
	text := hex.EncodeToString(sum[:16])
	var parts []string
	for ; text != ""; text = text[4:] {
		parts = append(parts, text[:4])
	}
	return strings.Join(parts, "-")
}

// SignIn is what a desk signs to enter the office API. It is always framed
// under its own domain, so a signature can be used for nothing else; and because
// it is a signature, nothing that is sent as a challenge is ever opened.
type SignIn struct {
	Server      string // fingerprint of the server that the desk means to reach
	Signer      string // the desk's own sign key
	ServerNonce []byte
	ClientNonce []byte
	Binding     []byte // TLS exporter, certificate hash, or [LoopbackBinding]
}

// LoopbackBinding stands for the connection when both ends share a machine.
const LoopbackBinding = "loopback"

// NonceSize is the size of a nonce that a desk makes.
const NonceSize = 32

// Bytes returns what is signed.
func (s SignIn) Bytes() []byte {
	return seal.Frame("tillit/sign-in/1", []byte(s.Server), []byte(s.Signer), s.ServerNonce, s.ClientNonce, s.Binding)
}
