package telegram_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/bot/bottest/faults"
	"tillit/store/storetest"
)

// TestNothingReadableIsLeft does what leaves traces, with everything logged, and
// then looks for them.
func TestNothingReadableIsLeft(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	lin := tw.net.Person("Lin Kanarisen")
	tw.net.Faults.On("sendMessage", faults.Fault{Status: 400, Says: "Bad Request: kanari-7f3a"}, faults.Fault{Status: 429, RetryAfter: time.Second},
		faults.Fault{Status: 500, Body: "kanari-7f3a"}, faults.Fault{After: true})
	tw.net.Faults.On("getUpdates", faults.Fault{Status: 500}, faults.Fault{})
	lin.Write("/start")
	tw.sees(lin, "Hei. Jeg er en robot")
	lin.Write("/start")
	tw.sees(lin, "Er du trygg")
	for _, label := range []string{"Ja"} {
		tw.press(lin, label)
	}
	tw.sees(lin, "egne ord")
	id, _ := lin.Write("kanari-7f3a i ord")
	lin.Edit(id, "kanari-7f3a endret")
	lin.Send(map[string]any{"caption": "kanari-7f3a under", "document": tw.net.Upload("kanari-7f3a.txt", "text/plain", []byte("kanari-7f3a inni"), 15)})
	lin.Send(unkeepable["a contact"])
	tw.settled()
	tw.send(lin)
	tw.stop()
	secrets := []string{"kanari", tw.net.Token, strings.Split(tw.net.Token, ":")[1], fmt.Sprint(lin.ID), "Kanarisen"}
	for _, s := range secrets {
		if strings.Contains(tw.log.String(), s) {
			t.Errorf("the log holds %s", s)
		}
		if found, err := storetest.Scan(tw.dir, s); err != nil || len(found) > 0 {
			t.Errorf("%s can be read on disk: %v, %v", s, found, err)
		}
	}
}

func TestACleanedChat(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	lin, kim := tw.net.Person("Lin"), tw.net.Person("Kim")
	tw.begin(lin)
	kim.Write("/start")
	tw.sees(kim, "Hei. Jeg er en robot")
	old, _ := lin.Write("Det var for lenge siden.")
	lin.Write("Det var på middagen.")
	lin.Album("bilder", map[string]any{"document": tw.net.Upload("a", "", []byte("x"), 1)}, map[string]any{"document": tw.net.Upload("b", "", []byte("y"), 1)})
	tw.settled()
	lin.Ago(old, 49*time.Hour)
	lin.Write("/rydd")
	tw.sees(lin, "Jeg har slettet det som sto her")
	for _, m := range lin.Screen() {
		if m.ID != old && !strings.Contains(m.Text, "Jeg har slettet") && !strings.Contains(m.Text, "egne ord") {
			t.Errorf("still on the screen: %q", m.Text)
		}
	}
	if got := lin.Screen()[0].ID; got != old {
		t.Error("what is too old for the network to take back is gone")
	}
	if len(kim.Screen()) < 2 {
		t.Error("another's chat was cleaned")
	}
	for _, says := range []string{"48 timer", "sletter du selv", "Telegram og andre kan ha kopier", "hos saksbehandlerne"} {
		tw.sees(lin, says)
	}
	tw.send(lin)
	if got := tw.words(tw.ref(lin)); !slices.Contains(got, "Det var på middagen.") {
		t.Errorf("the case lost what was said: %q", got)
	}
}

// TestCleaningFindsWhatLeftWithoutBeingNoted: the answer to a message was lost, so that it
// stands there twice, and one of the two is known.
func TestCleaningFindsWhatLeftWithoutBeingNoted(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	tw.net.Faults.On("sendMessage", faults.Fault{Pass: true}, faults.Fault{After: true})
	lin.Write("/start")
	tw.sees(lin, "Jeg vet ikke om dette kom fram")
	lin.Write("/rydd")
	tw.sees(lin, "Jeg har slettet det som sto her")
	for _, m := range lin.Screen() {
		if strings.Contains(m.Text, "ende-til-ende") {
			t.Errorf("still there: %.60q", m.Text)
		}
	}
}

// TestWhatIsSaidAfterCleaningFollowsWhatWasDone: the network lets us take back nothing.
func TestWhatIsSaidAfterCleaningFollowsWhatWasDone(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	lin.Write("/start")
	tw.sees(lin, "ende-til-ende")
	tw.net.Faults.On("deleteMessages", faults.Fault{Status: 400, Says: "Bad Request: message can't be deleted for everyone"})
	lin.Write("/rydd")
	tw.sees(lin, "Jeg fikk ikke slettet noe her")
	if got := strings.Join(lin.Got(), " "); strings.Contains(got, "Jeg har slettet") {
		t.Error("she reads that it was deleted")
	}
}

func TestCleaningSurvivesATrouble(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	lin.Write("/start")
	tw.sees(lin, "Hei. Jeg er en robot")
	tw.net.Faults.On("deleteMessages", faults.Fault{Status: 500}, faults.Fault{After: true})
	lin.Write("/rydd")
	tw.sees(lin, "Jeg har slettet")
	if n := tw.net.Calls("deleteMessages"); n != 3 {
		t.Errorf("taken back in %d calls, want 3: what is gone already is passed over", n)
	}
}
