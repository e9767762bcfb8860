package casework

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"tillit/store/cases"
	"tillit/store/unseal"
)

// File writes a kept file. It is whole and unchanged, or an error is returned; what
// was written before an error is to be thrown away. Only the file's own entries are
// fetched, and compared with the log that was checked.
func (c *Client) File(ctx context.Context, ref, id string, w io.Writer) error {
	o, err := c.read(ctx, ref)
	if err != nil {
		return err
	}
	var want *cases.File
	parts := map[int64]entry{}
	first, last := int64(0), int64(0)
	for _, e := range o.entries {
		switch said := e.body.(type) {
		case cases.File:
			if said.ID == id {
				want = &said
			}
		case cases.FilePart:
			if said.ID == id {
				parts[e.Seq], last = e, e.Seq
				if first == 0 {
					first = e.Seq
				}
			}
		}
	}
	if want == nil {
		return ErrUnknown
	}
	pieces, err := c.pieces(ctx, o, ref, first, last, parts)
	if err != nil {
		return err
	}
	slices.SortStableFunc(pieces, func(a, b cases.FilePart) int { return a.Part - b.Part })
	sum := sha256.New()
	for i, p := range pieces {
		if p.Part != i+1 {
			return ErrTampered
		}
		_, _ = sum.Write(p.Data)
		if _, err := w.Write(p.Data); err != nil {
			return err
		}
	}
	if !bytes.Equal(sum.Sum(nil), want.SHA256) {
		return ErrTampered
	}
	return nil
}

// pieces fetches and opens the entries of a file.
func (c *Client) pieces(ctx context.Context, o *opened, ref string, first, last int64, parts map[int64]entry) (all []cases.FilePart, err error) {
	for after := first - 1; len(parts) > 0 && after < last; {
		var page cases.Room
		v := url.Values{"after": {strconv.FormatInt(after, 10)}}
		if err := c.call(ctx, http.MethodGet, roomPath(ref, "?"+v.Encode()), nil, &page); err != nil {
			return nil, err
		}
		if len(page.Entries) == 0 {
			return nil, ErrTampered
		}
		for _, e := range page.Entries {
			after = max(after, e.Seq)
			known, ok := parts[e.Seq]
			if !ok {
				continue
			}
			sum := sha256.Sum256(e.Data)
			if !bytes.Equal(sum[:], known.Sum) {
				return nil, ErrTampered
			}
			text, _, err := unseal.Entry(o.keys[known.Epoch], e.Data, contextOf(o.room.Case, known.Sealed))
			if err != nil {
				return nil, ErrTampered
			}
			body, err := cases.Decode(known.V, known.Kind, text)
			piece, ok := body.(cases.FilePart)
			if err != nil || !ok {
				return nil, ErrTampered
			}
			all = append(all, piece)
		}
	}
	return all, nil
}
