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
	"tillit/handlers/handlerstest"
	"tillit/intake"
	"tillit/store/cases"
	"tillit/store/seal"
)

// watched is an office with two cases whose newest five entries are one word each, and
// what maren's machine remembers, which saw both.
type watched struct {
	office   *handlerstest.Office
	lin, ask string
	after    int // the entry before those five
	state    []byte
}

func watch(t *testing.T) watched {
	t.Helper()
	p, after := newOffice(t), 0
	tell := func(who string) string {
		ref := p.Report(who)
		after = last(p, ref)
		for _, w := range []string{"en", "to", "tre", "fire", "fem"} {
			p.Reporter(who).Says(w)
		}
		return ref
	}
	lin, ask := tell("lin"), tell("ask")
	path := filepath.Join(t.TempDir(), "seen")
	maren := p.DialAt("maren", path)
	for _, ref := range []string{lin, ask} {
		if c, err := maren.Case(t.Context(), ref); err != nil || len(c.Faults) > 0 || !c.Unproven {
			t.Fatalf("an untouched log: %v, %v", err, c)
		}
		if c, err := maren.Case(t.Context(), ref); err != nil || len(c.Faults) > 0 || c.Unproven {
			t.Fatalf("an untouched log that was seen before: %v, %v", err, c)
		}
	}
	state, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return watched{p, lin, ask, after, state}
}

// copy is such an office and maren's desk, for one test.
func (w watched) copy(t *testing.T) (*handlerstest.Office, *handlerstest.Desk) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "seen")
	if err := os.WriteFile(path, w.state, 0o600); err != nil {
		t.Fatal(err)
	}
	p := w.office.Copy(t)
	return p, p.DialAt("maren", path)
}

// swap exchanges the rows of one number between the two cases.
func swap(seq string) []string {
	return []string{
		fmt.Sprintf("UPDATE entries SET seq = -1 WHERE seq = %s AND %s", seq, ofLin),
		fmt.Sprintf("UPDATE entries SET case_id = (SELECT min(id) FROM cases) WHERE seq = %s AND %s", seq, ofAsk),
		fmt.Sprintf("UPDATE entries SET case_id = (SELECT max(id) FROM cases), seq = %s WHERE seq = -1", seq),
	}
}

