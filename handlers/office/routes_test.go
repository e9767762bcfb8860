package office_test

import (
	"bytes"
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
	"tillit/handlers/wire"
	"tillit/store/cases"
)

// ask is one thing that can be asked of a route, and the status that a handler gets
// for it. A route may have several; one that has none fails TestEveryRoute.
type ask struct {
	route string // its pattern
	what  string // names it among others of the same route
	query string // {ref} stands for the reference
	// body is what is sent, by somebody who knows how the case stands.
	body func(cases.Room) any
	want got
	with map[string]got // for those with a right, where it makes a difference
}

// got is what comes of an ask about a case of one's own, a colleague's, and none: one
// that keeps the asker out, or that never was.
type got struct{ own, other, none int }

var (
	always  = got{200, 200, 200}
	theirs  = got{200, 200, 404}
	never   = got{400, 400, 400}
	noRight = got{403, 403, 403}
)

func says(body any) func(cases.Room) any { return func(cases.Room) any { return body } }

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
	{route: "GET /v1/rooms/{ref}", what: "to read", query: "purpose=read", want: theirs},
	{route: "GET /v1/rooms/{ref}", what: "to look through", query: "purpose=index", want: theirs},
	{route: "GET /v1/rooms/{ref}", what: "for nothing", want: never},
	{route: "POST /v1/rooms/{ref}/entries", body: noted, want: theirs},
	{route: "POST /v1/rooms/{ref}/entries", what: "in another place", body: func(r cases.Room) any {
		ask := noted(r).(wire.EntryAsk)
		ask.Seq++
		return ask
	}, want: got{409, 409, 404}},
	{route: "POST /v1/rooms/{ref}/reply", body: says(wire.ReplyAsk{Text: "Takk."}), want: theirs},
	{route: "POST /v1/rooms/{ref}/reply", what: "without words", body: says(wire.ReplyAsk{}), want: never},
	{route: "POST /v1/rooms/{ref}/reply", what: "with the most words", body: says(wire.ReplyAsk{Text: strings.Repeat("x", cases.LongestText)}), want: theirs},
	{route: "POST /v1/rooms/{ref}/reply", what: "with more", body: says(wire.ReplyAsk{Text: strings.Repeat("x", cases.LongestText+1)}), want: never},
	{route: "POST /v1/rooms/{ref}/assign", what: "to oneself", body: says(wire.AssignAsk{To: "jonas"}), want: theirs},
	{route: "POST /v1/rooms/{ref}/assign", what: "to nobody", body: says(wire.AssignAsk{}), want: theirs},
	{route: "POST /v1/rooms/{ref}/assign", what: "to a colleague", body: says(wire.AssignAsk{To: "maren"}),
		want: noRight, with: map[string]got{handlers.RightAssign: theirs}},
	{route: "POST /v1/rooms/{ref}/assign", what: "to one who is kept out", body: says(wire.AssignAsk{To: "siv"}),
		want: noRight, with: map[string]got{handlers.RightAssign: {404, 404, 404}}},
	{route: "POST /v1/rooms/{ref}/read", body: says(wire.ReadAsk{Seq: 1}), want: theirs},
	{route: "POST /v1/rooms/{ref}/wraps", body: granted, want: theirs},
	{route: "POST /v1/rooms/{ref}/wraps", what: "for one who is kept out", body: func(r cases.Room) any {
		ask := granted(r).(wire.WrapAsk)
		ask.Recipient = "siv"
		return ask
	}, want: got{403, 403, 404}},
	{route: "POST /v1/rooms/{ref}/wraps", what: "of another length", body: says(wire.WrapAsk{Epoch: 1, Recipient: "hakon", Wrap: []byte("x")}), want: got{404, 404, 404}},
}

func noted(r cases.Room) any {
	last := cases.Sealed{Hash: make([]byte, 32)}
	if n := len(r.Entries); n > 0 {
		last = r.Entries[n-1]
	}
	return wire.EntryAsk{Kind: "office", Hour: time.Now().Truncate(time.Hour), Seq: last.Seq + 1, Prev: last.Hash, Data: []byte("x")}
}

func granted(r cases.Room) any {
	wrap := bytes.Repeat([]byte("x"), 2048)
	if r.Wrap != nil {
		wrap = r.Wrap
	}
	return wire.WrapAsk{Epoch: 1, Recipient: "hakon", Wrap: wrap}
}

// request is the ask about a case, without a session.
func (a ask) request(ref string, room cases.Room) *http.Request {
	method, path, _ := strings.Cut(a.route, " ")
	path = strings.ReplaceAll(path, "{ref}", ref)
	if a.query != "" {
		path += "?" + strings.ReplaceAll(a.query, "{ref}", ref)
	}
	var body []byte
	if a.body != nil {
		body, _ = json.Marshal(a.body(room)) // all of them are plain structs
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
	room, err := c.Store.RoomFor(c.Context(), "maren", ref, "read", "")
	if err != nil && ref != c.never {
		c.Fatal(err)
	}
	r, w := c.request(ref, room), httptest.NewRecorder()
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
		token, jonas, maren := session(o, "jonas"), o.Dial("jonas"), o.Dial("maren")
		for _, a := range asks {
			for _, take := range []func() error{
				func() error { return jonas.Assign(t.Context(), own, "jonas") },
				func() error { return maren.Assign(t.Context(), other, "maren") },
			} {
				if err := take(); err != nil {
					t.Fatal(err)
				}
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
