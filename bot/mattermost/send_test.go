package mattermost_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot"
	"tillit/bot/bottest/faults"
	"tillit/bot/mattermost"
	"tillit/bot/mattermost/standin"
	"tillit/bot/network"
	"tillit/intake"
)

func words(key, text string, choices ...intake.Choice) bot.Message {
	return bot.Message{Key: key, Message: intake.Message{Text: text, Choices: choices}}
}

func (m *memory) send(p *standin.Person, msg bot.Message) error {
	m.t.Helper()
	_, err := m.mm.Send(m.t.Context(), intake.NewAddress(p.ID), msg)
	return err
}

// TestWhatIsSentArrivesOnce lets the answer be lost before and after the work was
// done, as often as it takes, over a restart, and long after the network has
// forgotten what it was given.
func TestWhatIsSentArrivesOnce(t *testing.T) {
	before, after := faults.Fault{}, faults.Fault{After: true}
	for name, tt := range map[string]struct {
		faults []faults.Fault
		dies   bool
		later  time.Duration
	}{
		"everything is well":              {},
		"lost before":                     {faults: []faults.Fault{before}},
		"lost after":                      {faults: []faults.Fault{after}},
		"lost after, twice":               {faults: []faults.Fault{after, before}},
		"lost before and after":           {faults: []faults.Fault{before, after}},
		"in trouble":                      {faults: []faults.Fault{{Status: 502}, {Status: 503, After: true}}},
		"a strange answer":                {faults: []faults.Fault{{Body: "<html>", After: true}, before}},
		"lost after, half a day on":       {faults: []faults.Fault{after, before}, later: 12 * time.Hour},
		"the process dies":                {faults: []faults.Fault{after, before}, dies: true},
		"the process dies, half a day on": {faults: []faults.Fault{after, before}, dies: true, later: 12 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemory(t)
			lin := m.net.Person("Lin")
			m.net.Faults.On("posts", tt.faults...)
			err := m.send(lin, words("k1", "hei"))
			for tries := 0; err != nil && tries < 5; tries++ {
				if errors.Is(err, bot.ErrMaybeSent) {
					t.Fatal("the outcome is left open, though the network can be asked")
				}
				m.net.Advance(tt.later)
				if tt.dies {
					m.stop()
					m.start()
				}
				err = m.send(lin, words("k1", "hei"))
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := m.send(lin, words("k2", "hei")); err != nil { // the same words again are meant
				t.Fatal(err)
			}
			if got := lin.Got(); len(got) != 2 {
				t.Errorf("%d messages arrived, want each of two once", len(got))
			}
		})
	}
}

func TestALongMessageIsCutWithinTheServersLimit(t *testing.T) {
	for _, longest := range []int{4000, 16383} {
		t.Run(fmt.Sprint(longest), func(t *testing.T) {
			m := newMemory(t)
			m.net.Longest = longest
			lin := m.net.Person("Lin")
			text := strings.Repeat("Hun skrev: *aldri_mer* [lenke](https://x.example/a_b). 👩‍👧 ", 900)
			m.net.Faults.On("posts", faults.Fault{After: true}, faults.Fault{Status: 502}) // and it breaks off in the middle
			if err := m.send(lin, words("k", text)); err == nil {
				t.Fatal("it did not break off")
			}
			if err := m.send(lin, words("k", text)); err != nil {
				t.Fatal(err)
			}
			got := strings.Join(lin.Got(), "")
			if strings.Join(strings.Fields(got), "") != strings.Join(strings.Fields(text), "") {
				t.Error("the words did not arrive whole, in order and once")
			}
			for _, part := range lin.Got()[:len(lin.Got())-1] {
				if !strings.HasSuffix(strings.TrimSpace(part), "👩‍👧") && !strings.HasSuffix(strings.TrimSpace(part), ".") {
					t.Errorf("a part ends inside a sentence: …%s", part[len(part)-30:])
				}
			}
		})
	}
}

func TestTheServersWaitIsHonoured(t *testing.T) {
	m := newMemory(t)
	lin := m.net.Person("Lin")
	m.net.Faults.On("posts", faults.Fault{Status: 429, RetryAfter: 2 * time.Second})
	var slow *bot.RetryError
	began := time.Now()
	if err := m.send(lin, words("k", "hei")); !errors.As(err, &slow) || slow.After != 2*time.Second {
		t.Fatalf("asked to wait two seconds it says %v", err)
	}
	calls := m.net.Calls("users")
	if err := m.send(lin, words("k", "hei")); err != nil && !errors.As(err, &slow) {
		t.Fatal(err)
	}
	if d := time.Since(began); d < 1900*time.Millisecond || m.net.Calls("users") == calls {
		t.Errorf("after %s it had not waited, or never came back", d)
	}
}

func TestALimitedServerIsSlowAndNothingElse(t *testing.T) {
	m := newMemory(t, func(c *mattermost.Config) { c.Look = time.Second })
	m.stop()
	m.net.PerSecond = 40
	m.start()
	lin := m.net.Person("Lin")
	for i := range 5 {
		lin.Write(fmt.Sprint(i))
	}
	m.wait(5)
}

