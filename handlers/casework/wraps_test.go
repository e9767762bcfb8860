package casework_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"net/http"
	"testing"

	"filippo.io/age"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/handlers/routine"
	"tillit/handlers/wire"
	"tillit/store/cases"
	"tillit/store/seal"
)

// gives is an act that gives somebody a wrap, whatever it is.
func (x *colleague) gives(to string, wrap []byte) wire.ActAsk {
	x.T.Helper()
	mark := routine.Mark{Kind: routine.KindKeys, Person: to}
	ask := x.made(cases.Encode(cases.Act{Name: "grant", Mark: mark.Encode(), Fields: cases.NewFields([]byte(`{"to":"` + to + `"}`))}), mark)
	ask.Wraps = []cases.Epoch{{Epoch: ask.Epoch, Wrap: wrap}}
	return ask
}

// nobodys is a file as long as a wrap, which nobody can open.
func (x *colleague) nobodys() []byte {
	x.T.Helper()
	wrap, err := seal.Decoy(x.ref, x.room().Case.Room, 1)
	if err != nil {
		x.T.Fatal(err)
	}
	return wrap
}

// another is a wrap for somebody of a key that is not the room's.
func (x *colleague) another(to string) []byte {
	x.T.Helper()
	made, err := seal.NewRoom(x.ref, x.room().Case.Room, 1, map[string]string{to: x.Key(to).Recipient()}, 0)
	if err != nil {
		x.T.Fatal(err)
	}
	return made.Wraps[to]
}

// opener gives people keys whose private halves the test has, before there is a case.
func opener(t *testing.T, p *handlerstest.Office, who ...string) (all []age.Identity) {
	t.Helper()
	for _, id := range who {
		key, identity := keyWith(t)
		p.Person(id).Key = key
		all = append(all, identity)
	}
	p.Restart()
	return all
}

// ids are all who can hold a key.
func ids(p *handlerstest.Office) (all []string) {
	for _, to := range p.Roster.Recipients() {
		all = append(all, to.ID)
	}
	return all
}

// TestNobodyLosesTheKeyToAColleague, who sends wraps that are none, or of another key,
// for everybody who holds one.
func TestNobodyLosesTheKeyToAColleague(t *testing.T) {
	p := newOffice(t, handlerstest.Options{Hasty: true})
	recovery := opener(t, p, cases.Recovery)[0]
	ref := p.Report("lin", "Det var på middagen.")
	x := attacks(p, "jonas", ref)
	opens := func(when string) {
		t.Helper()
		for _, id := range []string{"maren", "jonas", "siv"} {
			cs, err := p.Dial(id).Case(t.Context(), ref)
			if err != nil || len(cs.Faults) > 0 || len(words(cs)) != 1 {
				t.Errorf("%s: %s opens %v, %v", when, id, cs, err)
			}
		}
		room := x.room()
		found := false
		for _, w := range p.Blobs(allWraps) {
			text, err := plaintext(w.Data, recovery)
			found = found || err == nil && bytes.Contains(text, []byte(room.Case.Room))
		}
		if !found {
			t.Errorf("%s: the recovery key opens nothing", when)
		}
	}
	opens("before")
	everybody := []string{"maren", "siv", cases.External, cases.Recovery}
	for _, to := range everybody {
		for name, wrap := range map[string][]byte{"zeros": make([]byte, len(x.room().Wrap)), "nothing": {}, "one byte": {0}, "an entry": x.room().Entries[0].Data} {
			if code, _ := x.post("acts", x.gives(to, wrap)); code != http.StatusBadRequest {
				t.Errorf("%s for %s: %d", name, to, code)
			}
		}
	}
	opens("after what is no wrap")
	for _, to := range everybody {
		for range 2 { // the second takes the place of the first
			if code, _ := x.post("acts", x.gives(to, x.nobodys())); code != http.StatusOK {
				t.Errorf("a wrap that nobody opens, for %s: %d", to, code)
			}
		}
	}
	for _, to := range []string{"maren", "siv", cases.External} {
		if code, _ := x.post("acts", x.gives(to, x.another(to))); code != http.StatusOK {
			t.Errorf("a wrap of another key, for %s: %d", to, code)
		}
	}
	opens("after wraps of another key")
	opens("and once more")
	// Nobody but the recipient says that one opens; and what they opened with stays.
	maren, err := p.Store.Read(t.Context(), "maren", ref, 0, ids(p))
	if err != nil || len(maren.Beside) != 1 {
		t.Fatalf("%d wraps lie beside Maren's, %v", len(maren.Beside), err)
	}
	sum := sha256.Sum256(maren.Beside[0])
	if code, _ := x.post("wraps", wire.WrapAsk{Epoch: 1, Sum: sum[:]}); code != http.StatusNotFound {
		t.Errorf("a colleague confirms for Maren: %d", code)
	}
	opens("after a colleague confirmed")
	// A key for oneself, and for who is here no more.
	if code, _ := x.post("acts", x.gives("jonas", x.nobodys())); code != http.StatusConflict {
		t.Errorf("a key for oneself: %d", code)
	}
	if code, _ := x.post("acts", x.gives("nobody", x.nobodys())); code != http.StatusBadRequest {
		t.Errorf("a key for nobody there is: %d", code)
	}
	if faults, err := p.Store.Verify(t.Context(), p.Roster.SignKeys); err != nil || len(faults) > 0 {
		t.Errorf("the server finds %q, %v", faults, err)
	}
}

