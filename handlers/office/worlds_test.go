package office_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/bot"
	"tillit/handlers"
	"tillit/handlers/casework"
	"tillit/handlers/clocks"
	"tillit/handlers/handlerstest"
	all "tillit/handlers/routine/acts"
	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
)

// world is an office in which some cases may be that keep the asker out.
type world struct {
	*handlerstest.Office
	ringer *clocks.Ringer
	me     string
	token  string
	refs   map[string]string // own, other, hidden, never, gone, registered, and ours, which is shredded
}

func (w *world) rings() {
	w.ringer = clocks.New(clocks.Config{
		Store: w.Store, Office: clocks.Office{Roster: w.Roster, Routines: w.Routines, Networks: []string{"telegram"}}, Now: w.Clock.Now, Log: slog.New(slog.DiscardHandler),
		Late: func(idle store.Idle, l clocks.Late) (store.Line, store.Line, error) {
			return w.Bot.Late(idle, bot.Late(l))
		},
	})
}

// rest lets what is due ring, and signs the asker in.
func (w *world) rest() {
	w.T.Helper()
	if err := w.ringer.Tick(w.T.Context()); err != nil {
		w.T.Fatal(err)
	}
	w.token = session(w.Office, w.me)
}

// lives does something in a case that keeps the asker out. It returns what; a refusal is
// nothing that anybody sees.
func (w *world) lives(rnd *rand.Rand, ref string) string {
	w.T.Helper()
	who := []string{"maren", "hakon"}[rnd.IntN(2)]
	switch rnd.IntN(5) {
	case 0:
		w.Reporter("eva").Says("mer")
		return "she writes"
	case 1:
		filled, err := w.Anything(all.Find("register"), who, rnd, nil)
		w.must(err)
		r := casework.Registration{Source: cases.SourceRegistered, Came: w.Clock.Now().AddDate(0, 0, -rnd.IntN(20)).Format(time.DateOnly), Flags: []string{"URGENT", "ONGOING"}[:rnd.IntN(3)], Out: []string{w.me}, Act: filled}
		_, err = w.Dial(who).Register(w.T.Context(), r)
		return fmt.Sprintf("%s registers: %v", who, err)
	case 2:
		w.must(w.Dial(who).MarkRead(w.T.Context(), ref, 1+rnd.Int64N(8)))
		return who + " reads"
	}
	a := all.All[rnd.IntN(len(all.All))]
	if a == all.Recuse || a == all.Exclude || a == all.Grant { // they would leave nobody
		a = all.Find("take")
	}
	filled, err := w.Anything(a, who, rnd, map[string][]string{"ref": {w.refs["other"]}})
	if err != nil {
		return fmt.Sprintf("%s fills in %s wrongly", who, a.Name)
	}
	err = w.Dial(who).Do(w.T.Context(), ref, casework.Doing{Act: filled})
	return fmt.Sprintf("%s does %s: %v", who, a.Name, err != nil)
}

// whole fails where a desk doubts the case, or the server has other clocks than its log.
func (w *world) whole(who, ref string) {
	w.T.Helper()
	desk := w.Dial(who)
	cs, err := desk.Case(w.T.Context(), ref)
	w.must(err)
	if adrift := desk.Where(cs, w.Clock.Now()).Adrift; len(cs.Faults)+len(cs.Doubts)+len(adrift) > 0 {
		w.T.Errorf("%s finds %q, in doubt are %v, and the server has other clocks than the log: %v", who, cs.Faults, cs.Doubts, adrift)
	}
}

