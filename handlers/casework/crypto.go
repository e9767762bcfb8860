package casework

import (
	"slices"

	"filippo.io/age"

	"tillit/store/cases"

	"tillit/store/seal"
	"tillit/store/unseal"
)

// openWraps opens a room's keys with the handler's, by epoch: the one that is
// written with now, or [ErrCannotOpen], and those before it that they may open.
func openWraps(room cases.Room, key *age.HybridIdentity) (map[int]*age.HybridIdentity, error) {
	keys := map[int]*age.HybridIdentity{}
	for _, e := range epochs(room) {
		if identity, err := unseal.Wrap(e.Wrap, key, room.Case.Ref, room.Case.Room, e.Epoch); err == nil {
			keys[e.Epoch] = identity
		}
	}
	if keys[room.Epoch] == nil {
		return nil, ErrCannotOpen
	}
	return keys, nil
}

// epochs are all keys of a room, the first one first.
func epochs(room cases.Room) []cases.Epoch {
	return append(slices.Clone(room.Earlier), cases.Epoch{Epoch: room.Epoch, Public: room.Public, Wrap: room.Wrap})
}

// contextOf is where a row says that it belongs.
func contextOf(c cases.Case, e cases.Sealed) seal.Context {
	return seal.Context{V: e.V, Case: c.Ref, Room: c.Room, Epoch: e.Epoch, Seq: e.Seq, Kind: string(e.Kind), At: e.Hour, Prev: e.Prev}
}
