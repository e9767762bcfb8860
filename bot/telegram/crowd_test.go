package telegram_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tillit/bot/bottest/faults"
	"tillit/bot/network"
	"tillit/bot/telegram"
	"tillit/bot/telegram/standin"
	"tillit/store/cases"
)

// answered is how long a person waits from a word of theirs to the next of ours.
func (tw *town) answered(p *standin.Person, does func()) time.Duration {
	tw.t.Helper()
	had, began := len(p.Got()), time.Now()
	does()
	tw.until(p.Name+" is answered", func() bool { return len(p.Got()) > had })
	return time.Since(began)
}

// TestOneChatThatHangsHoldsUpNoOther lets one chat's calls take a third of a minute.
func TestOneChatThatHangsHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	kari := tw.net.Person("Kari")
	kari.Write("/start")
	tw.sees(kari, "Hei")
	kari.Slow(20 * time.Second)
	kari.Write("/status")
	tw.until("her answer hangs", func() bool { return tw.net.Calls("sendMessage") > 2 })
	for i := range 20 {
		p := tw.net.Person(fmt.Sprint("Lin", i))
		if took := tw.answered(p, func() { p.Write("/start") }); took > 2*time.Second {
			t.Errorf("another one waits %v", took)
		}
	}
	kari.Slow(0)
}

// TestACrowdStarvesNoNewcomer: people write much at the pace that Telegram allows, and
// somebody comes.
func TestACrowdStarvesNoNewcomer(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes as long as the machine says")
	}
	t.Parallel()
	tw := newTown(t, func(c *telegram.Config) {
		c.Pace = network.NewPacer(network.Rate{PerSecond: 10, Burst: 2}, network.Rate{PerSecond: 5, Burst: 5})
	})
	var crowd []*standin.Person
	for i := range 9 {
		p := tw.net.Person(fmt.Sprint("Ola", i))
		p.Write("/start")
		crowd = append(crowd, p)
	}
	for _, p := range crowd {
		tw.sees(p, "Hei")
		for n := range 40 {
			p.Write(fmt.Sprint("/hjelp ", n))
		}
	}
	time.Sleep(time.Second)
	heard := func() (n int) {
		for _, p := range crowd {
			n += len(p.Got())
		}
		return n
	}
	lin, before := tw.net.Person("Lin"), heard()
	tw.answered(lin, func() { lin.Write("/start") })
	if first := heard() - before; first > 30 { // however slow the machine is
		t.Errorf("%d messages to others leave before the first to a newcomer", first)
	}
}

// TestManyAtOnceKeepThePace has many people begin at once, with a network that takes its time.
func TestManyAtOnceKeepThePace(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes as long as the pace says")
	}
	tw := newTown(t, func(c *telegram.Config) {
		c.Pace = (&network.Table{}).Pacer(network.Rate{PerSecond: 25, Burst: 2}, network.Rate{PerSecond: 1, Burst: 4})
	})
	tw.net.Fast, tw.net.Latency = false, 80*time.Millisecond
	const people = 100 // each is shown the card, which is two messages
	began := time.Now()
	var all []*standin.Person
	for i := range people {
		p := tw.net.Person(fmt.Sprint("Ola", i))
		p.Write("/start")
		all = append(all, p)
	}
	var waits []time.Duration
	var mu sync.Mutex
	var wait sync.WaitGroup
	for _, p := range all {
		wait.Go(func() {
			for len(p.Got()) < 2 && time.Since(began) < time.Minute {
				time.Sleep(10 * time.Millisecond)
			}
			mu.Lock()
			defer mu.Unlock()
			waits = append(waits, time.Since(began))
		})
	}
	wait.Wait()
	slices.Sort(waits)
	messages, took := 2*people, waits[len(waits)-1]
	t.Logf("%d messages in %v, %d in the worst second", messages, took.Round(time.Millisecond), tw.net.Worst())
	if tw.net.Worst() > 33 { // what leaves is 27 at most; on a busy machine calls come together
		t.Errorf("%d messages came in the worst second, where 30 are allowed", tw.net.Worst())
	}
	if most := time.Duration(float64(messages) / 30 * 1.2 * float64(time.Second)); took > most+time.Second {
		t.Errorf("%d messages take %v, want at most %v", messages, took, most)
	}
}

