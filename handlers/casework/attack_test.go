package casework_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/handlers/wire"
	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/seal"
)

// colleague is a handler who holds a session and the key of a case, and whose desk is
// a program of their own.
type colleague struct {
	*handlerstest.Office
	id, ref, token string
}

func attacks(p *handlerstest.Office, id, ref string) *colleague {
	p.T.Helper()
	x := &colleague{Office: p, id: id, ref: ref}
	x.signIn()
	return x
}

func (x *colleague) signIn() {
	x.T.Helper()
	tap := &recorder{next: http.DefaultTransport}
	if _, err := x.DialWith(casework.Config{Key: x.Key(x.id), HTTP: &http.Client{Transport: tap}}); err != nil {
		x.T.Fatal(err)
	}
	x.token = tap.token
}

// post asks the office for something, and returns what it says.
func (x *colleague) post(verb string, body any) (int, wire.Fault) {
	x.T.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		x.T.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, x.API.URL+"/v1/rooms/"+x.ref+"/"+verb, bytes.NewReader(raw))
	if err != nil {
		x.T.Fatal(err)
	}
	r.Header.Set("Authorization", x.token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		x.T.Fatal(err)
	}
	defer res.Body.Close()
	var f wire.Fault
	_ = json.NewDecoder(res.Body).Decode(&f) // an empty answer is none
	return res.StatusCode, f
}

// room is the case as the office hands it out.
func (x *colleague) room() cases.Room {
	x.T.Helper()
	r, err := x.Store.Read(x.T.Context(), x.id, x.ref, 0, nil)
	if err != nil {
		x.T.Fatal(err)
	}
	return r
}

// place is where the next entry stands.
func (x *colleague) place() (at seal.Context, public string) {
	r := x.room()
	return seal.Context{V: seal.Version, Case: x.ref, Room: r.Case.Room, Epoch: r.Epoch, Seq: r.Last + 1, Kind: string(cases.EntryOffice), At: x.Clock.Now(), Prev: r.Head}, r.Public
}

// signs makes an act of bytes that are sealed already.
func (x *colleague) signs(at seal.Context, data []byte, mark routine.Mark) wire.ActAsk {
	raw := mark.Encode()
	return wire.ActAsk{ID: rand.Text(), Epoch: at.Epoch, Seq: at.Seq, Hour: seal.Hour(at.At), Prev: at.Prev, Data: data, Mark: raw,
		Sig: x.Key(x.id).SignAct(at, x.id, data, raw).Sig}
}

// made is a whole act whose body is this.
func (x *colleague) made(body []byte, mark routine.Mark) wire.ActAsk {
	x.T.Helper()
	at, public := x.place()
	data, err := seal.Entry(public, at, body)
	if err != nil {
		x.T.Fatal(err)
	}
	return x.signs(at, data, mark)
}

var work = routine.Mark{Kind: routine.KindWork}

