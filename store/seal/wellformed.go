package seal

import (
	"bytes"
	"errors"
	"strings"
)

// ErrForm says that bytes are not what a desk of ours seals.
var ErrForm = errors.New("not an age file of one recipient, or of no size that is sealed here")

// The form of an age file, as its specification has it.
const (
	ageIntro   = "age-encryption.org/v1"
	ageStanza  = "-> mlkem768x25519 "
	ageFooter  = "--- "
	ageNonce   = 16
	ageChunk   = 64 << 10
	ageOver    = 16 // of each chunk
	mostHeader = 4 << 10
)

// WellFormed looks at what somebody else sealed before it is stored: an age file
// with one stanza of the kind that we use, whose content has a size of the padding's
// steps. Nothing is opened by it, so what is inside may still be anything.
func WellFormed(data []byte) error {
	n, err := contentLen(data)
	if err != nil {
		return err
	}
	if n < 1 || padded(n) != n {
		return ErrForm
	}
	return nil
}

// WellFormedWrap is [WellFormed] for a wrap, which has one length in a room.
func WellFormedWrap(k KeyFile, data []byte) error {
	n, err := contentLen(data)
	if err == nil && n != k.Len() {
		err = ErrForm
	}
	return err
}

// contentLen is how long an age file's content is.
func contentLen(data []byte) (int, error) {
	head := string(data[:min(len(data), mostHeader)])
	lines, rest := strings.SplitAfter(head, "\n"), 0
	stanzas := 0
	for i, line := range lines {
		rest += len(line)
		text := strings.TrimSuffix(line, "\n")
		switch {
		case text == line: // no line end: the header is longer than any of ours
			return 0, ErrForm
		case i == 0 && text != ageIntro:
			return 0, ErrForm
		case strings.HasPrefix(text, "-> "):
			if stanzas++; stanzas > 1 || !strings.HasPrefix(text, ageStanza) {
				return 0, ErrForm
			}
		case strings.HasPrefix(text, ageFooter):
			return payloadLen(len(data)-rest, stanzas)
		case i > 0 && (stanzas == 0 || len(text) > 64 || bytes.ContainsAny([]byte(text), " ")):
			return 0, ErrForm
		}
	}
	return 0, ErrForm
}

func payloadLen(n, stanzas int) (int, error) {
	n -= ageNonce
	if n <= 0 || stanzas != 1 {
		return 0, ErrForm
	}
	full, last := n/(ageChunk+ageOver), n%(ageChunk+ageOver)
	if last > 0 && last < ageOver {
		return 0, ErrForm
	}
	if last > 0 {
		last -= ageOver
	}
	return full*ageChunk + last, nil
}
