// Package unseal opens what store/seal sealed, with a handler's key. It runs on
// handlers' machines only; a test holds that the server does not link it.
package unseal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"filippo.io/age"

	"tillit/store/seal"
)

// Errors that callers decide by. None of them holds what was opened.
var (
	// ErrNotYours says that the key does not open it.
	ErrNotYours = errors.New("this key does not open it")
	// ErrDamaged says that it is sealed to the key and not whole; it is an ErrMoved.
	ErrDamaged = fmt.Errorf("%w: it is damaged", ErrMoved)
	// ErrMoved says that what is inside does not belong where it was found.
	ErrMoved = errors.New("what is sealed inside does not belong here")
	// ErrTooBig says that it is longer than anything we seal; nothing was opened.
	ErrTooBig = errors.New("this is larger than anything that is sealed here")
)

// maxFile bounds what is opened: more than a file part and its encoding. What is
// inside is shorter than the file, so this bounds the memory as well.
const maxFile = 8 << 20

// Wrap opens a room's key, and compares the room that it names with the one that
// it was found in.
func Wrap(wrap []byte, handler *age.HybridIdentity, ref, room string, epoch int) (*age.HybridIdentity, error) {
	text, err := open(wrap, handler)
	if err != nil {
		return nil, err
	}
	inside, ok := seal.KeyFile{Case: ref, Room: room, Epoch: epoch}.Read(text)
	if !ok {
		return nil, ErrMoved
	}
	identity, err := age.ParseHybridIdentity(inside)
	if err != nil {
		return nil, ErrMoved
	}
	return identity, nil
}

// Entry opens an entry and compares the context sealed inside with the row that
// it was found in; the row's time is the hour of the one inside.
func Entry(room *age.HybridIdentity, data []byte, row seal.Context) (body json.RawMessage, at time.Time, err error) {
	text, err := open(data, room)
	if err != nil {
		return nil, at, err
	}
	var in struct {
		seal.Context
		Body json.RawMessage `json:"body"`
	}
	if err := json.Unmarshal(text, &in); err != nil {
		return nil, at, ErrMoved // the cause may quote words
	}
	c := in.Context
	if c.V != row.V || c.Case != row.Case || c.Room != row.Room || c.Epoch != row.Epoch || c.Seq != row.Seq ||
		c.Kind != row.Kind || !seal.Hour(c.At).Equal(seal.Hour(row.At)) || !bytes.Equal(c.Prev, row.Prev) {
		return nil, at, ErrMoved
	}
	return in.Body, c.At, nil
}

func open(data []byte, key *age.HybridIdentity) ([]byte, error) {
	if len(data) > maxFile {
		return nil, ErrTooBig
	}
	r, err := age.Decrypt(bytes.NewReader(data), key)
	if err != nil {
		return nil, ErrNotYours
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, ErrDamaged
	}
	return text, nil
}
