package casework_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tillit/handlers/casework"
	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/seal"
)

// seen is an office with two cases of five entries, and a desk that saw both.
func seen(t *testing.T) (p *place, maren *casework.Client, lin, ask string) {
	p = newPlace(t)
	words := []string{"en", "to", "tre", "fire", "fem"}
	lin, ask = p.file("lin", words...), p.file("ask", words...)
	maren = p.dial("maren")
	for _, ref := range []string{lin, ask} {
		if c, err := maren.Case(t.Context(), ref, "read"); err != nil || len(c.Faults) > 0 || !c.Unproven {
			t.Fatalf("an untouched log: %v, %v", err, c)
		}
		if c, err := maren.Case(t.Context(), ref, "read"); err != nil || len(c.Faults) > 0 || c.Unproven {
			t.Fatalf("an untouched log that was seen before: %v, %v", err, c)
		}
	}
	return p, maren, lin, ask
}

const (
	ofLin = "case_id = (SELECT min(id) FROM cases)"
	ofAsk = "case_id = (SELECT max(id) FROM cases)"
)

// swap exchanges the rows of one number between the two cases.
func swap(seq int) []string {
	return []string{
		fmt.Sprintf("UPDATE entries SET seq = -1 WHERE seq = %d AND %s", seq, ofLin),
		fmt.Sprintf("UPDATE entries SET case_id = (SELECT min(id) FROM cases) WHERE seq = %d AND %s", seq, ofAsk),
		fmt.Sprintf("UPDATE entries SET case_id = (SELECT max(id) FROM cases), seq = %d WHERE seq = -1", seq),
	}
}

