package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"filippo.io/age"

	"tillit/store"
	"tillit/store/cases"
	"tillit/store/seal"
	"tillit/store/storetest"
	"tillit/store/unseal"
)

// leave is what the store is told when some of a filer's office have left.
func (f *filer) leave(gone ...string) store.Leave {
	l := store.Leave{Gone: gone, Log: newKey}
	for _, id := range f.all {
		if !slices.Contains(gone, id) {
			l.Recipients = append(l.Recipients, cases.Recipient{ID: id, Key: f.who.Key(id)})
		}
	}
	return l
}

// newKey is the log line of a new key.
func newKey(held []string) store.Entry {
	return store.Entry{Body: cases.Log{Event: cases.EventEpoch, Left: held}}
}

// wrapped is a row of the table of wraps.
type wrapped struct {
	id, epoch int
	recipient string
	data      []byte
}

// wrapsOf reads a case's rows behind the store's back.
func wrapsOf(t *testing.T, dir, ref string) (out []wrapped) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "tillit.db")+"?_query_only=1")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT w.id, w.epoch, hex(w.recipient), w.data FROM wraps w JOIN cases c ON c.id = w.case_id WHERE c.ref = ? ORDER BY w.id", ref)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var w wrapped
		if err := rows.Scan(&w.id, &w.epoch, &w.recipient, &w.data); err != nil {
			t.Fatal(err)
		}
		out = append(out, w)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// opens counts by epoch the rows that somebody's key opens.
func opens(key *age.HybridIdentity, rows []wrapped, at cases.Room) map[int]int {
	n := map[int]int{}
	for _, w := range rows {
		if _, err := unseal.Wrap(w.data, key, at.Case.Ref, at.Case.Room, w.epoch); err == nil {
			n[w.epoch]++
		}
	}
	return n
}

// changed counts the rows that are there before and after, and differ.
func changed(before, after []wrapped) (n int) {
	for _, b := range before {
		for _, a := range after {
			if a.id == b.id && (a.recipient != b.recipient || !bytes.Equal(a.data, b.data)) {
				n++
			}
		}
	}
	return n
}

