package seal

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"sync"

	"filippo.io/age"
)

// Room is a fresh room key, after its private half was forgotten.
type Room struct {
	Public string            // seals entries
	Wraps  map[string][]byte // recipient id → the private half, for that recipient only
	Decoys [][]byte          // as long as a wrap, to throw-away keys, for those who get none
}

// NewRoom makes a room's key and wraps it once for each recipient (id → age1pq…).
// The private half exists inside this call only; in a build with wiped memory
// nothing of it is left when it returns. decoys is how many files of the same
// length to make that nobody can open.
func NewRoom(ref, room string, epoch int, recipients map[string]string, decoys int) (r Room, err error) {
	withSecret(func() { r, err = newRoom(ref, room, epoch, recipients, decoys) })
	return r, err
}

func newRoom(ref, room string, epoch int, recipients map[string]string, decoys int) (Room, error) {
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		return Room{}, fmt.Errorf("making a room key: %w", err)
	}
	r := Room{Public: identity.Recipient().String(), Wraps: map[string][]byte{}}
	// String, not the identity itself: a value in an interface would link its
	// Unwrap method into the server.
	text := KeyFile{ref, room, epoch}.With(identity.String())
	for _, id := range ordered(recipients) {
		if r.Wraps[id], err = To(recipients[id], text); err != nil {
			return Room{}, fmt.Errorf("wrapping a room key: %w", err)
		}
	}
	for range decoys {
		decoy, err := newDecoy(len(text))
		if err != nil {
			return Room{}, err
		}
		r.Decoys = append(r.Decoys, decoy)
	}
	clear(text)
	return r, nil
}

// Decoy makes a file as long as a room's wraps that nobody can open.
func Decoy(ref, room string, epoch int) ([]byte, error) {
	return newDecoy(KeyFile{ref, room, epoch}.Len())
}

func newDecoy(n int) ([]byte, error) {
	nobody, err := age.GenerateHybridIdentity()
	if err != nil {
		return nil, fmt.Errorf("making a decoy: %w", err)
	}
	filler := make([]byte, n)
	_, _ = rand.Read(filler)
	return To(nobody.Recipient().String(), filler)
}

// entry is an entry's plaintext: its context and the body.
type entry struct {
	Context
	Body json.RawMessage `json:"body"`
}

// Entry seals a body in its context, padded so that its size tells little:
// steps of 512, 1024, 2048 and 4096 bytes, then Padmé.
func Entry(public string, at Context, body []byte) ([]byte, error) {
	return EntryOf(0, public, at, body)
}

// EntryOf is [Entry] with a least size, for what must not show how large it is by itself.
func EntryOf(least int, public string, at Context, body []byte) ([]byte, error) {
	text, err := json.Marshal(entry{at, body})
	if err != nil {
		return nil, fmt.Errorf("sealing an entry: the body is no JSON")
	}
	return To(public, append(text, bytes.Repeat([]byte{' '}, padded(max(len(text), least))-len(text))...))
}

// To makes an age file to one recipient.
func To(public string, text []byte) ([]byte, error) {
	recipient, err := recipient(public)
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
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Parsing a recipient costs a third of a seal, so the parsed ones are kept; a
// room's key is used for a while and then never again, so the table is bounded.
var (
	recipientsMu sync.Mutex
	recipients   = map[string]*age.HybridRecipient{}
)

func recipient(public string) (*age.HybridRecipient, error) {
	recipientsMu.Lock()
	defer recipientsMu.Unlock()
	if r, ok := recipients[public]; ok {
		return r, nil
	}
	r, err := age.ParseHybridRecipient(public)
	if err != nil {
		return nil, fmt.Errorf("not a recipient of ours: it must begin with age1pq1")
	}
	if len(recipients) >= 512 { // 7 kB each
		clear(recipients)
	}
	recipients[public] = r
	return r, nil
}
