package clocks_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tillit/bot"
	"tillit/handlers"
	"tillit/handlers/clocks"
	"tillit/handlers/handlerstest"
	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/party"
	"tillit/handlers/routine/plan"
	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/storetest"
)

var oslo = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		panic(err)
	}
	return zone
}()

func at(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, oslo)
	if err != nil {
		panic(err)
	}
	return t
}

// house is an office whose clocks ring. Maren's deputy is Jonas, his is Siv; the control
// organ is nobody of the office. All but Håkon have an account.
type house struct {
	*handlerstest.Office
	t       *testing.T
	routine *plan.Routine
	ringer  *clocks.Ringer
	log     bytes.Buffer
	steps   map[string]string // by clock, of those that a test lets run
	began   sync.Map          // the steps of clocks that a report began, by clock
	heard   map[string]bool   // notices that were seen
}

var telegram = handlers.Network{Name: "telegram", Account: func(number any) (string, error) { return fmt.Sprint(number), nil }}

const control = "[control]\nid = \"kontroll\"\nname = \"Kontrollutvalget\"\n"

func people() []handlerstest.Person {
	all := handlerstest.People()
	for i, more := range []string{"deputy = \"jonas\"\ntelegram = 101\n", "deputy = \"siv\"\ntelegram = 102\n", "telegram = 103\n", ""} {
		all[i].Accounts = more
	}
	return all
}

func newHouse(t *testing.T, now string, change ...func(*handlerstest.Options)) *house {
	t.Helper()
	o := handlerstest.Options{Clock: handlerstest.At(at(now)), People: people(), Networks: []handlers.Network{telegram}, Chain: control + "telegram = 150\n"}
	for _, c := range change {
		c(&o)
	}
	h := &house{t: t, steps: map[string]string{}, heard: map[string]bool{}}
	o.Began = func(start cases.Start) {
		for i, k := range h.routine.Begin(handlers.PlanFacts(start), h.routine.Calendar(oslo, nil)).Clocks() {
			h.began.Store(start.Clocks[i].ID, k.Step)
		}
	}
	h.Office = handlerstest.New(t, o)
	r, wrong := plan.Load(party.Files, acts.Vocabulary())
	if r == nil {
		t.Fatal(wrong)
	}
	h.routine = r
	h.begin()
	return h
}

// begin starts ringing anew, as a server that knows nothing but what is stored.
func (h *house) begin() {
	h.ringer = clocks.New(clocks.Config{Store: h.Store, Office: h.office(), Now: h.Clock.Now, Log: slog.New(slog.NewTextHandler(&h.log, nil)),
		Late: func(idle store.Idle, l clocks.Late) (store.Line, store.Line, error) {
			return h.Bot.Late(idle, bot.Late(l))
		}})
}

func (h *house) office() clocks.Office {
	return clocks.Office{Roster: h.Roster, Routines: &handlers.Routines{Current: h.routine}, Networks: []string{"telegram"}}
}

// restart stops the server at a moment and starts it at another.
func (h *house) restart(when string) {
	h.t.Helper()
	h.Stop()
	h.Clock.Set(at(when))
	h.Start()
	h.begin()
}

