package casework_test

import (
	"bytes"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"testing"

	"filippo.io/age"

	"tillit/handlers/casework"
	"tillit/handlers/office"
	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/seal"
)

// leave has somebody leave the office, and starts it anew as the daemon does.
func (p *place) leave(ids ...string) {
	p.t.Helper()
	for _, id := range ids {
		if p.left == nil {
			p.left = map[string]string{}
		}
		p.left[id] = "2020-01-02"
	}
	p.alter()
	p.newEpochs()
}

func (p *place) newEpochs() {
	p.t.Helper()
	if err := p.store.NewEpochs(p.t.Context(), office.Leave(p.roster)); err != nil {
		p.t.Fatal(err)
	}
}

// plaintext is what one of the keys opens.
func plaintext(data []byte, keys ...age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(data), keys...)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// blobs are the values of a column that is sealed, with a number beside each.
func (p *place) blobs(query string) (out []struct {
	n    int
	data []byte
}) {
	p.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(p.dir, "tillit.db")+"?mode=ro")
	if err != nil {
		p.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(query)
	if err != nil {
		p.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var b struct {
			n    int
			data []byte
		}
		if err := rows.Scan(&b.n, &b.data); err != nil {
			p.t.Fatal(err)
		}
		out = append(out, b)
	}
	if err := rows.Err(); err != nil {
		p.t.Fatal(err)
	}
	return out
}

const (
	allWraps   = "SELECT epoch, data FROM wraps"
	allEntries = "SELECT seq, data FROM entries"
)