// TestAWrongKeyDoesNotKeepTheRightOneOut: somebody who holds nothing is given another
// key than the room's, or one that does not open. A colleague gives them the right one.
func TestAWrongKeyDoesNotKeepTheRightOneOut(t *testing.T) {
	for name, wrong := range map[string]func(x *colleague) []byte{
		"that nobody opens": (*colleague).nobodys,
		"of another room":   func(x *colleague) []byte { return x.another(cases.External) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newOffice(t, handlerstest.Options{Hasty: true})
			ref := p.Report("lin", "Det var på middagen.")
			x := attacks(p, "jonas", ref)
			if code, _ := x.post("acts", x.gives(cases.External, wrong(x))); code != http.StatusOK {
				t.Fatalf("the wrong key: %d", code)
			}
			outside := p.Dial(cases.External)
			if _, err := outside.Case(t.Context(), ref); err == nil {
				t.Fatal("the wrong key opens the case")
			}
			if err := p.Dial("maren").Grant(t.Context(), ref, cases.External, fingerprintOf(p, cases.External)); err != nil {
				t.Fatal(err)
			}
			room, err := p.Store.Read(t.Context(), cases.External, ref, 0, ids(p))
			if err != nil || len(room.Beside) != 1 {
				t.Fatalf("%d wraps lie beside theirs, %v", len(room.Beside), err)
			}
			for range 2 { // it is confirmed by the first time
				if cs, err := outside.Case(t.Context(), ref); err != nil || len(cs.Faults) > 0 || len(words(cs)) != 1 {
					t.Fatalf("with the right key beside it: %v, %v", cs, err)
				}
				outside = p.Dial(cases.External)
			}
			if room, err = p.Store.Read(t.Context(), cases.External, ref, 0, ids(p)); err != nil || len(room.Beside) != 0 {
				t.Errorf("after that %d lie beside it, %v", len(room.Beside), err)
			}
		})
	}
}

