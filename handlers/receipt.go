package handlers

import (
	"crypto/ed25519"

	"tillit/store/cases"
	"tillit/store/seal"
)

// CheckReceipt says which server signed a receipt, by its fingerprint; it is false for one that
// is not as it was signed. That the fingerprint is the organisation's is for people to compare:
// anybody can make a key.
func CheckReceipt(r cases.Receipt) (server string, ok bool) {
	if len(r.Key) != ed25519.PublicKeySize || !ed25519.Verify(r.Key, seal.Signed(r.Signed()), r.Sig) {
		return "", false
	}
	return ServerFingerprint(r.Key), true
}
