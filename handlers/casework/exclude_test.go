package casework_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
	"testing"
	"testing/cryptotest"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/handlers/routine"
	"tillit/handlers/wire"
	"tillit/intake"
	"tillit/store/cases"
)

// recorder keeps every answer of the office as it was sent. Only the moment that
// the web server adds is left out: it is the machine's clock, which no script
// can hold still.
type recorder struct {
	next  http.RoundTripper
	token string
	got   []string
}

func (x *recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	if token := r.Header.Get("Authorization"); len(token) > len("Bearer ") {
		x.token = token
	}
	res, err := x.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	res.Header.Del("Date")
	raw, err := httputil.DumpResponse(res, true)
	x.got = append(x.got, r.Method+" "+r.URL.RequestURI()+"\n"+string(raw))
	return res, err
}

// script is one run: the same steps with the same randomness and clock, with or
// without the cases that keep jonas out.
type script struct {
	*handlerstest.Office
	t     *testing.T
	with  bool
	clock *handlerstest.Clock
	jonas recorder
	kept  []string // references of the cases that keep jonas out
}

// step begins something with randomness of its own, so that what another step
// used, or did not use, changes nothing in it.
func (s *script) step(name string) {
	sum := sha256.Sum256([]byte(name))
	cryptotest.SetGlobalRandom(s.t, binary.BigEndian.Uint64(sum[:]))
	s.clock.Add(7 * time.Minute)
}

// only runs what has to do with a case that keeps jonas out. The clock goes on
// in either run.
func (s *script) only(name string, do func()) {
	s.step(name)
	if s.with {
		do()
	}
}

func (s *script) as(id string) *handlerstest.Desk {
	s.t.Helper()
	c, err := handlerstest.SignIn(s.t.Context(), casework.Config{Server: s.API.URL, Key: s.Key(id), Now: s.clock.Now})
	s.must(err)
	return c
}

func (s *script) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// run plays the script and returns the cases of jonas's.
func (s *script) run() []string {
	var own []string
	s.step("first")
	own = append(own, s.Report("a", "en", "to"))
	s.look("before")
	s.step("half")
	half := s.Reporter("b").Tell(told("tre"))

	// Named before the key is made; named later; level external; not sent at all.
	x, y, z, w := s.Reporter("x"), s.Reporter("y"), s.Reporter("z"), s.Reporter("w")
	s.only("x", func() { x.Tell(handlerstest.Answers{"C0": {"p:jonas"}, "A1": {"om jonas"}}) })
	s.only("x send", func() { s.kept = append(s.kept, x.Send()) })
	s.only("y", func() { y.Tell(told("om jonas")) })
	s.look("while a key for jonas is staged")
	s.only("y names", func() { y.Tell(handlerstest.Answers{"E5": {"p:jonas"}}) })
	s.only("y send", func() { s.kept = append(s.kept, y.Send()) })
	s.only("z", func() {
		z.Tell(handlerstest.Answers{"A1": {"om alle"}, "E3": {"handles_reports"}})
		s.kept = append(s.kept, z.Send())
	})
	s.only("w", func() {
		w.Tell(told("ikke sendt"))
		var ref string
		s.Row("SELECT ref FROM cases ORDER BY id DESC", nil, &ref)
		s.kept = append(s.kept, ref)
	})

	s.step("half send")
	own = append(own, half.Send())
	s.look("after")
	s.only("x is worked", func() {
		maren, ref := s.as("maren"), s.kept[0]
		s.must(maren.Assign(s.t.Context(), ref, "maren"))
		s.must(maren.Note(s.t.Context(), ref, intake.NewPrivate("om jonas")))
		s.must(maren.Reply(s.t.Context(), ref, intake.NewPrivate("Takk.")))
		s.must(maren.MarkRead(s.t.Context(), ref, 3))
		x.Opens()
		x.Says("mer om jonas")
	})
	for i := range 5 {
		s.step(fmt.Sprint("last ", i))
		own = append(own, s.Report(fmt.Sprint("c", i), "fire"))
	}
	s.only("y is closed", func() { s.Alter("UPDATE cases SET closed = 1 WHERE ref = '" + s.kept[1] + "'") })
	s.step("one is closed")
	s.Alter("UPDATE cases SET closed = 1 WHERE ref = '" + own[0] + "'")
	s.step("maren works")
	s.must(s.as("maren").Note(s.t.Context(), own[1], intake.NewPrivate("lest")))
	s.must(s.as("maren").Assign(s.t.Context(), own[2], "maren"))
	s.look("at the end")
	return own
}

