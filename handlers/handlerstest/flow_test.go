package handlerstest_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"tillit/bot"
	"tillit/bot/network"
	"tillit/bot/telegram"
	"tillit/bot/telegram/standin"
	"tillit/handlers/handlerstest"
	"tillit/intake"
)

var updateFlow = flag.Bool("update", false, "write how far it is to a report into docs/QUESTIONS.md")

const (
	flowBook = "../../docs/QUESTIONS.md"
	flowFrom = "<!-- flow: begin -->\n"
	flowTo   = "<!-- flow: end -->"
)

// How a story is told.
const (
	soon  = "first report"     // sent as soon as it can be
	whole = "whole story"      // all that is asked, the dark button where the talk divides
	all   = "and all the rest" // the rest too, where it can wait
)

// story is what somebody comes with, and what they answer; all else they skip.
type story struct {
	name    string
	ways    []string
	half    int // of the words that it once took
	answers map[string][]string
}

var stories = []story{
	{"assault last night", []string{soon, whole, all}, 1371 / 2, map[string][]string{
		"S1": {"unsure"}, "A1": {"I natt var det en som ikke lot meg gå. Jeg er hjemme nå."}, "N1": {"yes"},
		"N2": {"Han er på kurset i helga."}, "C0": {"nobody"}, "S3": {"me"}, "S2": {"adult"},
		"B1": {"once"}, "B2": {"week"}, "B3": {"again"}, "B4": {"social"}, "B5": {"Hotellet."}, "C1": {"sexual_act"}, "C2": {"keep", "go_on"},
		"E1": {"one"}, "E2": {"En i styret."}, "E3": {"county"}, "F2": {"En venn."}, "G2": {"talk"}, "G5": {"find"}, "G6": {"info"},
		"H1": {"handlers_only"}, "H3": {"day"},
	}},
	{"heard of it as a leader", []string{soon, whole}, 1211 / 2, map[string][]string{
		"S1": {"yes"}, "A1": {"Et medlem har fortalt meg at noen tok på henne på festen."}, "S3": {"leader"}, "S2": {"adult"}, "L1": {"again"},
		"C0": {"nobody"}, "L3": {"I helga."}, "D1": {"wants"}, "L4": {"Ring meg på kvelden."}, "E3": {"local"}, "H1": {"handlers_only"}, "H3": {"evening"},
	}},
	{"months of remarks, wants advice", []string{soon, whole}, 1214 / 2, map[string][]string{
		"S1": {"yes"}, "S3": {"me"}, "S2": {"adult"}, "A1": {"Han sier ting om kroppen min på hvert møte."}, "C0": {"nobody"}, "A3": {"advice"},
		"H1": {"handlers_only"}, "H2": {"Anna"}, "H3": {"any"},
	}},
}

// The aims for a first report, and how fast somebody reads.
const (
	mostTaps  = 7
	wordsRead = 200 // in a minute
)

// figures are what it takes until it is sent.
type figures struct{ messages, taps, opening, words, help int }

// act is what somebody did: words, or a press on a label.
type act struct{ text, label string }

// teller tells a story on the page.
type teller struct {
	*presser
	story
	way   string
	met   map[string]int
	acts  []act
	count figures
}

func (tl *teller) tell() {
	tl.page = tl.get("/")
	tl.read()
	tl.count.opening, tl.count.words = tl.count.words, 0
	tl.press(url.Values{"talk": {talkOf(tl.page)}, "lang": {"nb"}}, "start")
	for range 120 {
		if tl.sent() {
			return
		}
		tl.read()
		tl.answer()
	}
	tl.t.Fatalf("%s does not end", tl.name)
}

// press presses what carries these, and sends what is filled in beside it.
func (tl *teller) press(fields url.Values, ids ...string) {
	labels := labelsOf(tl.page)
	for _, id := range ids {
		fields.Add("choice", id)
		tl.acts = append(tl.acts, act{label: labels[id]})
	}
	tl.count.taps += max(len(ids), 1)
	tl.page = tl.post("/say", fields)
}

