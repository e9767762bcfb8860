package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"tillit/store/cases"
	"tillit/store/seal"
)

// certificate is what is left of a case that was shredded. Who could open it then may see
// it, and nobody else.
type certificate struct {
	cases.Certificate
	Holders []string `json:"holders"`
}

// certify makes the certificate of a case that an act shreds. Holders are looked for among
// others: all who can hold a key.
func (p *acting) certify(ctx context.Context, f facts) error {
	if p.a.Shreds == nil {
		return nil
	}
	asked, shreds := p.a.Shreds(f)
	if !shreds {
		return nil
	}
	holds, err := p.s.holders(ctx, []room{p.r}, p.a.Known)
	if err != nil {
		return classify(err)
	}
	c := certificate{Certificate: cases.Certificate{
		Ref: p.r.ref, Received: time.Unix(p.r.sent, 0).UTC(), Shredded: seal.Hour(p.s.Now()), By: []string{asked, p.a.Handler},
		Entries: p.row.Seq, Genesis: p.r.genesis, Head: p.row.hash,
	}}
	for i, id := range p.a.Known {
		if holds[0][i] {
			c.Holders = append(c.Holders, id)
		}
	}
	c.Sig = p.s.Keys.Sign(c.Signed())
	p.shreds = &c
	return nil
}

// writeShred destroys the case with all that belongs to it, and leaves its certificate. The
// reporter's conversation goes on without it.
func (p *acting) writeShred(tx *transaction) error {
	if p.shreds == nil {
		return nil
	}
	raw, err := json.Marshal(p.shreds)
	if err != nil {
		return err
	}
	id := randomID()
	if _, err := tx.Exec("INSERT INTO certificates (id, data) VALUES (?, ?)", id, p.s.Keys.Box("certificate", place("certificates", id, "data"), raw)); err != nil {
		return err
	}
	talks, err := conversationsOf(tx, p.r.id)
	if err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM cases WHERE id = ?", p.r.id); err != nil {
		return err
	}
	for _, id := range talks {
		if err := p.s.settleSeats(tx, id); err != nil {
			return err
		}
	}
	_, err = tx.Exec("INSERT INTO shreds (hour) VALUES (?)", seal.Hour(p.s.Now()).Unix())
	return err
}

// conversationsOf are the conversations that write into a case.
func conversationsOf(tx *transaction, id int64) ([]int64, error) {
	rows, err := tx.Query("SELECT conversation_id FROM seats WHERE case_id = ?", id)
	return column[int64](rows, err)
}

// namedBox is a box and what it is stored under.
type namedBox struct{ id, box []byte }

func (b *namedBox) targets() []any { return []any{&b.id, &b.box} }

// certificates are those of who could open the case, the oldest first. They are read once:
// who asks often would learn by the time that a case was shredded which they never saw.
type certificates struct {
	mu   sync.Mutex
	read bool
	of   map[string][]cases.Certificate
}

// add adds one, once: it may have been read when it is told of.
func (all *certificates) add(c certificate) {
	for _, id := range c.Holders {
		if !slices.ContainsFunc(all.of[id], func(o cases.Certificate) bool { return bytes.Equal(o.Head, c.Head) }) {
			all.of[id] = append(all.of[id], c.Certificate)
		}
	}
}

// certified adds the certificate that an act has left.
func (s *Store) certified(c *certificate) {
	s.certificates.mu.Lock()
	defer s.certificates.mu.Unlock()
	if c != nil && s.certificates.read {
		s.certificates.add(*c)
	}
}

// Certificates are those of the cases that a handler could open when they were shredded,
// the newest first: at most [cases.MostRows], and those before one, by its reference. Where
// that is not among theirs it is [ErrUnknown]. More says that there are older ones.
func (s *Store) Certificates(ctx context.Context, handler, before string) (page []cases.Certificate, more bool, err error) {
	s.certificates.mu.Lock()
	defer s.certificates.mu.Unlock()
	if !s.certificates.read {
		if err := s.readCertificates(ctx); err != nil {
			return nil, false, err
		}
	}
	all := s.certificates.of[handler]
	if before != "" {
		i := slices.IndexFunc(all, func(c cases.Certificate) bool { return c.Ref == before })
		if i < 0 {
			return nil, false, ErrUnknown
		}
		all = all[:i]
	}
	from := max(0, len(all)-cases.MostRows)
	page = append([]cases.Certificate{}, all[from:]...)
	slices.Reverse(page)
	return page, from > 0, nil
}

// readCertificates reads all of them.
func (s *Store) readCertificates(ctx context.Context) error {
	all := certificates{of: map[string][]cases.Certificate{}}
	rows, err := collect[namedBox](s.read.QueryContext(ctx, "SELECT id, data FROM certificates ORDER BY rowid"))
	if err != nil {
		return classify(err)
	}
	for _, row := range rows {
		raw, err := s.Keys.Unbox("certificate", place("certificates", row.id, "data"), row.box)
		var c certificate
		if err == nil {
			err = json.Unmarshal(raw, &c)
		}
		if err != nil {
			return errors.Join(s.forged("certificate", ""), err)
		}
		all.add(c)
	}
	s.certificates.of, s.certificates.read = all.of, true
	return nil
}
