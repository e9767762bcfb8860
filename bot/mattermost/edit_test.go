package mattermost_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot"
	"tillit/bot/bottest/faults"
	"tillit/bot/mattermost"
	"tillit/bot/mattermost/standin"
	"tillit/intake"
)

// offers are choices whose ids are their labels.
func offers(labels ...string) (all []intake.Choice) {
	for _, l := range labels {
		all = append(all, intake.Choice{ID: l, Label: l})
	}
	return all
}

func (m *memory) say(p *standin.Person, msg bot.Message) bot.SentID {
	m.t.Helper()
	sent, err := m.mm.Send(m.t.Context(), intake.NewAddress(p.ID), msg)
	if err != nil {
		m.t.Fatal(err)
	}
	return sent
}

func (m *memory) edit(p *standin.Person, sent bot.SentID, msg bot.Message) error {
	m.t.Helper()
	return m.mm.Edit(m.t.Context(), intake.NewAddress(p.ID), sent, msg)
}

// pressable makes a channel whose buttons reach it.
func pressable(t *testing.T) *memory {
	var m *memory
	callback := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { m.mm.ServeHTTP(rw, r) }))
	t.Cleanup(callback.Close)
	m = newMemory(t, func(c *mattermost.Config) { c.Callback = callback.URL })
	return m
}

func TestWhatWasSaidIsChangedInItsPlace(t *testing.T) {
	m := pressable(t)
	lin := m.net.Person("Lin")
	root := lin.Write("hei")
	lin.Post(&model.Post{Message: "i en tråd", RootId: root})
	m.wait(2)
	m.connected()
	sent := m.say(lin, words("k", "Ny sak.", offers("Ta", "Minn meg")...))
	for range 2 { // the second time it is so already
		if err := m.edit(lin, sent, words("k2", "Maren har den.", offers("Svar")...)); err != nil {
			t.Fatal(err)
		}
	}
	got := lin.Screen()[2:]
	if len(got) != 1 || got[0].ID != string(sent) || got[0].Text != "Maren har den." || len(got[0].Buttons) != 1 || got[0].Root != root {
		t.Fatalf("she sees %+v, want the one message, changed, in its thread", got)
	}
	if carries := m.net.Carries(got[0].ID, got[0].Buttons[0].Action); carries["r"] != root {
		t.Errorf("the new button does not say which thread it stands in: %v", carries)
	}
	if was := m.net.Versions(string(sent)); len(was) != 2 || was[0] != "Ny sak." {
		t.Errorf("the network keeps %q of it", was)
	}
	if told, err := lin.Press("Svar"); err != nil || told != "" {
		t.Fatalf("pressing the new button shows %q, %v", told, err)
	}
	// What we changed is heard by ourselves, and is nothing that she wrote.
	if ev := m.wait(3)[2]; ev.Kind != bot.EventPress || !ev.Pressed("Svar") || ev.Pressed("Ta") {
		t.Errorf("the press is %+v", ev)
	}
	if err := m.edit(lin, sent, words("k3", "Ferdig.")); err != nil || len(lin.Screen()[2].Buttons) != 0 {
		t.Errorf("with no choices it has %d buttons, %v", len(lin.Screen()[2].Buttons), err)
	}
	m.stop()
	m.start()
	m.connected()
	if again := m.say(lin, words("k", "Ny sak.", offers("Ta", "Minn meg")...)); again != sent || len(lin.Screen()) != 3 {
		t.Errorf("a message that was changed is sent once more")
	}
	m.wait(3)
}

// TestAPressOnWhatIsNotThereAnyMoreIsNoOtherPress: the app of who presses may show a
// message as it was a moment ago.
func TestAPressOnWhatIsNotThereAnyMoreIsNoOtherPress(t *testing.T) {
	m := pressable(t)
	lin := m.net.Person("Lin")
	m.connected() // a press before that is not kept, and she is told so
	sent := m.say(lin, words("k", "To saker.", offers("Ta den ene", "Ta den andre")...))
	was := lin.Screen()[0].Buttons
	if err := m.edit(lin, sent, words("k2", "Den ene er tatt.", offers("Ta den andre")...)); err != nil {
		t.Fatal(err)
	}
	if _, err := lin.PressAt(string(sent), was[0].Action); err == nil {
		t.Error("what was taken away can be pressed")
	}
	if told, err := lin.PressAt(string(sent), was[1].Action); err != nil || told != "" {
		t.Errorf("pressing what still stands there shows %q, %v", told, err)
	}
	if ev := m.wait(1)[0]; !ev.Pressed("Ta den andre") {
		t.Error("the press is another one")
	}
}

