package seal

import (
	"crypto/ed25519"
	"crypto/sha256"
	"time"
)

// Signature is who did what an entry says, beside the entry: the server keeps it in
// a box, and the chain hashes it in. The zero value is an entry that nobody signed.
type Signature struct {
	By string `json:"by"` // id of the handler
	// Via is the network whose chat it came through; then the server signed it, as
	// what it is. Empty is a desk, whose handler signed it.
	Via  string `json:"via,omitempty"`
	Mark []byte `json:"mark"` // the part of it that the server may know
	Sig  []byte `json:"sig"`
}

// Hash is what the chain holds of a signature; nil for none.
func (s Signature) Hash() []byte {
	if s.By == "" {
		return nil
	}
	sum := sha256.Sum256(Frame("tillit/signed/1", []byte(s.By), []byte(s.Via), s.Mark, s.Sig))
	return sum[:]
}

// ActBytes is what is signed of an act: where it stands, who does it, the sealed
// file and the mark. Sum is the SHA-256 of the file. A desk and a chat have domains
// of their own, so that the one's signature is never taken for the other's.
func ActBytes(at Context, by, via string, sum, mark []byte) []byte {
	domain := "tillit/act/1"
	if via != "" {
		domain = "tillit/chat-act/1"
	}
	m := sha256.Sum256(mark)
	return Frame(domain, []byte(at.Case), []byte(at.Room), number(int64(at.Epoch)), number(at.Seq),
		[]byte(Hour(at.At).Format(time.RFC3339)), []byte(by), []byte(via), sum, m[:], at.Prev)
}

// Signs reports whether a signature is of this act. Handler is the key of who is
// named, server the server's, which signs what came through a chat.
func (s Signature) Signs(at Context, sum []byte, handler, server ed25519.PublicKey) bool {
	key := handler
	if s.Via != "" {
		key = server
	}
	return len(key) == ed25519.PublicKeySize && ed25519.Verify(key, ActBytes(at, s.By, s.Via, sum, s.Mark), s.Sig)
}

// SignAct signs what a handler did in a chat on a network.
func (k *ServerKeys) SignAct(at Context, by, via string, data, mark []byte) Signature {
	sum := sha256.Sum256(data)
	return Signature{By: by, Via: via, Mark: mark, Sig: ed25519.Sign(k.sign, ActBytes(at, by, via, sum[:], mark))}
}