// answer answers what is asked.
func (tl *teller) answer() {
	fields, buttons, boxes, _ := tl.asked()
	q, _, _ := strings.Cut(buttons[slices.IndexFunc(buttons, func(b string) bool { return strings.Contains(b, ".") })], ".")
	can := func(id string) bool { return slices.Contains(buttons, id) || slices.Contains(boxes, id) }
	say := tl.answers[q]
	if q == "C2" {
		say = say[min(tl.met[q], len(say)-1):][:1]
	}
	tl.met[q]++
	var press []string
	for _, what := range say {
		if can(q + "." + what) {
			press = append(press, q+"."+what)
			continue
		}
		fields.Set("text", what)
		tl.acts = append(tl.acts, act{text: what})
	}
	said, ticked := fields.Get("text") != "", len(press) > 0 && slices.Contains(boxes, press[0])
	on := []string{}
	switch {
	case tl.way == soon && (said || len(press) == 0):
		on = []string{q + ".~send", "H5.send"}
	case said || ticked:
		on = []string{q + ".~done"}
	case len(press) == 0 && tl.way == all:
		on = []string{"A4.go_on", "H5.send", "A3.go_on", q + ".~skip"}
	case len(press) == 0:
		on = []string{"A4.send_now", "H5.send", "A3.go_on", q + ".~skip"}
	}
	if i := slices.IndexFunc(on, can); i >= 0 {
		press = append(press, on[i])
	}
	tl.press(fields, press...)
}

func talkOf(page *html.Node) string {
	for n := range page.Descendants() {
		if attrOf(n, "name") == "talk" {
			return attrOf(n, "value")
		}
	}
	return ""
}

// labelsOf are what stands on buttons and beside boxes, by what they carry.
func labelsOf(page *html.Node) map[string]string {
	labels := map[string]string{}
	for n := range page.Descendants() {
		id := ""
		switch {
		case n.Data == "button":
			id = attrOf(n, "value")
		case n.Data == "label" && attrOf(n, "class") == "pick":
			for c := range n.Descendants() {
				if c.Data == "input" {
					id = attrOf(c, "value")
				}
			}
		}
		for d := range n.Descendants() {
			if d.Type == html.TextNode && strings.TrimSpace(d.Data) != "" && labels[id] == "" {
				labels[id] = strings.TrimSpace(d.Data)
			}
		}
	}
	return labels
}

// read counts what the page says that is not folded away, not on a button, and not the
// person's own.
func (tl *teller) read() {
	tl.count.messages++
	var walk func(n *html.Node, in, help bool)
	walk = func(n *html.Node, in, help bool) {
		class := attrOf(n, "class")
		switch {
		case n.Type == html.TextNode && in:
			count := len(strings.Fields(n.Data))
			if tl.count.words += count; help {
				tl.count.words, tl.count.help = tl.count.words-count, tl.count.help+count
			}
		case n.Data == "main":
			in = true
		case slices.Contains([]string{"details", "textarea", "button", "label", "summary"}, n.Data), attrOf(n, "translate") == "no", class == "unseen":
			in = false
		case class == "card safe":
			help = true
		}
		for c := range n.ChildNodes() {
			walk(c, in, help)
		}
	}
	walk(tl.page, false, false)
}

// chatter does in a chat what was done on the page.
type chatter struct {
	t      *testing.T
	net    *standin.Server
	person *standin.Person
	seen   int // the newest message at the last press
}

func (c *chatter) until(what string, ok func() bool) {
	c.t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			c.t.Fatalf("waited in vain for %s: %q", what, c.person.Got())
		}
	}
}

// offered reports whether a button stands under the newest message that has any, or under
// another that came after the last press.
func (c *chatter) offered(label string) bool {
	newest := true
	for _, m := range slices.Backward(c.person.Screen()) {
		if m.Mine || len(m.Buttons) == 0 {
			continue
		}
		if !newest && m.ID <= c.seen {
			return false
		}
		newest = false
		if slices.ContainsFunc(m.Buttons, func(b standin.Button) bool { return strings.TrimSuffix(b.Label, " ✔") == label }) {
			return true
		}
	}
	return false
}

func (c *chatter) screen() string { return fmt.Sprint(c.person.Screen()) }

// does does it, and waits for what is said to each.
func (c *chatter) does(acts []act) (f figures) {
	c.person.Write("/start")
	for _, a := range acts {
		for was := ""; was != c.screen(); time.Sleep(60 * time.Millisecond) { // all is said
			was = c.screen()
		}
		was := c.screen()
		if a.text != "" {
			c.person.Write(a.text)
			was = c.screen()
		} else {
			c.until(a.label, func() bool { return c.offered(a.label) })
			c.seen = c.person.Screen()[len(c.person.Screen())-1].ID
			if _, err := c.person.Press(a.label); err != nil {
				c.t.Fatal(err)
			}
			f.taps++
		}
		c.until("an answer", func() bool { return c.net.Pending() == 0 && c.screen() != was })
	}
	c.until("the receipt", func() bool { return slices.ContainsFunc(c.person.Got(), reference.MatchString) })
	return c.counted(f)
}

