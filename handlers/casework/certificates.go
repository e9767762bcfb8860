package casework

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"net/url"
	"slices"

	"tillit/handlers/wire"
	"tillit/store/cases"
	"tillit/store/seal"
)

// Certificate says that a case was shredded, to those who could open it then.
type Certificate struct {
	cases.Certificate
	Whole bool // the server that this machine knows has signed it as it is
}

// Certificates are those of the cases that this handler could open when they were shredded,
// the newest first, at most so many; zero is all of them.
func (c *Client) Certificates(ctx context.Context, most int) (all []Certificate, err error) {
	for before, more := "", true; more && (most == 0 || len(all) < most); {
		var a wire.CertificatesAnswer
		if err := c.call(ctx, "GET", "/v1/certificates?"+url.Values{"before": {before}}.Encode(), nil, &a); err != nil {
			return nil, outcome(err)
		}
		if len(a.Certificates) == 0 {
			break
		}
		for _, cert := range a.Certificates {
			if slices.ContainsFunc(all, func(o Certificate) bool { return o.Ref == cert.Ref }) {
				return nil, fmt.Errorf("the office hands out the certificate of %s twice", cert.Ref)
			}
			all = append(all, Certificate{cert, ed25519.Verify(c.server(), seal.Signed(cert.Signed()), cert.Sig)})
		}
		before, more = a.Certificates[len(a.Certificates)-1].Ref, a.More
	}
	if most > 0 && len(all) > most {
		all = all[:most]
	}
	return all, nil
}
