package main_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/bot/telegram/standin"
	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/plan"
)

// ringing is an installation whose clocks ring in the chats of two handlers, at moments
// that a test sets.
type ringing struct {
	*installation
	clock  *moment
	people map[string]*standin.Person
	keys   map[string]*casework.Key
	refs   []string
	kills  int
}

// moment is the clock of servers and desks, in a file that a server reads.
type moment struct {
	t    *testing.T
	file string
	at   time.Time
}

func (m *moment) now() time.Time { return m.at }

func (m *moment) set(at time.Time) {
	m.t.Helper()
	m.at = at
	if err := os.WriteFile(m.file+".new", []byte(at.Format(time.RFC3339)), 0o600); err != nil {
		m.t.Fatal(err)
	}
	if err := os.Rename(m.file+".new", m.file); err != nil {
		m.t.Fatal(err)
	}
}

// newRinging starts one with so many cases.
func newRinging(t *testing.T, clock *moment, cases int) *ringing {
	t.Helper()
	net := standin.New(t)
	net.Fast = true
	r := &ringing{installation: install(t), clock: clock, people: map[string]*standin.Person{}, keys: map[string]*casework.Key{}}
	r.flags = []string{"--demo", "--clock", clock.file}
	org, err := os.ReadFile(filepath.Join(r.dir, "organisation.toml"))
	if err != nil {
		t.Fatal(err)
	}
	for id, key := range map[string]*casework.Key{"maren": r.key, "jonas": r.second} {
		p := net.Person(id)
		p.Write("/start")
		r.people[id], r.keys[id] = p, key
		org = []byte(strings.Replace(string(org), fmt.Sprintf("id = %q\n", id), fmt.Sprintf("id = %q\ntelegram = %d\nrights = [\"assign\"]\n", id, p.ID), 1))
	}
	r.write("organisation.toml", org)
	r.write("office.token", []byte(net.Token))
	conf, err := os.ReadFile(filepath.Join(r.dir, "tillit.toml"))
	if err != nil {
		t.Fatal(err)
	}
	r.write("tillit.toml", fmt.Appendf(conf, "[office_chat]\nquiet_from = 0\nquiet_until = 0\n[office_chat.telegram]\nwords = \"desk\"\ntoken_file = \"office.token\"\napi = %q\n", net.URL))
	r.start()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range cases {
		ref, err := newMember(r.web, "canary-fjell").report(ctx)
		if err != nil {
			t.Fatalf("%v\n%s", err, r.output())
		}
		r.refs = append(r.refs, ref)
	}
	return r
}

// deed is what a handler does in a case.
type deed struct {
	who, act, id string
	of           int // which case
	values       map[string]string
}

// does it, again with the same id until the server has answered.
func (r *ringing) does(d deed) {
	r.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		desk, err := r.desk(d.who)
		if err != nil {
			continue
		}
		a := acts.Find(d.act)
		filled, err := a.Read(func(field string) []string { return []string{d.values[field]} })
		if err != nil {
			r.t.Fatalf("%s is filled in wrongly", d.act)
		}
		err = desk.Do(r.t.Context(), r.refs[d.of], casework.Doing{Act: filled, ID: d.id})
		var refused *routine.Refusal
		var planned *plan.Refusal
		switch { // what was done already, and its answer lost, is refused
		case err == nil, errors.As(err, &refused), errors.As(err, &planned):
			return
		}
	}
	r.t.Fatalf("%s cannot %s\n%s", d.who, d.act, r.output())
}

// during kills the server while something happens, soon after it began, some times.
func (r *ringing) during(within time.Duration, do func()) {
	r.t.Helper()
	over := make(chan error, 1)
	times := 1 + rand.N(2)
	go func() {
		for range times {
			time.Sleep(rand.N(within))
			r.kill()
			if err := r.tryStart(); err != nil {
				over <- err
				return
			}
		}
		over <- nil
	}()
	do()
	if err := <-over; err != nil {
		r.t.Fatalf("%v\n%s", err, r.output())
	}
	r.kills += times
}

// desk signs somebody in.
func (r *ringing) desk(id string) (*handlerstest.Desk, error) {
	return handlerstest.SignIn(r.t.Context(), casework.Config{Server: r.office, Key: r.keys[id], Now: r.clock.now})
}

// told is what the office has told each handler so far. What rings at one moment stands in
// no order.
func (r *ringing) told() (all []string) {
	r.t.Helper()
	for id := range r.keys {
		desk, err := r.desk(id)
		if err != nil {
			r.t.Fatal(err)
		}
		notices, err := desk.Notices(r.t.Context())
		if err != nil {
			r.t.Fatal(err)
		}
		for _, n := range notices {
			all = append(all, fmt.Sprint(id, " is told ", r.named(n.Ref), " ", n.Kind, " ", n.After.Format(time.RFC3339), " ", n.Day))
		}
	}
	slices.Sort(all)
	return all
}

// logs are the cases, entry by entry. They are whole.
func (r *ringing) logs() (all []string) {
	r.t.Helper()
	desk, err := r.desk("maren")
	if err != nil {
		r.t.Fatal(err)
	}
	for _, ref := range r.refs {
		c, err := desk.Case(r.t.Context(), ref)
		if err != nil || len(c.Faults)+len(c.Doubts) > 0 {
			r.t.Fatalf("%v, %q, %v", err, c.Faults, c.Doubts)
		}
		for _, e := range c.Entries {
			all = append(all, fmt.Sprint(r.named(ref), " ", e.Kind, " ", e.Act, " ", e.Event))
		}
	}
	return all
}

