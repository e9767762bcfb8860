package store

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"tillit/store/cases"

	"tillit/store/seal"
)

// dedupFor is how long an event's id is remembered: longer than any network
// offers it again.
const dedupFor = 72 * time.Hour

// namesFor is how long a message's name is kept: longer than any network lets us
// take it back.
const namesFor = 72 * time.Hour

// pickupFor is how long words of the office wait in the outbox for "show me".
const pickupFor = 14 * 24 * time.Hour

// lapsedConversations returns those whose unsent interview is over at now.
func lapsedConversations(tx *transaction, now time.Time) ([]int64, error) {
	return column[int64](tx.Query("SELECT id FROM conversations WHERE expires > 0 AND expires <= ?", now.Unix()))
}

// Expire destroys unsent interviews whose time is over, and what is kept for a
// while only. It is safe to call at any time.
func (s *Store) Expire(ctx context.Context) error {
	if err := s.fillBallast(); err != nil {
		s.Log.Warn("the ballast is gone and cannot be made anew", "err", err)
	}
	now := s.Now()
	var gone int64
	err := s.do(ctx, func(tx *transaction) error {
		lapsed, err := lapsedConversations(tx, now)
		if err != nil {
			return err
		}
		for _, q := range []struct {
			query string
			arg   any
		}{
			{"DELETE FROM cases WHERE sent = 0 AND id IN (SELECT s.case_id FROM seats s JOIN conversations v ON v.id = s.conversation_id WHERE v.expires > 0 AND v.expires <= ?)", now.Unix()},
			{"DELETE FROM conversations WHERE expires > 0 AND expires <= ? AND id NOT IN (SELECT conversation_id FROM seats)", now.Unix()},
			// Events lie in the order in which they came, so this ends at the first young one.
			{"DELETE FROM events WHERE rowid < coalesce((SELECT rowid FROM events WHERE at >= ? ORDER BY rowid LIMIT 1), 9223372036854775807)", now.Add(-dedupFor).Unix()},
			{"DELETE FROM messages WHERE id < coalesce((SELECT id FROM messages WHERE hour >= ? ORDER BY id LIMIT 1), 9223372036854775807)", now.Add(-namesFor).Unix()},
			{"DELETE FROM outbox WHERE held = 1 AND at < ?", now.Add(-pickupFor).UnixMilli()},
			{"DELETE FROM acts WHERE hour < ?", now.Add(-actsFor).Unix()},
			{"DELETE FROM codes WHERE expires > 0 AND expires <= ?", now.Unix()},
		} {
			r, err := tx.Exec(q.query, q.arg)
			if err != nil {
				return err
			}
			n, err := r.RowsAffected()
			if err != nil {
				return err
			}
			gone += n
		}
		for _, id := range lapsed {
			if err := s.settleSeats(tx, id); err != nil && !errors.Is(err, ErrForged) {
				return err
			}
		}
		if gone > 0 {
			_, err := tx.Exec("INSERT INTO shreds (hour) VALUES (?)", seal.Hour(now).Unix())
			return err
		}
		return nil
	})
	if err != nil || gone == 0 {
		return err
	}
	return s.shredNow(ctx)
}

// CaseStatus returns what the server knows of how far a case is, for its reporter.
func (s *Store) CaseStatus(ctx context.Context, ref string) (cases.Case, error) {
	r, err := s.byRef(ctx, ref)
	if err != nil {
		return cases.Case{}, err
	}
	return s.summary(r)
}

// Closed says whether a case is closed, and who has it; nobody is empty.
func (s *Store) Closed(ctx context.Context, ref string) (closed bool, lead string, err error) {
	r, err := s.byRef(ctx, ref)
	if err != nil {
		return false, "", err
	}
	f, err := s.facts(r)
	return f.Closed, f.Assignee, err
}

func (s *Store) byRef(ctx context.Context, ref string) (room, error) {
	var r room
	err := s.read.QueryRowContext(ctx, "SELECT "+roomColumns+" FROM cases c WHERE c.ref = ?", ref).Scan(r.targets()...)
	if errors.Is(err, sql.ErrNoRows) {
		return r, ErrUnknown
	}
	if err != nil {
		return r, classify(err)
	}
	return r, s.checkRoom(&r)
}

// Opened answers the reporter's question: who has fetched the case, and which of
// the candidates can open it. The rows do not say whose they are, so the caller
// names who could be meant.
func (s *Store) Opened(ctx context.Context, ref string, candidates []string) (access []cases.Access, can []string, err error) {
	r, err := s.byRef(ctx, ref)
	if err != nil {
		return nil, nil, err
	}
	if r.sent > 0 {
		holds, err := s.holders(ctx, []room{r}, candidates)
		if err != nil {
			return nil, nil, classify(err)
		}
		for i, c := range candidates {
			if !holds[0][i] {
				continue
			}
			if wrap, err := s.wrapOf(ctx, r, r.epoch, c); err != nil {
				return nil, nil, classify(err)
			} else if wrap != nil {
				can = append(can, c)
			}
		}
	}
	access, err = s.accessOf(ctx, r)
	return access, can, classify(err)
}