// look is a desk that opens, lists and reads all there is.
func (s *script) look(when string) {
	s.t.Helper()
	s.step("look " + when)
	s.jonas.next = http.DefaultTransport
	c, err := handlerstest.SignIn(s.t.Context(), casework.Config{Server: s.API.URL, Key: s.Key("jonas"), Now: s.clock.Now, HTTP: &http.Client{Transport: &s.jonas}})
	s.must(err)
	for _, view := range []string{"", "open", "unread", "mine", "closed"} {
		var first []string
		for size := range 11 {
			var refs []string
			for q := (casework.Query{View: view, Size: size}); ; {
				page, err := c.Queue(s.t.Context(), q)
				s.must(err)
				for _, row := range page.Cases {
					refs = append(refs, row.Ref)
				}
				if q.Page = page.Next; q.Page == "" {
					break
				}
			}
			if size == 0 {
				first = refs
			}
			if !slices.Equal(refs, first) {
				s.t.Errorf("%s: view %q by %d is %v, in one page %v", when, view, size, refs, first)
			}
		}
	}
	_, err = c.Notices(s.t.Context())
	s.must(err)
	all, err := c.VerifyAll(s.t.Context())
	s.must(err)
	for _, x := range all {
		if len(x.Faults) > 0 {
			s.t.Errorf("%s: %v", when, x)
		}
		cs, err := c.Case(s.t.Context(), x.Ref)
		s.must(err)
		s.must(c.Note(s.t.Context(), x.Ref, intake.NewPrivate(when)))
		s.must(c.MarkRead(s.t.Context(), x.Ref, cs.Entries[len(cs.Entries)-1].Seq))
		s.jonas.got = append(s.jonas.got, fmt.Sprintf("%+v", cs))
	}
}

// knock tries everything that the office offers on a reference, and returns the
// answers without the reference.
func (s *script) knock(ref string) []string {
	s.t.Helper()
	s.step("knock") // the same for every reference
	s.clock.Set(time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC))
	s.Restart() // the same nonce would not count twice
	x := recorder{next: http.DefaultTransport}
	c, err := handlerstest.SignIn(s.t.Context(), casework.Config{Server: s.API.URL, Key: s.Key("jonas"), Now: s.clock.Now, HTTP: &http.Client{Transport: &x}})
	s.must(err)
	for _, q := range []string{"after=0", "after=1", "after=no", "after=-1", "purpose=index", ""} {
		s.ask(&x, http.MethodGet, ref, "?"+q, nil)
		s.ask(&x, http.MethodGet, ref, "/log?"+q, nil)
	}
	hour := s.clock.Now().Truncate(time.Hour)
	act := func(m routine.Mark) wire.ActAsk {
		return wire.ActAsk{ID: "x", Epoch: 1, Seq: 2, Hour: hour, Prev: []byte("x"), Data: []byte("x"), Mark: m.Encode(), Sig: []byte("x")}
	}
	words := act(routine.Mark{Kind: routine.KindSent, Words: routine.WordsHash(make([]byte, routine.NonceSize), intake.NewPrivate("x"))})
	words.Text, words.Nonce = "x", make([]byte, routine.NonceSize)
	key := act(routine.Mark{Kind: routine.KindKeys, Person: "maren"})
	key.Wraps = []cases.Epoch{{Epoch: 1, Wrap: []byte("x")}}
	for verb, asks := range map[string][]any{
		"acts": {act(routine.Mark{Kind: routine.KindWork}), act(routine.Mark{Kind: routine.KindDuty, Duty: routine.Lead, Person: "jonas"}),
			act(routine.Mark{Kind: routine.KindDuty, Duty: routine.Lead, Person: "maren"}), act(routine.Mark{Kind: routine.KindDuty, Duty: routine.Lead, Person: "nobody"}),
			act(routine.Mark{Kind: routine.KindKeys, Person: "jonas", Out: true}), words, key, wire.ActAsk{}},
		"read":  {wire.ReadAsk{Seq: 1}, wire.ReadAsk{Seq: 99}},
		"wraps": {wire.WrapAsk{Epoch: 1, Sum: []byte("x")}, wire.WrapAsk{}},
	} {
		for _, ask := range asks {
			s.ask(&x, http.MethodPost, ref, "/"+verb, ask)
		}
	}
	for _, part := range []string{ref, strings.ToLower(ref), ref[:5], ref[3:]} {
		_, err := c.Queue(s.t.Context(), casework.Query{Ref: part})
		s.must(err)
	}
	_, err = c.Verify(s.t.Context(), ref)
	_, readErr := c.Case(s.t.Context(), ref)
	x.got = append(x.got, fmt.Sprint(err, readErr, c.Note(s.t.Context(), ref, intake.NewPrivate("x")), c.Grant(s.t.Context(), ref, "jonas", s.Key("jonas").Fingerprint()), c.File(s.t.Context(), ref, "f", io.Discard)))
	for i, got := range x.got {
		got = strings.ReplaceAll(got, ref, "REF")
		got = strings.ReplaceAll(got, strings.ToLower(ref), "ref")
		x.got[i] = strings.ReplaceAll(strings.ReplaceAll(got, ref[:5], "START"), ref[3:], "END")
	}
	slices.Sort(x.got)
	return x.got
}

