package cases

import (
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tillit/intake"
)

// Version is the version of bodies that are written now. Old entries stay as they
// are for ever, so a field is only ever added to a body, never renamed or given
// another meaning; a change that cannot be made so is a new version with its own
// decoder.
const Version = 2

// Errors of decoding. They hold nothing of what was read.
var (
	// ErrBody says that it is no body of ours.
	ErrBody = errors.New("this is no body of ours")
	// ErrKind says that such a body cannot stand in an entry of that kind.
	ErrKind = errors.New("such a body cannot stand in such an entry")
)

// Private text becomes a string here and nowhere else: between the person and the
// seal, and between the seal and the person.
var (
	reveal = json.WithMarshalers(json.MarshalToFunc(func(out *jsontext.Encoder, p intake.Private) error {
		return out.WriteToken(jsontext.String(p.Reveal()))
	}))
	conceal = json.WithUnmarshalers(json.UnmarshalFromFunc(func(in *jsontext.Decoder, p *intake.Private) error {
		token, err := in.ReadToken()
		if err != nil || token.Kind() != '"' {
			return ErrBody
		}
		*p = intake.NewPrivate(token.String())
		return nil
	}))
)

// Marshal and Unmarshal are the codec of what stands in a body: private text becomes
// a string in them, and nowhere else.
func Marshal(v any) []byte {
	raw, err := json.Marshal(v, reveal, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		panic("encoding a body: it holds only text, numbers and bytes")
	}
	return raw
}

// Unmarshal reads what [Marshal] wrote. The error holds nothing of it.
func Unmarshal(raw []byte, v any) error {
	if json.Unmarshal(raw, v, conceal) != nil {
		return ErrBody
	}
	return nil
}

// Encode returns a body's stored form: one JSON object, whose first member is its
// type. Bytes that are no text, which a network may have sent, are replaced.
func Encode(b Body) []byte {
	raw := Marshal(b)
	head := `{"type":"` + b.Type() + `"`
	if len(raw) > len("{}") {
		head += ","
	}
	return append([]byte(head), raw[1:]...)
}

// Decode reads the stored form of a body in an entry of a kind, by the version that
// stands in the entry's context.
func Decode(version int, kind EntryKind, raw []byte) (b Body, err error) {
	var head struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(raw, &head) != nil {
		return nil, ErrBody
	}
	switch version {
	case 1:
		b, err = decodeV1(raw)
	case Version:
		b, err = decode(head.Type, raw)
	default:
		return nil, ErrBody
	}
	switch {
	case err != nil:
		return nil, ErrBody // the cause may quote words
	case b.Kind() != kind:
		return nil, ErrKind
	}
	return b, nil
}

func decode(name string, raw []byte) (Body, error) {
	switch name {
	case TypeAnswer:
		return into[Answer](raw)
	case TypeMessage:
		return into[Message](raw)
	case TypeFile:
		return into[File](raw)
	case TypeFilePart:
		return into[FilePart](raw)
	case TypeExclusion:
		return into[Exclusion](raw)
	case TypeConfirm:
		return into[Confirm](raw)
	case TypeLog:
		return into[Log](raw)
	case TypeAct:
		return into[Act](raw)
	}
	return nil, ErrBody
}

func into[B Body](raw []byte) (Body, error) {
	var b B
	err := Unmarshal(raw, &b)
	return b, err
}