// TestWhatIsDoneToALogIsNamed changes the stored rows under a desk that saw the
// log. Each kind of change gets a sentence of its own that says where, and what
// still opens is still shown.
func TestWhatIsDoneToALogIsNamed(t *testing.T) {
	w := watch(t)
	for name, row := range map[string]struct {
		do    []string
		want  []string
		shown string
	}{
		"untouched": {nil, nil, "en to tre fire fem"},
		"content": {
			[]string{"UPDATE entries SET data = CAST(substr(data, 1, length(data) - 1) || CASE WHEN substr(data, -1) = x'00' THEN x'01' ELSE x'00' END AS BLOB) WHERE seq = {2} AND " + ofLin},
			[]string{"changed: entry {2} is not what was stored"}, "en tre fire fem",
		},
		"key of the content": {
			[]string{"UPDATE entries SET data = CAST(x'00' || substr(data, 2) AS BLOB) WHERE seq = {2} AND " + ofLin},
			[]string{"changed: entry {2} is not what was stored"}, "en tre fire fem",
		},
		"content of several": {
			[]string{"UPDATE entries SET data = CAST(x'00' || substr(data, 2) AS BLOB) WHERE seq IN ({2}, {3}, {4}) AND " + ofLin},
			[]string{"changed: entries {2} to {4} are not what was stored"}, "en fem",
		},
		"content of another case": {
			[]string{"UPDATE entries SET data = (SELECT data FROM entries WHERE seq = {2} AND " + ofAsk + ") WHERE seq = {2} AND " + ofLin},
			[]string{"changed: entry {2} is not what was stored"}, "en tre fire fem",
		},
		"kind": {
			[]string{"UPDATE entries SET kind = 'office' WHERE seq = {5} AND " + ofLin},
			[]string{"reordered: entry {5} was written for another place"}, "en to tre fire",
		},
		"hash": {
			[]string{"UPDATE entries SET hash = x'00' WHERE seq = {2} AND " + ofLin},
			[]string{"changed: entry {2} is not what was stored"}, "en to tre fire fem",
		},
		"signature": {
			[]string{"UPDATE entries SET sig = zeroblob(64) WHERE seq = {2} AND " + ofLin},
			[]string{"forged: entry {2} is not signed by the server"}, "en to tre fire fem",
		},
		"emptied": {
			[]string{"UPDATE entries SET data = x'' WHERE seq = {3} AND " + ofLin},
			[]string{"removed: the content of entry {3} is gone"}, "en to fire fem",
		},
		"removed first": {
			[]string{"DELETE FROM entries WHERE seq = 1 AND " + ofLin},
			[]string{"removed: entry 1 is missing"}, "en to tre fire fem",
		},
		"removed": {
			[]string{"DELETE FROM entries WHERE seq = {3} AND " + ofLin},
			[]string{"removed: entry {3} is missing"}, "en to fire fem",
		},
		"removed several": {
			[]string{"DELETE FROM entries WHERE seq IN ({2}, {3}, {4}) AND " + ofLin},
			[]string{"removed: entries {2} to {4} are missing"}, "en fem",
		},
		"removed and renumbered": {
			[]string{
				"DELETE FROM entries WHERE seq = {3} AND " + ofLin,
				"UPDATE entries SET seq = {3} WHERE seq = {4} AND " + ofLin, "UPDATE entries SET seq = {4} WHERE seq = {5} AND " + ofLin,
			},
			[]string{"reordered: entries {3} to {4} were written for other places", "cut: this machine has seen entry {5}, the log ends at {4}; its end was removed, or an older copy was put back"},
			"en to",
		},
		"cut": {
			[]string{"DELETE FROM entries WHERE seq > {3} AND " + ofLin},
			[]string{"cut: this machine has seen entry {5}, the log ends at {3}; its end was removed, or an older copy was put back"}, "en to tre",
		},
		"all removed": {
			[]string{"DELETE FROM entries WHERE " + ofLin},
			[]string{"cut: this machine has seen entry {5}, the log ends at 0; its end was removed, or an older copy was put back"}, "",
		},
		"reordered": {
			[]string{
				"UPDATE entries SET seq = -1 WHERE seq = {2} AND " + ofLin, "UPDATE entries SET seq = {2} WHERE seq = {4} AND " + ofLin,
				"UPDATE entries SET seq = {4} WHERE seq = -1 AND " + ofLin,
			},
			[]string{"reordered: entry {2} was written for another place", "reordered: entry {4} was written for another place"}, "en tre fem",
		},
		"swapped between cases": {swap("{3}"), []string{"swapped: entry {3} was written for another case"}, "en to fire fem"},
		"swapped first":         {swap("1"), []string{"swapped: entry 1 was written for another case"}, "en to tre fire fem"},
		"swapped between rooms": {
			[]string{
				"UPDATE entries SET case_id = -case_id",
				"UPDATE entries SET case_id = (SELECT max(id) FROM cases) WHERE case_id = (SELECT -min(id) FROM cases)",
				"UPDATE entries SET case_id = (SELECT min(id) FROM cases) WHERE case_id = (SELECT -max(id) FROM cases)",
			},
			[]string{"swapped: entries 1 to {5} were written for another case"}, "",
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
			p, maren := w.copy(t)
			ref, after := w.lin, w.after
			want := numbered(after, row.want...)
			p.Alter(numbered(after, row.do...)...)
			c, err := maren.Case(t.Context(), ref)
			if len(row.want) > 0 != errors.Is(err, casework.ErrTampered) {
				t.Errorf("opening gives %v", err)
			}
			if !slices.Equal(said(c.Faults), want) {
				t.Errorf("the faults are\n%s\nwant\n%s", strings.Join(said(c.Faults), "\n"), strings.Join(want, "\n"))
			}
			if got := strings.Join(words(c), " "); got != row.shown {
				t.Errorf("shown is %q, want %q", got, row.shown)
			}
			// It opens nothing, so what only a key can tell it cannot.
			blind := len(row.want) > 0 && name != "the handler's key to the room"
			if faults, err := maren.Verify(t.Context(), ref); err != nil || (len(faults) > 0) != blind {
				t.Errorf("verify says %q, %v", faults, err)
			}
			if len(row.want) == 0 {
				return
			}
			if maren.Note(t.Context(), ref, intake.NewPrivate("x")) == nil {
				t.Error("a note is added to a log that is not whole")
			}
			if again, _ := maren.Case(t.Context(), ref); !slices.Equal(said(again.Faults), want) {
				t.Errorf("the second look says %q: the desk took over what it refused", again.Faults)
			}
		})
	}
}

