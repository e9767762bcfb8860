package casework_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"testing"

	"filippo.io/age"

	"tillit/handlers"
	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/intake"
	"tillit/store/cases"
	"tillit/store/seal"
)

// plaintext is what one of the keys opens.
func plaintext(data []byte, keys ...age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(data), keys...)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

const (
	allWraps   = "SELECT epoch, data FROM wraps"
	allEntries = "SELECT seq, data FROM entries"
)

// TestWhoLeftReadsNothingNew has somebody leave who could read a case, and who took
// a copy of the database along: with that, their key and all that lies in the
// database later they open what was written before, and nothing after.
func TestWhoLeftReadsNothingNew(t *testing.T) {
	p := newOffice(t)
	key, old := keyWith(t)
	p.Person("siv").Key = key
	p.Alter()
	ref := p.Report("lin", "en", "to")
	kari := p.Reporter("kari").Tell(handlerstest.Answers{"A1": {"ikke sendt"}})
	if err := p.Dial("siv").Assign(t.Context(), ref, "siv"); err != nil {
		t.Fatal(err)
	}
	if err := p.Dial("siv").Note(t.Context(), ref, intake.NewPrivate("fra siv")); err != nil {
		t.Fatal(err)
	}
	seen := filepath.Join(t.TempDir(), "maren.seen")
	if _, err := p.DialAt("maren", seen).Case(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	open := p.Dial("jonas") // a desk that stays open
	if _, err := open.Case(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	wraps := p.Blobs(allWraps) // siv's copy
	p.Leave("siv")
	if _, err := handlerstest.SignIn(t.Context(), casework.Config{Server: p.API.URL, Key: p.Key("siv")}); !errors.Is(err, casework.ErrDenied) {
		t.Errorf("siv signs in: %v", err)
	}
	maren := p.DialAt("maren", seen)
	before := last(p, ref) - 1 // without the line that names the new key
	p.Reporter("lin").Says("tre")
	for _, err := range []error{
		maren.Note(t.Context(), ref, intake.NewPrivate("notat")),
		maren.Reply(t.Context(), ref, intake.NewPrivate("svar")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	half := kari.Send()

	for name, c := range map[string]*handlerstest.Desk{"maren": maren, "jonas": open, "jonas on a new machine": p.Dial("jonas")} {
		cs, err := c.Case(t.Context(), ref)
		if err != nil || cs.Closed > 0 {
			t.Fatalf("%s: %v, %d do not open", name, err, cs.Closed)
		}
		var got []string
		for _, e := range cs.Entries {
			if e.Kind != cases.TypeAnswer || e.Text.Reveal() != "" {
				got = append(got, e.By+" "+e.Event+" "+e.Text.Reveal())
			}
		}
		want := []string{"reporter nobody_kept_out ", "reporter  en", "reporter  to", "tillit received ", "tillit receipt ", "Siv A. take ", "Siv A.  fra siv", "tillit epoch Siv A.", "reporter  tre", "Maren V.  notat", "Maren V.  svar"}
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
			if err := c.Grant(t.Context(), ref, "siv", p.Key("siv").Fingerprint()); err == nil {
				t.Error("a desk that stayed open gives siv access")
			}
			continue
		}
		if slices.ContainsFunc(c.Handlers(), func(h casework.Handler) bool { return h.ID == "siv" }) {
			t.Errorf("%s is offered siv", name)
		}
		if err := c.Grant(t.Context(), ref, "siv", p.Key("siv").Fingerprint()); !errors.Is(err, casework.ErrUnknown) {
			t.Errorf("%s gives siv access: %v", name, err)
		}
	}
	if cs, err := maren.Case(t.Context(), half); err != nil || !slices.Equal(words(cs), []string{"ikke sendt"}) {
		t.Errorf("what was sent after siv left: %v", err)
	}

	var rooms []age.Identity
	for _, w := range append(wraps, p.Blobs(allWraps)...) {
		if text, err := plaintext(w.Data, old); err == nil {
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
	for _, e := range p.Blobs(allEntries + " WHERE " + ofLin) {
		if _, err := plaintext(e.Data, rooms...); err == nil {
			read = append(read, e.N)
		}
	}
	if len(read) != before || read[len(read)-1] != before {
		t.Errorf("siv opens the entries %v, want the first %d", read, before)
	}
	for _, e := range p.Blobs(allEntries + " WHERE " + ofAsk) {
		if _, err := plaintext(e.Data, append(rooms, old)...); err == nil {
			t.Error("siv opens what was sent later")
		}
	}
}

// TestAccessGoesBackToTheBeginning gives somebody a key to a case that has had two:
// they read all of it. Who reads only a part gives nobody a key.
func TestAccessGoesBackToTheBeginning(t *testing.T) {
	p := newOffice(t)
	ref := p.File("lin", handlerstest.Answers{"C0": {"p:jonas"}, "A1": {"om jonas"}})
	p.Leave("siv")
	p.Reporter("lin").Says("mer")
	maren := p.Dial("maren")
	if err := maren.Grant(t.Context(), ref, cases.External, fingerprintOf(p, cases.External)); err != nil {
		t.Fatal(err)
	}
	cs, err := p.Dial(cases.External).Case(t.Context(), ref)
	if err != nil || cs.Closed > 0 || !slices.Equal(words(cs), []string{"om jonas", p.Roster.People()[1].Name, "mer"}) {
		t.Fatalf("after access was given: %v, %v", err, cs)
	}
	if rows := p.Count("SELECT count(*) FROM wraps"); rows != 5+4 {
		t.Errorf("%d places for keys, want 9: their number tells that access was given", rows)
	}
	// The one who is left loses the key to what came before.
	p.Alter("DELETE FROM wraps WHERE epoch = 1")
	fresh := p.Dial("maren")
	cs, err = fresh.Case(t.Context(), ref)
	if err != nil || cs.Closed == 0 || !slices.Equal(words(cs), []string{"mer"}) {
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
	maren.Forget()
	want := "swapped: the key to this case, which opened it on this machine before, is another one"
	if cs, err := maren.Case(t.Context(), ref); !errors.Is(err, casework.ErrTampered) || !slices.Equal(said(cs.Faults), []string{want}) {
		t.Errorf("a machine that read all of it before says %v, %v", cs, err)
	}
}

// fingerprintOf is what somebody reads aloud, or what lies with the recovery key.
func fingerprintOf(p *handlerstest.Office, id string) string {
	if id == cases.Recovery {
		return handlers.Fingerprint(p.Key(id).Recipient(), nil)
	}
	return p.Key(id).Fingerprint()
}

// ownKey is another key for the first case, with a wrap for maren: what somebody
// can make who runs the server.
func ownKey(p *handlerstest.Office, ref string, epoch int) (seal.Room, string) {
	room, err := p.Store.Read(p.T.Context(), "maren", ref, 0, nil)
	if err != nil {
		p.T.Fatal(err)
	}
	made, err := seal.NewRoom(ref, room.Case.Room, epoch, map[string]string{"maren": p.Key("maren").Recipient()}, 0)
	if err != nil {
		p.T.Fatal(err)
	}
	id := p.Server.Lookup("wrap", []byte(room.Case.Room), []byte(fmt.Sprint(epoch)), []byte("maren"))
	return made, hex.EncodeToString(id)
}

// TestAKeyThatNobodyNamedIsNamed has whoever holds the database and the server key
// put in a key of their own without saying so. {3} is the last entry before siv left.
func TestAKeyThatNobodyNamedIsNamed(t *testing.T) {
	whole := newOffice(t)
	ref := whole.Report("lin", "en", "to", "tre")
	from := last(whole, ref) - 3
	whole.Leave("siv")
	whole.Reporter("lin").Says("fire")
	const fromSix = "swapped: from entry {6} on the case is sealed to a key that its log does not name"
	for name, row := range map[string]struct {
		do     func(p *handlerstest.Office, ref string) []string
		later  bool // the reporter writes after it
		want   []string
		closed int
	}{
		"untouched": {func(*handlerstest.Office, string) []string { return nil }, true, nil, 0},
		"the key that is sealed to": {func(p *handlerstest.Office, ref string) []string {
			made, _ := ownKey(p, ref, 2)
			return []string{"UPDATE cases SET public = '" + made.Public + "' WHERE ref = '" + ref + "'"}
		}, false, []string{"swapped: from entry {4} on the case is sealed to a key that its log does not name"}, 0},
		"the key and its wrap": {func(p *handlerstest.Office, ref string) []string {
			made, id := ownKey(p, ref, 2)
			return []string{"UPDATE cases SET public = '" + made.Public + "' WHERE ref = '" + ref + "'",
				fmt.Sprintf("UPDATE wraps SET data = x'%x' WHERE hex(recipient) = upper('%s')", made.Wraps["maren"], id)}
		}, false, []string{"swapped: entries {4} to {5} are sealed to another case's key"}, 0},
		"a new key": {func(p *handlerstest.Office, ref string) []string { return another(p, ref) },
			false, []string{fromSix}, 0},
		"a new key, and somebody writes": {func(p *handlerstest.Office, ref string) []string { return another(p, ref) },
			true, []string{fromSix}, 0},
		"the old key again": {func(p *handlerstest.Office, ref string) []string {
			return []string{"UPDATE cases SET public = (SELECT public FROM epochs), epoch = 1 WHERE ref = '" + ref + "'", "DELETE FROM epochs"}
		}, true, []string{"swapped: from entry {4} on the case is sealed to a key that its log does not name", "swapped: entry {6} is sealed to a key that had ended"}, 2},
		"the old key, with the new one beside it": {func(p *handlerstest.Office, ref string) []string {
			return append(sealOld(p, ref), "UPDATE cases SET next_seq = {7} WHERE ref = '"+ref+"'")
		}, false, []string{"swapped: entry {6} is sealed to a key that had ended"}, 0},
		"a line that says something else": {func(p *handlerstest.Office, ref string) []string {
			return chainAnew(p, ref, func(e *cases.Sealed, room cases.Room) {
				if e.Epoch == 2 {
					forge(p.T, e, room, room.Public)
				}
			})
		}, false, []string{"swapped: from entry {4} on the case is sealed to a key that its log does not name"}, 0},
		"a log that names the key, and wraps of another": {func(p *handlerstest.Office, ref string) []string {
			room, err := p.Store.Read(p.T.Context(), "maren", ref, 0, nil)
			if err != nil {
				p.T.Fatal(err)
			}
			made, _ := ownKey(p, ref, 2)
			p.Alter("UPDATE cases SET public = '" + made.Public + "' WHERE ref = '" + ref + "'")
			return chainAnew(p, ref, func(e *cases.Sealed, _ cases.Room) {
				if e.Epoch == 2 {
					at := seal.Context{V: e.V, Case: ref, Room: room.Case.Room, Epoch: 2, Seq: e.Seq, Kind: string(e.Kind), At: e.Hour, Prev: e.Prev}
					if e.Data, err = seal.Entry(room.Public, at, []byte(`{"type":"log","event":"epoch"}`)); err != nil {
						p.T.Fatal(err)
					}
				}
			})
		}, false, []string{"swapped: from entry {4} on the case is sealed to a key that its log does not name"}, 0},
		"the line is gone": {func(p *handlerstest.Office, ref string) []string {
			return []string{"DELETE FROM entries WHERE seq = {4} AND " + ofLin}
		}, false, []string{"removed: entry {4} is missing"}, 0},
		"the line is changed": {func(p *handlerstest.Office, ref string) []string {
			return []string{"UPDATE entries SET data = CAST(x'00' || substr(data, 2) AS BLOB) WHERE seq = {4} AND " + ofLin}
		}, false, []string{"changed: entry {4} is not what was stored"}, 0},
		"the line is changed, and is the last": {func(*handlerstest.Office, string) []string {
			return []string{"DELETE FROM entries WHERE seq = {5} AND " + ofLin,
				"UPDATE entries SET data = CAST(x'00' || substr(data, 2) AS BLOB) WHERE seq = {4} AND " + ofLin}
		}, false, []string{"changed: entry {4} is not what was stored"}, 0},
		"nothing before the line is whole": {func(*handlerstest.Office, string) []string {
			return []string{"DELETE FROM entries WHERE seq = 1 AND " + ofLin,
				"UPDATE entries SET data = CAST(x'00' || substr(data, 2) AS BLOB) WHERE seq < {4} AND " + ofLin}
		}, false, []string{"removed: entry 1 is missing", "changed: entries 2 to {3} are not what was stored"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := whole.Copy(t)
			do := row.do(p, ref)
			p.Alter(numbered(from, do...)...)
			if row.later {
				p.Reporter("lin").Says("seks")
			}
			maren := p.Dial("maren")
			cs, err := maren.Case(t.Context(), ref)
			if len(row.want) > 0 != errors.Is(err, casework.ErrTampered) || cs == nil {
				t.Fatalf("opening gives %v", err)
			}
			if want := numbered(from, row.want...); !slices.Equal(said(cs.Faults), want) || cs.Closed != row.closed {
				t.Errorf("the faults are %q, %d closed; want %q, %d", cs.Faults, cs.Closed, want, row.closed)
			}
		})
	}
}

// another is a third key that no entry names.
func another(p *handlerstest.Office, ref string) []string {
	made, id := ownKey(p, ref, 3)
	return []string{
		"INSERT INTO epochs (case_id, epoch, public) SELECT id, 2, public FROM cases WHERE ref = '" + ref + "'",
		"UPDATE cases SET epoch = 3, public = '" + made.Public + "' WHERE ref = '" + ref + "'",
		fmt.Sprintf("INSERT INTO wraps (case_id, epoch, recipient, staged, data) SELECT id, 3, x'%s', 0, x'%x' FROM cases WHERE ref = '%s'", id, made.Wraps["maren"], ref),
	}
}

// sealOld writes an entry that the key from before opens, signed and in its place.
func sealOld(p *handlerstest.Office, ref string) []string {
	room, err := p.Store.Read(p.T.Context(), "maren", ref, 0, nil)
	if err != nil {
		p.T.Fatal(err)
	}
	newest := room.Entries[len(room.Entries)-1]
	at := seal.Context{V: 1, Case: ref, Room: room.Case.Room, Epoch: 1, Seq: newest.Seq + 1, Kind: "reporter", At: p.Clock.Now().UTC(), Prev: newest.Hash}
	data, err := seal.Entry(room.Earlier[0].Public, at, cases.Encode(forged("fem")))
	if err != nil {
		p.T.Fatal(err)
	}
	hash := seal.Step(at, data, nil)
	return []string{
		fmt.Sprintf("INSERT INTO entries (case_id, seq, epoch, kind, hour, prev, hash, sig, data) SELECT id, %d, 1, 'reporter', %d, x'%x', x'%x', x'%x', x'%x' FROM cases WHERE ref = '%s'",
			at.Seq, seal.Hour(at.At).Unix(), at.Prev, hash, p.Server.Sign(hash), data, ref),
		fmt.Sprintf("UPDATE cases SET head = x'%x' WHERE ref = '%s'", hash, ref),
	}
}
