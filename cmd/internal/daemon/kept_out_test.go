package daemon

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tillit/bot/bottest/faults"
)

// wire stands between an account and its network and writes down what is asked of it.
type wire struct {
	mu    sync.Mutex
	calls []string
}

// onTheWire puts one there, and returns where the network is found now.
func onTheWire(t testing.TB, to string) (*wire, string) {
	t.Helper()
	at, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{}
	pass := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(at) }, ErrorHandler: func(rw http.ResponseWriter, _ *http.Request, _ error) { faults.Break(rw) }}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		w.mu.Lock()
		w.calls = append(w.calls, said(r, body))
		w.mu.Unlock()
		pass.ServeHTTP(rw, r)
	}))
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return w, server.URL
}

// said is a call as one text, also where it travels as a form.
func said(r *http.Request, body []byte) string {
	text := r.Method + " " + r.URL.RequestURI() + "\n" + string(body)
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		return text
	}
	form := r.Clone(r.Context())
	form.Body = io.NopCloser(bytes.NewReader(body))
	if form.ParseMultipartForm(1<<20) != nil {
		return text
	}
	var fields []string
	for k, v := range form.MultipartForm.Value {
		fields = append(fields, fmt.Sprintf("%s=%s", k, v))
	}
	slices.Sort(fields)
	return r.Method + " " + r.URL.RequestURI() + "\n" + strings.Join(fields, "\n")
}

// about are the calls that say something in a chat that is known by any of these. What
// is only read is left out: how often is for the clock and the pace to say.
func (w *wire) about(ids []string) (calls []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.calls {
		if !strings.HasPrefix(c, http.MethodGet) && slices.ContainsFunc(ids, func(id string) bool { return strings.Contains(c, id) }) {
			calls = append(calls, c)
		}
	}
	return calls
}

// randomName is a token or an id, a number in a form, and where a test happens to listen.
var randomName = regexp.MustCompile(`[A-Za-z0-9_-]{16,}|\[[0-9]+\]|127\.0\.0\.1:[0-9]+`)

// named gives what is random by nature the number of its first place, and a token its
// length: two texts are the same where they hold the same things in the same places.
func named(text string) string {
	seen := map[string]int{}
	return randomName.ReplaceAllStringFunc(text, func(id string) string {
		if _, known := seen[id]; !known {
			seen[id] = len(seen)
		}
		if strings.ContainsAny(id, "[:") {
			return fmt.Sprintf("‹%d›", seen[id])
		}
		return fmt.Sprintf("‹%d, %d long›", seen[id], len(id))
	})
}

// TestTheNetworkOfOneWhoIsKeptOutCarriesTheSame lives one day twice, over HTTP: with a
// case that keeps Jonas out, and without it. What his chat shows, and what the network
// is asked to do there, are the same to the byte.
func TestTheNetworkOfOneWhoIsKeptOutCarriesTheSame(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"telegram", "mattermost"} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			with, ref := dayOfJonas(t, network, "")
			without, _ := dayOfJonas(t, network, ref)
			if with != without {
				t.Errorf("it differs.\nwith:\n%s\nwithout:\n%s", with, without)
			}
			if strings.Count(with, "er ikke blant sakene du kan åpne") < 8 { // shown, and asked of the network
				t.Errorf("the day is too quiet to prove anything:\n%s", with)
			}
		})
	}
}

// reports is a whole interview on our pages.
func (p *phone) reports(exclude ...string) (ref string) {
	p.t.Helper()
	p.presses("Start", "Ja")
	p.sees("egne ord")
	p.write(memberWords)
	p.presses("Ferdig", "Det skjedde med meg", "Hopp over", "Hopp over")
	p.presses(exclude...)
	p.presses("Se over og send", "Hopp over", "Hopp over", "Ferdig med å se over", "Send inn")
	p.sees("Kvittering")
	return anyRef.FindString(strings.Join(p.reads(), "\n"))
}

// workday is a clock that goes on from the same morning for each who starts it, so that
// what is promised for a day is the same day, whenever the test runs.
func workday() func() time.Time {
	start := time.Now()
	return func() time.Time { return time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC).Add(time.Since(start)) }
}

