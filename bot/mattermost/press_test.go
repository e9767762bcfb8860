package mattermost_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot/bottest/faults"
	"tillit/bot/mattermost"
	"tillit/bot/mattermost/standin"
	"tillit/intake"
)

// call brings something to the callback that no button did.
func (tw *town) call(body any) (status int, told string) {
	tw.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		tw.t.Fatal(err)
	}
	res, err := http.Post(tw.callback.URL+"/hooks/mattermost", "application/json", bytes.NewReader(raw))
	if err != nil {
		tw.t.Fatal(err)
	}
	defer res.Body.Close()
	var answer model.PostActionIntegrationResponse
	_ = json.NewDecoder(res.Body).Decode(&answer) // A refusal has none.
	return res.StatusCode, answer.EphemeralText
}

// ask is what the network would bring for a button.
func (tw *town) ask(p *standin.Person, label string) map[string]any {
	tw.t.Helper()
	tw.until("the button "+label, func() bool { return slices.Contains(tw.buttons(p), label) })
	m := tw.newest(p)
	i := slices.IndexFunc(m.Buttons, func(b standin.Button) bool { return b.Label == label })
	carries := maps.Clone(tw.net.Carries(m.ID, m.Buttons[i].Action))
	return map[string]any{"user_id": p.ID, "channel_id": model.NewId(), "post_id": m.ID, "trigger_id": model.NewId(), "context": carries}
}

func TestAPressThatProvesNothingIsNotTaken(t *testing.T) {
	tw := newTown(t)
	lin, ola := tw.net.Person("Lin"), tw.net.Person("Ola")
	lin.Write("hei")
	ola.Write("hei")
	good := tw.ask(lin, "Start")
	for _, p := range []*standin.Person{lin, ola} {
		tw.until("the card and its word", func() bool { return len(p.Got()) == 3 })
	}
	with := func(key string, v any) map[string]any {
		b := maps.Clone(good)
		c := maps.Clone(good["context"].(map[string]any))
		if b["context"] = c; key == "user_id" {
			b[key] = v
		} else {
			c[key] = v
		}
		return b
	}
	other := good["context"].(map[string]any)["c"].(string)
	other = other[1:] + other[:1]
	for name, forged := range map[string]any{
		"nothing": map[string]any{}, "no object": []int{1}, "no context": map[string]any{"user_id": lin.ID},
		"no proof": with("p", ""), "a short proof": with("p", "x"),
		"another proof": with("p", strings.Repeat("A", 32)), "another choice": with("c", other), "another message": with("m", other),
		"a thread": with("r", model.NewId()), "another person": with("user_id", ola.ID), "no person": with("user_id", "x"),
		"types that are wrong": map[string]any{"user_id": 7, "context": "x"},
	} {
		status, told := tw.call(forged)
		if status == http.StatusOK && !strings.Contains(told, "virker ikke lenger") {
			t.Errorf("%s is answered with %d and %q", name, status, told)
		}
	}
	for _, p := range []*standin.Person{lin, ola} {
		if n := len(p.Got()); n != 3 {
			t.Errorf("%s got %d messages, want the card and its words alone", p.Name, n)
		}
	}
	if status, told := tw.call(good); status != http.StatusOK || told != "" {
		t.Errorf("the true press is answered with %d and %q", status, told)
	}
	tw.sees(lin, "trygg")
}

func TestTheCallbackTakesNothingElse(t *testing.T) {
	tw := newTown(t)
	for name, r := range map[string]*http.Request{
		"a GET":             httptest.NewRequest(http.MethodGet, "/hooks/mattermost", nil),
		"a PUT":             httptest.NewRequest(http.MethodPut, "/hooks/mattermost", nil),
		"very much":         httptest.NewRequest(http.MethodPost, "/hooks/mattermost", strings.NewReader(strings.Repeat("x", 1<<20))),
		"no JSON":           httptest.NewRequest(http.MethodPost, "/hooks/mattermost", strings.NewReader("x")),
		"a very long probe": httptest.NewRequest(http.MethodGet, "/?probe="+strings.Repeat("x", 100), nil),
	} {
		rw := httptest.NewRecorder()
		tw.mm.ServeHTTP(rw, r)
		if rw.Code < 400 {
			t.Errorf("%s is answered with %d", name, rw.Code)
		}
	}
}