// TestWhatIsDoneToALogIsNamed changes the stored rows under a desk that saw the
// log. Each kind of change gets a sentence of its own that says where, and what
// still opens is still shown.
func TestWhatIsDoneToALogIsNamed(t *testing.T) {
	for name, row := range map[string]struct {
		do    []string
		want  []string
		shown string
	}{
		"untouched": {nil, nil, "en to tre fire fem"},
		"content": {
			[]string{"UPDATE entries SET data = CAST(substr(data, 1, length(data) - 1) || CASE WHEN substr(data, -1) = x'00' THEN x'01' ELSE x'00' END AS BLOB) WHERE seq = 2 AND " + ofLin},
			[]string{"changed: entry 2 is not what was stored"}, "en tre fire fem",
		},
		"key of the content": {
			[]string{"UPDATE entries SET data = CAST(x'00' || substr(data, 2) AS BLOB) WHERE seq = 2 AND " + ofLin},
			[]string{"changed: entry 2 is not what was stored"}, "en tre fire fem",
		},
		"content of several": {
			[]string{"UPDATE entries SET data = CAST(x'00' || substr(data, 2) AS BLOB) WHERE seq IN (2, 3, 4) AND " + ofLin},
			[]string{"changed: entries 2 to 4 are not what was stored"}, "en fem",
		},
		"content of another case": {
			[]string{"UPDATE entries SET data = (SELECT data FROM entries WHERE seq = 2 AND " + ofAsk + ") WHERE seq = 2 AND " + ofLin},
			[]string{"changed: entry 2 is not what was stored"}, "en tre fire fem",
		},
		"kind": {
			[]string{"UPDATE entries SET kind = 'office' WHERE seq = 5 AND " + ofLin},
			[]string{"reordered: entry 5 was written for another place"}, "en to tre fire",
		},
		"hash": {
			[]string{"UPDATE entries SET hash = x'00' WHERE seq = 2 AND " + ofLin},
			[]string{"changed: entry 2 is not what was stored"}, "en to tre fire fem",
		},
		"signature": {
			[]string{"UPDATE entries SET sig = zeroblob(64) WHERE seq = 2 AND " + ofLin},
			[]string{"forged: entry 2 is not signed by the server"}, "en to tre fire fem",
		},
		"emptied": {
			[]string{"UPDATE entries SET data = x'' WHERE seq = 3 AND " + ofLin},
			[]string{"removed: the content of entry 3 is gone"}, "en to fire fem",
		},
		"removed first": {
			[]string{"DELETE FROM entries WHERE seq = 1 AND " + ofLin},
			[]string{"removed: entry 1 is missing"}, "to tre fire fem",
		},
		"removed": {
			[]string{"DELETE FROM entries WHERE seq = 3 AND " + ofLin},
			[]string{"removed: entry 3 is missing"}, "en to fire fem",
		},
		"removed several": {
			[]string{"DELETE FROM entries WHERE seq IN (2, 3, 4) AND " + ofLin},
			[]string{"removed: entries 2 to 4 are missing"}, "en fem",
		},
		"removed and renumbered": {
			[]string{
				"DELETE FROM entries WHERE seq = 3 AND " + ofLin,
				"UPDATE entries SET seq = 3 WHERE seq = 4 AND " + ofLin, "UPDATE entries SET seq = 4 WHERE seq = 5 AND " + ofLin,
			},
			[]string{"reordered: entries 3 to 4 were written for other places", "cut: this machine has seen entry 5, the log ends at 4; its end was removed, or an older copy was put back"},
			"en to",
		},
		"cut": {
			[]string{"DELETE FROM entries WHERE seq > 3 AND " + ofLin},
			[]string{"cut: this machine has seen entry 5, the log ends at 3; its end was removed, or an older copy was put back"}, "en to tre",
		},
		"all removed": {
			[]string{"DELETE FROM entries WHERE " + ofLin},
			[]string{"cut: this machine has seen entry 5, the log ends at 0; its end was removed, or an older copy was put back"}, "",
		},
		"reordered": {
			[]string{
				"UPDATE entries SET seq = -1 WHERE seq = 2 AND " + ofLin, "UPDATE entries SET seq = 2 WHERE seq = 4 AND " + ofLin,
				"UPDATE entries SET seq = 4 WHERE seq = -1 AND " + ofLin,
			},
			[]string{"reordered: entry 2 was written for another place", "reordered: entry 4 was written for another place"}, "en tre fem",
		},
		"swapped between cases": {swap(3), []string{"swapped: entry 3 was written for another case"}, "en to fire fem"},
		"swapped first":         {swap(1), []string{"swapped: entry 1 was written for another case"}, "to tre fire fem"},
		"swapped between rooms": {
			slices.Concat(swap(1), swap(2), swap(3), swap(4), swap(5)),
			[]string{"swapped: entries 1 to 5 were written for another case"}, "",
		},
		"the room's key": {
			[]string{"UPDATE cases SET public = (SELECT public FROM cases ORDER BY id DESC LIMIT 1) WHERE id = (SELECT min(id) FROM cases)"},
			[]string{"changed: entry 1 does not follow the one before"}, "en to tre fire fem",
		},
		"the handler's key to the room": {
			[]string{"UPDATE wraps SET data = (SELECT data FROM wraps WHERE " + ofAsk + " LIMIT 1) WHERE " + ofLin},
			[]string{"swapped: the key to this case, which opened it on this machine before, is another one"}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, maren, ref, _ := seen(t)
			p.alter(row.do...)
			c, err := maren.Case(t.Context(), ref, "read")
			if len(row.want) > 0 != errors.Is(err, casework.ErrTampered) {
				t.Errorf("opening gives %v", err)
			}
			if !slices.Equal(c.Faults, row.want) {
				t.Errorf("the faults are\n%s\nwant\n%s", strings.Join(c.Faults, "\n"), strings.Join(row.want, "\n"))
			}
			var shown []string
			for _, e := range c.Entries {
				shown = append(shown, e.Text.Reveal())
			}
			if got := strings.Join(shown, " "); got != row.shown {
				t.Errorf("shown is %q, want %q", got, row.shown)
			}
			if faults, err := maren.Verify(t.Context(), ref); err != nil || !slices.Equal(faults, row.want) {
				t.Errorf("verify says %q, %v", faults, err)
			}
			if len(row.want) == 0 {
				return
			}
			if maren.Note(t.Context(), ref, intake.NewPrivate("x")) == nil {
				t.Error("a note is added to a log that is not whole")
			}
			if again, _ := maren.Verify(t.Context(), ref); !slices.Equal(again, row.want) {
				t.Errorf("the second look says %q: the desk took over what it refused", again)
			}
		})
	}
}