// dayOfJonas is lived without the case if its reference is given.
func dayOfJonas(t *testing.T, network, never string) (got, ref string) {
	s := newStage(t)
	s.now = workday()
	var w *wire
	s.between = func(url string) (at string) {
		w, at = onTheWire(t, url)
		return at
	}
	s.handlersOn(network, "chat")
	s.member = onThePage(t, "http://"+s.page)
	s.opens()
	other := onThePage(t, "http://"+s.page)
	other.log = s.member.log
	maren, jonas := s.maren, s.jonas
	asks := func(text string) {
		t.Helper()
		before := len(jonas.reads())
		jonas.write(text)
		jonas.until("an answer to "+text, func() bool { return len(jonas.reads()) > before })
	}
	ordinary := s.member.reports("Nei, alle her kan se det")
	jonas.sees("Ny sak " + ordinary)
	maren.sees("Ny sak " + ordinary)
	ref = never
	if never == "" {
		ref = other.reports("Jonas (b)", "Ferdig")
		maren.sees("Ny sak " + ref)
		maren.write("ta " + ref)
		maren.sees(ref + " er din nå")
	}
	for _, text := range []string{"kø", "ta %s", "svar på %s", "svar %s hei", "notat %s hei", "slipp %s"} {
		asks(strings.ReplaceAll(text, "%s", ref))
	}
	if never == "" {
		other.write(moreWords)
		maren.sees(ref + ": Noe nytt")
		maren.write("svar " + ref + " " + replyWords)
		maren.presses("Send til den som meldte fra")
		maren.sees("Sendt til den som meldte fra i " + ref)
	}
	jonas.presses("Ta")
	jonas.sees(ordinary + " er din nå")
	jonas.sees("Du har den")
	if never == "" {
		maren.write("slipp " + ref)
		maren.until("her notices to say that nobody has it", func() bool {
			return maren.has("gitt fra deg "+ref) && !slices.ContainsFunc(maren.reads(), func(s string) bool {
				return strings.Contains(s, ref) && strings.Contains(s, "Du har den")
			})
		})
	}
	asks("svar " + ordinary + " Takk.")
	asks("kø")
	asks("hjelp")
	var all []string
	for _, m := range jonas.screen() {
		all = append(all, fmt.Sprintf("%v %s", m.mine, m.text))
		for _, b := range m.buttons {
			all = append(all, "button "+b.label)
		}
	}
	all = append(all, w.about(s.theirs())...)
	written := strings.Replace(ordinary, "-", `\\-`, 1) // as Mattermost has it
	got = strings.NewReplacer(ordinary, "T-······", written, "T-······").Replace(strings.Join(all, "\n"))
	s.nothingReadable()
	return named(got), ref
}

// TestNothingIsReadableWhereANetworkFails lets calls go wrong while a preview, and while
// the reply itself, is on its way, in words that repeat them.
func TestNothingIsReadableWhereANetworkFails(t *testing.T) {
	t.Parallel()
	send := map[string]string{"telegram": "sendMessage", "mattermost": "posts"}
	wrong := []faults.Fault{
		{Status: http.StatusInternalServerError, Says: replyWords}, {Status: http.StatusBadGateway, Body: replyWords},
		{After: true, Body: `{"ok":true,"id":"` + replyWords + `","result":"` + replyWords + `"}`},
	}
	for _, to := range []string{"telegram", "mattermost"} {
		for _, from := range []string{"telegram", "mattermost"} {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				s := newStage(t)
				s.handlersOn(to, "chat")
				if from == "telegram" {
					s.member = onTelegram(t, s.onTelegramBot("telegram", "members.token", "").Person("Kari"))
				} else {
					s.member = onMattermost(t, s.onMattermostBot("mattermost", "members.token", "").Person("Kari"))
				}
				s.opens()
				happen := func(table, call string) {
					t.Helper()
					s.member.until("the faults to happen", func() bool { return s.faults[table].Left(call) == 0 })
				}
				s.member.write("/start")
				ref := s.member.reports("Nei, alle her kan se det")
				for _, p := range []*phone{s.maren, s.jonas} {
					p.sees("Ny sak " + ref)
				}
				office := "office_chat." + to
				s.faults[office].On(send[to], wrong...)
				s.maren.write("svar " + ref + " " + replyWords)
				happen(office, send[to])
				s.maren.presses("Send til den som meldte fra")
				s.maren.sees("Sendt til den som meldte fra i " + ref)
				s.member.sees("Du har en beskjed")
				s.faults[from].On(send[from], wrong...)
				s.member.presses("Vis beskjeden")
				happen(from, send[from])
				s.member.sees(replyWords)
				s.nothingReadable()
			})
		}
	}
}
