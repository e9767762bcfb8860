package intake

import (
	"errors"
	"fmt"
	"log/slog"
	"unique"
)

// hidden is what every verb, logger and encoder shows of a [Private].
const hidden = "[private]"

// ErrPrivate is returned by encoders that were handed a [Private]: text of a
// person is never marshalled by accident, only sealed on purpose.
var ErrPrivate = errors.New("private text does not marshal; seal it")

// Private is text of a person: what a reporter wrote, an address, a token. No
// format verb, logger or encoder can show it. [Private.Reveal] is the only way
// out, and each call of it should read as a decision.
//
// The zero value is empty text. Values compare with == by their text, and are
// safe for concurrent use because they never change.
//
// The text lies behind a handle, since a mistaken %p walks past every method and
// prints fields: it finds an address there. Handles of equal texts are equal.
type Private struct{ text unique.Handle[string] }

// NewPrivate wraps text.
func NewPrivate(text string) Private {
	if text == "" {
		return Private{}
	}
	return Private{unique.Make(text)}
}

// Reveal returns the text.
func (p Private) Reveal() string {
	if p.IsZero() {
		return ""
	}
	return p.text.Value()
}

// Len returns the length in bytes.
func (p Private) Len() int { return len(p.Reveal()) }

// IsZero reports whether the text is empty.
func (p Private) IsZero() bool { return p == Private{} }

// String implements [fmt.Stringer] and hides the text.
func (Private) String() string { return hidden }

// GoString implements [fmt.GoStringer] and hides the text.
func (Private) GoString() string { return hidden }

// Format implements [fmt.Formatter], so that no verb reaches the field.
func (Private) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// LogValue implements [slog.LogValuer] and hides the text.
func (Private) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText implements encoding.TextMarshaler and refuses with [ErrPrivate].
func (Private) MarshalText() ([]byte, error) { return nil, ErrPrivate }

// MarshalJSON implements json.Marshaler and refuses with [ErrPrivate].
func (Private) MarshalJSON() ([]byte, error) { return nil, ErrPrivate }

// MarshalBinary implements encoding.BinaryMarshaler (gob among others) and
// refuses with [ErrPrivate].
func (Private) MarshalBinary() ([]byte, error) { return nil, ErrPrivate }

// ConversationID names one person's chat with one of our accounts. It is unique
// within a channel's account, and only the channel that made it may look inside:
// for some networks it is the person's account number, so it cannot print.
type ConversationID struct{ Private }

// NewConversationID wraps a channel's own name of a conversation.
func NewConversationID(id string) ConversationID { return ConversationID{NewPrivate(id)} }

// Address is where a channel sends to reach one conversation. Only the channel
// that made it may look inside.
type Address struct{ Private }

// NewAddress wraps a channel's own address.
func NewAddress(address string) Address { return Address{NewPrivate(address)} }