// TestAnOfficeThatAnswersOutOfOrderIsNamed leaves the store as it is and has the
// office answer otherwise.
func TestAnOfficeThatAnswersOutOfOrderIsNamed(t *testing.T) {
	for name, row := range map[string]struct {
		order []int
		want  []string
	}{
		"as stored": {[]int{0, 1, 2, 3, 4}, nil},
		"turned":    {[]int{0, 1, 3, 2, 4}, []string{"reordered: the entries did not come in their order"}},
		"twice":     {[]int{0, 1, 1, 2, 3, 4}, []string{"reordered: entry 2 stands twice"}},
		"held back": {[]int{0, 1, 2}, []string{"cut: this machine has seen entry 5, the log ends at 3; its end was removed, or an older copy was put back"}},
	} {
		t.Run(name, func(t *testing.T) {
			p, maren, ref, _ := seen(t)
			office := p.api
			p.api = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasPrefix(r.URL.Path, "/v1/rooms/") {
					office.ServeHTTP(w, r)
					return
				}
				answer := httptest.NewRecorder()
				office.ServeHTTP(answer, r)
				var room cases.Room
				if err := json.Unmarshal(answer.Body.Bytes(), &room); err != nil {
					t.Error(err)
				}
				all := room.Entries
				room.Entries = nil
				for _, i := range row.order {
					room.Entries = append(room.Entries, all[i])
				}
				_ = json.NewEncoder(w).Encode(room)
			})
			if faults, err := maren.Verify(t.Context(), ref); err != nil || !slices.Equal(faults, row.want) {
				t.Errorf("verify says %q, %v", faults, err)
			}
		})
	}
}

// chainAnew signs a log again with the server's own key, as whoever holds it can.
func (p *place) chainAnew(ref string, change func(*cases.Sealed, cases.Room)) []string {
	p.t.Helper()
	room, err := p.store.RoomFor(p.t.Context(), "maren", ref, "index", "")
	if err != nil {
		p.t.Fatal(err)
	}
	var do []string
	prev := room.Genesis
	for i := range room.Entries {
		e := &room.Entries[i]
		e.Prev = prev
		change(e, room)
		at := seal.Context{V: e.V, Case: ref, Room: room.Case.Room, Epoch: e.Epoch, Seq: e.Seq, Kind: string(e.Kind), At: e.Hour, Prev: e.Prev}
		e.Hash = seal.Step(at, e.Data, nil)
		do = append(do, fmt.Sprintf("UPDATE entries SET prev = x'%x', hash = x'%x', sig = x'%x', data = x'%x' WHERE seq = %d AND %s",
			e.Prev, e.Hash, p.server.Sign(e.Hash), e.Data, e.Seq, ofLin))
		prev = e.Hash
		if i+1 < len(room.Entries) && room.Entries[i+1].Epoch > e.Epoch {
			prev = seal.Turn(ref, room.Case.Room, room.Epoch, room.Public, e.Hash)
		}
	}
	return do
}

// forge seals other words into an entry's place.
func forge(t *testing.T, e *cases.Sealed, room cases.Room, key string) {
	t.Helper()
	at := seal.Context{V: e.V, Case: room.Case.Ref, Room: room.Case.Room, Epoch: e.Epoch, Seq: e.Seq, Kind: string(e.Kind), At: e.Hour, Prev: e.Prev}
	data, err := seal.Entry(key, at, cases.Encode(answer("falskt").Body))
	if err != nil {
		t.Fatal(err)
	}
	e.Data = data
}

