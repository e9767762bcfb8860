package office_test

import (
	"bytes"
	crand "crypto/rand"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/handlers"
	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/handlers/office"
	"tillit/handlers/routine"
	"tillit/handlers/wire"
	"tillit/intake"
	"tillit/store/cases"
	"tillit/store/seal"
)

// ask is one thing that can be asked of a route, and the status that a handler gets
// for it. A route may have several; one that has none fails TestEveryRoute.
type ask struct {
	route string // its pattern
	what  string // names it among others of the same route
	query string // {ref} stands for the reference
	// body is what is sent, by somebody who knows how the case stands.
	body func(sight) any
	want got
	with map[string]got // for those with a right, where it makes a difference
}

// got is what comes of an ask about a case of one's own, a colleague's, and none: one
// that keeps the asker out, or that never was.
type got struct{ own, other, none int }

var (
	always = got{200, 200, 200}
	theirs = got{200, 200, 404}
	never  = got{400, 400, 400}
)

// sight is what an asker knows of how a case stands, and what they sign with.
type sight struct {
	room cases.Room
	me   string
	key  *casework.Key
	now  time.Time // zero is the real time
}

func says(body any) func(sight) any { return func(sight) any { return body } }

// asks are all that is asked of the API.
var asks = []ask{
	{route: "GET /v1/hello", want: always},
	{route: "POST /v1/session", body: says(wire.SessionAsk{}), want: got{401, 401, 401}},
	{route: "GET /v1/queue", want: always},
	{route: "GET /v1/queue", what: "by a whole reference", query: "ref={ref}", want: always},
	{route: "GET /v1/queue", what: "closed, by a whole reference", query: "view=closed&ref={ref}", want: always},
	{route: "GET /v1/queue", what: "mine, by a whole reference", query: "view=mine&ref={ref}", want: always},
	{route: "GET /v1/queue", what: "unread, by a whole reference", query: "view=unread&ref={ref}", want: always},
	{route: "GET /v1/queue", what: "the longest page", query: fmt.Sprint("size=", cases.MostRows), want: always},
	{route: "GET /v1/queue", what: "a longer page", query: fmt.Sprint("size=", cases.MostRows+1), want: never},
	{route: "GET /v1/queue", what: "a page of -1", query: "size=-1", want: never},
	{route: "GET /v1/queue", what: "a page of many", query: "size=many", want: never},
	{route: "GET /v1/queue", what: "a view that there is not", query: "view=lost", want: never},
	{route: "GET /v1/queue", what: "somebody else's page", query: "page=AAAA", want: got{404, 404, 404}},
	{route: "GET /v1/roster", want: always},
	{route: "GET /v1/notices", want: always},
	{route: "GET /v1/certificates", want: always},
	{route: "GET /v1/certificates", what: "before one that is not theirs", query: "before={ref}", want: got{404, 404, 404}},
	{route: "GET /v1/routines/{version}", want: always},
	{route: "GET /v1/routines/{version}", what: "that there is not", query: "unknown", want: got{404, 404, 404}},
	{route: "GET /v1/rooms/{ref}", want: theirs},
	{route: "POST /v1/cases", what: "that came by phone", body: says(wire.RegisterAsk{ID: "a", Source: cases.SourceRegistered, Came: "2026-11-20"}), want: always},
	{route: "POST /v1/cases", what: "against the leadership", body: says(wire.RegisterAsk{ID: "b", Source: cases.SourceRegistered, Came: "2026-11-20", Choices: map[string][]string{"E3": {"central_leadership"}}}), want: got{409, 409, 409}},
	{route: "POST /v1/cases", what: "that comes tomorrow", body: says(wire.RegisterAsk{ID: "c", Source: cases.SourceRegistered, Came: "2099-01-01"}), want: never},
	{route: "POST /v1/cases", what: "with words", body: says(wire.RegisterAsk{ID: "d", Source: cases.SourceRegistered, Came: "2026-11-20", Flags: []string{"she said that"}}), want: never},
	{route: "POST /v1/cases", what: "of oneself", body: says(wire.RegisterAsk{ID: "e", Source: "self", Came: "2026-11-20"}), want: never},
	{route: "GET /v1/rooms/{ref}", what: "after an entry", query: "after=2", want: theirs},
	{route: "GET /v1/rooms/{ref}", what: "after no number", query: "after=x", want: never},
	{route: "GET /v1/rooms/{ref}/log", want: theirs},
	{route: "GET /v1/rooms/{ref}/log", what: "after less than nothing", query: "after=-1", want: never},
	{route: "POST /v1/rooms/{ref}/acts", what: "a note", body: noted, want: theirs},
	{route: "POST /v1/rooms/{ref}/acts", what: "in another place", body: but(noted, func(a *wire.ActAsk) { a.Seq++ }), want: got{409, 409, 404}},
	{route: "POST /v1/rooms/{ref}/acts", what: "signed by nobody", body: but(noted, func(a *wire.ActAsk) { a.Sig = make([]byte, 64) }), want: got{400, 400, 404}},
	{route: "POST /v1/rooms/{ref}/acts", what: "with another mark", body: but(noted, func(a *wire.ActAsk) { a.Mark = lead("").Encode() }), want: got{400, 400, 404}},
	{route: "POST /v1/rooms/{ref}/acts", what: "that is no file", body: but(noted, func(a *wire.ActAsk) { a.Data = []byte("x") }), want: got{400, 400, 404}},
	{route: "POST /v1/rooms/{ref}/acts", what: "with no mark", body: but(noted, func(a *wire.ActAsk) { a.Mark = nil }), want: never},
	{route: "POST /v1/rooms/{ref}/acts", what: "a reply", body: words("Takk."), want: theirs},
	{route: "POST /v1/rooms/{ref}/acts", what: "a reply without words", body: but(words("Takk."), func(a *wire.ActAsk) { a.Text = "" }), want: never},
	{route: "POST /v1/rooms/{ref}/acts", what: "a reply with other words", body: but(words("Takk."), func(a *wire.ActAsk) { a.Text = "Nei." }), want: never},
	{route: "POST /v1/rooms/{ref}/acts", what: "the longest reply", body: words(strings.Repeat("x", cases.LongestText)), want: theirs},
	{route: "POST /v1/rooms/{ref}/acts", what: "a longer reply", body: words(strings.Repeat("x", cases.LongestText+1)), want: never},
	{route: "POST /v1/rooms/{ref}/acts", what: "to let go", body: acts(lead("")), want: theirs},
	{route: "POST /v1/rooms/{ref}/acts", what: "to take", body: acts(lead("jonas")), want: got{409, 200, 404}},
	{route: "POST /v1/rooms/{ref}/acts", what: "to give to a colleague", body: acts(lead("hakon")),
		want: got{403, 403, 404}, with: map[string]got{handlers.RightAssign: theirs}},
	{route: "POST /v1/rooms/{ref}/acts", what: "to give to one who is kept out", body: acts(lead("siv")), want: got{404, 404, 404}},
	{route: "POST /v1/rooms/{ref}/acts", what: "to give to nobody there is", body: acts(lead("nobody")), want: never},
	{route: "POST /v1/rooms/{ref}/acts", what: "a key", body: granted("hakon"), want: theirs},
	{route: "POST /v1/rooms/{ref}/acts", what: "a key for one who is kept out", body: granted("siv"), want: got{409, 409, 404}},
	{route: "POST /v1/rooms/{ref}/acts", what: "a key of another length", body: but(granted("hakon"), func(a *wire.ActAsk) { a.Wraps[0].Wrap = []byte("x") }), want: got{400, 400, 404}},
	{route: "POST /v1/rooms/{ref}/acts", what: "a key for oneself", body: granted("jonas"), want: got{409, 409, 404}},
	{route: "POST /v1/rooms/{ref}/acts", what: "no key", body: but(granted("hakon"), func(a *wire.ActAsk) { a.Wraps = nil }), want: never},
	{route: "POST /v1/rooms/{ref}/acts", what: "to put a colleague out", body: acts(routine.Mark{Kind: routine.KindKeys, Person: "maren", Out: true}), want: got{409, 409, 404}},
	{route: "POST /v1/rooms/{ref}/read", body: says(wire.ReadAsk{Seq: 1}), want: theirs},
	{route: "POST /v1/rooms/{ref}/wraps", what: "of nobody's", body: says(wire.WrapAsk{Epoch: 1, Sum: make([]byte, 32)}), want: got{404, 404, 404}},
}