// TestAnOfficeThatAnswersOutOfOrderIsNamed leaves the store as it is and has the
// office answer otherwise.
func TestAnOfficeThatAnswersOutOfOrderIsNamed(t *testing.T) {
	w := watch(t)
	for name, row := range map[string]struct {
		order []int // of the newest five
		want  []string
	}{
		"as stored": {[]int{0, 1, 2, 3, 4}, nil},
		"turned":    {[]int{0, 1, 3, 2, 4}, []string{"reordered: the entries did not come in their order"}},
		"twice":     {[]int{0, 1, 1, 2, 3, 4}, []string{"reordered: entry {2} stands twice"}},
		"held back": {[]int{0, 1, 2}, []string{"cut: this machine has seen entry {5}, the log ends at {3}; its end was removed, or an older copy was put back"}},
	} {
		t.Run(name, func(t *testing.T) {
			p, maren := w.copy(t)
			ref, after := w.lin, w.after
			p.Between(func(office http.Handler) http.Handler {
				return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
					if !strings.HasPrefix(r.URL.Path, "/v1/rooms/") {
						office.ServeHTTP(out, r)
						return
					}
					answer := httptest.NewRecorder()
					office.ServeHTTP(answer, r)
					var room cases.Room
					if err := json.Unmarshal(answer.Body.Bytes(), &room); err != nil {
						t.Error(err)
					}
					all := room.Entries
					room.Entries = slices.Clone(all[:after])
					for _, i := range row.order {
						room.Entries = append(room.Entries, all[after+i])
					}
					_ = json.NewEncoder(out).Encode(room)
				})
			})
			if faults, err := maren.Verify(t.Context(), ref); err != nil || !slices.Equal(said(faults), numbered(after, row.want...)) {
				t.Errorf("verify says %q, %v", faults, err)
			}
		})
	}
}

// chainAnew signs a log again with the server's own key, as whoever holds it can.
func chainAnew(p *handlerstest.Office, ref string, change func(*cases.Sealed, cases.Room)) []string {
	room, err := p.Store.Read(p.T.Context(), "maren", ref, 0, nil)
	if err != nil {
		p.T.Fatal(err)
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
			e.Prev, e.Hash, p.Server.Sign(e.Hash), e.Data, e.Seq, ofLin))
		prev = e.Hash
		if i+1 < len(room.Entries) && room.Entries[i+1].Epoch > e.Epoch {
			prev = seal.Turn(ref, room.Case.Room, room.Epoch, room.Public, e.Hash)
		}
	}
	return do
}

// forged are words that no reporter wrote.
func forged(words string) cases.Body {
	return cases.Answer{Question: "A1", Asked: "Fortell", Text: intake.NewPrivate(words)}
}

