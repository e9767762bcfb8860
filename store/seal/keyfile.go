package seal

import (
	"bytes"
	"fmt"
	"strings"
)

// KeyFile is what a wrap holds when it is opened: which room's key it is, in a line
// that people can read, and the key. It is written and read here alone, because
// opening a case depends on each byte of it.
type KeyFile struct {
	Case, Room string
	Epoch      int
}

// identityLen is the length of a private key as age writes it.
const identityLen = len("AGE-SECRET-KEY-PQ-1") + 58

func (k KeyFile) head() string {
	return fmt.Sprintf("# tillit room-key v1 case=%s room=%s epoch=%d", k.Case, k.Room, k.Epoch)
}

// With returns the file's text with a private key in it. Whoever calls it clears
// the text when it is sealed.
func (k KeyFile) With(identity string) []byte {
	return fmt.Appendf(nil, "%s\n%s\n", k.head(), identity)
}

// Len is the length of that text.
func (k KeyFile) Len() int { return len(k.head()) + identityLen + len("\n\n") }

// Read returns the private key in a file's text. It is false for the file of another
// room, or of another epoch.
func (k KeyFile) Read(text []byte) (identity string, ok bool) {
	head, rest, _ := bytes.Cut(text, []byte("\n"))
	return strings.TrimSpace(string(rest)), string(head) == k.head()
}