// Signers returns the keys that somebody has signed with, the one of today first.
type Signers func(id string) []ed25519.PublicKey

// Verify recomputes every hash and signature, blind, and says what does not hold.
// Signers are everybody's keys, also of those who have left.
func (s *Store) Verify(ctx context.Context, signers Signers) ([]string, error) {
	var faults []string
	rooms, err := collect[room](s.read.QueryContext(ctx, "SELECT "+roomColumns+" FROM cases c ORDER BY c.id"))
	if err != nil {
		return nil, classify(err)
	}
	for _, r := range rooms {
		f, err := s.verifyRoom(ctx, r, signers)
		if err != nil {
			return nil, err
		}
		bound, err := s.verifyBound(ctx, r)
		if err != nil {
			return nil, err
		}
		faults = append(faults, append(f, bound...)...)
	}
	talks, err := s.verifyTalks(ctx)
	return append(faults, talks...), err
}

func (s *Store) verifyRoom(ctx context.Context, r room, signers Signers) (faults []string, err error) {
	fault := func(format string, args ...any) {
		faults = append(faults, r.ref+": "+fmt.Sprintf(format, args...))
	}
	earlier, _, err := s.readEpochs(ctx, r)
	if err != nil {
		return nil, classify(err)
	}
	keys := slices.Concat(earlier, []cases.Epoch{{Epoch: r.epoch, Public: r.public}})
	for i, k := range keys {
		if k.Epoch != i+1 {
			fault("the key of epoch %d is missing", i+1)
			return faults, nil
		}
	}
	prev, next, after, epoch, version := seal.Genesis(r.ref, r.room, 1, keys[0].Public), int64(1), int64(0), 1, 1
	for {
		entries, more, err := s.entries(ctx, r.id, after, math.MaxInt64)
		if err != nil {
			return nil, classify(err)
		}
		for _, e := range entries {
			if e.Epoch == epoch+1 && epoch < len(keys) {
				prev, epoch = seal.Turn(r.ref, r.room, e.Epoch, keys[epoch].Public, prev), e.Epoch
			}
			at := seal.Context{V: e.V, Case: r.ref, Room: r.room, Epoch: e.Epoch, Seq: e.Seq, Kind: string(e.Kind), At: e.Hour, Prev: prev}
			switch {
			case e.Seq != next:
				fault("entry %d is missing", next)
			case !slices.Equal(e.Hash, seal.StepOf(at, sumOf(e), signedHash(e))):
				fault("entry %d was changed, or moved", e.Seq)
			case !ed25519.Verify(s.Keys.Public(), seal.Signed(e.Hash), e.Sig):
				fault("entry %d is not signed by this server", e.Seq)
			case e.V < version:
				fault("entry %d is of an older version than the one before", e.Seq)
			case !s.signedBy(at, e, signers):
				fault("entry %d is not signed by the handler whom it names", e.Seq)
			case e.Epoch != epoch:
				fault("entry %d is sealed to another key than its place in the log", e.Seq)
			}
			prev, next, after, version = e.Hash, e.Seq+1, e.Seq, max(version, e.V)
		}
		if !more {
			break
		}
	}
	if epoch != r.epoch {
		fault("the log does not name the key that is sealed to now")
	}
	if next != r.seq || !slices.Equal(prev, r.head) {
		fault("the end is missing: %d entries are there, %d were written", next-1, r.seq-1)
	}
	return faults, nil
}

// sumOf is the SHA-256 of what is sealed in an entry, or was before it was taken back.
func sumOf(e cases.Sealed) []byte {
	if e.Sum != nil {
		return e.Sum
	}
	sum := sha256.Sum256(e.Data)
	return sum[:]
}

// signedBy reports whether an entry is signed as its kind demands: what a handler did
// by them, and nothing else by anybody. Version 1 had no signatures.
func (s *Store) signedBy(at seal.Context, e cases.Sealed, signers Signers) bool {
	if e.V == 1 || e.Kind != cases.EntryOffice {
		return e.Signed == nil
	}
	if e.Signed == nil || signers == nil {
		return e.Signed != nil
	}
	signed := seal.Signature(*e.Signed)
	for _, key := range append(signers(signed.By), nil) {
		if signed.Signs(at, sumOf(e), key, s.Keys.Public()) {
			return true
		}
	}
	return false
}