// TestWhoLeftReadsNothingNew has somebody leave who could read a case, and who took
// a copy of the database along: with that, their key and all that lies in the
// database later they open what was written before, and nothing after.
func TestWhoLeftReadsNothingNew(t *testing.T) {
	p := newPlace(t)
	key, old := keyWith(t)
	p.keys["siv"] = key
	p.alter()
	ref := p.file("lin", "en", "to")
	half := p.begin("kari", []string{"ikke sendt"})
	if err := p.dial("siv").Assign(t.Context(), ref, "siv"); err != nil {
		t.Fatal(err)
	}
	if err := p.dial("siv").Note(t.Context(), ref, intake.NewPrivate("fra siv")); err != nil {
		t.Fatal(err)
	}
	seen := filepath.Join(t.TempDir(), "maren.seen")
	if _, err := p.dialAt("maren", seen).Case(t.Context(), ref, "read"); err != nil {
		t.Fatal(err)
	}
	open := p.dial("jonas") // a desk that stays open
	if _, err := open.Case(t.Context(), ref, "read"); err != nil {
		t.Fatal(err)
	}
	wraps := p.blobs(allWraps) // siv's copy
	p.leave("siv")
	if _, err := casework.Dial(t.Context(), casework.Config{Server: p.web.URL, Key: p.keys["siv"]}); !errors.Is(err, casework.ErrDenied) {
		t.Errorf("siv signs in: %v", err)
	}
	maren := p.dialAt("maren", seen)
	p.apply("lin", store.Change{Entries: []store.Entry{answer("tre")}})
	for _, err := range []error{
		maren.Note(t.Context(), ref, intake.NewPrivate("notat")),
		maren.Reply(t.Context(), ref, intake.NewPrivate("svar")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	p.send("kari", "2026-11-27")

	for name, c := range map[string]*casework.Client{"maren": maren, "jonas": open, "jonas on a new machine": p.dial("jonas")} {
		cs, err := c.Case(t.Context(), ref, "read")
		if err != nil || cs.Closed > 0 {
			t.Fatalf("%s: %v, %d do not open", name, err, cs.Closed)
		}
		var got []string
		for _, e := range cs.Entries {
			got = append(got, e.By+" "+e.Event+" "+e.Text.Reveal())
		}
		want := []string{"reporter  en", "reporter  to", "SIV taken SIV", "SIV  fra siv", "tillit epoch SIV", "reporter  tre", "MAREN  notat", "MAREN  svar"}
		if !slices.Equal(got, want) {
			t.Errorf("%s reads %q, want %q", name, got, want)
		}
		if cs.Assignee != "" || slices.Contains(names(cs), "siv") || !slices.Equal(names(cs), []string{"maren", "jonas", cases.Recovery}) {
			t.Errorf("%s: %q has the case, %v can open it", name, cs.Assignee, names(cs))
		}
		if all, err := c.VerifyAll(t.Context()); err != nil || len(all) != 2 || len(all[0].Faults)+len(all[1].Faults) > 0 {
			t.Errorf("%s: verify says %v, %v", name, all, err)
		}
		if c == open { // it reads who works here when it begins; the office refuses the rest
			if err := c.Grant(t.Context(), ref, "siv", p.keys["siv"].Fingerprint()); err == nil {
				t.Error("a desk that stayed open gives siv access")
			}
			continue
		}
		if slices.ContainsFunc(c.Handlers(), func(h casework.Handler) bool { return h.ID == "siv" }) {
			t.Errorf("%s is offered siv", name)
		}
		if err := c.Grant(t.Context(), ref, "siv", p.keys["siv"].Fingerprint()); !errors.Is(err, casework.ErrUnknown) {
			t.Errorf("%s gives siv access: %v", name, err)
		}
	}
	if cs, err := maren.Case(t.Context(), half, "read"); err != nil || len(cs.Entries) != 1 {
		t.Errorf("what was sent after siv left: %v", err)
	}

	var rooms []age.Identity
	for _, w := range append(wraps, p.blobs(allWraps)...) {
		if text, err := plaintext(w.data, old); err == nil {
			found, err := age.ParseIdentities(bytes.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			rooms = append(rooms, found...)
		}
	}
	if len(rooms) != 1 { // the unsent report's wrap was boxed in the copy, and is destroyed
		t.Fatalf("siv's key opens %d wraps, want the one in the copy", len(rooms))
	}
	var read []int
	for _, e := range p.blobs(allEntries + " WHERE " + ofLin) {
		if _, err := plaintext(e.data, rooms...); err == nil {
			read = append(read, e.n)
		}
	}
	if !slices.Equal(read, []int{1, 2, 3, 4}) {
		t.Errorf("siv opens the entries %v, want the first four", read)
	}
	for _, e := range p.blobs(allEntries + " WHERE " + ofAsk) {
		if _, err := plaintext(e.data, append(rooms, old)...); err == nil {
			t.Error("siv opens what was sent later")
		}
	}
}

// TestAccessGoesBackToTheBeginning gives somebody a key to a case that has had two:
// they read all of it. Who reads only a part gives nobody a key.
func TestAccessGoesBackToTheBeginning(t *testing.T) {
	p := newPlace(t)
	kept := cases.Answer{Question: "C0", Is: []string{"keeps_out"}, Choices: []string{"p:jonas"}, Labels: []string{"JONAS"}}
	ref := p.apply("lin", store.Change{Open: &store.OpenRoom{Recipients: p.roster.Recipients(), Excluded: []string{"jonas"}},
		Entries: []store.Entry{{Body: kept}, answer("om jonas")}}).Ref
	p.send("lin", "2026-11-27", "jonas")
	p.leave("siv")
	p.apply("lin", store.Change{Entries: []store.Entry{answer("mer")}})
	maren := p.dial("maren")
	if err := maren.Grant(t.Context(), ref, cases.External, fingerprintOf(p, "external")); err != nil {
		t.Fatal(err)
	}
	cs, err := p.dial("external").Case(t.Context(), ref, "read")
	if err != nil || cs.Closed > 0 || len(cs.Answers) != 3 || len(cs.Entries) != 5 {
		t.Fatalf("after access was given: %v, %v", err, cs)
	}
	if rows := p.rows("SELECT count(*) FROM wraps"); rows != 5+4 {
		t.Errorf("%d places for keys, want 9: their number tells that access was given", rows)
	}
	// The one who is left loses the key to what came before.
	p.alter("DELETE FROM wraps WHERE epoch = 1")
	fresh := p.dial("maren")
	cs, err = fresh.Case(t.Context(), ref, "read")
	if err != nil || cs.Closed != 2 || len(cs.Entries) != 3 {
		t.Fatalf("with the later key only: %v, %v", err, cs)
	}
	for _, to := range []string{"jonas", cases.External} {
		if err := fresh.Grant(t.Context(), ref, to, fingerprintOf(p, to)); !errors.Is(err, casework.ErrPart) {
			t.Errorf("who cannot see whom the reporter keeps out gives %s a key: %v", to, err)
		}
	}
	if err := fresh.Note(t.Context(), ref, intake.NewPrivate("notat")); err != nil {
		t.Errorf("a note with the later key only: %v", err)
	}
	want := "swapped: the key to this case, which opened it on this machine before, is another one"
	if faults, err := maren.Verify(t.Context(), ref); err != nil || !slices.Equal(faults, []string{want}) {
		t.Errorf("a machine that read all of it before says %q, %v", faults, err)
	}
}

func fingerprintOf(p *place, id string) string {
	if id == cases.External {
		id = "external"
	}
	return p.keys[id].Fingerprint()
}

// ownKey is another key for the first case, with a wrap for maren: what somebody
// can make who runs the server.
func (p *place) ownKey(ref string, epoch int) (seal.Room, string) {
	p.t.Helper()
	room, err := p.store.RoomFor(p.t.Context(), "maren", ref, "index", "")
	if err != nil {
		p.t.Fatal(err)
	}
	made, err := seal.NewRoom(ref, room.Case.Room, epoch, map[string]string{"maren": p.keys["maren"].Recipient()}, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	id := p.server.Lookup("wrap", []byte(room.Case.Room), []byte(fmt.Sprint(epoch)), []byte("maren"))
	return made, hex.EncodeToString(id)
}

// TestAKeyThatNobodyNamedIsNamed has whoever holds the database and the server key
// put in a key of their own without saying so.
func TestAKeyThatNobodyNamedIsNamed(t *testing.T) {
	const fromSix = "swapped: from entry 6 on the case is sealed to a key that its log does not name"
	for name, row := range map[string]struct {
		do     func(p *place, ref string) []string
		later  bool // the reporter writes after it
		want   []string
		closed int
	}{
		"untouched": {func(*place, string) []string { return nil }, true, nil, 0},
		"the key that is sealed to": {func(p *place, ref string) []string {
			made, _ := p.ownKey(ref, 2)
			return []string{"UPDATE cases SET public = '" + made.Public + "' WHERE ref = '" + ref + "'"}
		}, false, []string{"swapped: from entry 4 on the case is sealed to a key that its log does not name"}, 0},
		"the key and its wrap": {func(p *place, ref string) []string {
			made, id := p.ownKey(ref, 2)
			return []string{"UPDATE cases SET public = '" + made.Public + "' WHERE ref = '" + ref + "'",
				fmt.Sprintf("UPDATE wraps SET data = x'%x' WHERE hex(recipient) = upper('%s')", made.Wraps["maren"], id)}
		}, false, []string{"swapped: entries 4 to 5 are sealed to another case's key"}, 0},
		"a new key": {func(p *place, ref string) []string { return p.another(ref) },
			false, []string{fromSix}, 0},
		"a new key, and somebody writes": {func(p *place, ref string) []string { return p.another(ref) },
			true, []string{fromSix}, 0},
		"the old key again": {func(p *place, ref string) []string {
			return []string{"UPDATE cases SET public = (SELECT public FROM epochs), epoch = 1 WHERE ref = '" + ref + "'", "DELETE FROM epochs"}
		}, true, []string{"swapped: from entry 4 on the case is sealed to a key that its log does not name", "swapped: entry 6 is sealed to a key that had ended"}, 2},
		"the old key, with the new one beside it": {func(p *place, ref string) []string {
			return append(p.sealOld(ref), "UPDATE cases SET next_seq = 7 WHERE ref = '"+ref+"'")
		}, false, []string{"swapped: entry 6 is sealed to a key that had ended"}, 0},
		"a line that says something else": {func(p *place, ref string) []string {
			return p.chainAnew(ref, func(e *cases.Sealed, room cases.Room) {
				if e.Epoch == 2 {
					forge(p.t, e, room, room.Public)
				}
			})
		}, false, []string{"swapped: from entry 4 on the case is sealed to a key that its log does not name"}, 0},
		"a log that names the key, and wraps of another": {func(p *place, ref string) []string {
			room, err := p.store.RoomFor(p.t.Context(), "maren", ref, "index", "")
			if err != nil {
				p.t.Fatal(err)
			}
			made, _ := p.ownKey(ref, 2)
			p.alter("UPDATE cases SET public = '" + made.Public + "' WHERE ref = '" + ref + "'")
			return p.chainAnew(ref, func(e *cases.Sealed, _ cases.Room) {
				if e.Epoch == 2 {
					at := seal.Context{V: e.V, Case: ref, Room: room.Case.Room, Epoch: 2, Seq: e.Seq, Kind: string(e.Kind), At: e.Hour, Prev: e.Prev}
					if e.Data, err = seal.Entry(room.Public, at, []byte(`{"type":"log","event":"epoch"}`)); err != nil {
						p.t.Fatal(err)
					}
				}
			})
		}, false, []string{"swapped: from entry 4 on the case is sealed to a key that its log does not name"}, 0},
		"the line is gone": {func(p *place, ref string) []string {
			return []string{"DELETE FROM entries WHERE seq = 4 AND " + ofLin}
		}, false, []string{"removed: entry 4 is missing"}, 0},
		"the line is changed": {func(p *place, ref string) []string {
			return []string{"UPDATE entries SET data = CAST(x'00' || substr(data, 2) AS BLOB) WHERE seq = 4 AND " + ofLin}
		}, false, []string{"changed: entry 4 is not what was stored"}, 0},
		"the line is changed, and is the last": {func(*place, string) []string {
			return []string{"DELETE FROM entries WHERE seq = 5 AND " + ofLin,
				"UPDATE entries SET data = CAST(x'00' || substr(data, 2) AS BLOB) WHERE seq = 4 AND " + ofLin}
		}, false, []string{"changed: entry 4 is not what was stored"}, 0},
		"nothing before the line is whole": {func(*place, string) []string {
			return []string{"DELETE FROM entries WHERE seq = 1 AND " + ofLin,
				"UPDATE entries SET data = CAST(x'00' || substr(data, 2) AS BLOB) WHERE seq IN (2, 3) AND " + ofLin}
		}, false, []string{"removed: entry 1 is missing", "changed: entries 2 to 3 are not what was stored"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			ref := p.file("lin", "en", "to", "tre")
			p.leave("siv")
			p.apply("lin", store.Change{Entries: []store.Entry{answer("fire")}})
			do := row.do(p, ref)
			p.alter(do...)
			if row.later {
				p.apply("lin", store.Change{Entries: []store.Entry{answer("seks")}})
			}
			maren := p.dial("maren")
			cs, err := maren.Case(t.Context(), ref, "read")
			if len(row.want) > 0 != errors.Is(err, casework.ErrTampered) || cs == nil {
				t.Fatalf("opening gives %v", err)
			}
			if !slices.Equal(cs.Faults, row.want) || cs.Closed != row.closed {
				t.Errorf("the faults are %q, %d closed; want %q, %d", cs.Faults, cs.Closed, row.want, row.closed)
			}
		})
	}
}

// another is a third key that no entry names.
func (p *place) another(ref string) []string {
	made, id := p.ownKey(ref, 3)
	return []string{
		"INSERT INTO epochs (case_id, epoch, public) SELECT id, 2, public FROM cases WHERE ref = '" + ref + "'",
		"UPDATE cases SET epoch = 3, public = '" + made.Public + "' WHERE ref = '" + ref + "'",
		fmt.Sprintf("INSERT INTO wraps (case_id, epoch, recipient, staged, data) SELECT id, 3, x'%s', 0, x'%x' FROM cases WHERE ref = '%s'", id, made.Wraps["maren"], ref),
	}
}

// sealOld writes an entry that the key from before opens, signed and in its place.
func (p *place) sealOld(ref string) []string {
	p.t.Helper()
	room, err := p.store.RoomFor(p.t.Context(), "maren", ref, "index", "")
	if err != nil {
		p.t.Fatal(err)
	}
	last := room.Entries[len(room.Entries)-1]
	at := seal.Context{V: 1, Case: ref, Room: room.Case.Room, Epoch: 1, Seq: last.Seq + 1, Kind: "reporter", At: p.clock().UTC(), Prev: last.Hash}
	data, err := seal.Entry(room.Earlier[0].Public, at, cases.Encode(answer("fem").Body))
	if err != nil {
		p.t.Fatal(err)
	}
	hash := seal.Step(at, data, nil)
	return []string{
		fmt.Sprintf("INSERT INTO entries (case_id, seq, epoch, kind, hour, prev, hash, sig, data) SELECT id, %d, 1, 'reporter', %d, x'%x', x'%x', x'%x', x'%x' FROM cases WHERE ref = '%s'",
			at.Seq, seal.Hour(at.At).Unix(), at.Prev, hash, p.server.Sign(hash), data, ref),
		fmt.Sprintf("UPDATE cases SET head = x'%x' WHERE ref = '%s'", hash, ref),
	}
}