// TestANewWrapStandsBesideTheOld until its owner's desk has opened the case with it.
func TestANewWrapStandsBesideTheOld(t *testing.T) {
	p := newOffice(t, handlerstest.Options{Hasty: true})
	keys := opener(t, p, "siv", cases.Recovery, cases.External)
	old := keys[0]
	ref := p.Report("lin", "Det var på middagen.")
	was := p.Count("SELECT count(*) FROM wraps")
	p.NewKey("siv")
	maren := p.Dial("maren")
	if err := maren.Grant(t.Context(), ref, "siv", fingerprintOf(p, "siv")); err != nil {
		t.Fatal(err)
	}
	if n := p.Count("SELECT count(*) FROM wraps"); n != was+1 {
		t.Errorf("%d wraps, want one more than %d", n, was)
	}
	room := func() cases.Room {
		r, err := p.Store.Read(t.Context(), "siv", ref, 0, ids(p))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	before := room()
	for range 2 {
		if err := maren.Grant(t.Context(), ref, "siv", fingerprintOf(p, "siv")); err != nil {
			t.Fatal(err)
		}
	}
	after := room()
	if len(before.Beside) != 1 || len(after.Beside) != 1 || !bytes.Equal(before.Wrap, after.Wrap) || bytes.Equal(before.Beside[0], after.Beside[0]) {
		t.Fatal("hers was replaced, or another's lies there for good")
	}
	if _, err := plaintext(after.Wrap, old); err != nil {
		t.Error("her old key does not open her old wrap")
	}
	if cs, err := p.Dial("siv").Case(t.Context(), ref); err != nil || len(words(cs)) != 1 {
		t.Fatalf("siv, with the new key: %v, %v", cs, err)
	}
	if now := room(); len(now.Beside) != 0 || !bytes.Equal(now.Wrap, after.Beside[0]) || p.Count("SELECT count(*) FROM wraps") != was {
		t.Error("what she confirmed has not taken the old one's place")
	}
	for _, w := range p.Blobs(allWraps) {
		if bytes.Equal(w.Data, after.Wrap) {
			t.Error("the old wrap lies there still")
		}
	}
	// A wrap of recovery's can be made anew, and the external receiver's too.
	for range 2 {
		for _, to := range []string{cases.Recovery, cases.External} {
			if err := maren.Grant(t.Context(), ref, to, fingerprintOf(p, to)); err != nil {
				t.Errorf("%s gets no wrap: %v", to, err)
			}
			if err := maren.Grant(t.Context(), ref, to, fingerprintOf(p, "siv")); !errors.Is(err, casework.ErrNewKey) {
				t.Errorf("another key than %s's was compared: %v", to, err)
			}
		}
	}
	opened := map[string]bool{}
	for _, w := range p.Blobs(allWraps) {
		for i, to := range []string{cases.Recovery, cases.External} {
			if _, err := plaintext(w.Data, keys[i+1]); err == nil {
				opened[to] = true
			}
		}
	}
	if len(opened) != 2 {
		t.Errorf("what was given opens for %v", opened)
	}
	if _, err := p.Dial(cases.External).Case(t.Context(), ref); err != nil {
		t.Errorf("the external receiver: %v", err)
	}
}

// TestTooMuchIsRefusedAndTheNextHourWorks holds what one handler may write in an hour.
func TestTooMuchIsRefusedAndTheNextHourWorks(t *testing.T) {
	clock := handlerstest.At(morning)
	p := newOffice(t, handlerstest.Options{Clock: clock})
	ref := p.Report("lin", "Det var på middagen.")
	x := attacks(p, "jonas", ref)
	full := 0
	for full = 0; full < 200; full++ {
		// Garbage counts too, and takes no place in the log.
		code, fault := x.post("acts", wire.ActAsk{ID: rand.Text(), Mark: work.Encode(), Data: []byte("x")})
		if code == http.StatusConflict && fault.Why == routine.RefusedPace {
			break
		}
	}
	if full < 60 || full == 200 {
		t.Errorf("%d acts are taken at once", full)
	}
	jonas := p.Dial("jonas")
	var refused *routine.Refusal
	if err := jonas.Note(t.Context(), ref, inside); !errors.As(err, &refused) || refused.Key != routine.RefusedPace {
		t.Errorf("one more: %v", err)
	}
	if cs, err := jonas.Case(t.Context(), ref); err != nil || len(cs.Faults) > 0 {
		t.Errorf("reading is held up too: %v", err)
	}
	if err := p.Dial("maren").Note(t.Context(), ref, inside); err != nil {
		t.Errorf("a colleague is held up: %v", err)
	}
	clock.Set(morning.Add(hour))
	if err := p.Dial("jonas").Note(t.Context(), ref, inside); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}
