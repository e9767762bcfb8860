package office_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tillit/handlers/handlerstest"
	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
)

// TestSilenceInTime measures, for everything that can be asked about a case, pairs of
// requests: about one that keeps the asker out, and about one that never was. Which of
// the two comes first is thrown for each pair, and so are the cases. If nothing tells
// them apart, each is the slower one in half of the pairs, whatever else the machine
// does meanwhile: of 2,000 the share is within 1.1 points of one half two times of
// three, and 10 points off is nine times that. What a busy machine can still do is to
// slow one kind down for a while by accident of memory, so a share outside the band is
// measured anew, with other pairs, and only what falls out three times on the same side
// fails. The control is the same measuring with 20 µs more for the hidden case; it has
// to fall out three times as well.
//
// The office refuses at once here. In service the least time of a refusal lies over
// what is left.
func TestSilenceInTime(t *testing.T) {
	o := handlerstest.New(t, handlerstest.Options{Hasty: true})
	own, hidden := fill(o, 150), fill(o, 150, "jonas")
	w := watch{T: t, api: o.API.Config.Handler, token: session(o, "jonas"), own: own, hidden: hidden, never: neverWas(150, slices.Concat(own, hidden))}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))

	controlled := map[string]bool{}
	for _, a := range asks {
		if !a.about() || strings.Contains(a.what, "longe") { // reading that many words takes longer than all else
			continue
		}
		if a.body != nil { // sealed and signed once: it is the same for every reference
			raw, err := json.Marshal(a.body(sight{me: "jonas", key: o.Key("jonas")}))
			if err != nil {
				t.Fatal(err)
			}
			a.body = says(json.RawMessage(raw))
		}
		ask := func(ref string) *http.Request { return a.request(ref, sight{}) }
		w.mustBeSilent(a.route+" "+a.what, ask, len("T-222222"))
		if !controlled[a.route] {
			controlled[a.route] = true
			w.mustSee(a.route+" "+a.what, ask)
		}
	}
	for n := len("T-22"); n < len("T-222222"); n++ {
		letters := ask{route: "GET /v1/queue", query: "ref={ref}"}
		w.mustBeSilent(fmt.Sprintf("%s by %d characters", letters.route, n), func(ref string) *http.Request {
			return letters.request(ref[:n], sight{})
		}, n)
	}
}

// pairs is how many are measured, and the band is where the share of those in which the
// hidden case was the slower has to be.
const (
	pairs    = 2000
	low, top = 0.40, 0.60
)

// watch is a handler with a clock.
type watch struct {
	*testing.T
	api                http.Handler
	token              string
	own, hidden, never []string
}

func (w watch) mustBeSilent(what string, ask func(ref string) *http.Request, n int) {
	w.Helper()
	if shares, told := w.told(ask, n, 0); told {
		w.Errorf("%s: a case that keeps them out is the slower in %.2f of the pairs", what, shares)
	}
}

func (w watch) mustSee(what string, ask func(ref string) *http.Request) {
	w.Helper()
	if shares, told := w.told(ask, len("T-222222"), 20*time.Microsecond); !told {
		w.Errorf("%s: 20 µs are not seen, the shares are %.2f", what, shares)
	}
}

// told reports whether the first n characters of a reference tell a hidden case from
// none: the share falls out of the band three times, on the same side.
func (w watch) told(ask func(ref string) *http.Request, n int, more time.Duration) (shares []float64, told bool) {
	for range 3 {
		share := w.share(ask, n, more)
		shares = append(shares, share)
		if share >= low && share <= top || (share > top) != (shares[0] > top) {
			return shares, false
		}
	}
	return shares, true
}

// share measures pairs and returns in how many the hidden case was the slower.
func (w watch) share(ask func(ref string) *http.Request, n int, more time.Duration) float64 {
	hidden, never := w.apart(w.hidden, n), w.apart(w.never, n)
	runtime.GC()
	slower := 0.0
	for i := range pairs + 100 {
		first, second := ask(hidden[rand.IntN(len(hidden))]), ask(never[rand.IntN(len(never))])
		var h, v time.Duration
		if rand.IntN(2) == 0 {
			h, v = w.time(first, more), w.time(second, 0)
		} else {
			v, h = w.time(second, 0), w.time(first, more)
		}
		switch {
		case i < 100: // until all is warm
		case h > v:
			slower++
		case h == v:
			slower += 0.5
		}
	}
	return slower / pairs
}

// apart are the references that begin otherwise than every case of one's own, and so
// bring no rows.
func (w watch) apart(refs []string, n int) []string {
	return slices.DeleteFunc(slices.Clone(refs), func(ref string) bool {
		return slices.ContainsFunc(w.own, func(o string) bool { return strings.Contains(o, ref[:n]) })
	})
}

// time is how long the office takes for a request, and more.
func (w watch) time(r *http.Request, more time.Duration) time.Duration {
	r.Header.Set("Authorization", w.token)
	answer := httptest.NewRecorder()
	start := time.Now()
	w.api.ServeHTTP(answer, r)
	for end := time.Since(start) + more; time.Since(start) < end; {
	}
	took := time.Since(start)
	if answer.Code == http.StatusUnauthorized || answer.Code >= 500 {
		w.Fatalf("%s: %d", r.URL.Path, answer.Code)
	}
	return took
}

var people atomic.Int64

// fill makes cases of one answer each that keep some out. They are many, so they are
// not told on the pages.
func fill(o *handlerstest.Office, n int, excluded ...string) []string {
	o.T.Helper()
	refs := make([]string, n)
	var all sync.WaitGroup
	for from := range 16 {
		all.Go(func() {
			for i := from; i < n; i += 16 {
				c := store.Change{Channel: "test", Conversation: intake.NewConversationID(fmt.Sprint(people.Add(1))), State: []byte("{}"),
					Open: &store.OpenRoom{Recipients: o.Roster.Recipients()}, Exclude: &store.Exclude{Out: excluded},
					Entries: []store.Entry{{Body: cases.Message{Text: intake.NewPrivate("Det var på middagen.")}}}}
				a, err := o.Store.Apply(o.T.Context(), c)
				if err == nil {
					c.Open, c.Exclude, c.Entries, c.Expect = nil, nil, nil, a.Version
					c.Submit = &store.Submit{Keep: o.Roster.Keep("", excluded), Status: "waiting", Start: cases.Start{Clocks: []cases.Clock{{Due: fmt.Sprintf("2027-01-%02d", 1+i%28), Words: true}}}}
					a, err = o.Store.Apply(o.T.Context(), c)
				}
				if err != nil {
					o.T.Error(err)
				}
				refs[i] = a.Ref
			}
		})
	}
	all.Wait()
	return refs
}