// TestWhoLeavesLosesTheirKeys: every open case gets a new key, which those have who
// had the old one; what the one who left held is destroyed; and nothing in the file
// tells a case that they could open from one that kept them out.
func TestWhoLeavesLosesTheirKeys(t *testing.T) {
	dir := t.TempDir()
	s, who := storetest.Open(t, dir, storetest.Keys(t)), storetest.NewPeople(t)
	f := newFiler(t, s, who)
	f.all = []string{"maren", "jonas", "siv", cases.External, cases.Recovery}
	const theirs, kept, unsent = "lin", "kari", "nils"
	refs := map[string]string{theirs: f.open(theirs), kept: f.open(kept, "jonas"), unsent: f.open(unsent)}
	f.send(theirs, "maren", "jonas", "siv", cases.Recovery)
	f.send(kept, "maren", "siv", cases.Recovery)
	if err := s.Assign(t.Context(), "jonas", refs[theirs], "jonas"); err != nil {
		t.Fatal(err)
	}
	room := func(id, ref string) cases.Room {
		t.Helper()
		r, err := s.Read(t.Context(), id, ref, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	old, before := room("jonas", refs[theirs]), map[string][]wrapped{}
	for person, ref := range refs {
		before[person] = wrapsOf(t, dir, ref)
	}
	for range 2 { // the second time there is nothing to do
		if err := s.NewEpochs(t.Context(), f.leave("jonas")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Read(t.Context(), "jonas", refs[theirs], 0, nil); err == nil {
		t.Error("jonas gets the case")
	}
	for _, person := range []string{theirs, kept} {
		rows, r := wrapsOf(t, dir, refs[person]), room("maren", refs[person])
		if n := len(rows); n != 5+4 || r.Epoch != 2 || len(r.Earlier) != 1 {
			t.Errorf("%s: %d rows, epoch %d; want 9 and 2", person, n, r.Epoch)
		}
		if n := changed(before[person], rows); n != 1 {
			t.Errorf("%s: %d rows of the first key changed, want 1", person, n)
		}
		for id, want := range map[string]string{"maren": "map[1:1 2:1]", "siv": "map[1:1 2:1]", cases.Recovery: "map[1:1 2:1]", "jonas": "map[]", cases.External: "map[]"} {
			if got := fmt.Sprint(opens(who.Identity(id), rows, r)); got != want {
				t.Errorf("%s: %s opens %s, want %s", person, id, got, want)
			}
		}
		last := r.Entries[len(r.Entries)-1]
		key, err := unseal.Wrap(r.Wrap, who.Identity("maren"), r.Case.Ref, r.Case.Room, 2)
		if err != nil {
			t.Fatal(err)
		}
		at := seal.Context{V: last.V, Case: r.Case.Ref, Room: r.Case.Room, Epoch: 2, Seq: last.Seq, Kind: "log", At: last.Hour, Prev: last.Prev}
		text, _, err := unseal.Entry(key, last.Data, at)
		held := map[string]string{theirs: `,"left":["jonas"]`, kept: ""}[person]
		if err != nil || string(text) != `{"type":"log","event":"epoch"`+held+`}` {
			t.Errorf("%s: the log says %s, %v", person, text, err)
		}
		if key.Recipient().String() != r.Public || r.Public == r.Earlier[0].Public {
			t.Errorf("%s: the wrap is of another key than entries are sealed to", person)
		}
		if r.Case.Assignee != "" || r.Case.Status != "waiting" {
			t.Errorf("%s: %q has the case, which is %s", person, r.Case.Assignee, r.Case.Status)
		}
	}
	if rows := wrapsOf(t, dir, refs[unsent]); changed(before[unsent], rows) != 0 || len(rows) != 5 {
		t.Error("a report that is not sent was touched")
	}
	for _, name := range []string{"tillit.db", "tillit.db-wal"} {
		if raw, err := os.ReadFile(filepath.Join(dir, name)); err != nil || bytes.Contains(raw, old.Wrap[300:400]) {
			t.Errorf("%s: jonas's wrap is still in it, %v", name, err)
		}
	}
	// At send, who left is not among those who keep a wrap.
	f.send(unsent, "maren", "siv", cases.Recovery)
	r := room("maren", refs[unsent])
	if n := opens(who.Identity("jonas"), wrapsOf(t, dir, refs[unsent]), r); len(n) > 0 || r.Epoch != 1 {
		t.Errorf("jonas opens %v of what was sent after he left; epoch %d", n, r.Epoch)
	}
	if err := s.NewEpochs(t.Context(), f.leave("jonas")); err != nil || room("maren", refs[unsent]).Epoch != 1 {
		t.Errorf("a case that was sent after he left gets a new key, %v", err)
	}
	// Somebody else leaves, and one comes back and leaves again.
	for i, gone := range [][]string{{"jonas", "siv"}, {"siv"}, {"siv", "jonas"}} {
		if err := s.NewEpochs(t.Context(), f.leave(gone...)); err != nil {
			t.Fatal(err)
		}
		if got, want := room("maren", refs[kept]).Epoch, []int{3, 3, 4}[i]; got != want {
			t.Errorf("%v are gone: epoch %d, want %d", gone, got, want)
		}
	}
	if faults, err := s.Verify(t.Context(), storetest.Nobody); err != nil || len(faults) > 0 {
		t.Errorf("the log is not whole: %v, %v", faults, err)
	}
}

// TestTheLastReaderLeaves: where nobody but recovery is left, the external receiver
// has the new key, and of what came before no more than before.
func TestTheLastReaderLeaves(t *testing.T) {
	dir := t.TempDir()
	s, who := storetest.Open(t, dir, storetest.Keys(t)), storetest.NewPeople(t)
	f := newFiler(t, s, who)
	ref := f.open("lin", "maren")
	f.send("lin", "jonas", cases.Recovery)
	if err := s.NewEpochs(t.Context(), f.leave("jonas")); err != nil {
		t.Fatal(err)
	}
	r, err := s.Read(t.Context(), cases.External, ref, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(opens(who.Identity(cases.External), wrapsOf(t, dir, ref), r)); got != "map[2:1]" || r.Earlier[0].Wrap != nil {
		t.Errorf("the external receiver opens %s", got)
	}
	if n := opens(who.Identity("maren"), wrapsOf(t, dir, ref), r); len(n) > 0 {
		t.Errorf("who is kept out opens %v", n)
	}
}

// TestNewKeysGoOnWhereTheyWere breaks off between two cases: at the next start each
// case has one new key, and no case two.
func TestNewKeysGoOnWhereTheyWere(t *testing.T) {
	dir, keys := t.TempDir(), storetest.Keys(t)
	s := storetest.Open(t, dir, keys)
	f := newFiler(t, s, storetest.NewPeople(t))
	var refs []string
	for _, person := range []string{"lin", "kari", "nils"} {
		refs = append(refs, f.open(person))
		f.send(person, "maren", "jonas", cases.Recovery)
	}
	l, n := f.leave("jonas"), 0
	broken := l
	broken.Log = func(held []string) store.Entry {
		if n++; n == 2 {
			return store.Entry{}
		}
		return l.Log(held)
	}
	if err := s.NewEpochs(t.Context(), broken); err == nil {
		t.Fatal("it did not break off")
	}
	epochs := func(s *store.Store) (out []int) {
		for _, ref := range refs {
			r, err := s.Read(t.Context(), "maren", ref, 0, nil)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, r.Epoch)
		}
		return out
	}
	if got := epochs(s); !slices.Equal(got, []int{2, 1, 1}) {
		t.Fatalf("after the break the epochs are %v", got)
	}
	crashed := t.TempDir()
	for _, name := range []string{"tillit.db", "tillit.db-wal"} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(crashed, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again := storetest.Open(t, crashed, keys)
	if err := again.NewEpochs(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	if got := epochs(again); !slices.Equal(got, []int{2, 2, 2}) {
		t.Errorf("after the next start the epochs are %v", got)
	}
	if faults, err := again.Verify(t.Context(), storetest.Nobody); err != nil || len(faults) > 0 {
		t.Errorf("the log is not whole: %v, %v", faults, err)
	}
}

// TestBlindVerifyNamesAnotherKey changes the rows that say which keys a case has.
func TestBlindVerifyNamesAnotherKey(t *testing.T) {
	for name, row := range map[string]struct{ do, want string }{
		"the key":                 {"UPDATE cases SET public = (SELECT public FROM epochs)", "entry 4 was changed, or moved"},
		"the first key":           {"UPDATE epochs SET public = (SELECT public FROM cases)", "entry 1 was changed, or moved"},
		"no earlier key":          {"DELETE FROM epochs", "the key of epoch 1 is missing"},
		"one that nobody named":   {"INSERT INTO epochs (case_id, epoch, public) SELECT id, 2, public FROM cases; UPDATE cases SET epoch = 3", "the log does not name the key that is sealed to now"},
		"an entry says it is old": {"UPDATE entries SET epoch = 1 WHERE seq = 4", "entry 4 was changed, or moved"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := storetest.Open(t, dir, storetest.Keys(t))
			f := newFiler(t, s, storetest.NewPeople(t))
			ref := f.open("lin")
			f.send("lin", "maren", "jonas", cases.Recovery)
			if err := s.NewEpochs(t.Context(), f.leave("jonas")); err != nil {
				t.Fatal(err)
			}
			db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "tillit.db"))
			if err != nil {
				t.Fatal(err)
			}
			_, err = db.Exec(row.do)
			db.Close()
			if err != nil {
				t.Fatal(err)
			}
			if faults, err := s.Verify(t.Context(), storetest.Nobody); err != nil || len(faults) == 0 || faults[0] != ref+": "+row.want {
				t.Errorf("verify says %q, %v; want %q", faults, err, row.want)
			}
		})
	}
}

// TestAccessIsGivenToWhatOneHas: a colleague puts wraps in for the newest key, and
// for the others that they hold themselves; anything else is no case of theirs.
func TestAccessIsGivenToWhatOneHas(t *testing.T) {
	dir := t.TempDir()
	s, who := storetest.Open(t, dir, storetest.Keys(t)), storetest.NewPeople(t)
	f := newFiler(t, s, who)
	f.all = append(f.all, "siv")
	ref := f.open("lin", "maren")
	f.send("lin", "jonas", "siv", cases.Recovery)
	if err := s.NewEpochs(t.Context(), f.leave("siv")); err != nil {
		t.Fatal(err)
	}
	r, err := s.Read(t.Context(), "jonas", ref, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	before := wrapsOf(t, dir, ref)
	give := func(wraps map[int][]byte) error {
		return s.PutWrap(t.Context(), "jonas", ref, wraps, cases.External, f.all)
	}
	for name, wraps := range map[string]map[int][]byte{
		"not the newest":      {1: r.Earlier[0].Wrap},
		"one that is not":     {1: r.Earlier[0].Wrap, 2: r.Wrap, 3: r.Wrap},
		"of another length":   {1: r.Earlier[0].Wrap[1:], 2: r.Wrap},
		"newest, that length": {1: r.Earlier[0].Wrap, 2: r.Wrap[1:]},
	} {
		if err := give(wraps); !errors.Is(err, store.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after := wrapsOf(t, dir, ref); changed(before, after) != 0 || len(after) != len(before) {
		t.Error("what was refused is written")
	}
	if err := give(map[int][]byte{1: r.Earlier[0].Wrap, 2: r.Wrap}); err != nil {
		t.Error(err)
	}
	if after := wrapsOf(t, dir, ref); changed(before, after) != 2 || len(after) != len(before) {
		t.Errorf("%d of %d rows changed, want 2 of %d", changed(before, after), len(after), len(before))
	}
}
