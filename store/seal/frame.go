// Package seal makes what the store keeps: entries sealed to a room's key, and
// boxes under the server's own keys. It can seal and it can open its own boxes;
// nothing in it opens an entry or a room key, and it imports nothing that does.
package seal

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
	"time"
)

// Frame joins fields so that no two lists of fields give the same bytes: each is
// preceded by its length, and the domain comes first.
func Frame(domain string, fields ...[]byte) []byte {
	out := binary.BigEndian.AppendUint64(nil, uint64(len(domain)))
	out = append(out, domain...)
	for _, f := range fields {
		out = binary.BigEndian.AppendUint64(out, uint64(len(f)))
		out = append(out, f...)
	}
	return out
}

func number(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// Genesis is the hash before a room's first entry: it names the room and the
// key that it is sealed to.
func Genesis(ref, room string, epoch int, public string) []byte {
	sum := sha256.Sum256(Frame("tillit/chain-genesis/1", []byte(ref), []byte(room), number(int64(epoch)), []byte(public)))
	return sum[:]
}

// Turn is the hash before the first entry of a later epoch, in the place of the one
// before: it names the room's new key and where the old one ended. The server signs
// it with that entry.
func Turn(ref, room string, epoch int, public string, prev []byte) []byte {
	sum := sha256.Sum256(Frame("tillit/chain-epoch/1", []byte(ref), []byte(room), number(int64(epoch)), []byte(public), prev))
	return sum[:]
}

// Step is the hash of one entry's row. It is over ciphertext, so that nobody
// needs a key to check it. Hour is the row's hour; what is finer is dropped. Signed
// is what [Act.Hash] says of the signature beside it, nil where nobody signed; an
// entry of version 1 has none.
func Step(c Context, data, signed []byte) []byte {
	ct := sha256.Sum256(data)
	return StepOf(c, ct[:], signed)
}

// StepOf is [Step] for who has only the SHA-256 of the ciphertext.
func StepOf(c Context, ct, signed []byte) []byte {
	fields := [][]byte{[]byte(c.Case), []byte(c.Room), number(int64(c.Epoch)), number(c.Seq),
		[]byte(c.Kind), []byte(Hour(c.At).Format(time.RFC3339)), ct, c.Prev}
	domain := "tillit/chain/1"
	if c.V != 1 {
		domain, fields = "tillit/chain/2", append(fields, number(int64(c.V)), signed)
	}
	sum := sha256.Sum256(Frame(domain, fields...))
	return sum[:]
}

// Signed is what the server signs of a step.
func Signed(hash []byte) []byte { return Frame("tillit/entry-signature/1", hash) }

// Hour is the precision that stands in clear: whole hours, UTC.
func Hour(t time.Time) time.Time { return t.UTC().Truncate(time.Hour) }

// ordered gives recipients an order of their own, so that the same randomness
// makes the same room.
func ordered(recipients map[string]string) []string { return slices.Sorted(maps.Keys(recipients)) }
