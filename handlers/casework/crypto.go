package casework

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"io"
	"strings"
	"time"

	"filippo.io/age"

	"tillit/handlers"
	"tillit/store"
	"tillit/store/seal"
)

// This file is all that casework knows of how a room is sealed.

// inner is an entry's plaintext: its context and the body.
type inner struct {
	seal.Context
	Body json.RawMessage `json:"body"`
}

// openWrap opens a room's key with the handler's.
func openWrap(wrap []byte, key *age.HybridIdentity) (*age.HybridIdentity, error) {
	text, err := open(wrap, key)
	if err != nil {
		return nil, ErrCannotOpen
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		if identity, err := age.ParseHybridIdentity(line); err == nil {
			return identity, nil
		}
	}
	return nil, ErrCannotOpen
}

// openEntry opens an entry and compares the context inside with the row.
func openEntry(room *age.HybridIdentity, data []byte, want seal.Context) (json.RawMessage, time.Time, error) {
	text, err := open(data, room)
	if err != nil {
		return nil, time.Time{}, err
	}
	var in inner
	if err := json.Unmarshal(text, &in); err != nil {
		return nil, time.Time{}, ErrTampered // the error may hold words
	}
	got := in.Context
	if got.V != want.V || got.Case != want.Case || got.Room != want.Room || got.Epoch != want.Epoch || got.Seq != want.Seq ||
		got.Kind != want.Kind || !got.At.UTC().Truncate(time.Hour).Equal(want.At) || !bytes.Equal(got.Prev, want.Prev) {
		return nil, time.Time{}, ErrTampered
	}
	return in.Body, got.At, nil
}

func open(data []byte, key age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(data), key)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// sealTo seals bytes to a public key.
func sealTo(public string, text []byte) ([]byte, error) {
	recipient, err := age.ParseHybridRecipient(public)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, recipient)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	err = w.Close()
	return out.Bytes(), err
}

// sealEntry seals a body in its context, padded so that its size tells little.
func sealEntry(public string, at seal.Context, body []byte) ([]byte, error) {
	text, err := json.Marshal(inner{Context: at, Body: body})
	if err != nil {
		return nil, err
	}
	size := 512
	for size < len(text) {
		size *= 2
	}
	return sealTo(public, append(text, bytes.Repeat([]byte{' '}, size-len(text))...))
}

// chainStep is the hash of a row, over ciphertext, so that nobody needs a key to
// check it.
func chainStep(c store.Case, e store.Sealed, prev []byte) []byte {
	number := func(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }
	data := sha256.Sum256(e.Data)
	sum := sha256.Sum256(handlers.Frame("tillit/chain/1", []byte(c.Ref), []byte(c.Room), number(int64(e.Epoch)), number(e.Seq),
		[]byte(e.Kind), []byte(e.Hour.UTC().Format(time.RFC3339)), data[:], prev))
	return sum[:]
}

// chainSigned is what the server signs of a step.
func chainSigned(hash []byte) []byte { return handlers.Frame("tillit/entry-signature/1", hash) }
