package seal

import "time"

// Version is what is written now.
const Version = 2

// Context is where an entry belongs. It is sealed inside the entry and repeated
// outside in the row; opening compares the two.
type Context struct {
	V     int       `json:"v"` // of the body and of the chain: 1, or [Version]
	Case  string    `json:"case"`
	Room  string    `json:"room"`
	Epoch int       `json:"epoch"`
	Seq   int64     `json:"seq"`
	Kind  string    `json:"kind"`
	At    time.Time `json:"at"`   // exact inside; the row has the hour
	Prev  []byte    `json:"prev"` // hash of the entry before, or the genesis
}