func TestAPressThatIsNotStoredIsSaidSo(t *testing.T) {
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	lin.Write("hei")
	tw.until("the card", func() bool { return slices.Contains(tw.buttons(lin), "Start") })
	tw.dies.Store(diesBefore)
	if told, err := lin.Press("Start"); err != nil || !strings.Contains(told, "Trykk en gang til") {
		t.Fatalf("pressing while nothing can be stored shows %q, %v", told, err)
	}
	tw.stop()
	if told, err := lin.Press("Start"); err != nil || !strings.Contains(told, "Trykk en gang til") {
		t.Fatalf("pressing while nobody listens shows %q, %v", told, err)
	}
	tw.dies.Store(lives)
	tw.start()
	tw.until("it listens", func() bool { return tw.net.Listening() > 0 })
	tw.press(lin, "Start")
	tw.sees(lin, "trygg")
}

func TestAPressBehindWordsThatWaitIsNotHeldForEver(t *testing.T) {
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	lin.Write("hei")
	ask := tw.ask(lin, "Start")
	ask["channel_id"] = tw.net.Chat(lin)
	tw.dies.Store(diesBefore)
	lin.Write("this waits for the store")
	time.Sleep(20 * time.Millisecond) // room for it to begin to wait
	raw, err := json.Marshal(ask)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	rw := httptest.NewRecorder()
	began := time.Now()
	tw.mm.ServeHTTP(rw, httptest.NewRequestWithContext(ctx, http.MethodPost, "/hooks/mattermost", bytes.NewReader(raw)))
	if took := time.Since(began); took > 3*time.Second || !strings.Contains(rw.Body.String(), "Trykk en gang til") {
		t.Errorf("after %s the person is told %s", took, rw.Body)
	}
	tw.dies.Store(lives)
}

// TestAPressWhoseAnswerIsLost shows an error to the person, who presses again.
func TestAPressWhoseAnswerIsLostIsOneAnswer(t *testing.T) {
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	tw.begin(lin)
	tw.kept(lin, lin.Write("Det jeg vil si."))
	for _, label := range []string{"Ferdig", "Det skjedde med meg", "Hopp over", "Hopp over", "Nei, alle her kan se det", "Se over og send", "Hopp over", "Hopp over", "Ferdig med å se over", "Send inn"} {
		tw.until("a button "+label, func() bool { return slices.Contains(tw.buttons(lin), label) })
		tw.net.Faults.On("press", faults.Fault{After: true})
		post := tw.newest(lin)
		if _, err := lin.Press(label); err == nil {
			t.Fatal("the answer was not lost")
		}
		tw.seen[lin] = post.ID
	}
	tw.sees(lin, "Kvittering")
	if got := tw.words(tw.ref(lin)); !slices.Equal(got, []string{"Det jeg vil si."}) {
		t.Errorf("the office reads %q", got)
	}
}

func TestWordsWrittenBeforeAPressAreStoredBeforeIt(t *testing.T) {
	tw := newTown(t, func(c *mattermost.Config) { c.Look = 10_000_000_000 })
	lin := tw.net.Person("Lin")
	tw.begin(lin)
	tw.until("it listens", func() bool { return tw.net.Listening() > 0 })
	tw.net.Mute(true) // the websocket is late
	lin.Write("Skrevet rett før jeg trykket.")
	tw.press(lin, "Ferdig")
	tw.net.Mute(false)
	for _, label := range []string{"Det skjedde med meg", "Hopp over", "Hopp over", "Nei, alle her kan se det", "Se over og send", "Hopp over", "Hopp over", "Ferdig med å se over", "Send inn"} {
		tw.press(lin, label)
	}
	tw.sees(lin, "Kvittering")
	if got := tw.words(tw.ref(lin)); !slices.Equal(got, []string{"Skrevet rett før jeg trykket."}) {
		t.Errorf("the office reads %q", got)
	}
}

func TestOldButtonsAreAnsweredKindly(t *testing.T) {
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	lin.Write("hei")
	tw.press(lin, "Start")
	first, other := tw.ask(lin, "Ja"), tw.ask(lin, "Usikker")
	for _, label := range []string{"Ja"} {
		tw.press(lin, label)
	}
	stale := tw.ask(lin, "Ferdig")
	before := len(lin.Got())
	for _, b := range []map[string]any{first, other} { // of an answered question: what stands, and another answer
		if status, told := tw.call(b); status != http.StatusOK || told != "" {
			t.Errorf("an old button is answered with %d and %q", status, told)
		}
	}
	tw.until("a word about it", func() bool { return len(lin.Got()) > before })
	if got := lin.Got()[before]; !strings.HasPrefix(got, "Endret.") {
		t.Errorf("the first word is %q, of what changes nothing", got)
	}

	// After the bot got a new token its old buttons prove nothing.
	tw.stop()
	tw.net.NewToken()
	tw.start(func(c *mattermost.Config) { c.Token = intake.NewPrivate(tw.net.Token) })
	if status, told := tw.call(stale); status != http.StatusOK || !strings.Contains(told, "virker ikke lenger") {
		t.Errorf("a button of an old token is answered with %d and %q", status, told)
	}
}
