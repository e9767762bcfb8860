package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	shuffle "math/rand/v2"
	"slices"

	"tillit/store/cases"
	"tillit/store/seal"
)

// Leave says who may hold keys no more, and what is written about it.
type Leave struct {
	Gone       []string          // ids of all who left; those seen to before are passed over
	Recipients []cases.Recipient // who may hold a key now
	Log        func(held []string) Entry
}

// allCases is how far somebody is seen to when no open case is left over.
const allCases = math.MaxInt64

// NewEpochs gives every case that is sent and open a new key when somebody has
// left, and destroys what wraps they held. All of them, also where they held none:
// a case that were passed over would say that it kept them out. What is written
// before it returns opens with the old keys, what is written after with the new
// ones only. Each case is a transaction; one that is interrupted goes on where it
// was, when it is called again. From its beginning on nobody who left is given a key:
// what would do so was decided before, and is [ErrStale]. It must not run twice at once.
func (s *Store) NewEpochs(ctx context.Context, l Leave) error {
	if err := s.between(ctx, func() error {
		s.gone = map[string]bool{}
		for _, id := range l.Gone {
			s.gone[id] = true
		}
		return nil
	}); err != nil {
		return err
	}
	upto, err := s.leavers(ctx, l.Gone)
	if err != nil {
		return classify(err)
	}
	if err := s.stillHold(ctx, upto); err != nil {
		return classify(err)
	}
	pending := slices.DeleteFunc(slices.Clone(l.Gone), func(id string) bool { return upto[id] == allCases })
	if len(pending) == 0 {
		return nil
	}
	rooms, err := collect[room](s.read.QueryContext(ctx, "SELECT "+roomColumns+" FROM cases c WHERE c.open = 1 ORDER BY c.id"))
	if err != nil {
		return classify(err)
	}
	for _, r := range rooms {
		now := slices.DeleteFunc(slices.Clone(pending), func(id string) bool { return upto[id] >= r.id })
		if len(now) == 0 {
			continue
		}
		// What was changed behind our back is sealed to nobody while it is so. Once it
		// is as it was, whoever left is found to hold a key there.
		if err := s.newEpoch(ctx, r, now, l); err != nil && !errors.Is(err, ErrForged) {
			return err
		}
	}
	if err := s.do(ctx, func(tx *transaction) error { return s.seenTo(tx, pending, allCases) }); err != nil {
		return err
	}
	return s.finishShreds(ctx)
}

// leavers says how far each who left is seen to, and forgets who came back.
func (s *Store) leavers(ctx context.Context, gone []string) (map[string]int64, error) {
	upto, hashes := map[string]int64{}, []string{}
	for _, id := range gone {
		hashes = append(hashes, fmt.Sprintf("%x", s.handlerID(id)))
	}
	err := s.exec(ctx, "DELETE FROM leavers WHERE handler NOT IN (SELECT unhex(value) FROM json_each(?))", list(hashes))
	for _, id := range gone {
		var n int64
		err = errors.Join(err, s.read.QueryRowContext(ctx, "SELECT coalesce(max(upto), 0) FROM leavers WHERE handler = ?", s.handlerID(id)).Scan(&n))
		upto[id] = n
	}
	return upto, err
}

func (s *Store) seenTo(tx *transaction, gone []string, upto int64) error {
	for _, id := range gone {
		if _, err := tx.Exec("INSERT INTO leavers VALUES (?, ?) ON CONFLICT (handler) DO UPDATE SET upto = excluded.upto", s.handlerID(id), upto); err != nil {
			return err
		}
	}
	return nil
}

// newEpoch makes the next key of a case that somebody may hold a key of who left, and
// destroys what they held. Who left lets go of the case, without an entry of its own:
// the number of entries would tell.
func (s *Store) newEpoch(ctx context.Context, was room, gone []string, l Leave) error {
	for range retries {
		err := s.tryEpoch(ctx, was, gone, l)
		if !errors.Is(err, errRace) {
			return err
		}
		// Something was written into it meanwhile, or it came to its end.
		if was, err = s.byRef(ctx, was.ref); errors.Is(err, ErrUnknown) || err == nil && was.closed != 0 {
			return nil
		} else if err != nil {
			return err
		}
	}
	return ErrStale
}

