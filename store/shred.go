package store

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
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

// Certificates are those of the cases that a handler could open when they were shredded,
// the newest first.
func (s *Store) Certificates(ctx context.Context, handler string) ([]cases.Certificate, error) {
	rows, err := collect[namedBox](s.read.QueryContext(ctx, "SELECT id, data FROM certificates ORDER BY rowid DESC"))
	if err != nil {
		return nil, classify(err)
	}
	all := []cases.Certificate{}
	for _, row := range rows {
		raw, err := s.Keys.Unbox("certificate", place("certificates", row.id, "data"), row.box)
		var c certificate
		if err == nil {
			err = json.Unmarshal(raw, &c)
		}
		if err != nil {
			return nil, errors.Join(s.forged("certificate", ""), err)
		}
		if slices.Contains(c.Holders, handler) {
			all = append(all, c.Certificate)
		}
	}
	return all, nil
}
