package casework

import (
	"filippo.io/age"

	"tillit/store/cases"

	"tillit/store/seal"
	"tillit/store/unseal"
)

// openWrap opens a room's key with the handler's.
func openWrap(room cases.Room, key *age.HybridIdentity) (*age.HybridIdentity, error) {
	identity, err := unseal.Wrap(room.Wrap, key, room.Case.Ref, room.Case.Room, room.Epoch)
	if err != nil {
		return nil, ErrCannotOpen
	}
	return identity, nil
}

// contextOf is where a row says that it belongs.
func contextOf(c cases.Case, e cases.Sealed) seal.Context {
	return seal.Context{V: 1, Case: c.Ref, Room: c.Room, Epoch: e.Epoch, Seq: e.Seq, Kind: string(e.Kind), At: e.Hour, Prev: e.Prev}
}
