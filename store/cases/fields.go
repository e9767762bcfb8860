package cases

import (
	"github.com/go-json-experiment/json/jsontext"

	"tillit/intake"
)

// Fields are what stands in an act: a JSON object, read by whoever declares the act. It
// stands in the body as it is, so that who opens a case without this program can read
// it; no verb and no logger shows it.
type Fields struct{ raw intake.Private }

// NewFields wraps one JSON object.
func NewFields(raw []byte) Fields { return Fields{intake.NewPrivate(string(raw))} }

// Into reads the fields into what the act declares.
func (f Fields) Into(v any) error { return Unmarshal([]byte(f.raw.Reveal()), v) }

// IsZero reports whether there are none.
func (f Fields) IsZero() bool { return f.raw.IsZero() }

// MarshalJSONTo implements the codec's interface.
func (f Fields) MarshalJSONTo(out *jsontext.Encoder) error {
	return out.WriteValue(jsontext.Value(f.raw.Reveal()))
}

// UnmarshalJSONFrom implements the codec's interface.
func (f *Fields) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	value, err := in.ReadValue()
	if err != nil || value.Kind() != '{' {
		return ErrBody
	}
	*f = NewFields(value)
	return nil
}