// forge seals other words into an entry's place.
func forge(t testing.TB, e *cases.Sealed, room cases.Room, key string) {
	t.Helper()
	at := seal.Context{V: e.V, Case: room.Case.Ref, Room: room.Case.Room, Epoch: e.Epoch, Seq: e.Seq, Kind: string(e.Kind), At: e.Hour, Prev: e.Prev}
	data, err := seal.Entry(key, at, cases.Encode(forged("falskt")))
	if err != nil {
		t.Fatal(err)
	}
	e.Data = data
}

func TestALogThatTheServersKeySignedAnewIsNamed(t *testing.T) {
	w := watch(t)
	other := newKey(t)
	for name, row := range map[string]struct {
		key   func(n int, room cases.Room) string // that the n-th of the newest five is forged to
		want  []string
		hides int // entries that are not shown
	}{
		"every entry": {
			func(_ int, room cases.Room) string { return room.Public },
			[]string{"rewritten: entry {5} is signed by the server, but is not the one that this machine has seen"}, 2, // lines of the log cannot be answers
		},
		"one entry": {
			func(n int, room cases.Room) string {
				if n == 2 {
					return room.Public
				}
				return ""
			},
			[]string{"reordered: entries {3} to {5} were written for other places"}, 3,
		},
		"the last, to another key": {
			func(n int, _ cases.Room) string {
				if n == 5 {
					return other.Recipient()
				}
				return ""
			},
			[]string{"swapped: entry {5} is sealed to another case's key"}, 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, maren := w.copy(t)
			ref, after := w.lin, w.after
			p.Alter(chainAnew(p, ref, func(e *cases.Sealed, room cases.Room) {
				if key := row.key(int(e.Seq)-after, room); key != "" {
					forge(t, e, room, key)
				}
			})...)
			c, err := maren.Case(t.Context(), ref)
			if !errors.Is(err, casework.ErrTampered) || !slices.Equal(said(c.Faults), numbered(after, row.want...)) || len(c.Entries) != after+5-row.hides {
				t.Errorf("%v, shown %d, faults\n%s", err, len(c.Entries), strings.Join(said(c.Faults), "\n"))
			}
		})
	}
}

func TestAnOlderCopyOfTheDatabaseIsNamed(t *testing.T) {
	p := newOffice(t)
	lin, ask := p.Report("lin", "en", "to"), p.Report("ask", "en")
	old := p.Backup()
	ends := map[string]int{lin: last(p, lin), ask: last(p, ask)}
	p.Reporter("lin").Says("tre")
	p.Reporter("ask").Says("to")
	eva := p.Report("eva", "en")
	whole := p.Report("mia", "en")
	ends[eva], ends[whole] = last(p, eva), last(p, whole)
	p.Alter("UPDATE cases SET closed = 1 WHERE ref = '" + eva + "'")
	state := filepath.Join(t.TempDir(), "maren.seen")
	maren := p.DialAt("maren", state)
	checked, err := maren.VerifyAll(t.Context())
	if err != nil || len(checked) != 4 || slices.ContainsFunc(checked, func(c casework.Checked) bool { return len(c.Faults) > 0 }) {
		t.Fatalf("before: %v, %v", checked, err)
	}

	p.Restore(old)
	const all = "rolled back: 4 of 4 logs are behind what this machine has seen; an older copy of the whole database may have been put back"
	cut := "cut: this machine has seen entry {2}, the log ends at {1}; its end was removed, or an older copy was put back"
	gone := "gone: this machine has seen entry {1}, and the office has no such case now"
	want := map[string]string{}
	for ref, end := range ends {
		want[ref] = numbered(end-1, map[bool]string{true: cut, false: gone}[ref == lin || ref == ask])[0]
	}
	// The desk that was signed in, and one that starts from what the first wrote.
	for _, c := range []*handlerstest.Desk{maren, p.DialAt("maren", state)} {
		checked, err := c.VerifyAll(t.Context())
		if err != nil || len(checked) != len(want) {
			t.Fatalf("after: %v, %v", checked, err)
		}
		for _, x := range checked {
			if !slices.Equal(said(x.Faults), []string{want[x.Ref], all}) {
				t.Errorf("%s: %q", x.Ref, x.Faults)
			}
		}
	}
	// What is written after the old copy was put back does not hide it, and is
	// not taken over as seen.
	p.Reporter("lin").Says("annet")
	p.Reporter("lin").Says("mer")
	for range 2 {
		faults, err := maren.Verify(t.Context(), lin)
		if err != nil || !slices.Equal(said(faults), numbered(ends[lin], "rewritten: entry {1} is signed by the server, but is not the one that this machine has seen")) {
			t.Errorf("after more was written: %q, %v", faults, err)
		}
	}
}

