// Package mailbox is the reporter's own copy: what both sides say, sealed to a key
// pair of the conversation. The public half is stored, so that the office can
// write while the reporter is away; the private half is stored only boxed under a
// secret that the reporter's browser, or code, holds.
package mailbox

import (
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"errors"

	"golang.org/x/crypto/chacha20poly1305"

	"tillit/store/seal"
)

// ErrClosed says that the secret does not open this mailbox, or the copy was changed.
var ErrClosed = errors.New("the copy does not open with this secret")

var (
	kem  = hpke.MLKEM768X25519()
	kdf  = hpke.HKDFSHA256()
	aead = hpke.ChaCha20Poly1305()
)

// New makes a mailbox whose private half only secret opens. Secret has at least
// 32 random bytes, or is the output of a slow hash.
func New(secret []byte) (public, wrapped []byte, err error) {
	key, err := kem.GenerateKey()
	if err != nil {
		return nil, nil, err
	}
	private, err := key.Bytes()
	if err != nil {
		return nil, nil, err
	}
	wrapped, err = wrap(private, secret)
	return key.PublicKey().Bytes(), wrapped, err
}

type aeadBox interface {
	Seal(dst, nonce, plaintext, additionalData []byte) []byte
	Open(dst, nonce, ciphertext, additionalData []byte) ([]byte, error)
}

func box(secret []byte, domain string) (aeadBox, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, domain, 32)
	if err != nil {
		return nil, err
	}
	return chacha20poly1305.NewX(key)
}

func wrap(private, secret []byte) ([]byte, error) {
	b, err := box(secret, "tillit/mailbox/wrap/1")
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, chacha20poly1305.NonceSizeX)
	_, _ = rand.Read(nonce) // never fails
	return b.Seal(nonce, nonce, private, []byte("tillit/mailbox/1")), nil
}

func unwrap(wrapped, secret []byte) ([]byte, error) {
	b, err := box(secret, "tillit/mailbox/wrap/1")
	if err != nil {
		return nil, err
	}
	n := chacha20poly1305.NonceSizeX
	if len(wrapped) < n {
		return nil, ErrClosed
	}
	private, err := b.Open(nil, wrapped[:n], wrapped[n:], []byte("tillit/mailbox/1"))
	if err != nil {
		return nil, ErrClosed
	}
	return private, nil
}

// Rewrap boxes the private half under another secret as well.
func Rewrap(wrapped, old, secret []byte) ([]byte, error) {
	private, err := unwrap(wrapped, old)
	if err != nil {
		return nil, err
	}
	return wrap(private, secret)
}

// Seal seals lines to a mailbox, bound to their place and padded, so that the
// length of what was said does not show.
func Seal(public, place, lines []byte) ([]byte, error) {
	pk, err := kem.NewPublicKey(public)
	if err != nil {
		return nil, err
	}
	enc, s, err := hpke.NewSender(pk, kdf, aead, []byte("tillit/mailbox/lines/1"))
	if err != nil {
		return nil, err
	}
	ct, err := s.Seal(place, seal.Pad(lines))
	return append(enc, ct...), err
}

// encLen is the length of an encapsulated key of MLKEM768-X25519.
const encLen = 1120

// Key opens what was sealed to a mailbox. It lives for one request.
type Key struct {
	seed    []byte // the private half
	own     aeadBox
	private hpke.PrivateKey // made of the seed when a letter needs it
}

// OpenKey unwraps the private half.
func OpenKey(wrapped, secret []byte) (*Key, error) {
	seed, err := unwrap(wrapped, secret)
	if err != nil {
		return nil, err
	}
	own, err := box(seed, "tillit/mailbox/own/1")
	if err != nil {
		return nil, err
	}
	return &Key{seed: seed, own: own}, nil
}

// Seal seals lines while the owner is there. It needs no public key, so it takes a
// hundredth of what [Seal] takes, and so does opening; only the size tells
// such a letter from one that came while the owner was away.
func (k *Key) Seal(place, lines []byte) []byte {
	nonce := make([]byte, chacha20poly1305.NonceSizeX)
	_, _ = rand.Read(nonce) // never fails
	return k.own.Seal(nonce, nonce, seal.Pad(lines), place)
}

// Open opens lines in their place, whoever sealed them.
func (k *Key) Open(place, sealed []byte) ([]byte, error) {
	text, err := k.openOwn(place, sealed)
	if err != nil {
		text, err = k.openLetter(place, sealed)
	}
	if err != nil {
		return nil, ErrClosed
	}
	lines, ok := seal.Unpad(text)
	if !ok {
		return nil, ErrClosed
	}
	return lines, nil
}

func (k *Key) openOwn(place, sealed []byte) ([]byte, error) {
	n := chacha20poly1305.NonceSizeX
	if len(sealed) < n {
		return nil, ErrClosed
	}
	return k.own.Open(nil, sealed[:n], sealed[n:], place)
}

func (k *Key) openLetter(place, sealed []byte) ([]byte, error) {
	if len(sealed) < encLen {
		return nil, ErrClosed
	}
	if k.private == nil {
		private, err := kem.NewPrivateKey(k.seed)
		if err != nil {
			return nil, err
		}
		k.private = private
	}
	r, err := hpke.NewRecipient(sealed[:encLen], k.private, kdf, aead, []byte("tillit/mailbox/lines/1"))
	if err != nil {
		return nil, err
	}
	return r.Open(place, sealed[encLen:])
}
