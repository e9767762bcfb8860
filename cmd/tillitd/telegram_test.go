package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tillit/bot/telegram/standin"
)

// chatter is a member on Telegram, who presses what leads to the receipt.
type chatter struct {
	*standin.Person
	texts   []string
	told    int
	pressed int // newest message when they last pressed
}

// ways are the labels of the shortest report, in the order in which they come first.
var ways = []string{"Send inn", "Ferdig med å se over", "Se over og send", "Start", "Ja", "Det skjedde med meg", "Ferdig", "Hopp over"}

// report writes and presses until the receipt is there, however long the server
// is away in between.
func (c *chatter) report(end time.Time) (ref string, err error) {
	c.Write("/start")
	for time.Now().Before(end) {
		screen := c.Screen()
		newest := screen[len(screen)-1]
		if found := reference.FindString(newest.Text); !newest.Mine && found != "" {
			return found, nil
		}
		for _, m := range screen {
			if found := reference.FindString(m.Text); !m.Mine && found != "" {
				return found, nil
			}
		}
		if !newest.Mine && newest.ID > c.pressed && len(newest.Buttons) > 0 {
			c.step(newest)
		}
		time.Sleep(2 * time.Millisecond)
	}
	return "", fmt.Errorf("%s saw no receipt", c.Name)
}

func (c *chatter) step(m standin.Shown) {
	c.pressed = m.ID
	if strings.Contains(m.Text, "egne ord") && c.told == 0 {
		for _, text := range c.texts {
			c.Write(text)
		}
		c.told = len(c.texts)
	}
	for _, label := range ways {
		if slices.ContainsFunc(m.Buttons, func(b standin.Button) bool { return b.Label == label }) {
			c.PressData(m.ID, m.Buttons[slices.IndexFunc(m.Buttons, func(b standin.Button) bool { return b.Label == label })].Data)
			return
		}
	}
}

// onTelegram points the server at a stand-in.
func onTelegram(t *testing.T) *standin.Server {
	s := standin.New(t)
	s.Fast = true
	t.Setenv("TILLIT_TELEGRAM_API", s.URL)
	t.Setenv("TILLIT_TELEGRAM_TOKEN", s.Token)
	return s
}

// TestKilledWhilePeopleWriteOnTelegram kills the server again and again while
// people report. Every message must be in its case once, in order.
func TestKilledWhilePeopleWriteOnTelegram(t *testing.T) {
	const members, messages = 4, 6
	s := onTelegram(t)
	in := install(t)
	in.start()
	end := time.Now().Add(60 * time.Second)
	refs := make([]string, members)
	var people sync.WaitGroup
	for i := range members {
		people.Go(func() {
			var err error
			c := &chatter{Person: s.Person(fmt.Sprint("member ", i)), texts: telling(i, messages)}
			if refs[i], err = c.report(end); err != nil {
				t.Error(err)
			}
		})
	}
	over := make(chan struct{})
	go func() {
		people.Wait()
		close(over)
	}()
	for kills := 0; kills < 8; kills++ {
		select {
		case <-over:
		case <-time.After(time.Duration(150+100*kills) * time.Millisecond):
			in.kill()
			in.start()
			continue
		}
		break
	}
	people.Wait()
	if t.Failed() {
		t.Fatal(in.output())
	}
	told(t, in.cases(), refs, messages)
	texts := []string{s.Token}
	for i := range members {
		texts = append(texts, append(telling(i, messages), fmt.Sprint(s.Person(fmt.Sprint("member ", i)).ID))...)
	}
	in.unreadable(texts...)
}

// TestTelegramBringsToTheServer sets the webhook of the built server and writes.
func TestTelegramBringsToTheServer(t *testing.T) {
	s := onTelegram(t)
	in := install(t)
	listen := freePorts(t, 1)[0]
	conf, err := os.ReadFile(filepath.Join(in.dir, "tillit.toml"))
	if err != nil {
		t.Fatal(err)
	}
	in.write("tillit.toml", fmt.Appendf(conf, "[telegram]\nwebhook = \"https://chat.example.org/telegram\"\nlisten = %q\n", listen))
	s.Reach = func(string) string { return "http://" + listen + "/telegram" }
	in.start()
	c := &chatter{Person: s.Person("Lin"), texts: telling(0, 2)}
	ref, err := c.report(time.Now().Add(30 * time.Second))
	if err != nil {
		t.Fatalf("%v\n%s", err, in.output())
	}
	told(t, in.cases(), []string{ref}, 2)
	if s.Calls("getUpdates") > 0 {
		t.Error("the server asks though updates are brought")
	}
}