var holding = regexp.MustCompile(` (Maren V\.|Jonas T\.|Du) har den\.`)

// chats is each line that the handlers' chats show, how often. Who has a case is left out:
// a message whose name was lost with the server is not changed any more.
func (r *ringing) chats() map[string]int {
	lines := map[string]int{}
	for id, p := range r.people {
		for _, text := range p.Got() {
			for line := range strings.SplitSeq(text, "\n") {
				if reference.MatchString(line) {
					lines[id+" reads "+r.named(holding.ReplaceAllString(line, ""))]++
				}
			}
		}
	}
	return lines
}

func (r *ringing) named(text string) string {
	for i, ref := range r.refs {
		text = strings.ReplaceAll(text, ref, fmt.Sprint("case ", i))
	}
	return text
}

// settled lets some minutes pass until both offices have told the same and nothing more
// comes, and says whether they have. A lease of what was on its way ends meanwhile.
func settled(calm, killed *ringing) bool {
	same := 0
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(40 * time.Millisecond) {
		calm.clock.set(calm.clock.at.Add(6 * time.Second))
		if !slices.Equal(keys(calm.chats()), keys(killed.chats())) {
			same = 0
		} else if same++; same > 8 && slices.Equal(calm.told(), killed.told()) {
			return true
		}
	}
	return false
}

func keys(of map[string]int) (all []string) {
	for k := range of {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

// missingFrom are the lines of one that the other lacks.
func missingFrom(these, those []string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(these), func(s string) bool { return slices.Contains(those, s) }), "\n")
}

// week is what happens in the cases on each day, before the clocks move on. The last
// case is left alone.
func week(rnd *rand.Rand) (days [][]deed) {
	one := func(of int, who, act string, values ...string) deed {
		d := deed{who: who, act: act, of: of, values: map[string]string{"text": "noen ord"}, id: fmt.Sprint("deed-", rnd.Uint64())}
		for i := 0; i < len(values); i += 2 {
			d.values[values[i]] = values[i+1]
		}
		return d
	}
	days = [][]deed{
		{one(0, "maren", "take"), one(0, "maren", "reply"), one(1, "jonas", "assess_safety", "risk", "now"), one(2, "jonas", "take")},
		{one(1, "maren", "take"), one(0, "maren", "assess_safety", "risk", "no"), one(2, "maren", "reply")},
		{one(1, "jonas", "assess_safety", "risk", "no"), one(2, "jonas", "release"), one(0, "maren", "declare", "tie", "none")},
		{one(1, "maren", "reply"), one(3, "jonas", "take"), one(0, "maren", "decide_level", "level", "central", "reason", "x", "relation", "member")},
	}
	for _, day := range days {
		rnd.Shuffle(len(day), func(i, j int) { day[i], day[j] = day[j], day[i] })
	}
	return days
}

// TestKilledBetweenAnActAndItsRing lives a week in two offices. In one the server is
// killed again and again: while an act is on its way, and while clocks ring. What both have
// told is the same, so each ring is told once, to the same people, at the same moment, and
// none after its step has ended. In the chats stands the same too; a line that was on its
// way when the server died may stand there twice, as Telegram cannot tell a repeat.
func TestKilledBetweenAnActAndItsRing(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	clock := &moment{t: t, file: filepath.Join(t.TempDir(), "clock")}
	clock.set(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)) // a Monday
	calm, killed := newRinging(t, clock, 5), newRinging(t, clock, 5)
	rings := 0
	for n, day := range week(rand.New(rand.NewPCG(seed, 1))) {
		for _, d := range day {
			calm.does(d)
			killed.during(40*time.Millisecond, func() { killed.does(d) })
		}
		mustAgree(t, calm, killed, fmt.Sprint("after the acts of day ", n))
		clock.set(time.Date(2026, 11, 24+n+n/3, 9+n%4, 0, 0, 0, time.UTC))
		killed.during(150*time.Millisecond, func() {})
		clock.set(clock.at.Add(15 * time.Second)) // what was gathered is told
		killed.during(150*time.Millisecond, func() {})
		mustAgree(t, calm, killed, fmt.Sprint("in the morning after day ", n))
	}
	if a, b := calm.logs(), killed.logs(); !slices.Equal(a, b) {
		t.Errorf("the logs differ. Without kills alone:\n%s\nwith kills alone:\n%s", missingFrom(a, b), missingFrom(b, a))
	}
	for _, line := range keys(calm.chats()) {
		if !strings.Contains(line, "Ny sak") {
			rings++
		}
	}
	more := 0
	for line, n := range killed.chats() {
		more += n - calm.chats()[line]
	}
	t.Logf("%d kills, %d lines of rings, %d lines more than without kills", killed.kills, rings, more)
	if killed.kills < 15 || rings < 10 {
		t.Error("this proves too little")
	}
}

func mustAgree(t *testing.T, calm, killed *ringing, when string) {
	t.Helper()
	if settled(calm, killed) {
		return
	}
	t.Fatalf("%s they differ. Told without kills alone:\n%s\nwith kills alone:\n%s\nin chats, without kills alone:\n%s\nwith kills alone:\n%s", when,
		missingFrom(calm.told(), killed.told()), missingFrom(killed.told(), calm.told()),
		missingFrom(keys(calm.chats()), keys(killed.chats())), missingFrom(keys(killed.chats()), keys(calm.chats())))
}