// sealedTo is an age file of these bytes to one or more rooms.
func sealedTo(t testing.TB, text []byte, publics ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	var to []age.Recipient
	for _, p := range publics {
		r, err := age.ParseHybridRecipient(p)
		if err != nil {
			t.Fatal(err)
		}
		to = append(to, r)
	}
	w, err := age.Encrypt(&out, to...)
	if err == nil {
		_, err = w.Write(text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestWhatAColleagueMayNotSend is refused, and the case is for everybody what it was.
func TestWhatAColleagueMayNotSend(t *testing.T) {
	p := newOffice(t, handlerstest.Options{Hasty: true})
	ref, other := p.Report("lin", "Det var på middagen."), p.Report("per", "noe annet")
	maren := p.Dial("maren")
	if err := maren.Note(t.Context(), ref, intake.NewPrivate("fra Maren")); err != nil {
		t.Fatal(err)
	}
	before, err := maren.Case(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	x, y := attacks(p, "jonas", ref), attacks(p, "jonas", other)
	note := func() wire.ActAsk {
		return x.made(cases.Encode(cases.Act{Name: "note", Mark: work.Encode(), Fields: cases.NewFields([]byte(`{"text":"x"}`))}), work)
	}
	nonce := make([]byte, routine.NonceSize)
	sent := routine.Mark{Kind: routine.KindSent, Words: routine.WordsHash(nonce, intake.NewPrivate("Takk."))}
	sends := func() wire.ActAsk {
		ask := x.made(cases.Encode(cases.Act{Name: "reply", Mark: sent.Encode(), Fields: cases.NewFields([]byte(`{"text":"Takk."}`))}), sent)
		ask.Text, ask.Nonce = "Takk.", nonce
		return ask
	}
	hers := x.room().Entries[x.room().Last-1] // what Maren signed
	data := func(make func(at seal.Context, public string) []byte) func() any {
		return func() any {
			at, public := x.place()
			return x.signs(at, make(at, public), work)
		}
	}
	_, elsewhere := y.place()
	for name, ask := range map[string]func() any{
		"not signed":            func() any { a := note(); a.Sig = nil; return a },
		"signed with nothing":   func() any { a := note(); a.Sig = make([]byte, 64); return a },
		"signed by a colleague": func() any { a := note(); a.Sig = hers.Signed.Sig; return a },
		"signed as a colleague": func() any {
			at, public := x.place()
			file, err := seal.Entry(public, at, []byte(`{"type":"act","act":"note","fields":{"text":"x"}}`))
			if err != nil {
				t.Fatal(err)
			}
			a := x.signs(at, file, work)
			a.Sig = x.Key("jonas").SignAct(at, "maren", file, a.Mark).Sig
			return a
		},
		"a colleague's own once more": func() any {
			at, _ := x.place()
			a := x.signs(at, hers.Data, work)
			_ = at
			a.Sig = hers.Signed.Sig
			return a
		},
		"with a kind of their own": func() any {
			raw, _ := json.Marshal(note())
			return json.RawMessage(strings.Replace(string(raw), `{"id"`, `{"kind":"reporter","id"`, 1))
		},
		"with somebody else's name": func() any {
			raw, _ := json.Marshal(note())
			return json.RawMessage(strings.Replace(string(raw), `{"id"`, `{"by":"maren","id"`, 1))
		},
		"with another mark": func() any {
			a := note()
			a.Mark = routine.Mark{Kind: routine.KindDuty, Duty: routine.Lead, Person: "jonas"}.Encode()
			return a
		},
		"other words":             func() any { a := sends(); a.Text = "Du lyver."; return a },
		"words that nobody bound": func() any { a := note(); a.Text, a.Nonce = "Takk.", nonce; return a },
		"bound to other words": func() any {
			a := sends()
			a.Text = "Nei."
			a.Mark = routine.Mark{Kind: routine.KindSent, Words: routine.WordsHash(nonce, intake.NewPrivate("Nei."))}.Encode()
			return a
		},
		"in a place that is taken": func() any { a := note(); a.Seq--; return a },
		"in a place to come":       func() any { a := note(); a.Seq++; return a },
		"after another entry":      func() any { a := note(); a.Prev = hers.Prev; return a },
		"in another epoch":         func() any { a := note(); a.Epoch++; return a },
		"in another hour":          func() any { a := note(); a.Hour = a.Hour.Add(-5 * time.Hour); return a },
		"of another case": func() any {
			return y.made(cases.Encode(cases.Act{Name: "note", Mark: work.Encode()}), work)
		},
		"signed for another case": func() any {
			at, public := x.place()
			file, err := seal.Entry(public, at, []byte(`{"type":"act","act":"note","fields":{"text":"x"}}`))
			if err != nil {
				t.Fatal(err)
			}
			there := at
			there.Case, there.Room = other, y.room().Case.Room
			a := x.signs(at, file, work)
			a.Sig = x.Key("jonas").SignAct(there, "jonas", file, a.Mark).Sig
			return a
		},
		"no age file":          data(func(seal.Context, string) []byte { return []byte("x") }),
		"nothing":              data(func(seal.Context, string) []byte { return nil }),
		"zeros":                data(func(seal.Context, string) []byte { return make([]byte, 2000) }),
		"to two":               data(func(_ seal.Context, public string) []byte { return sealedTo(t, make([]byte, 512), public, elsewhere) }),
		"of a size that tells": data(func(_ seal.Context, public string) []byte { return sealedTo(t, make([]byte, 700), public) }),
		"empty":                data(func(_ seal.Context, public string) []byte { return sealedTo(t, nil, public) }),
		"cut": data(func(_ seal.Context, public string) []byte {
			f := sealedTo(t, make([]byte, 512), public)
			return f[:len(f)-1]
		}),
	} {
		body := ask()
		was := last(p, ref)
		if code, _ := x.post("acts", body); code != http.StatusBadRequest && code != http.StatusConflict {
			t.Errorf("%s: the office answers %d", name, code)
		}
		if now := last(p, ref); now != was {
			t.Errorf("%s: it stands in the log", name)
		}
	}
	if p.Reporter("lin").Waits() {
		t.Error("something waits for her")
	}
	for _, id := range []string{"maren", "jonas", "siv"} {
		cs, err := p.Dial(id).Case(t.Context(), ref)
		if err != nil || len(cs.Doubts) > 0 || !cmp.Equal(texts(cs), texts(before)) {
			t.Errorf("%s: %v, %v, %q", id, err, cs.Doubts, texts(cs))
		}
	}
	if code, _ := x.post("acts", note()); code != http.StatusOK {
		t.Errorf("an act that is as it must be gets %d", code)
	}
}

// texts are who says what in a case, a line each.
func texts(cs *casework.Case) (lines []string) {
	for _, e := range cs.Entries {
		lines = append(lines, fmt.Sprintf("%s: %s %s %s %s%s", e.By, e.Kind, e.Event, e.Text.Reveal(), e.Person, map[bool]string{true: " (unsigned)"}[e.Unsigned]))
	}
	return lines
}

// TestWhatAColleagueSealsInsideIsInDoubt sends what the office cannot see into. Each
// desk names it with who signed it, nothing of it counts, and work goes on.
func TestWhatAColleagueSealsInsideIsInDoubt(t *testing.T) {
	p := newOffice(t, handlerstest.Options{Hasty: true, People: handlerstest.People()})
	ref := p.File("lin", handlerstest.Answers{"C0": {"p:hakon"}, "A1": {"Det var på middagen."}})
	maren := p.Dial("maren")
	if err := maren.Assign(t.Context(), ref, "maren"); err != nil {
		t.Fatal(err)
	}
	x := attacks(p, "jonas", ref)
	act := func(name, fields string) []byte {
		return cases.Encode(cases.Act{Name: name, Mark: work.Encode(), Fields: cases.NewFields([]byte(fields))})
	}
	body := func(b cases.Body) func() wire.ActAsk {
		return func() wire.ActAsk { return x.made(cases.Encode(b), work) }
	}
	raw := func(text string) func() wire.ActAsk { return func() wire.ActAsk { return x.made([]byte(text), work) } }
	file := func(make func(at seal.Context, public string) []byte) func() wire.ActAsk {
		return func() wire.ActAsk {
			at, public := x.place()
			return x.signs(at, make(at, public), work)
		}
	}
	made := intake.NewPrivate("Jeg fant på alt sammen.")
	before, err := maren.Case(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	story, doubts := texts(before), 0
	for name, row := range map[string]struct {
		ask func() wire.ActAsk
		why string
	}{
		"an answer of the reporter's":  {body(cases.Answer{Question: "A1", Asked: "Fortell", Text: made, Supersedes: true}), casework.DoubtKind},
		"a message of hers":            {body(cases.Message{Text: made}), casework.DoubtKind},
		"that nobody is kept out":      {body(cases.Exclusion{Out: []string{}}), casework.DoubtKind},
		"a file":                       {body(cases.File{ID: "f", Name: made}), casework.DoubtKind},
		"a piece of a file":            {body(cases.FilePart{ID: "f", Part: 1, Data: []byte("x")}), casework.DoubtKind},
		"a line of the log":            {body(cases.Log{Event: cases.EventPerson}), casework.DoubtKind},
		"a line that a colleague took": {body(cases.Log{Event: "taken", By: "maren", To: "siv"}), casework.DoubtKind},
		"a new key":                    {body(cases.Log{Event: cases.EventEpoch, Left: []string{"maren"}}), casework.DoubtKind},
		"a colleague's old reply":      {body(cases.Written{As: cases.TypeReply, By: "maren", Text: made}), ""},
		"a colleague's old note":       {body(cases.Written{As: cases.TypeNote, By: "maren", Text: made}), ""},
		"a colleague's old minutes":    {body(cases.Written{As: cases.TypeMinutes, By: "maren", Text: made}), ""},
		"an act that there is not":     {raw(`{"type":"act","act":"juggle","mark":"","fields":{}}`), casework.DoubtUnknown},
		"an act of no name":            {raw(`{"type":"act"}`), casework.DoubtUnknown},
		"an act without its mark":      {raw(`{"type":"act","act":"note","fields":{"text":"x"}}`), casework.DoubtMark},
		"an act of a colleague's":      {func() wire.ActAsk { return x.made(act("give", `{"to":"siv"}`), work) }, casework.DoubtMark},
		"a reply that was never sent":  {func() wire.ActAsk { return x.made(act("reply", `{"text":"Takk."}`), work) }, casework.DoubtMark},
		"a reply that says something else than was sent": {func() wire.ActAsk {
			nonce := make([]byte, routine.NonceSize)
			sent := routine.Mark{Kind: routine.KindSent, Words: routine.WordsHash(nonce, intake.NewPrivate("Du lyver."))}
			ask := x.made(cases.Encode(cases.Act{Name: "reply", Mark: sent.Encode(), Nonce: nonce, Fields: cases.NewFields([]byte(`{"text":"Takk."}`))}), sent)
			ask.Text, ask.Nonce = "Du lyver.", nonce
			return ask
		}, casework.DoubtMark},
		"fields of another form":        {raw(`{"type":"act","act":"note","mark":"","fields":{"text":7}}`), casework.DoubtKind},
		"fields that are none":          {raw(`{"type":"act","act":"note","mark":"","fields":"x"}`), casework.DoubtClosed},
		"nothing":                       {raw(`{}`), casework.DoubtClosed},
		"null":                          {raw(`null`), casework.DoubtClosed},
		"a list":                        {raw(`[1]`), casework.DoubtClosed},
		"a body of a kind that is none": {raw(`{"type":"x"}`), casework.DoubtClosed},
		"bytes":                         {file(func(_ seal.Context, public string) []byte { return sealedTo(t, make([]byte, 512), public) }), casework.DoubtClosed},
		"a file for nobody": {file(func(seal.Context, string) []byte {
			return sealedTo(t, make([]byte, 512), newKey(t).Recipient())
		}), casework.DoubtClosed},
		"what was sealed for another place": {file(func(at seal.Context, public string) []byte {
			at.Seq++
			data, err := seal.Entry(public, at, act("note", `{"text":"x"}`))
			if err != nil {
				t.Fatal(err)
			}
			return data
		}), casework.DoubtClosed},
		"what was sealed for another case": {file(func(at seal.Context, public string) []byte {
			at.Case, at.Kind = "T-222222", "reporter"
			data, err := seal.Entry(public, at, act("note", `{"text":"x"}`))
			if err != nil {
				t.Fatal(err)
			}
			return data
		}), casework.DoubtClosed},
		"a colleague's, sealed by her": {file(func(seal.Context, string) []byte {
			for _, e := range x.room().Entries {
				if e.Signed != nil && e.Signed.By == "maren" {
					return e.Data
				}
			}
			return nil
		}), casework.DoubtClosed},
	} {
		if code, _ := x.post("acts", row.ask()); code != http.StatusOK {
			t.Errorf("%s: the office answers %d, though it cannot see into it", name, code)
			continue
		}
		cs, err := maren.Case(t.Context(), ref)
		if err != nil || len(cs.Faults) > 0 || len(cs.Doubts) != doubts+1 {
			t.Fatalf("%s: %v, %d are in doubt, want %d", name, err, len(cs.Doubts), doubts+1)
		}
		doubts++
		if d := cs.Doubts[doubts-1]; d.Seq != int64(last(p, ref)) || d.By != "Jonas T." || row.why != "" && d.Why != row.why {
			t.Errorf("%s: in doubt is %+v, want %q", name, d, row.why)
		}
		if diff := cmp.Diff(story, texts(cs)); diff != "" || cs.Assignee != "maren" || len(cs.Kept) != 1 || cs.Kept[0].ID != "hakon" || len(cs.Files) > 0 {
			t.Errorf("%s counts: %s; %q has the case, kept out are %v", name, diff, cs.Assignee, cs.Kept)
		}
	}
	workGoesOn(t, p, ref, doubts)
}

// workGoesOn has everybody open a case with doubts in it and work it.
func workGoesOn(t *testing.T, p *handlerstest.Office, ref string, doubts int) {
	t.Helper()
	for _, id := range []string{"maren", "siv", "jonas"} {
		c := p.Dial(id)
		if faults, err := c.Verify(t.Context(), ref); err != nil || len(faults) > 0 {
			t.Errorf("%s, who has not opened it, finds %q, %v", id, faults, err)
		}
		cs, err := c.Case(t.Context(), ref)
		if err != nil || len(cs.Doubts) != doubts || len(cs.Faults) > 0 {
			t.Fatalf("%s: %v, %d are in doubt, want %d", id, err, len(cs.Doubts), doubts)
		}
		faults, err := c.Verify(t.Context(), ref)
		if err != nil || len(faults) != doubts {
			t.Errorf("%s: verify says %q, %v; want %d", id, faults, err, doubts)
		}
		for _, f := range faults {
			if !strings.Contains(f.String(), "Jonas T.") && !strings.Contains(f.String(), "Maren V.") {
				t.Errorf("verify names nobody: %q", f)
			}
		}
		if err := c.Reply(t.Context(), ref, intake.NewPrivate("Svar fra "+id)); err != nil {
			t.Errorf("%s cannot answer: %v", id, err)
		}
		if got := p.Reporter("lin").Opens(); !strings.Contains(got, "Svar fra "+id) {
			t.Errorf("the answer of %s does not come", id)
		}
	}
	if faults, err := p.Store.Verify(t.Context(), p.Roster.SignKeys); err != nil || len(faults) > 0 {
		t.Errorf("the server finds %q, %v", faults, err)
	}
}

// TestAnActInAColleaguesName is made by who runs the server too: it signs the chain,
// and cannot sign for a handler.
func TestAnActInAColleaguesName(t *testing.T) {
	p := newOffice(t, handlerstest.Options{Hasty: true})
	ref := p.Report("lin", "Det var på middagen.")
	x := attacks(p, "jonas", ref)
	maren := p.Dial("maren")
	before, err := maren.Case(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	note := cases.Encode(cases.Act{Name: "note", Mark: work.Encode(), Fields: cases.NewFields([]byte(`{"text":"Hun lyver."}`))})
	for i, by := range []string{"maren", "siv", "nobody"} {
		ask := x.made(note, work)
		at, _ := x.place()
		sig := x.Key("jonas").SignAct(at, by, ask.Data, ask.Mark)
		// The store holds an act to the key that it is told is the signer's.
		holder := map[bool]string{true: "maren", false: by}[by == "nobody"]
		a := store.Act{Handler: holder, Ref: ref, ID: rand.Text(), Desk: &store.Sealed{Epoch: ask.Epoch, Seq: ask.Seq, Hour: ask.Hour, Prev: ask.Prev,
			Data: ask.Data, Signed: sig, Signer: p.Key("jonas").SignPublic()}}
		err := p.Store.Act(t.Context(), a)
		if by == "nobody" {
			if err == nil {
				t.Error("an act of somebody else's than the one who asks is stored")
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		cs, err := maren.Case(t.Context(), ref)
		if err != nil || len(cs.Doubts) != i+1 || cs.Doubts[i].Why != casework.DoubtUnsigned || !cmp.Equal(texts(cs), texts(before)) {
			t.Fatalf("in %s's name: %v, %+v", by, err, cs.Doubts)
		}
	}
	if faults, err := p.Store.Verify(t.Context(), p.Roster.SignKeys); err != nil || len(faults) != 2 {
		t.Errorf("the server's own check finds %q, %v; want both", faults, err)
	}
	blind, err := p.Dial("siv").Verify(t.Context(), ref)
	if err != nil || len(blind) != 2 {
		t.Errorf("a desk that has not opened it finds %q, %v; want both", blind, err)
	}
	if err := maren.Note(t.Context(), ref, intake.NewPrivate("videre")); err != nil {
		t.Errorf("work does not go on: %v", err)
	}
}

// TestAnActThatNoChatDoes has somebody who runs the server do in a handler's name, as if
// it came through a chat, what only a desk can do, and what a chat can.
func TestAnActThatNoChatDoes(t *testing.T) {
	p := newOffice(t)
	ref := p.Report("lin", "Det var på middagen.")
	var did []*routine.Act
	for _, a := range acts.All {
		filled, err := a.Read(func(string) []string { return []string{"siv"} })
		if err != nil || a.To == routine.Reporter {
			continue // it has more than words and people in it, or its words would leave
		}
		did = append(did, a)
		said := &store.Said{Body: filled.Body(filled.Mark("jonas").Encode(), nil), Via: "telegram"}
		if err := p.Store.Act(t.Context(), store.Act{Handler: "jonas", Ref: ref, Chat: said, Change: func(*cases.Facts, int64) error { return nil }}); err != nil {
			t.Fatal(a.Name, err)
		}
	}
	cs, err := p.Dial("maren").Case(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	var want, got []casework.Doubt
	seq := cs.Doubts[0].Seq
	for _, a := range did {
		if !a.Chat {
			want = append(want, casework.Doubt{By: p.Person("jonas").Name, Why: casework.DoubtKind})
		}
	}
	for _, d := range cs.Doubts {
		if d.Seq >= seq {
			d.Seq = 0
			got = append(got, d)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("in doubt are %+v, want %+v", got, want)
	}
}
