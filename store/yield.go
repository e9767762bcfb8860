package store

import (
	"context"
)

// Yield destroys the oldest conversations that have no case, until no more than a
// number of them are left, and says how many went. They hold no answer that is
// sealed to anybody. Those with a case, sent or not, are never touched: whoever
// begins talks without end pushes out such beginnings, and locks nobody out.
func (s *Store) Yield(ctx context.Context, most int) (int64, error) {
	const empty = " FROM conversations v WHERE v.expires > 0 AND NOT EXISTS (SELECT 1 FROM seats s WHERE s.conversation_id = v.id)"
	var n int
	err := s.read.QueryRowContext(ctx, "SELECT count(*)"+empty).Scan(&n) // a reader counts, so that the writer need not
	if err != nil || n <= most {
		return 0, classify(err)
	}
	var gone int64
	err = s.do(ctx, func(tx *transaction) error {
		r, err := tx.Exec("DELETE FROM conversations WHERE id IN (SELECT v.id"+empty+" ORDER BY v.id DESC LIMIT -1 OFFSET ?)", most)
		if err != nil {
			return err
		}
		gone, err = r.RowsAffected()
		return err
	})
	return gone, err
}