func lead(to string) routine.Mark {
	return routine.Mark{Kind: routine.KindDuty, Duty: routine.Lead, Person: to}
}

// acts is an act with a mark, sealed and signed as a desk does it.
func acts(mark routine.Mark) func(sight) any {
	return func(s sight) any {
		last := cases.Sealed{Hash: make([]byte, 32)}
		if n := len(s.room.Entries); n > 0 {
			last = s.room.Entries[n-1]
		}
		now := s.now
		if now.IsZero() {
			now = time.Now()
		}
		at := seal.Context{V: seal.Version, Case: s.room.Case.Ref, Room: s.room.Case.Room, Epoch: max(s.room.Epoch, 1), Seq: last.Seq + 1,
			Kind: string(cases.EntryOffice), At: now, Prev: last.Hash}
		public := s.room.Public
		if public == "" {
			public = s.key.Recipient()
		}
		data, err := seal.Entry(public, at, cases.Encode(cases.Act{Name: "x", Mark: mark.Encode()}))
		if err != nil {
			panic(err)
		}
		return wire.ActAsk{ID: crand.Text(), Epoch: at.Epoch, Seq: at.Seq, Hour: seal.Hour(at.At), Prev: at.Prev, Data: data,
			Mark: mark.Encode(), Sig: s.key.SignAct(at, s.me, data, mark.Encode()).Sig}
	}
}