func (s *Store) tryEpoch(ctx context.Context, was room, gone []string, l Leave) error {
	if err := s.checkRoom(&was); err != nil {
		return err
	}
	next, err := s.nextKey(ctx, was, gone, l.Recipients, func(held []string) []Entry { return []Entry{l.Log(held)} })
	if err != nil {
		return err
	}
	return s.do(ctx, func(tx *transaction) error {
		if _, err := s.writeNextKey(tx, next, func(*facts) {}); err != nil {
			return err
		}
		return s.seenTo(tx, gone, was.id)
	})
}

// nextKey is a case's next key, made for those who hold the one before and may go on
// holding one. Its entries follow the old chain through [seal.Turn].
type nextKey struct {
	was, now   room
	gone       []string
	recipients []cases.Recipient
	made       seal.Room
	rows       []row
	head       []byte
}

// nextKey makes a case's next key without those who are gone; recipients are all who
// may hold a key. The first of the entries must name the key, to those who held one
// of those that are gone. Nothing is written: [Store.writeNextKey] does that, if the case
// still stands where it was.
func (s *Store) nextKey(ctx context.Context, was room, gone []string, recipients []cases.Recipient, entries func(held []string) []Entry) (*nextKey, error) {
	keys, held, err := s.heirs(ctx, was, gone, recipients)
	if err != nil {
		return nil, classify(err)
	}
	n := &nextKey{was: was, now: was, gone: gone, recipients: recipients}
	if n.made, err = seal.NewRoom(was.ref, was.room, was.epoch+1, keys, max(len(recipients)-len(keys), 0)); err != nil {
		return nil, err
	}
	n.now.epoch, n.now.public = was.epoch+1, n.made.Public
	n.now.head = seal.Turn(was.ref, was.room, n.now.epoch, n.now.public, was.head)
	n.rows, n.head, err = s.sealAll(n.now, entries(held))
	return n, err
}

// writeNextKey puts the next key in the place of the one before, with its entries, and
// destroys what those who are gone held of all keys. They let go of the case, which is
// returned as it stands then.
func (s *Store) writeNextKey(tx *transaction, n *nextKey, change func(*facts)) (room, error) {
	r := n.was
	if err := s.writeRows(tx, &r, n.rows, n.head); err != nil {
		return r, err
	}
	r.epoch, r.public, r.key = n.now.epoch, n.now.public, nil
	err := s.changeWraps(tx, &r, func() error {
		if err := s.writeEpoch(tx, n.was, n.now, n.made); err != nil {
			return err
		}
		return s.destroyWraps(tx, n.was, n.gone, n.recipients)
	})
	if err != nil {
		return r, err
	}
	return r, s.setFacts(tx, &r, func(f *facts) {
		change(f)
		if slices.Contains(n.gone, f.Assignee) {
			if f.Assignee = ""; f.Status == "taken" {
				f.Status = "waiting"
			}
		}
		for duty, id := range f.Duties {
			if slices.Contains(n.gone, id) {
				delete(f.Duties, duty)
			}
		}
	})
}

// heirs are the keys of those who hold a room's key and may go on holding one,
// and who of those that are gone holds it. Where nobody is left but recovery and who
// was given the key from outside, the external receiver is there, as when a case is sent.
func (s *Store) heirs(ctx context.Context, r room, gone []string, recipients []cases.Recipient) (keys map[string]string, held []string, err error) {
	f, err := s.facts(r)
	if err != nil {
		return nil, nil, err
	}
	keys = map[string]string{}
	anybody := false // who need not be given it, and is not recovery
	for _, to := range recipients {
		wrap, err := s.wrapOf(ctx, r, r.epoch, to.ID)
		if err != nil {
			return nil, nil, err
		}
		if wrap != nil && !f.KeptOut(to.ID) && !slices.Contains(gone, to.ID) {
			keys[to.ID] = to.Key
			anybody = anybody || !to.ByGrant && to.ID != cases.Recovery
		}
	}
	for _, to := range recipients {
		if to.ID == cases.External && !slices.Contains(gone, to.ID) && !f.KeptOut(to.ID) && !anybody {
			keys[to.ID] = to.Key
		}
	}
	for _, id := range gone {
		wrap, err := s.wrapOf(ctx, r, r.epoch, id)
		if err != nil {
			return nil, nil, err
		}
		if wrap != nil {
			held = append(held, id)
		}
	}
	return keys, held, nil
}