func TestAnotherSigningKeyIsRefused(t *testing.T) {
	p := newOffice(t)
	ref := p.Report("lin", "en", "to")
	state := filepath.Join(t.TempDir(), "maren.seen")
	maren := p.DialAt("maren", state)
	if _, err := maren.Case(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	p.Signing = newKey(t).SignPublic()
	p.Restart() // sessions are gone
	if _, err := maren.Case(t.Context(), ref); !errors.Is(err, casework.ErrServer) {
		t.Errorf("a desk at work gets %v, want %v", err, casework.ErrServer)
	}
	_, err := handlerstest.SignIn(t.Context(), casework.Config{Server: p.API.URL, Key: p.Key("maren"), StateFile: state})
	if !errors.Is(err, casework.ErrServer) {
		t.Errorf("a desk that starts gets %v, want %v", err, casework.ErrServer)
	}
	// A desk that never met this server cannot know, but sees whose log it is not.
	c, err := p.Dial("maren").Case(t.Context(), ref)
	want := numbered(last(p, ref), "forged: entries 1 to {0} are not signed by the server")
	if !errors.Is(err, casework.ErrTampered) || !slices.Equal(said(c.Faults), want) || !c.Unproven {
		t.Errorf("a fresh desk gets %v, %v", err, c)
	}
}

// TestTwoProgramsShareWhatTheySaw holds that the desk and the commands, which
// use one file, do not forget for each other.
func TestTwoProgramsShareWhatTheySaw(t *testing.T) {
	p := newOffice(t)
	lin, ask := p.Report("lin", "en"), p.Report("ask", "en")
	state := filepath.Join(t.TempDir(), "maren.seen")
	desk, command, idle := p.DialAt("maren", state), p.DialAt("maren", state), p.DialAt("maren", state)
	if _, err := desk.Case(t.Context(), lin); err != nil {
		t.Fatal(err)
	}
	end := last(p, lin)
	p.Reporter("lin").Says("to")
	if _, err := command.Case(t.Context(), lin); err != nil {
		t.Fatal(err)
	}
	if _, err := desk.Case(t.Context(), ask); err != nil { // writes the file again
		t.Fatal(err)
	}
	p.Alter(numbered(end, "DELETE FROM entries WHERE seq = {1} AND "+ofLin)...)
	want := numbered(end, "cut: this machine has seen entry {1}, the log ends at {0}; its end was removed, or an older copy was put back")
	for who, c := range map[string]*handlerstest.Desk{"the desk": desk, "the command": command, "one that only waited": idle, "the next": p.DialAt("maren", state)} {
		if faults, err := c.Verify(t.Context(), lin); err != nil || !slices.Equal(said(faults), want) {
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
	if _, err := handlerstest.SignIn(t.Context(), casework.Config{Server: p.API.URL, Key: p.Key("maren"), StateFile: state}); err == nil {
		t.Error("a damaged file of heads is begun anew")
	}
}

// said are faults as scripts read them.
func said(faults []casework.Fault) (all []string) {
	for _, f := range faults {
		all = append(all, f.String())
	}
	return all
}