func TestAChangeThatFails(t *testing.T) {
	fault := func(call string, f faults.Fault) func(*memory, *standin.Person) {
		return func(m *memory, _ *standin.Person) { m.net.Faults.On(call, f) }
	}
	later := func(err error) bool {
		var slow *bot.RetryError
		return errors.As(err, &slow)
	}
	other := func(err error) bool { return err != nil && !later(err) && !errors.Is(err, bot.ErrGone) }
	for _, tt := range []struct {
		name string
		with func(*memory, *standin.Person)
		sent func(*memory, *standin.Person) bot.SentID
		text string
		want func(error) bool
		done bool
		logs bool
	}{
		{name: "the network breaks before", with: fault("patch", faults.Fault{}), want: later},
		{name: "the network breaks after", with: fault("patch", faults.Fault{After: true}), want: later, done: true},
		{name: "in trouble before", with: fault("patch", faults.Fault{Status: 502}), want: later},
		{name: "in trouble after", with: fault("patch", faults.Fault{Status: 502, After: true}), want: later, done: true},
		{name: "a strange answer", with: fault("patch", faults.Fault{Body: "<html>", After: true}), want: later, done: true},
		{name: "asked to slow down", with: fault("patch", faults.Fault{Status: 429, RetryAfter: time.Second}), want: later},
		{name: "it cannot be read", with: fault("post", faults.Fault{Status: 502}), want: later},
		{name: "nobody is reached", with: fault("users", faults.Fault{Status: 502}), want: later},
		{name: "refused", with: fault("patch", faults.Fault{Status: 400, Says: "kanari"}), want: other, logs: true},
		{name: "no permission", with: func(m *memory, _ *standin.Person) { m.net.Roles["channel_user"] = []string{"create_post"} }, want: other, logs: true},
		{name: "one who left", with: func(_ *memory, p *standin.Person) { p.Deactivate() }, want: func(err error) bool { return errors.Is(err, bot.ErrGone) }},
		{name: "more than fits", text: strings.Repeat("ord ", 5000), want: other},
		{name: "her own message", sent: func(_ *memory, p *standin.Person) bot.SentID { return bot.SentID(p.Write("hei")) }, want: other},
		{name: "her own, made up to look like ours", sent: func(_ *memory, p *standin.Person) bot.SentID {
			return bot.SentID(p.Post(&model.Post{Message: "hei", Props: model.StringInterface{"tillit": "x"}}))
		}, want: other},
		{name: "somebody else's chat", sent: func(m *memory, _ *standin.Person) bot.SentID { return m.say(m.net.Person("Ola"), words("o", "hei")) }, want: other},
		{name: "one that is gone", sent: func(m *memory, p *standin.Person) bot.SentID {
			sent := m.say(p, words("g", "bort"))
			p.Delete(string(sent))
			return sent
		}, want: other},
		{name: "one that never was", sent: func(*memory, *standin.Person) bot.SentID { return bot.SentID(model.NewId()) }, want: other},
		{name: "no name of one", sent: func(*memory, *standin.Person) bot.SentID { return "../users/me" }, want: other},
		{name: "one that went in parts", sent: func(m *memory, p *standin.Person) bot.SentID {
			return m.say(p, words("p", strings.Repeat("ord ", 5000)))
		}, want: other},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMemory(t)
			lin := m.net.Person("Lin")
			first := m.say(lin, words("k", "Ny sak."))
			sent, text := first, "Maren har den."
			if tt.sent != nil {
				sent = tt.sent(m, lin)
			}
			if tt.text != "" {
				text = tt.text
			}
			if tt.with != nil {
				tt.with(m, lin)
			}
			m.stop() // only what is asked for here is asked
			err := m.edit(lin, sent, words("e", text))
			if !tt.want(err) {
				t.Fatalf("it ends with %v", err)
			}
			for _, secret := range []string{lin.ID, string(sent), "kanari", "Maren"} {
				if strings.Contains(err.Error(), secret) || strings.Contains(m.log.String(), secret) {
					t.Errorf("the error or the log tells: %v", err)
				}
			}
			if logs := strings.Contains(m.log.String(), "changing what was said"); logs != tt.logs {
				t.Errorf("the operator is told: %v, want %v", logs, tt.logs)
			}
			want := map[bool]string{false: "Ny sak.", true: "Maren har den."}[tt.done]
			if i := slices.IndexFunc(lin.Screen(), func(s standin.Shown) bool { return s.ID == string(first) }); lin.Screen()[i].Text != want {
				t.Errorf("she sees %q, want %q", lin.Screen()[i].Text, want)
			}
			if tt.name != "asked to slow down" && later(err) { // done again, it is so
				if err := m.edit(lin, sent, words("e", text)); err != nil || lin.Screen()[0].Text != "Maren har den." {
					t.Errorf("done again she sees %q, %v", lin.Screen()[0].Text, err)
				}
			}
		})
	}
}

// TestNumbersStandForWhatIsShownNow: without buttons people answer by number. One
// that was written to what stood there before stands for nothing.
func TestNumbersStandForWhatIsShownNow(t *testing.T) {
	m := newMemory(t)
	lin := m.net.Person("Lin")
	m.say(lin, words("a", "Eldre:", offers("eldst")...))
	sent := m.say(lin, words("b", "Velg:", offers("ta", "slipp")...))
	lin.Write("2")
	m.wait(1)
	if err := m.edit(lin, sent, words("b2", "Velg:", offers("svar")...)); err != nil {
		t.Fatal(err)
	}
	lin.Write("1")
	lin.Write("2")
	m.wait(3)
	if err := m.edit(lin, sent, words("b3", "Vent.")); err != nil {
		t.Fatal(err)
	}
	lin.Write("1") // to the one above
	m.wait(4)
	m.stop()
	lin.Write("1") // is read when what she saw is there no more
	if err := m.edit(lin, sent, words("b4", "Velg:", offers("lukk")...)); err != nil {
		t.Fatal(err)
	}
	lin.Write("1")
	m.start() // what the numbers stand for is read from the network
	var got []string
	for _, ev := range m.wait(6) {
		says := string(ev.Kind) + " " + ev.Text.Reveal()
		for _, id := range []string{"eldst", "ta", "slipp", "svar", "lukk"} {
			if ev.Pressed != nil && ev.Pressed(id) {
				says += id
			}
		}
		got = append(got, says)
	}
	if want := []string{"press slipp", "press svar", "message 2", "press eldst", "message 1", "press lukk"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