var noted = acts(routine.Mark{Kind: routine.KindWork})

// words is an act that sends something.
func words(text string) func(sight) any {
	nonce := make([]byte, routine.NonceSize)
	mark := routine.Mark{Kind: routine.KindSent, Words: routine.WordsHash(nonce, intake.NewPrivate(text))}
	return but(acts(mark), func(a *wire.ActAsk) { a.Text, a.Nonce = text, nonce })
}

// granted is an act that gives somebody a key.
func granted(to string) func(sight) any {
	return func(s sight) any {
		ask := acts(routine.Mark{Kind: routine.KindKeys, Person: to})(s).(wire.ActAsk)
		ask.Wraps = []cases.Epoch{{Epoch: 1, Wrap: bytes.Repeat([]byte("x"), 2048)}}
		if s.room.Wrap != nil {
			ask.Wraps[0].Wrap = s.room.Wrap
		}
		return ask
	}
}

// but is an act with something else in it than its desk signed.
func but(of func(sight) any, change func(*wire.ActAsk)) func(sight) any {
	return func(s sight) any {
		ask := of(s).(wire.ActAsk)
		change(&ask)
		return ask
	}
}

// request is the ask about a case, without a session.
func (a ask) request(ref string, s sight) *http.Request {
	method, path, _ := strings.Cut(a.route, " ")
	path = strings.ReplaceAll(path, "{ref}", ref)
	if a.query == "unknown" {
		path = strings.ReplaceAll(path, "{version}", strings.Repeat("0", 64))
	}
	path = strings.ReplaceAll(path, "{version}", handlerstest.Party().Version())
	if a.query != "" {
		path += "?" + strings.ReplaceAll(a.query, "{ref}", ref)
	}
	var body []byte
	if a.body != nil {
		body, _ = json.Marshal(a.body(s)) // all of them are plain structs
	}
	r := httptest.NewRequest(method, path, bytes.NewReader(body))
	r.RemoteAddr, r.Host = "127.0.0.1:1", "127.0.0.1"
	return r
}

// about says whether it is about one case.
func (a ask) about() bool { return strings.Contains(a.route+a.query, "{ref}") }

// session signs somebody in and returns what their requests carry.
func session(o *handlerstest.Office, id string) string {
	o.T.Helper()
	var token string
	sniff := roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/v1/roster" {
			token = r.Header.Get("Authorization")
		}
		return http.DefaultTransport.RoundTrip(r)
	})
	if _, err := o.DialWith(casework.Config{Key: o.Key(id), HTTP: &http.Client{Transport: sniff}}); err != nil {
		o.T.Fatal(err)
	}
	return token
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// neverWas returns references that no case has.
func neverWas(n int, taken []string) (refs []string) {
	for len(refs) < n {
		ref := []byte("T-")
		for range 6 {
			ref = append(ref, "23456789ABCDEFGHJKMNPQRSTVWXYZ"[rand.IntN(30)])
		}
		if !slices.Contains(taken, string(ref)) {
			refs = append(refs, string(ref))
		}
	}
	return refs
}

// cell is one asker at one route, in an office with a case of each kind.
type cell struct {
	*testing.T
	*handlerstest.Office
	ask
	name, token       string
	own, other, never string // references
	hidden            string
}

// answer is what the office says to somebody about a case.
func (c cell) answer(ref, token string) *httptest.ResponseRecorder {
	room, err := c.Store.Read(c.Context(), "maren", ref, 0, nil)
	if err != nil && ref != c.never {
		c.Fatal(err)
	}
	r, w := c.request(ref, sight{room: room, me: "jonas", key: c.Key("jonas")}), httptest.NewRecorder()
	r.Header.Set("Authorization", token)
	c.API.Config.Handler.ServeHTTP(w, r)
	return w
}

// said is all of an answer. Tokens of pages are boxes and never twice the same.
func said(w *httptest.ResponseRecorder) string {
	token := regexp.MustCompile(`"next":"[^"]*"`)
	return fmt.Sprint(w.Code, w.Header(), token.ReplaceAllStringFunc(w.Body.String(), func(s string) string { return fmt.Sprint(len(s)) }))
}

