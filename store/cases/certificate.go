package cases

import (
	"encoding/json"
	"time"
)

// Certificate says that a case was shredded. It holds nothing of what stood in it.
type Certificate struct {
	Ref      string    `json:"ref"`
	Received time.Time `json:"received_at"` // whole hour
	Shredded time.Time `json:"shredded_at"` // whole hour
	// By are the two who did it: who asked, and who agreed.
	By      []string `json:"by"`
	Entries int64    `json:"entries"`
	Genesis []byte   `json:"genesis"` // hash before the first entry
	Head    []byte   `json:"head"`    // and of the last one
	// Sig is the server's, over [Certificate.Signed].
	Sig []byte `json:"sig"`
}

// Signed are the bytes that the server signs: the certificate without its signature.
func (c Certificate) Signed() []byte {
	c.Sig = nil
	raw, err := json.Marshal(c)
	if err != nil {
		panic("encoding a certificate: it holds only text, numbers and bytes")
	}
	return append([]byte("tillit/certificate/1\x00"), raw...)
}