func TestALogThatTheServersKeySignedAnewIsNamed(t *testing.T) {
	for name, row := range map[string]struct {
		change func(t *testing.T) func(*cases.Sealed, cases.Room)
		want   []string
		shown  int
	}{
		"every entry": {
			func(t *testing.T) func(*cases.Sealed, cases.Room) {
				return func(e *cases.Sealed, room cases.Room) { forge(t, e, room, room.Public) }
			},
			[]string{"rewritten: entry 5 is signed by the server, but is not the one that this machine has seen"}, 5,
		},
		"one entry": {
			func(t *testing.T) func(*cases.Sealed, cases.Room) {
				return func(e *cases.Sealed, room cases.Room) {
					if e.Seq == 2 {
						forge(t, e, room, room.Public)
					}
				}
			},
			[]string{"reordered: entries 3 to 5 were written for other places"}, 2,
		},
		"the last, to another key": {
			func(t *testing.T) func(*cases.Sealed, cases.Room) {
				other := newKey(t)
				return func(e *cases.Sealed, room cases.Room) {
					if e.Seq == 5 {
						forge(t, e, room, other.Recipient())
					}
				}
			},
			[]string{"swapped: entry 5 is sealed to another case's key"}, 4,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, maren, ref, _ := seen(t)
			p.alter(p.chainAnew(ref, row.change(t))...)
			c, err := maren.Case(t.Context(), ref, "read")
			if !errors.Is(err, casework.ErrTampered) || !slices.Equal(c.Faults, row.want) || len(c.Entries) != row.shown {
				t.Errorf("%v, shown %d, faults\n%s", err, len(c.Entries), strings.Join(c.Faults, "\n"))
			}
		})
	}
}

func TestAnOlderCopyOfTheDatabaseIsNamed(t *testing.T) {
	p := newPlace(t)
	lin, ask := p.file("lin", "en", "to"), p.file("ask", "en")
	old := filepath.Join(t.TempDir(), "old")
	if err := store.Backup(t.Context(), p.store.Dir, old); err != nil {
		t.Fatal(err)
	}
	p.apply("lin", store.Change{Entries: []store.Entry{answer("tre")}})
	p.apply("ask", store.Change{Entries: []store.Entry{answer("to")}})
	eva := p.file("eva", "en")
	whole := p.file("mia", "en")
	p.alter("UPDATE cases SET closed = 1 WHERE ref = '" + eva + "'")
	state := filepath.Join(t.TempDir(), "maren.seen")
	maren := p.dialAt("maren", state)
	checked, err := maren.VerifyAll(t.Context())
	if err != nil || len(checked) != 4 || slices.ContainsFunc(checked, func(c casework.Checked) bool { return len(c.Faults) > 0 }) {
		t.Fatalf("before: %v, %v", checked, err)
	}

	p.close()
	p.dir = filepath.Join(t.TempDir(), "restored")
	if err := store.Restore(t.Context(), old, p.dir, p.server); err != nil {
		t.Fatal(err)
	}
	p.open()
	const all = "rolled back: 4 of 4 logs are behind what this machine has seen; an older copy of the whole database may have been put back"
	want := map[string]string{
		lin:   "cut: this machine has seen entry 3, the log ends at 2; its end was removed, or an older copy was put back",
		ask:   "cut: this machine has seen entry 2, the log ends at 1; its end was removed, or an older copy was put back",
		eva:   "gone: this machine has seen entry 1, and the office has no such case now",
		whole: "gone: this machine has seen entry 1, and the office has no such case now",
	}
	// The desk that was signed in, and one that starts from what the first wrote.
	for _, c := range []*casework.Client{maren, p.dialAt("maren", state)} {
		checked, err := c.VerifyAll(t.Context())
		if err != nil || len(checked) != len(want) {
			t.Fatalf("after: %v, %v", checked, err)
		}
		for _, x := range checked {
			if !slices.Equal(x.Faults, []string{want[x.Ref], all}) {
				t.Errorf("%s: %q", x.Ref, x.Faults)
			}
		}
	}
	// What is written after the old copy was put back does not hide it, and is
	// not taken over as seen.
	p.apply("lin", store.Change{Entries: []store.Entry{answer("annet"), answer("mer")}})
	for range 2 {
		faults, err := maren.Verify(t.Context(), lin)
		if err != nil || !slices.Equal(faults, []string{"rewritten: entry 3 is signed by the server, but is not the one that this machine has seen"}) {
			t.Errorf("after more was written: %q, %v", faults, err)
		}
	}
}

