package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"slices"

	"tillit/store/cases"
	"tillit/store/mailbox"
)

// This file takes back what a reporter has just given: the sealed bytes are destroyed, and
// what stands of them in the copy. The hash of each entry stays, so that the log is whole
// without it; that it was taken back is said by a sealed line of the log, which the change
// brings, and bound to the server key: an entry that was only emptied is not it.

// TakeBack says what is destroyed.
type TakeBack struct {
	Entries []int64  // of the case that the change goes into, by number: the reporter's own alone
	Letters []int64  // of the copy, by number
	Said    []string // the network's ids of the messages that it came in
	// Keeps says which lines of those letters stay, each as it was given.
	Keeps func(line Line) bool
}

// Stored is what became of a change: numbers by which it can be taken back.
type Stored struct {
	Ref     string    // the case that it went into
	Unsent  bool      // and that is not with the office
	Entries []int64   // of [Change.Entries], in their order
	Files   [][]int64 // of [Change.Files]: each with all of its parts
	Letters []int64   // in the copy
}

// stored says what a prepared change becomes.
func (p *prepared) stored() (out Stored) {
	out.Ref, out.Unsent = p.applied.Ref, p.c.Submit == nil && (p.fresh != nil || p.was.room.sent == 0)
	rows := p.rows
	if p.next != nil {
		rows = p.next.rows
	}
	own := len(p.c.Entries) - p.own
	for i, e := range p.c.Entries {
		seq := rows[len(rows)-len(p.c.Entries)+i].Seq
		f, file := e.Body.(cases.File)
		switch {
		case i >= own:
			out.Entries = append(out.Entries, seq)
		case file:
			out.Files = append(out.Files, append(slices.Clone(f.Parts), seq))
		}
	}
	if p.c.Transfer == nil {
		for i := range p.sealed {
			out.Letters = append(out.Letters, p.was.letters+int64(i)+1)
		}
	}
	return out
}

// taking is what is taken back, ready for the writer.
type taking struct {
	entries []takenEntry
	letters []takenLetter
}

type takenEntry struct {
	id    int64
	taken []byte
}

type takenLetter struct {
	letter
	now, bound []byte
}

// bindTaken binds the hash of what was taken back to its place in the log.
func (s *Store) bindTaken(hash, sum []byte) []byte { return s.Keys.Bind("taken", hash, sum) }

// takenSum is the hash of what was taken back out of an entry; nil where that is not what
// happened to it.
func (s *Store) takenSum(hash, taken []byte) []byte {
	if len(taken) <= sha256.Size || !hmac.Equal(taken[sha256.Size:], s.bindTaken(hash, taken[:sha256.Size])) {
		return nil
	}
	return taken[:sha256.Size:sha256.Size]
}

// prepareTakeBack reads what is to be destroyed.
func (p *prepared) prepareTakeBack(ctx context.Context) error {
	t := p.c.TakeBack
	if t == nil {
		return nil
	}
	for _, seq := range t.Entries {
		var id int64
		var hash, data []byte
		err := p.s.read.QueryRowContext(ctx, "SELECT id, hash, data FROM entries WHERE case_id = ? AND seq = ? AND kind = ?", p.was.room.id, seq, cases.EntryReporter).
			Scan(&id, &hash, &data)
		if err != nil {
			return classify(err)
		}
		if len(data) > 0 {
			sum := sha256.Sum256(data)
			p.takes.entries = append(p.takes.entries, takenEntry{id, slices.Concat(sum[:], p.s.bindTaken(hash, sum[:]))})
		}
	}
	if len(t.Letters) == 0 || p.was.wrapped == nil {
		return nil
	}
	key, err := mailbox.OpenKey(p.was.wrapped, []byte(p.c.Secret.Reveal()))
	if err != nil {
		return err
	}
	for _, n := range t.Letters {
		if err := p.takeLetter(ctx, key, n); err != nil {
			return err
		}
	}
	return nil
}

// takeLetter seals a letter anew, without the lines that do not stay.
func (p *prepared) takeLetter(ctx context.Context, key *mailbox.Key, n int64) error {
	all, err := collect[letter](p.s.read.QueryContext(ctx, "SELECT id, data, bound FROM copies WHERE conversation_id = ? AND held = 0 AND substr(bound, 1, 8) = ?", p.was.id, number(n)))
	if err != nil {
		return classify(err)
	}
	for _, l := range all {
		if _, ours := p.s.checkLetter(p.was.talk, false, l.data, l.bound); !ours {
			return p.s.forgedTalk(p.lookup)
		}
		turn, err := openTurn(key, p.lookup, l.data)
		if err != nil {
			return err
		}
		left := slices.DeleteFunc(turn, func(line Line) bool { return !p.c.TakeBack.Keeps(line) })
		raw, err := json.Marshal(left)
		if err != nil {
			return errors.New("encoding lines")
		}
		data := key.Seal(p.lookup, raw)
		p.takes.letters = append(p.takes.letters, takenLetter{l, data, p.s.bindLetter(p.was.talk, n, false, data)})
	}
	return nil
}

// writeTakeBack destroys it. Nothing is left of what was sealed but its hash.
func (p *prepared) writeTakeBack(tx *transaction) error {
	if p.c.TakeBack == nil {
		return nil
	}
	for _, e := range p.takes.entries {
		if err := exactly(tx, errRace, "UPDATE entries SET data = x'', taken = ? WHERE id = ? AND length(data) > 0", e.taken, e.id); err != nil {
			return err
		}
	}
	for _, l := range p.takes.letters {
		if err := exactly(tx, errRace, "UPDATE copies SET data = ?, bound = ? WHERE id = ? AND bound = ?", l.now, l.bound, l.id, l.letter.bound); err != nil {
			return err
		}
	}
	for _, m := range p.c.TakeBack.Said {
		if _, err := tx.Exec("DELETE FROM said WHERE conversation_id = ? AND message = ?", p.was.id, p.s.lookupSaid(p.lookup, m)); err != nil {
			return err
		}
	}
	return p.markShred(tx)
}