// TestAfterAnUnclearAnswerTheQuestionIsThere breaks the answer to a question in each way.
func TestAfterAnUnclearAnswerTheQuestionIsThere(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]faults.Fault{
		"the connection broke before the work": {},
		"the connection broke after it":        {After: true},
		"a proxy's page for a fault":           {Status: 403, Body: "<html>Forbidden</html>"},
		"a proxy's page for an answer":         {Body: "<html>Welcome</html>"},
		"a cut answer":                         {After: true, Body: `{"ok":true,"result":{"message_id":4`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tw := newTown(t)
			lin := tw.net.Person("Lin")
			lin.Write("/start")
			tw.sees(lin, "ende-til-ende")
			tw.settled()
			tw.net.Faults.On("sendMessage", fault)
			tw.press(lin, "Start")
			tw.sees(lin, "Er du trygg akkurat nå?")
			if log := tw.log.String(); strings.Contains(log, "not sent again") {
				t.Error("the log says that it is not sent again")
			}
		})
	}
}

// TestARestartHoldsNothingUp stops the server while words are on their way.
func TestARestartHoldsNothingUp(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	var all []*standin.Person
	for i := range 10 {
		p := tw.net.Person(fmt.Sprint("Ola", i))
		p.Slow(time.Second)
		p.Write("/start")
		all = append(all, p)
	}
	tw.until("words are on their way", func() bool { return tw.net.Calls("sendMessage") >= 10 })
	tw.stop()
	for _, p := range all {
		p.Slow(0)
		p.Write("/status")
	}
	began := time.Now()
	tw.start()
	for _, p := range all {
		tw.sees(p, "Hei")
		tw.until("the rest is there", func() bool { return len(p.Got()) >= 3 })
		if got := p.Got(); strings.Count(strings.Join(got, "\n"), "ende-til-ende") != 1 {
			t.Errorf("%s reads %q", p.Name, got)
		}
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("after a restart the words come after %v", took)
	}
}

// TestASlowFileStopsNobody: more updates come behind it than Telegram hands out at once.
func TestASlowFileStopsNobody(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	kari := tw.net.Person("Kari")
	tw.report(kari, "Det var på middagen.")
	tw.net.Faults.On("getFile", faults.Fault{Delay: time.Minute})
	kari.Send(map[string]any{"document": tw.net.Upload("bilde.jpg", "image/jpeg", []byte("x"), 1)})
	began := time.Now()
	var last *standin.Person
	for i := range 150 {
		last = tw.net.Person(fmt.Sprint("Ola", i))
		last.Write("/start")
	}
	tw.sees(last, "Hei")
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("the last of them is heard after %v", took)
	}
	tw.sees(kari, "Filen fikk jeg ikke hentet")
	tw.settled()
}

// TestWordsCountForNoQuestionThatWasNotShown: somebody types on while the network is slow.
func TestWordsCountForNoQuestionThatWasNotShown(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	lin.Write("/start")
	tw.press(lin, "Start")
	tw.sees(lin, "Er du trygg akkurat nå?")
	tw.press(lin, "Ja")
	tw.sees(lin, "egne ord")
	lin.Write("Det var på middagen, i går.")
	tw.settled()
	tw.sees(lin, "agret")
	lin.Slow(time.Second)
	lin.Write("ferdig")
	lin.Write("Og så gikk jeg hjem, uten å si noe til noen.")
	tw.settled()
	lin.Slow(0)
	quiet := func() { tw.until("all is said", func() bool { return tw.conversation(lin).Unsaid == 0 }) }
	quiet()
	lin.Slow(time.Second)
	lin.Write("Det skjedde med meg")
	lin.Write("nei")
	tw.settled()
	lin.Slow(0)
	tw.sees(lin, "kom før du hadde fått dette spørsmålet")
	quiet()
	for _, label := range []string{"Hopp over", "Hopp over", "Nei, alle her kan se det", "Se over og send", "Hopp over", "Hopp over", "Ferdig med å se over", "Send inn"} {
		tw.press(lin, label)
	}
	tw.sees(lin, "Kvittering")
	var said []string
	for _, b := range tw.told(tw.ref(lin)) {
		if a, ok := b.(cases.Answer); ok && !a.Text.IsZero() {
			said = append(said, a.Question+": "+a.Text.Reveal())
		}
	}
	if want := []string{"A1: Det var på middagen, i går.", "A1: Og så gikk jeg hjem, uten å si noe til noen."}; !slices.Equal(said, want) {
		t.Errorf("the case holds %q, want %q", said, want)
	}
}
