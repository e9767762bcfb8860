package cases

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Receipt says that a report was received on a day, and nothing else: not who sent it, what
// stands in it, or that anybody has read it. Whoever has it can show it to others, who check
// it without us.
type Receipt struct {
	Org, Ref string
	Day      string // 2026-11-26, where the organisation is
	Key      []byte // the Ed25519 key of the server
	Sig      []byte // the server's, over [Receipt.Signed]
}

// ErrReceipt says that a text holds no receipt of ours. It holds nothing of it.
var ErrReceipt = errors.New("this is no receipt")

// receiptHead is the first line of a receipt.
const receiptHead = "tillit receipt 1"

// Signed are the bytes that the server signs.
func (r Receipt) Signed() []byte {
	out := []byte("tillit/day-receipt/1\x00")
	for _, field := range []string{r.Org, r.Ref, r.Day} {
		out = fmt.Appendf(out, "%d %s\n", len(field), field)
	}
	return out
}

// Text is a receipt as people keep it, a line for each thing.
func (r Receipt) Text() string {
	encode := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("%s\norganisation: %s\ncase: %s\nday: %s\nkey: %s\nsignature: %s\n", receiptHead, line(r.Org), r.Ref, r.Day, encode(r.Key), encode(r.Sig))
}

// line is a text on one line.
func line(text string) string { return strings.Join(strings.Fields(text), " ") }

// aReceipt is a receipt, whatever became of its lines when it was pasted.
var aReceipt = regexp.MustCompile(`(?s)` + receiptHead + `\s+organisation:\s*(.{0,500}?)\s+case:\s*(\S+)\s+day:\s*(\S+)\s+key:\s*(\S+)\s+signature:\s*(\S+)`)

// ReadReceipt reads the first receipt in a text, whatever stands around it.
func ReadReceipt(text string) (Receipt, error) {
	m := aReceipt.FindStringSubmatch(text)
	if m == nil {
		return Receipt{}, ErrReceipt
	}
	r := Receipt{Org: line(m[1]), Ref: m[2], Day: m[3]}
	var bad, worse error
	r.Key, bad = base64.StdEncoding.DecodeString(m[4])
	r.Sig, worse = base64.StdEncoding.DecodeString(m[5])
	if bad != nil || worse != nil {
		return Receipt{}, ErrReceipt
	}
	return r, nil
}