func (s *script) ask(x *recorder, method, ref, rest string, body any) {
	s.t.Helper()
	raw, err := json.Marshal(body)
	s.must(err)
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.API.URL+"/v1/rooms/"+ref+rest, bytes.NewReader(raw))
	s.must(err)
	r.Header.Set("Authorization", x.token)
	res, err := x.RoundTrip(r)
	s.must(err)
	_, _ = io.Copy(io.Discard, res.Body)
	res.Body.Close()
}

func play(t *testing.T, with bool) *script {
	t.Helper()
	s := &script{t: t, with: with, clock: handlerstest.At(time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC))}
	s.step("start")
	s.Office = newOffice(t, handlerstest.Options{Hasty: true, Clock: s.clock})
	return s
}

func told(words ...string) handlerstest.Answers { return handlerstest.Answers{"A1": words} }

// TestExclusionIsSilentToTheByte compares everything that the office sends to
// somebody who is kept out of four cases with what it sends when there are none:
// status, headers, bodies, page tokens, access rows, notices.
func TestExclusionIsSilentToTheByte(t *testing.T) {
	with := play(t, true)
	own := with.run()
	without := play(t, false)
	if again := without.run(); !slices.Equal(own, again) {
		t.Fatalf("the script is not the same twice: %v, %v", own, again)
	}
	if len(with.kept) != 4 || len(with.jonas.got) < 100 {
		t.Fatalf("%d cases keep jonas out, %d answers", len(with.kept), len(with.jonas.got))
	}
	compare(t, "what jonas's desk gets", with.jonas.got, without.jonas.got)

	// The cases are there, and others open them.
	for i, who := range []string{"maren", "siv", cases.External} {
		c, err := with.as(who).Case(t.Context(), with.kept[i])
		if err != nil {
			t.Errorf("%s: %v", who, err)
		}
		for _, a := range c.Access {
			if a.Handler == "jonas" {
				t.Error("an attempt of jonas's stands among who has read")
			}
		}
		if slices.ContainsFunc(c.CanOpen, func(h casework.Handler) bool { return h.ID == "jonas" }) {
			t.Error("jonas is said to hold a key")
		}
	}

	nothing := without.knock("T-222222")
	for _, ref := range append(slices.Clone(with.kept), "T-222222") {
		compare(t, "knocking at one that is there", with.knock(ref), nothing)
	}
	for _, ref := range with.kept {
		compare(t, "knocking at one that never was", without.knock(ref), nothing)
	}
	compare(t, "the end", lookAgain(with), lookAgain(without))

	// When somebody else leaves, these cases get new keys like the others.
	with.Leave("siv")
	without.Leave("siv")
	nothing = without.knock("T-222222")
	for _, ref := range with.kept {
		compare(t, "knocking after siv left", with.knock(ref), nothing)
	}
	if n := with.Count("SELECT count(*) FROM cases WHERE open = 1 AND epoch <> 2"); n != 0 {
		t.Errorf("%d open cases have their first key", n)
	}
}

func lookAgain(s *script) []string {
	s.clock.Set(time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC))
	s.jonas.got = nil
	s.look("once more")
	return s.jonas.got
}

func compare(t *testing.T, what string, with, without []string) {
	t.Helper()
	if len(with) != len(without) {
		t.Errorf("%s: %d answers with the case, %d without", what, len(with), len(without))
	}
	for i := range min(len(with), len(without)) {
		if with[i] != without[i] {
			t.Errorf("%s: answer %d differs:\n%s\n-- without:\n%s", what, i, with[i], without[i])
			return
		}
	}
}