func TestThePaceIsKept(t *testing.T) {
	m := newMemory(t, func(c *mattermost.Config) {
		c.Pace = network.NewPacer(network.Rate{PerSecond: 100, Burst: 100}, network.Rate{PerSecond: 1, Burst: 2})
	})
	lin := m.net.Person("Lin")
	began := time.Now()
	for i := range 3 {
		if err := m.send(lin, words(fmt.Sprint("k", i), "hei")); err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
	}
	if took := time.Since(began); took < 900*time.Millisecond {
		t.Errorf("three leave in %v, want the third a second after the others", took)
	}
}

func TestWhoIsDeactivatedIsGoneAndComesBack(t *testing.T) {
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	ref := tw.report(lin, "Det var på middagen.")
	tw.quiet(lin)
	before := len(lin.Got())
	lin.Deactivate()
	_, err := tw.mm.Send(t.Context(), intake.NewAddress(lin.ID), words("k", "hei"))
	if !errors.Is(err, bot.ErrGone) {
		t.Fatalf("writing to a closed account: %v", err)
	}
	if _, err := tw.mm.Send(t.Context(), intake.NewAddress(model.NewId()), words("k", "hei")); !errors.Is(err, bot.ErrGone) {
		t.Fatalf("writing to nobody: %v", err)
	}
	if len(lin.Got()) != before {
		t.Error("the network took it for one who reads")
	}
	lin.Activate()
	tw.kept(lin, lin.Write("Jeg er tilbake."))
	tw.until("an answer", func() bool { return len(lin.Got()) > before })
	if got := tw.words(ref); len(got) != 2 {
		t.Errorf("the office reads %q", got)
	}
}

func TestAnswersGoToTheThreadWhereThePersonWrites(t *testing.T) {
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	root := lin.Write("hei")
	tw.until("the card", func() bool { return len(lin.Got()) == 2 })
	lin.Post(&model.Post{Message: "/hjelp", RootId: root})
	tw.until("an answer in the thread", func() bool { return tw.newest(lin).Root == root })
	// Buttons under it answer there, too.
	tw.press(lin, "Start")
	tw.until("an answer in the thread", func() bool {
		m := tw.newest(lin)
		return m.Root == root && m.ID != tw.seen[lin]
	})
	// A thread that is gone, with all that stood in it, is no reason not to answer.
	lin.Delete(root)
	if _, err := tw.mm.Send(t.Context(), intake.NewAddress(lin.ID), words("k", "Er du der?")); err != nil {
		t.Fatal(err)
	}
	shown := lin.Screen()
	if m := shown[len(shown)-1]; m.Root != "" || m.Text != "Er du der?" {
		t.Errorf("the answer stands under %q: %q", m.Root, m.Text)
	}
}

func TestWithoutACallbackChoicesAreNumbered(t *testing.T) {
	tw := newTown(t, func(c *mattermost.Config) { c.Callback = "" })
	lin := tw.net.Person("Lin")
	lin.Write("hei")
	tw.sees(lin, "1  Start")
	lin.Write("1")
	tw.sees(lin, "2  Nei")
	tw.again(func(c *mattermost.Config) { c.Callback = "" }) // what the numbers stand for outlives a restart
	lin.Write("1")
	tw.sees(lin, "egne ord")
	if len(tw.newest(lin).Buttons) > 0 {
		t.Error("there are buttons that nobody can take")
	}
}

func TestAnAddressThatIsNotOursIsAnError(t *testing.T) {
	m := newMemory(t)
	for _, a := range []string{"", "x", "kanari-7f3a", model.NewId() + " x", model.NewId() + "/../" + model.NewId()} {
		_, err := m.mm.Send(t.Context(), intake.NewAddress(a), words("k", "hei"))
		if err == nil || a != "" && strings.Contains(err.Error(), a) {
			t.Errorf("sending there: %v", err)
		}
	}
}

func TestButtonsAreWithinWhatTheServerTakes(t *testing.T) {
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	var choices []intake.Choice
	for i := range 30 {
		choices = append(choices, intake.Choice{ID: fmt.Sprint("Q.", i, ":ja/nei"), Label: strings.Repeat("lang ", i), Way: i > 25})
	}
	if _, err := tw.mm.Send(t.Context(), intake.NewAddress(lin.ID), words("k", "Velg:", choices...)); err != nil {
		t.Fatal(err)
	}
	if n := len(tw.newest(lin).Buttons); n != 30 {
		t.Errorf("%d buttons are shown, want 30", n)
	}
}

// TestANumberThatAnswersTheOfficeIsJustThat: what was numbered stands further up.
func TestANumberThatAnswersTheOfficeIsJustThat(t *testing.T) {
	tw := newTown(t, func(c *mattermost.Config) { c.Callback = "" })
	lin := tw.net.Person("Lin")
	lin.Write("hei")
	tw.sees(lin, "1  Start")
	m := words("k", "Hvor mange var det?")
	m.Kind = intake.KindOffice
	if _, err := tw.mm.Send(t.Context(), intake.NewAddress(lin.ID), m); err != nil {
		t.Fatal(err)
	}
	before := len(lin.Got())
	lin.Write("1")
	tw.until("the number is answered", func() bool { return len(lin.Got()) > before })
	if got := strings.Join(lin.Got()[before:], "\n"); !strings.Contains(got, "ikke lagret") || strings.Contains(got, "trygg akkurat nå") {
		t.Errorf("a number after words of the office is answered with %q; want it taken as words", got)
	}
}