var (
	reference = regexp.MustCompile(`T-[0-9A-Z]{6}`)
	number    = regexp.MustCompile(`\b(11[23]|116 117|02800)\b`)
)

// counted counts what was said until the receipt. The opening ends with the first button;
// what names a number to call and asks nothing is help.
func (c *chatter) counted(f figures) figures {
	opening := true
	for _, m := range c.person.Screen() {
		words := len(strings.Fields(m.Text))
		switch {
		case m.Mine:
			continue
		case reference.MatchString(m.Text):
			return f
		case opening:
			f.opening += words
			opening = len(m.Buttons) == 0
		case len(m.Buttons) == 0 && number.MatchString(m.Text):
			f.help += words
		default:
			f.words += words
		}
		f.messages++
	}
	return f
}

// TestHowFarItIsToAReport tells each story on the page and in a chat, with everything real
// but the network, holds what it takes to the aims, and compares the table in the book with
// it. With -update it writes the table.
func TestHowFarItIsToAReport(t *testing.T) {
	o := handlerstest.New(t)
	net := chats(t, o)
	var table strings.Builder
	table.WriteString("| story | told | taps | messages | words | help | on the page: taps | pages | words | help |\n|---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	var opening, openingPage int
	for _, s := range stories {
		for _, way := range s.ways {
			jar, _ := cookiejar.New(nil) // never fails without options
			tl := &teller{presser: &presser{t: t, at: o.Pages.URL, http: &http.Client{Jar: jar, Timeout: time.Minute}}, story: s, way: way, met: map[string]int{}}
			tl.tell()
			c := &chatter{t: t, net: net, person: net.Person(s.name + way)}
			chat, page := c.does(tl.acts), tl.count
			opening, openingPage = chat.opening, page.opening
			for where, f := range map[string]figures{"chat": chat, "page": page} {
				switch {
				case way == soon && (f.taps > mostTaps || where == "chat" && f.words > wordsRead):
					t.Errorf("%s: a first report takes %d taps and %d words in a %s", s.name, f.taps, f.words, where)
				case where == "chat" && way == whole && f.opening+f.words+f.help > s.half:
					t.Errorf("%s: the whole story takes %d words in a %s, want %d", s.name, f.opening+f.words+f.help, where, s.half)
				}
			}
			fmt.Fprintf(&table, "| %s | %s | %d | %d | %d | %d | %d | %d | %d | %d |\n", s.name, way,
				chat.taps, chat.messages, chat.words, chat.help, page.taps, page.messages, page.words, page.help)
		}
	}
	fmt.Fprintf(&table, "\nBefore Start stands an opening of %d words in a chat and %d on the page.\n", opening, openingPage)
	current(t, table.String())
}

// chats is a network in which the office's bot listens too.
func chats(t *testing.T, o *handlerstest.Office) *standin.Server {
	net := standin.New(t)
	net.Fast = true
	fast := network.Rate{PerSecond: 1000, Burst: 1000}
	tg, err := telegram.New(telegram.Config{
		Token: intake.NewPrivate(net.Token), API: net.URL, Lang: "nb", Log: o.Log, Pace: network.NewPacer(fast, fast),
		Quarantine: func(context.Context, []byte) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	courier := &bot.Courier{Outbox: o.Store, Channels: map[string]bot.Channel{"telegram": tg}, Now: time.Now, Log: o.Log}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, run := range []func() error{func() error { return o.Bot.Run(ctx, tg) }, func() error { return courier.Run(ctx) }} {
		running.Go(func() {
			if err := run(); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return net
}

// current compares the table in the book with what was counted.
func current(t *testing.T, table string) {
	raw, err := os.ReadFile(flowBook)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(raw), flowFrom)
	_, after, ends := strings.Cut(rest, flowTo)
	if !begins || !ends {
		t.Fatalf("%s has no place for the figures", flowBook)
	}
	switch want := before + flowFrom + table + flowTo + after; {
	case want == string(raw):
	case *updateFlow:
		if err := os.WriteFile(flowBook, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s does not say what was counted: go test ./handlers/handlerstest -run HowFar -update\n%s", flowBook, table)
	}
}