// holds checks what the asker gets.
func (c cell) holds(want got, open bool) {
	if w := c.answer(c.own, c.token); w.Code != want.own {
		c.Errorf("%s, a case of their own: %d %s, want %d", c.name, w.Code, w.Body, want.own)
	}
	if w := c.answer(c.other, c.token); w.Code != want.other {
		c.Errorf("%s, a case of a colleague's: %d %s, want %d", c.name, w.Code, w.Body, want.other)
	}
	before := c.Count("SELECT next_seq FROM cases WHERE ref = ?", c.hidden)
	kept, none := c.answer(c.hidden, c.token), c.answer(c.never, c.token)
	if kept.Code != want.none || none.Code != want.none {
		c.Errorf("%s, a case that keeps them out: %d, one that never was: %d, want %d", c.name, kept.Code, none.Code, want.none)
	}
	if after := c.Count("SELECT next_seq FROM cases WHERE ref = ?", c.hidden); after != before {
		c.Errorf("%s wrote into a case that keeps them out", c.name)
	}
	if open {
		return // it says something new each time, to everybody
	}
	if said(kept) != said(none) {
		c.Errorf("%s: a case that keeps them out gets\n%s\nand one that never was\n%s", c.name, said(kept), said(none))
	}
	for _, ref := range []string{c.own, c.hidden} {
		for _, token := range []string{"", "Bearer " + strings.Repeat("A", 43)} {
			if w := c.answer(ref, token); w.Code != http.StatusUnauthorized {
				c.Errorf("%s without a session: %d", c.name, w.Code)
			}
		}
	}
}

// takes has somebody take a case, by an act that desks do not know, as those of the asks
// are: what those did counts at the server alone.
func takes(o *handlerstest.Office, ref, id, token string) {
	o.T.Helper()
	room, err := o.Store.Read(o.T.Context(), id, ref, 0, nil)
	if err != nil {
		o.T.Fatal(err)
	}
	if room.Case.Assignee == id {
		return
	}
	for after := room.Entries; room.More; after = room.Entries {
		more, err := o.Store.Read(o.T.Context(), id, ref, after[len(after)-1].Seq, nil)
		if err != nil {
			o.T.Fatal(err)
		}
		room.Entries, room.More = append(after, more.Entries...), more.More
	}
	take := ask{route: "POST /v1/rooms/{ref}/acts", body: acts(lead(id))}
	r, w := take.request(ref, sight{room: room, me: id, key: o.Key(id)}), httptest.NewRecorder()
	r.Header.Set("Authorization", token)
	if o.API.Config.Handler.ServeHTTP(w, r); w.Code != http.StatusOK {
		o.T.Fatalf("%s cannot take %s: %d %s", id, ref, w.Code, w.Body)
	}
}

// TestEveryRoute goes over all that the API serves: for each route, each right, and a
// case that is the asker's, a colleague's, one that keeps the asker out and one that
// never was. The last two get the same answer to the byte.
func TestEveryRoute(t *testing.T) {
	o, routes := handlerstest.New(t, handlerstest.Options{Hasty: true}), office.Routes()
	for route := range routes {
		if !slices.ContainsFunc(asks, func(a ask) bool { return a.route == route }) {
			t.Errorf("nothing says what comes of %s", route)
		}
	}
	tell := func(name, out string) string {
		return o.File(name, handlerstest.Answers{"C0": strings.Fields(out), "A1": {"Det var på middagen."}})
	}
	own, other, hidden := tell("lin", "p:siv"), tell("per", "p:siv"), tell("eva", "p:siv p:jonas")
	none := neverWas(1, []string{own, other, hidden})[0]
	for _, right := range []string{"", handlers.RightAssign, handlers.RightExport} {
		o.Person("jonas").Rights = slices.DeleteFunc([]string{right}, func(r string) bool { return r == "" })
		o.Restart()
		token, tokens := session(o, "jonas"), map[string]string{"jonas": session(o, "jonas"), "maren": session(o, "maren")}
		for _, a := range asks {
			for ref, id := range map[string]string{own: "jonas", other: "maren"} {
				takes(o, ref, id, tokens[id])
			}
			open, known := routes[a.route]
			if !known {
				t.Fatalf("%s is not served", a.route)
			}
			want := a.want
			if more, ok := a.with[right]; ok {
				want = more
			}
			name := fmt.Sprintf("%s %s, with the right %q", a.route, a.what, right)
			cell{T: t, Office: o, ask: a, name: name, token: token, own: own, other: other, hidden: hidden, never: none}.holds(want, open)
		}
	}
}
