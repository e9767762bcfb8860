package casework

import (
	"crypto/ed25519"

	"github.com/hdevalence/ed25519consensus"

	"tillit/store/cases"
	"tillit/store/seal"
)

// atOnce is how many entries have their signatures checked together.
const atOnce = 128

// signatures says of entries which of their signatures hold: the server's, which all
// have, and the handler's of an act. The server's are checked together, which costs half
// as much; if that fails each is checked alone, to name the wrong one. It is a little
// less strict about how a signature is written, which only the server's key could use.
// A handler's is held to the letter: every reader must say the same of it.
func (c *Client) signatures(entries []*entry, of cases.Case, server ed25519.PublicKey) {
	all := ed25519consensus.NewBatchVerifier()
	for _, e := range entries {
		all.Add(server, seal.Signed(e.Hash), e.Sig)
	}
	hold := all.Verify()
	for _, e := range entries {
		e.signed = hold || ed25519.Verify(server, seal.Signed(e.Hash), e.Sig)
		e.theirs = e.Signed != nil && c.signs(contextOf(of, e.Sealed), sumOf(e.Sealed), seal.Signature(*e.Signed), server)
	}
}

// signs says whether a signature is of who it names, with a key that they have or had.
func (c *Client) signs(at seal.Context, sum []byte, signed seal.Signature, server ed25519.PublicKey) bool {
	p, _ := c.person(signed.By)
	for _, key := range append([][]byte{p.Sign}, p.Before...) {
		if signed.Signs(at, sum, key, server) {
			return true
		}
	}
	return false
}