// writeEpoch puts the new key in the place of the old one, whose public half
// stays: the chain is checked with it.
func (s *Store) writeEpoch(tx *transaction, was, r room, made seal.Room) error {
	if _, err := tx.Exec("INSERT INTO epochs (case_id, epoch, public, bound) VALUES (?, ?, ?, ?)",
		was.id, was.epoch, was.public, s.bindEpoch(was, was.epoch, was.public)); err != nil {
		return err
	}
	if _, err := tx.Exec("UPDATE cases SET epoch = ?, public = ? WHERE id = ?", r.epoch, r.public, r.id); err != nil {
		return err
	}
	var wraps []wrapRow
	for id, wrap := range made.Wraps {
		wraps = append(wraps, wrapRow{s.wrapID(r.room, r.epoch, id), wrap})
	}
	for _, decoy := range made.Decoys {
		wraps = append(wraps, wrapRow{randomID(), decoy})
	}
	shuffle.Shuffle(len(wraps), func(i, j int) { wraps[i], wraps[j] = wraps[j], wraps[i] })
	for _, w := range wraps {
		if _, err := tx.Exec("INSERT INTO wraps (case_id, epoch, recipient, staged, data) VALUES (?, ?, ?, 0, ?)", r.id, r.epoch, w.recipient, w.data); err != nil {
			return err
		}
	}
	return nil
}

// destroyWraps destroys one row for each who is gone in each epoch up to now: their
// own, or one that nobody holds, so that the rows that change do not say who held
// one.
func (s *Store) destroyWraps(tx *transaction, r room, gone []string, recipients []cases.Recipient) error {
	for ; r.epoch > 0; r.epoch-- {
		if err := s.destroyBeside(tx, r, gone, recipients); err != nil {
			return err
		}
		held := map[string]bool{}
		for _, to := range recipients {
			held[string(s.wrapID(r.room, r.epoch, to.ID))] = true
		}
		for _, id := range gone {
			held[string(s.wrapID(r.room, r.epoch, id))] = true
		}
		for _, id := range gone {
			row, err := placeFor(tx, r, s.wrapID(r.room, r.epoch, id), held)
			if err != nil {
				return err
			}
			if row == 0 { // they came after the case was sent and were given no key
				continue
			}
			decoy, err := seal.Decoy(r.ref, r.room, r.epoch)
			if err != nil {
				return err
			}
			recipient, err := destroy(tx, row, decoy)
			if err != nil {
				return err
			}
			held[string(recipient)] = true
		}
	}
	_, err := tx.Exec("INSERT INTO shreds (hour) VALUES (?)", seal.Hour(s.Now()).Unix())
	return err
}

// Holds says how many open cases somebody holds a key of, and in how many of those none of
// some others holds one.
func (s *Store) Holds(ctx context.Context, id string, others []string) (open, alone int, err error) {
	var theirs []*sent
	if err := s.holding(ctx, id, func(h *held) { theirs = slices.Clone(h.open) }); err != nil {
		return 0, 0, err
	}
	with := map[string]bool{}
	for _, other := range others {
		if err := s.holding(ctx, other, func(h *held) {
			for _, c := range theirs {
				with[c.ref] = with[c.ref] || h.find(c.ref) != nil
			}
		}); err != nil {
			return 0, 0, err
		}
	}
	for _, c := range theirs {
		if !with[c.ref] {
			alone++
		}
	}
	return len(theirs), alone, nil
}

// stillHold finds those who are said to be seen to and hold a key of an open case all
// the same: the table of who is seen to was changed, or a case was when its key was to
// be. They are seen to anew, in all cases.
func (s *Store) stillHold(ctx context.Context, upto map[string]int64) error {
	for id, n := range upto {
		if n != allCases {
			continue
		}
		var open []*sent
		if err := s.holding(ctx, id, func(h *held) { open = slices.Clone(h.open) }); err != nil {
			return err
		}
		for _, c := range open {
			if _, _, err := s.theirs(ctx, s.read, id, c.ref); err == nil {
				upto[id] = 0
				break
			}
		}
	}
	return nil
}

// readEpochs returns the keys that a room had before, as the rows have them.
func (s *Store) readEpochs(ctx context.Context, r room) (out []cases.Epoch, bound [][]byte, err error) {
	rows, err := s.read.QueryContext(ctx, "SELECT epoch, public, bound FROM epochs WHERE case_id = ? ORDER BY epoch", r.id)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var e cases.Epoch
		var b []byte
		if err := rows.Scan(&e.Epoch, &e.Public, &b); err != nil {
			return nil, nil, err
		}
		out, bound = append(out, e), append(bound, b)
	}
	return out, bound, rows.Err()
}
