package telegram_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/bot/telegram/standin"
)

// skips presses past whatever is asked until something says this, or is offered.
func (tw *town) skips(p *standin.Person, until string) {
	tw.t.Helper()
	for range 100 {
		var labels []string
		tw.until("something to press", func() bool {
			labels = tw.buttons(p)
			return len(labels) > 0 && tw.conversation(p).Unsaid == 0 // and nothing comes after it
		})
		if slices.Contains(labels, until) || strings.Contains(last(p), until) {
			return
		}
		for _, label := range []string{"Hopp over", "Gå videre", "Fortsett nå", "Ferdig med å se over"} {
			if slices.Contains(labels, label) {
				tw.press(p, label)
				break
			}
		}
	}
	tw.t.Fatal("it does not come to " + until)
}

// TestALongTextIsOneAnswer writes more than a message of Telegram holds, which its app
// sends as several, at questions that take one message: with the rest right behind it, and
// with the server gone before it can go on.
func TestALongTextIsOneAnswer(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	tw.begin(lin)
	tw.skips(lin, "Når skjedde det?")
	long := strings.TrimSpace(strings.Repeat("Det var i kantina. ", 500))
	var parts []string
	for rest := long; rest != ""; {
		cut := len(rest)
		if cut > 4096 {
			cut = strings.LastIndexByte(rest[:4096], ' ')
		}
		parts = append(parts, rest[:cut])
		rest = strings.TrimPrefix(rest[cut:], " ")
	}
	for _, part := range parts {
		lin.Write(part)
	}
	tw.settled()
	tw.skips(lin, "Pågår det fortsatt?")
	tw.skips(lin, "Hvor skjedde det?")
	time.Sleep(100 * time.Millisecond)
	lin.Write(parts[0])
	tw.settled()
	tw.stop()
	tw.start()
	tw.sees(lin, "Hvilken del av")
	tw.skips(lin, "Send inn")
	tw.press(lin, "Send inn")
	tw.sees(lin, "Kvittering")
	at := tw.at(tw.ref(lin))
	if !slices.Equal(at["B2"], parts) || !slices.Equal(at["B5"], parts[:1]) || len(at) != 2 {
		for q, said := range at {
			t.Errorf("under %s stand %d parts", q, len(said))
		}
	}
}
