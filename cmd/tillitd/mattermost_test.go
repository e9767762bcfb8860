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

	"tillit/bot/mattermost/standin"
	"tillit/handlers/casework"
)

// poster is a member on Mattermost, who presses what leads to the receipt.
type poster struct {
	*standin.Person
	texts   []string
	told    int
	pressed string // the post under which they last pressed
}

// report writes and presses until the receipt is there, however long the server is
// away in between. Mattermost brings a press once, so one that was not taken is
// pressed again.
func (c *poster) report(end time.Time) (ref string, err error) {
	c.Write("hei")
	for time.Now().Before(end) {
		var newest standin.Shown
		for _, m := range c.Screen() {
			if found := reference.FindString(m.Text); !m.Mine && found != "" {
				return found, nil
			}
			if len(m.Buttons) > 0 {
				newest = m
			}
		}
		if newest.ID != "" && newest.ID != c.pressed && c.step(newest) {
			c.pressed = newest.ID
		}
		time.Sleep(5 * time.Millisecond)
	}
	return "", fmt.Errorf("%s saw no receipt", c.Name)
}

func (c *poster) step(m standin.Shown) bool {
	if strings.Contains(m.Text, "egne ord") && c.told == 0 {
		for _, text := range c.texts {
			c.Write(text)
		}
		c.told = len(c.texts)
	}
	for _, label := range ways {
		if i := slices.IndexFunc(m.Buttons, func(b standin.Button) bool { return b.Label == label }); i >= 0 {
			again, err := c.PressAt(m.ID, m.Buttons[i].Action)
			return err == nil && again == ""
		}
	}
	return true
}

// onMattermost points the server at a stand-in.
func onMattermost(t *testing.T, in *installation) *standin.Server {
	s := standin.New(t)
	t.Setenv("TILLIT_MATTERMOST_URL", s.URL)
	t.Setenv("TILLIT_MATTERMOST_TOKEN", s.Token)
	port := freePorts(t, 1)[0]
	conf, err := os.ReadFile(filepath.Join(in.dir, "tillit.toml"))
	if err != nil {
		t.Fatal(err)
	}
	in.write("tillit.toml", fmt.Appendf(conf, "[mattermost]\noperator = \"Driftshuset\"\ncallback = \"http://%s/mattermost\"\nlisten = %q\n", port, port))
	return s
}

// TestKilledWhilePeopleWriteOnMattermost kills the server again and again while
// people report, and the network's websockets with it. Every message must be in
// its case once, in order.
func TestKilledWhilePeopleWriteOnMattermost(t *testing.T) {
	const members, messages = 4, 6
	in := install(t)
	s := onMattermost(t, in)
	in.start()
	end := time.Now().Add(4 * time.Minute)
	refs := make([]string, members)
	var people sync.WaitGroup
	for i := range members {
		people.Go(func() {
			var err error
			c := &poster{Person: s.Person(fmt.Sprint("member ", i)), texts: telling(i, messages)}
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
	// A press comes by a way of its own and may overtake posts that are caught up with.
	for wait := time.Now().Add(time.Minute); time.Now().Before(wait) && !whole(in.cases(), messages); {
		time.Sleep(500 * time.Millisecond)
	}
	told(t, in.cases(), refs, messages)
	texts := []string{s.Token}
	for i := range members {
		texts = append(texts, append(telling(i, messages), s.Person(fmt.Sprint("member ", i)).ID)...)
	}
	in.unreadable(texts...)
}

// whole reports whether each case holds as many messages as its member told.
func whole(all []*casework.Case, messages int) bool {
	return !slices.ContainsFunc(all, func(c *casework.Case) bool {
		n := 0
		for _, e := range c.Entries {
			if strings.Contains(e.Text.Reveal(), "canary") {
				n++
			}
		}
		return n < messages
	})
}
