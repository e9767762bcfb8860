package store

import (
	"context"
	"strings"
	"time"

	"tillit/store/cases"
)

// Receipt signs that a case was received on a day, for its reporter. It is [ErrUnknown] for one
// that is not with the office.
func (s *Store) Receipt(ctx context.Context, ref, org string, zone *time.Location) (cases.Receipt, error) {
	r, err := s.byRef(ctx, ref)
	if err == nil && r.sent == 0 {
		err = ErrUnknown
	}
	if err != nil {
		return cases.Receipt{}, err
	}
	out := cases.Receipt{Org: strings.Join(strings.Fields(org), " "), Ref: r.ref, Day: time.Unix(r.sent, 0).In(zone).Format(time.DateOnly), Key: s.Keys.Public()}
	out.Sig = s.Keys.Sign(out.Signed())
	return out, nil
}