func (h *house) tick() {
	h.t.Helper()
	if err := h.ringer.Tick(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// file is a report, with the clocks that it begins.
func (h *house) file(name string, said handlerstest.Answers) string {
	h.t.Helper()
	ref := h.File(name, said)
	h.facts(ref, func(f *cases.Facts) {
		for _, c := range f.Clocks {
			step, _ := h.began.Load(c.ID)
			h.steps[c.ID] = step.(string)
		}
	})
	return ref
}

// run lets clocks of steps run in a case, beside those that run by it. Those that its
// report began end, if it was not told by file.
func (h *house) run(ref string, all ...plan.Clock) {
	h.t.Helper()
	h.facts(ref, func(f *cases.Facts) {
		f.Routine = h.routine.Version()
		f.Clocks = slices.DeleteFunc(f.Clocks, func(c cases.Clock) bool { return h.steps[c.ID] == "" })
		for _, k := range all {
			var id [8]byte
			_, _ = rand.Read(id[:])
			c := cases.Clock{ID: hex.EncodeToString(id[:]), Due: k.Due.String(), Begun: k.Begun.UTC(), Ladder: k.Ladder, Duty: k.Duty, Person: k.Person, Words: k.Words, Reply: k.Reply}
			h.steps[c.ID] = k.Step
			f.Clocks = append(f.Clocks, c)
		}
	})
}

// one is a clock that begins now, of a step of that name.
func (h *house) one(step, ladder, due string) plan.Clock {
	h.t.Helper()
	k := plan.Clock{Step: step, Ladder: ladder, Begun: h.Clock.Now(), Duty: "lead"}
	if err := k.Due.UnmarshalText([]byte(due)); err != nil {
		h.t.Fatal(err)
	}
	return k
}

// facts changes what the server knows of a case, as an act does.
func (h *house) facts(ref string, change func(*cases.Facts)) {
	h.t.Helper()
	for _, who := range h.Roster.Readers() {
		err := storetest.Act(h.t.Context(), h.Store, who.ID, ref, "note", change)
		if err == nil {
			return
		}
		if err != store.ErrUnknown {
			h.t.Fatal(err)
		}
	}
	h.t.Fatal("nobody holds the case")
}

// everyone is all whom anything could tell.
var everyone = []string{"maren", "jonas", "siv", "hakon", cases.External, "kontroll"}

// news is what has been told since it was last asked, by moment: what, of which steps, and
// whom. Everybody who holds a key is "all".
func (h *house) news() (lines []string) {
	h.t.Helper()
	told := map[string][]string{}
	for _, who := range everyone {
		notices, err := h.Store.NoticesSince(context.Background(), who, h.Clock.Now().AddDate(0, -1, 0))
		if err != nil {
			h.t.Fatal(err)
		}
		for _, n := range notices {
			key := fmt.Sprint(who, n.Ref, n.Kind, n.After.Unix())
			if h.heard[key] || !n.Rings() {
				continue
			}
			h.heard[key] = true
			var steps []string
			for _, rung := range n.Rung {
				id, _, _ := strings.Cut(rung, " ")
				steps = append(steps, h.steps[id])
			}
			slices.Sort(steps)
			kind := n.Kind
			if n.Urgent {
				kind += "!"
			}
			line := fmt.Sprintf("%s %s %s", n.After.In(oslo).Format("2006-01-02 15:04"), kind, strings.Join(steps, " "))
			told[line] = append(told[line], who)
		}
	}
	for line, who := range told {
		text := strings.Join(who, " ")
		text = strings.Replace(text, "maren jonas siv hakon", "all", 1)
		lines = append(lines, line+": "+text)
	}
	slices.SortFunc(lines, cmp.Compare)
	return lines
}

// reply writes to a case's reporter.
func (h *house) reply(who, ref string) {
	h.t.Helper()
	if err := h.Dial(who).Reply(h.t.Context(), ref, intake.NewPrivate("Takk.")); err != nil {
		h.t.Fatal(err)
	}
}

// until lets time pass by the hour, and returns what was told meanwhile.
func (h *house) until(when string) (all []string) {
	h.t.Helper()
	for end := at(when); ; {
		h.tick()
		all = append(all, h.news()...)
		next := h.Clock.Now().Truncate(time.Hour).Add(time.Hour)
		if next.After(end) {
			h.Clock.Set(end)
			h.tick()
			return append(all, h.news()...)
		}
		h.Clock.Set(next)
	}
}

func (h *house) told(got []string, want ...string) {
	h.t.Helper()
	if !slices.Equal(got, want) {
		h.t.Errorf("told is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
