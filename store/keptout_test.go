package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"filippo.io/age"

	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/seal"
	"tillit/store/storetest"
	"tillit/store/unseal"
)

// office is a small organisation: what it decides is written down here once more, so
// that the store is held to something that is not itself.
var office = []string{"maren", "jonas", "siv", "hakon"}

func keep(level string, out []string) (ids []string) {
	for _, id := range office {
		if level != "external" && !slices.Contains(out, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		ids = []string{cases.External}
	}
	return append(ids, cases.Recovery)
}

// kept is one report, and what must be true of it.
type kept struct {
	*filer
	dir          string
	ref          string
	sent         bool
	out, recused []string
	holds        map[string]bool
	epoch        int
	assignee     string
}

func (k *kept) recipients() (all []cases.Recipient) {
	for _, id := range k.all {
		all = append(all, cases.Recipient{ID: id, Key: k.who.Key(id)})
	}
	return all
}

func some(r *rand.Rand) []string {
	out := []string{}
	for _, id := range office {
		if r.IntN(3) == 0 {
			out = append(out, id)
		}
	}
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// say tells the store the whole set, and works out what it leads to.
func (k *kept) say(out []string) {
	c := store.Change{Exclude: &store.Exclude{Out: out, Recipients: k.recipients()}, Entries: []store.Entry{body("x")}}
	for _, id := range office { // from a caller that looked before it changed
		c.Notices = append(c.Notices, cases.Notice{Handler: id, Kind: "answer"})
	}
	if !k.sent {
		c.Notices = nil
	}
	k.apply("lin", c)
	before := k.out
	k.out = append([]string{}, slices.Sorted(slices.Values(out))...)
	if k.sent {
		k.gone(slices.DeleteFunc(slices.Clone(k.out), func(id string) bool { return slices.Contains(before, id) }))
	}
}

// gone is what becomes of those who are kept out after sending.
func (k *kept) gone(ids []string) {
	if len(ids) == 0 {
		return
	}
	k.epoch++
	for _, id := range ids {
		delete(k.holds, id)
		if k.assignee == id {
			k.assignee = ""
		}
	}
	if len(k.holds) == 1 {
		k.holds[cases.External] = true
	}
}

func (k *kept) submit(r *rand.Rand) {
	level := []string{"central", "external"}[r.IntN(2)]
	names := keep(level, k.out)
	all := slices.Clone(names)
	if r.IntN(4) == 0 { // a caller that forgot
		all = append(all, k.out...)
	}
	k.send("lin", all...)
	k.sent, k.epoch = true, 1
	for _, id := range names {
		k.holds[id] = true
	}
}

// grant has somebody who holds a key give it to a colleague.
func (k *kept) grant(r *rand.Rand) {
	var holders, others []string
	for _, id := range office {
		if k.holds[id] {
			holders = append(holders, id)
		} else {
			others = append(others, id)
		}
	}
	if len(holders) == 0 || len(others) == 0 {
		return
	}
	from, to := holders[r.IntN(len(holders))], others[r.IntN(len(others))]
	room, err := k.s.Read(k.t.Context(), from, k.ref, 0, nil)
	if err != nil {
		k.t.Fatal(err)
	}
	key, err := unseal.Wrap(room.Wrap, k.who.Identity(from), k.ref, room.Case.Room, room.Epoch)
	if err != nil {
		k.t.Fatal(err)
	}
	text := fmt.Sprintf("# tillit room-key v1 case=%s room=%s epoch=%d\n%s\n", k.ref, room.Case.Room, room.Epoch, key.String())
	wrap, err := seal.To(k.who.Key(to), []byte(text))
	if err != nil {
		k.t.Fatal(err)
	}
	err = k.s.PutWrap(k.t.Context(), from, k.ref, map[int][]byte{room.Epoch: wrap}, to, k.all)
	if barred := slices.Contains(k.out, to) || slices.Contains(k.recused, to); barred != errors.Is(err, store.ErrKeptOut) || !barred && err != nil {
		k.t.Errorf("giving a key to one who is kept out (%v): %v", barred, err)
	}
	if err == nil {
		k.holds[to] = true
	}
}

func (k *kept) assign(r *rand.Rand) {
	if to := office[r.IntN(len(office))]; k.holds[to] {
		if err := k.s.Assign(k.t.Context(), to, k.ref, to); err != nil {
			k.t.Fatal(err)
		}
		k.assignee = to
	}
}

func (k *kept) recuse(r *rand.Rand) {
	if id := office[r.IntN(len(office))]; k.holds[id] {
		if err := k.s.Recuse(k.t.Context(), id, k.ref, k.recipients()); err != nil {
			k.t.Fatal(err)
		}
		k.recused = append(k.recused, id)
		k.gone([]string{id})
	}
}

// check compares the rows, the box, the log and what the store answers with what must
// be true.
func (k *kept) check() {
	t, ctx := k.t, k.t.Context()
	t.Helper()
	out, recused, err := k.s.KeptOut(ctx, k.ref)
	if err != nil || !slices.Equal(out, k.out) || out == nil || !slices.Equal(recused, k.recused) {
		t.Fatalf("the box says %v and %v, %v; want %v and %v", out, recused, err, k.out, k.recused)
	}
	rows := wrapsOf(t.(*testing.T), k.dir, k.ref)
	if want := len(k.all) * max(k.epoch, 1); len(rows) != want {
		t.Fatalf("%d places for keys, want %d", len(rows), want)
	}
	for _, id := range k.all {
		room, err := k.s.Read(ctx, id, k.ref, 0, nil)
		if (err == nil) != k.holds[id] {
			t.Fatalf("%s gets the case: %v, want %v", id, err == nil, k.holds[id])
		}
		at := cases.Room{Case: cases.Case{Ref: k.ref, Room: k.room()}}
		n := opens(k.who.Identity(id), rows, at)
		if k.holds[id] != (n[k.epoch] == 1) || slices.Contains(k.out, id) && len(n) > 0 {
			t.Fatalf("%s opens %v, holds a key: %v", id, n, k.holds[id])
		}
		if err != nil {
			if words, err := k.s.Notices(ctx, id); err != nil || k.sent && slices.Contains(k.out, id) && len(words) > 0 {
				t.Fatalf("%d words wait for %s, who is kept out, %v", len(words), id, err)
			}
			continue
		}
		if room.Case.Assignee != k.assignee {
			t.Fatalf("%q has it, want %q", room.Case.Assignee, k.assignee)
		}
		if id == cases.Recovery {
			k.checkLog(room)
		}
	}
}

// room is the case's random id.
func (k *kept) room() string {
	conv, err := k.s.Conversation(k.t.Context(), "test", intake.NewConversationID("lin"))
	if err != nil {
		k.t.Fatal(err)
	}
	return conv.Room
}

// checkLog opens the whole log with the recovery key: the last exclusion in it is the
// set, and each key begins with the line that names it.
func (k *kept) checkLog(room cases.Room) {
	keys := map[int]*age.HybridIdentity{}
	for _, e := range append(slices.Clone(room.Earlier), cases.Epoch{Epoch: room.Epoch, Wrap: room.Wrap}) {
		key, err := unseal.Wrap(e.Wrap, k.who.Identity(cases.Recovery), k.ref, room.Case.Room, e.Epoch)
		if err != nil {
			k.t.Fatal(err)
		}
		keys[e.Epoch] = key
	}
	var last []string
	epoch := 1
	for _, e := range room.Entries {
		at := seal.Context{V: e.V, Case: k.ref, Room: room.Case.Room, Epoch: e.Epoch, Seq: e.Seq, Kind: string(e.Kind), At: e.Hour, Prev: e.Prev}
		raw, _, err := unseal.Entry(keys[e.Epoch], e.Data, at)
		if err != nil {
			k.t.Fatal(err)
		}
		said, err := cases.Decode(e.V, e.Kind, raw)
		if err != nil {
			k.t.Fatal(err)
		}
		if line, ok := said.(cases.Log); e.Epoch != epoch && (!ok || line.Event != cases.EventEpoch) {
			k.t.Fatalf("key %d begins with %s", e.Epoch, said.Type())
		}
		epoch = e.Epoch
		if x, ok := said.(cases.Exclusion); ok {
			last = x.Out
		}
	}
	if !slices.Equal(last, k.out) {
		k.t.Fatalf("the log says %v, want %v", last, k.out)
	}
	if faults, err := k.s.Verify(k.t.Context(), storetest.Nobody); err != nil || len(faults) > 0 {
		k.t.Fatalf("the log is not whole: %v, %v", faults, err)
	}
}

// TestWhoIsKeptOutIs takes a report through random orders of all that says who is kept
// out, and compares after each what everybody can open with what must be true.
func TestWhoIsKeptOutIs(t *testing.T) {
	who := storetest.NewPeople(t)
	for seed := range uint64(24) {
		r := rand.New(rand.NewPCG(seed, 1))
		dir := t.TempDir()
		k := &kept{filer: newFiler(t, storetest.Open(t, dir, storetest.Keys(t)), who), dir: dir, holds: map[string]bool{}}
		k.all = slices.Concat(office, []string{cases.External, cases.Recovery})
		first := some(r)
		k.ref, k.out = k.open("lin", first...), append([]string{}, slices.Sorted(slices.Values(first))...)
		var did []string
		for range 3 + r.IntN(10) {
			acts := map[string]func(){"say": func() { k.say(some(r)) }, "submit": func() { k.submit(r) }}
			if k.sent {
				delete(acts, "submit")
				acts["grant"], acts["assign"], acts["recuse"] = func() { k.grant(r) }, func() { k.assign(r) }, func() { k.recuse(r) }
			}
			name := slices.Sorted(maps.Keys(acts))[r.IntN(len(acts))]
			did = append(did, name)
			acts[name]()
			k.check()
			if t.Failed() {
				t.Fatalf("seed %d, after %v", seed, did)
			}
		}
	}
}

// TestWhatIsSaidAgainIsNotWrittenAgain: a set that holds already adds nothing to the
// log, and nobody's set is one too.
func TestWhatIsSaidAgainIsNotWrittenAgain(t *testing.T) {
	s, who := storetest.New(t)
	f := newFiler(t, s, who)
	ref := f.open("lin")
	for i, out := range [][]string{{}, {"jonas"}, {"jonas"}, {"jonas", "maren"}, {"maren", "jonas", "jonas"}, nil, {}} {
		f.apply("lin", store.Change{Exclude: &store.Exclude{Out: out}})
		if got, want := entries(t, s.Dir, ref), []int{3, 4, 4, 5, 5, 6, 6}[i]; got != want {
			t.Errorf("after %v: %d entries, want %d", out, got, want)
		}
	}
}

// TestTheBoxDoesNotGrow with how many are kept out.
func TestTheBoxDoesNotGrow(t *testing.T) {
	s, who := storetest.New(t)
	f := newFiler(t, s, who)
	ref := f.open("lin")
	before := count(t, s.Dir, "SELECT length(facts) FROM cases WHERE ref = '"+ref+"'")
	f.apply("lin", store.Change{Exclude: &store.Exclude{Out: []string{"jonas", "maren", "somebody-with-a-long-name", "another-one"}}})
	f.send("lin", "maren", cases.External, cases.Recovery)
	if after := count(t, s.Dir, "SELECT length(facts) FROM cases WHERE ref = '"+ref+"'"); after != before {
		t.Errorf("the box has %d bytes, before %d", after, before)
	}
}

func entries(t *testing.T, dir, ref string) int {
	t.Helper()
	return count(t, dir, "SELECT count(*) FROM entries e JOIN cases c ON c.id = e.case_id WHERE c.ref = '"+ref+"'")
}

// TestWhatWasReadIsDestroyed: the wraps of whoever is kept out later are in no file.
func TestWhatWasReadIsDestroyed(t *testing.T) {
	dir := t.TempDir()
	s, who := storetest.Open(t, dir, storetest.Keys(t)), storetest.NewPeople(t)
	k := &kept{filer: newFiler(t, s, who), dir: dir}
	k.all = slices.Concat(office, []string{cases.External, cases.Recovery})
	k.ref = k.open("lin")
	k.send("lin", "maren", "jonas", cases.Recovery)
	room, err := s.Read(t.Context(), "jonas", k.ref, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	k.apply("lin", store.Change{Exclude: &store.Exclude{Out: []string{"jonas"}, Recipients: k.recipients()}})
	for _, name := range []string{"tillit.db", "tillit.db-wal"} {
		if raw, err := os.ReadFile(filepath.Join(dir, name)); err != nil || bytes.Contains(raw, room.Wrap[300:400]) {
			t.Errorf("%s: jonas's wrap is still in it, %v", name, err)
		}
	}
	if n := count(t, dir, "SELECT count(*) FROM shreds"); n > 0 {
		t.Error("the destruction is not finished")
	}
}

func count(t *testing.T, dir, query string) (n int) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "tillit.db")+"?_query_only=1")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