func (w *world) must(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

// madeRef is all that is said of a case that the asker registers.
var madeRef = regexp.MustCompile(`^{"ref":"(T-[0-9A-Z]+)"}\s*$`)

// gets is all that an ask brings.
func (w *world) gets(a ask, ref string, s sight) string {
	r, answer := a.request(ref, s), httptest.NewRecorder()
	r.Header.Set("Authorization", w.token)
	w.API.Config.Handler.ServeHTTP(answer, r)
	if made := madeRef.FindStringSubmatch(answer.Body.String()); made != nil {
		w.refs["registered"] = made[1]
	}
	return fmt.Sprint(answer.Code, answer.Header(), answer.Body)
}

// random are the values that a server or a desk draws, or that follow from one. Their
// lengths are compared; everything else, as it is.
var random = regexp.MustCompile(`"(next|nonce|token|room|genesis|data|hash|prev|sig|wrap|id|head|mark|sum|staged)":"[^"]*"`)

// drawn are lists in which things of one moment stand in the order of ids or references.
var drawn = regexp.MustCompile(`"(?:clocks|notices)":\[\{[^\]]*\}\]`)

func (w *world) same(answer string) string {
	for name, ref := range w.refs {
		answer = strings.ReplaceAll(answer, ref, "‹"+name+"›")
	}
	answer = random.ReplaceAllStringFunc(answer, func(pair string) string {
		name, value, _ := strings.Cut(pair, ":")
		return fmt.Sprint(name, ":", len(value))
	})
	return drawn.ReplaceAllStringFunc(answer, func(list string) string {
		name, rows, _ := strings.Cut(list, ":")
		return fmt.Sprint(name, slices.Sorted(strings.SplitSeq(strings.Trim(rows, "[{}]"), "},{")))
	})
}

// differ is where two texts part.
func differ(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	cut := func(s string) string { return s[max(0, i-200):min(len(s), i+200)] }
	return fmt.Sprintf("with a hidden case\n…%s\nwithout\n…%s", cut(a), cut(b))
}

// sees is how a case stands for somebody who works on it, or for who knows nothing.
func (w *world) sees(ref string) sight {
	const who = "maren" // who can open all that there is
	room, err := w.Store.Read(w.T.Context(), who, ref, 0, nil)
	for err == nil && room.More {
		var more cases.Room
		more, err = w.Store.Read(w.T.Context(), who, ref, room.Entries[len(room.Entries)-1].Seq, nil)
		room.Entries, room.More = append(room.Entries, more.Entries...), more.More
	}
	return sight{room: room, me: w.me, key: w.Key(w.me), now: w.Clock.Now()}
}

// TestTwoWorldsAreOneToWhoIsKeptOut lets two offices live the same weeks. In one of them
// there are cases that the asker cannot open, and they are worked by the routine: they are
// told and registered, taken, staffed, answered, late; their clocks ring. Whatever the asker
// asks, at each route and in each view, about their own cases, colleagues' and the hidden
// ones, both offices answer alike to the byte.
//
// Jonas is kept out by the reporter. Nina holds every right, and no key: she came when the
// cases were there.
func TestTwoWorldsAreOneToWhoIsKeptOut(t *testing.T) {
	for _, me := range []string{"jonas", "nina"} {
		t.Run(me, func(t *testing.T) {
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			rnd := rand.New(rand.NewPCG(seed, 1))
			with, without := twoWorlds(t, me)
			var did []string
			for round := range 5 {
				for range 1 + rnd.IntN(4) {
					did = append(did, with.lives(rnd, with.refs["hidden"]))
				}
				with.Clock.Add(time.Duration(20+rnd.IntN(50)) * time.Hour)
				if round == 4 {
					with.Clock.Set(time.Date(2026, 12, 10, 11, 0, 0, 0, time.UTC)) // the office is open, and more than one clock rings
				}
				both := fmt.Sprint(rnd.IntN(1000))
				for _, w := range []*world{with, without} {
					w.Reporter("per").Says("Enda mer " + both)
					w.must(w.Dial("maren").Reply(t.Context(), w.refs["other"], intake.NewPrivate("Takk "+both)))
					w.rest()
				}
				with.whole("maren", with.refs["hidden"])
				if compareWorlds(with, without, rnd); t.Failed() {
					t.Fatalf("after %q", did)
				}
			}
			if n := with.Count("SELECT count(*) FROM certificates"); n != 2 || without.Count("SELECT count(*) FROM certificates") != 1 {
				t.Errorf("there are %d certificates: this proves too little of them", n)
			}
			if n := with.Count("SELECT count(*) FROM cases"); n < 4 || without.Count("SELECT count(*) FROM cases") >= n {
				t.Errorf("there are %d cases: this proves too little", n)
			}
			if with.Count("SELECT count(*) FROM rung") <= without.Count("SELECT count(*) FROM rung") {
				t.Errorf("no hidden clock rang, after %q: this proves too little", did)
			}
		})
	}
}

// shreds ends a case by the two who are not the asker, as a chat without a desk can say it.
func shreds(o *handlerstest.Office, ref string) {
	o.T.Helper()
	err := o.Store.Act(o.T.Context(), store.Act{Handler: "maren", Ref: ref, Chat: &store.Said{Body: cases.Act{Name: "second", Mark: []byte("{}")}, Via: "test"},
		Known: []string{"maren", "jonas", "hakon", "siv"}, Change: func(*cases.Facts, int64) error { return nil },
		Shreds: func(cases.Facts) (string, bool) { return "hakon", true }})
	if err != nil {
		o.T.Fatal(err)
	}
}

// twoWorlds are an office with a hidden case and one without, otherwise the same.
func twoWorlds(t *testing.T, me string) (with, without *world) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	base := handlerstest.New(t, handlerstest.Options{Hasty: true, Clock: handlerstest.At(now), Chain: "[control]\nid = \"kontroll\"\nname = \"Kontrollutvalget\"\n"})
	own := base.File("lin", handlerstest.Answers{"A1": {"Det var på middagen."}})
	base.Clock.Add(26 * time.Hour)
	other := base.File("per", handlerstest.Answers{"A1": {"Det var på møtet."}})
	ours := base.File("ida", handlerstest.Answers{"A1": {"Det er over."}})
	shreds(base, ours)
	nina := handlerstest.Person{ID: "nina", Name: "Nina L.", Role: "rådgiver", Rights: []string{handlers.RightAssign, handlers.RightExport}, Key: handlerstest.NewKey(t)}
	one, two := base.Copy(t), base.Copy(t)
	one.Clock.Add(time.Hour)
	hidden := one.File("eva", handlerstest.Answers{"C0": {"p:jonas"}, "S1": {"yes"}, "A1": {"Om noe annet."}})
	gone := one.File("mia", handlerstest.Answers{"C0": {"p:jonas"}, "A1": {"Om noe som er over."}})
	shreds(one, gone)
	open := func(o *handlerstest.Office) *world {
		if me == nina.ID {
			o.Join(nina)
			for _, ref := range []string{own, other} {
				if err := o.Dial("maren").Grant(t.Context(), ref, me, nina.Key.Fingerprint()); err != nil {
					t.Fatal(err)
				}
			}
		}
		w := &world{Office: o, me: me, refs: map[string]string{"own": own, "other": other, "hidden": hidden, "never": "T-222222", "gone": gone, "ours": ours}}
		w.must(o.Dial(me).Assign(t.Context(), own, me))
		w.must(o.Dial("maren").Assign(t.Context(), other, "maren"))
		w.rings()
		w.rest()
		return w
	}
	return open(one), open(two)
}

// compareWorlds asks all that can be asked in both. What changes cases of the asker's is
// asked some of the times.
func compareWorlds(with, without *world, rnd *rand.Rand) {
	with.T.Helper()
	for _, a := range asks {
		for _, name := range []string{"own", "other", "hidden", "never", "gone", "ours"} {
			mine := name == "own" || name == "other"
			if !a.about() && name != "own" || a.body != nil && a.about() && mine && rnd.IntN(5) > 0 {
				continue
			}
			var s, here sight
			asked := a
			if a.body != nil && (name == "gone" || name == "ours") {
				continue // nobody knows how it stood: what is sent about it is that of a case that never was
			}
			if a.body != nil {
				s, here = with.sees(with.refs[name]), without.sees(without.refs[name])
			}
			if a.body != nil && !mine { // the same bytes in both, by who knows all of it but the key
				raw, err := json.Marshal(a.body(s))
				with.must(err)
				asked.body = says(json.RawMessage(raw))
			}
			got, want := with.gets(asked, with.refs[name], s), without.gets(asked, without.refs[name], here)
			if got, want := with.same(got), without.same(want); got != want {
				with.T.Errorf("%s %s, about %s: %s", a.route, a.what, name, differ(got, want))
			}
		}
	}
}