func TestAnotherSigningKeyIsRefused(t *testing.T) {
	p := newPlace(t)
	ref := p.file("lin", "en", "to")
	state := filepath.Join(t.TempDir(), "maren.seen")
	maren := p.dialAt("maren", state)
	if _, err := maren.Case(t.Context(), ref, "read"); err != nil {
		t.Fatal(err)
	}
	p.signing = newKey(t).SignPublic()
	p.alter() // a restart: sessions are gone
	if _, err := maren.Case(t.Context(), ref, "read"); !errors.Is(err, casework.ErrServer) {
		t.Errorf("a desk at work gets %v, want %v", err, casework.ErrServer)
	}
	_, err := casework.Dial(t.Context(), casework.Config{Server: p.web.URL, Key: p.keys["maren"], StateFile: state})
	if !errors.Is(err, casework.ErrServer) {
		t.Errorf("a desk that starts gets %v, want %v", err, casework.ErrServer)
	}
	// A desk that never met this server cannot know, but sees whose log it is not.
	c, err := p.dial("maren").Case(t.Context(), ref, "read")
	want := []string{"forged: entries 1 to 2 are not signed by the server"}
	if !errors.Is(err, casework.ErrTampered) || !slices.Equal(c.Faults, want) || !c.Unproven {
		t.Errorf("a fresh desk gets %v, %v", err, c)
	}
}

// TestTwoProgramsShareWhatTheySaw holds that the desk and the commands, which
// use one file, do not forget for each other.
func TestTwoProgramsShareWhatTheySaw(t *testing.T) {
	p := newPlace(t)
	lin, ask := p.file("lin", "en"), p.file("ask", "en")
	state := filepath.Join(t.TempDir(), "maren.seen")
	desk, command, idle := p.dialAt("maren", state), p.dialAt("maren", state), p.dialAt("maren", state)
	if _, err := desk.Case(t.Context(), lin, "read"); err != nil {
		t.Fatal(err)
	}
	p.apply("lin", store.Change{Entries: []store.Entry{answer("to")}})
	if _, err := command.Case(t.Context(), lin, "read"); err != nil {
		t.Fatal(err)
	}
	if _, err := desk.Case(t.Context(), ask, "read"); err != nil { // writes the file again
		t.Fatal(err)
	}
	p.alter("DELETE FROM entries WHERE seq = 2 AND " + ofLin)
	want := []string{"cut: this machine has seen entry 2, the log ends at 1; its end was removed, or an older copy was put back"}
	for who, c := range map[string]*casework.Client{"the desk": desk, "the command": command, "one that only waited": idle, "the next": p.dialAt("maren", state)} {
		if faults, err := c.Verify(t.Context(), lin); err != nil || !slices.Equal(faults, want) {
			t.Errorf("%s says %q, %v", who, faults, err)
		}
	}
	raw, err := os.ReadFile(state)
	if err != nil || strings.Contains(string(raw), "en\"") || strings.Contains(string(raw), "SECRET") {
		t.Errorf("the file of heads: %v", err)
	}
	if err := os.WriteFile(state, raw[:len(raw)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := casework.Dial(t.Context(), casework.Config{Server: p.web.URL, Key: p.keys["maren"], StateFile: state}); err == nil {
		t.Error("a damaged file of heads is begun anew")
	}
}
