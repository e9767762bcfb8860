package chat_test

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/bot"
	"tillit/handlers"
	"tillit/handlers/chat"
	"tillit/handlers/clocks"
	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/party"
	"tillit/handlers/routine/plan"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/storetest"
)

// rings has the clocks of the office ring, by the routine of a party.
func (p *place) rings() *place {
	p.t.Helper()
	r, wrong := plan.Load(party.Files, acts.Vocabulary())
	if r == nil {
		p.t.Fatal(wrong)
	}
	p.conf.Routines, p.ran = &handlers.Routines{Current: r}, map[string]bool{}
	p.restart()
	p.ring()
	return p
}

// ring starts ringing anew.
func (p *place) ring() {
	p.ringer = clocks.New(clocks.Config{
		Store: p.Store, Office: clocks.Office{Roster: p.Roster, Routines: p.conf.Routines, Networks: []string{"telegram"}}, Now: p.Clock.Now, Log: slog.New(slog.DiscardHandler),
		Late: func(idle store.Idle, l clocks.Late) (store.Line, store.Line, error) {
			return p.Bot.Late(idle, bot.Late(l))
		},
	})
}

// runs lets a clock run in a case, in the place of those that its report began.
func (p *place) runs(ref, ladder, due string) {
	p.t.Helper()
	err := storetest.Act(p.t.Context(), p.Store, "maren", ref, "note", func(f *cases.Facts) {
		var id [8]byte
		_, _ = rand.Read(id[:])
		f.Clocks = slices.DeleteFunc(f.Clocks, func(c cases.Clock) bool { return !p.ran[c.ID] })
		p.ran[hex.EncodeToString(id[:])] = true
		f.Clocks = append(f.Clocks, cases.Clock{ID: hex.EncodeToString(id[:]), Ladder: ladder, Due: due, Begun: p.Clock.Now().UTC()})
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// oslo sets the clock to a moment where the office is.
func (p *place) oslo(text string) {
	p.t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, p.Roster.Zone)
	if err != nil {
		p.t.Fatal(err)
	}
	p.Clock.Set(at)
}

// gathered lets what rings now be told.
func (p *place) gathered() {
	p.t.Helper()
	p.tick()
	p.Clock.Add(11 * time.Second)
	p.tick()
}

// TestADayIsToldInTheWordsOfTheRoutine, also to those whose colleague has the case.
func TestADayIsToldInTheWordsOfTheRoutine(t *testing.T) {
	p := newPlace(t).rings()
	ref := p.file("900")
	p.tick()
	p.write("101", "ta "+ref)
	p.runs(ref, "limit", "2026-11-26")
	p.tick()
	before := len(p.told("102"))
	p.oslo("2026-11-25 08:00") // two days before is over; the day itself comes
	p.gathered()
	if got := p.told("102"); len(got) != before {
		t.Errorf("on Wednesday Jonas is told %q", got[before:])
	}
	p.oslo("2026-11-26 08:00")
	p.tick()
	if got := p.told("102"); len(got) != before {
		t.Errorf("before all is gathered Jonas is told %q", got[before:])
	}
	p.gathered()
	if got := p.last("102"); got.text != ref+": noe venter. Dag: torsdag 26. november. Maren har den." || len(got.choices) != 0 {
		t.Errorf("on the day Jonas sees %+v", got)
	}
	if got := p.last("101"); got.text != ref+": noe venter. Dag: torsdag 26. november. Du har den." || got.choices[0].Label != "Svar" {
		t.Errorf("on the day Maren sees %+v", got)
	}
	p.gathered()
	if got := p.told("102"); len(got) != before+1 {
		t.Errorf("it is told again: %q", got[before:])
	}
	ref = p.file("901")
	p.runs(ref, "work", "2026-11-27")
	p.oslo("2026-11-30 08:00")
	p.gathered()
	if got := p.last("103"); got.text != ref+": dagen var fredag 27. november." || got.choices[0].Label != "Ta" {
		t.Errorf("after the day Solveig sees %+v", got)
	}
}

// TestWhatIsUrgentRingsInQuietHoursToo, and at once.
func TestWhatIsUrgentRingsInQuietHoursToo(t *testing.T) {
	p := newPlace(t, func(c *chat.Config, _ *network) { c.Quiet = [2]int{20, 7} }).rings()
	ref := p.file("900")
	p.tick()
	p.oslo("2026-11-24 23:00")
	p.runs(ref, "work", "2026-11-24")
	p.runs(ref, "urgent", "2026-11-25T02:00Z")
	p.tick()
	if got := p.last("102").text; got != ref+": åpne saken nå." {
		t.Errorf("at eleven Jonas sees %q", got)
	}
}

// TestAnActBeforeItIsToldCounts: what rang waits for the pace of the chat, and the step is
// done meanwhile.
func TestAnActBeforeItIsToldCounts(t *testing.T) {
	p := newPlace(t, func(c *chat.Config, _ *network) { c.Batch = 5 * time.Minute }).rings()
	p.oslo("2026-11-26 07:58")
	ref := p.file("900")
	p.runs(ref, "limit", "2026-11-26")
	p.tick()
	p.oslo("2026-11-26 08:00")
	p.gathered()
	err := storetest.Act(t.Context(), p.Store, "maren", ref, "note", func(f *cases.Facts) { f.Clocks = nil })
	if err != nil {
		t.Fatal(err)
	}
	p.Clock.Add(6 * time.Minute)
	p.tick()
	if got := p.told("102"); len(got) != 1 || !strings.HasPrefix(got[0], "Ny sak") {
		t.Errorf("Jonas is told %q", got)
	}
}

// TestAThousandDaysAreOneMessage: after a week in which the server was down each person
// gets the first references and a number.
func TestAThousandDaysAreOneMessage(t *testing.T) {
	p := newPlace(t).rings()
	var refs []string
	for i := range 30 {
		ref := p.file(fmt.Sprint(900 + i))
		p.runs(ref, "work", fmt.Sprintf("2026-11-%d", 25+i%3))
		if i%3 == 0 {
			refs = append(refs, ref)
		}
	}
	p.tick()
	before := len(p.told("101"))
	p.oslo("2026-12-07 12:00")
	p.ring()
	p.gathered()
	got := p.net.shown["101"][before:]
	if len(got) != 1 || len(got[0].choices) != 9 || !strings.HasSuffix(got[0].text, "\n… og 22 til. Du ser alle på saksbordet.") {
		t.Fatalf("Maren sees %+v", got)
	}
	for _, line := range strings.Split(got[0].text, "\n")[:8] {
		if !slices.Contains(refs, line[:8]) || !strings.HasSuffix(line, ": dagen var onsdag 25. november.") {
			t.Errorf("among the first is %q", line)
		}
	}
	p.restart()
	p.ring()
	p.Clock.Add(time.Hour)
	p.gathered()
	if got := p.told("101"); len(got) != before+1 {
		t.Errorf("it is told again: %q", got[before+1:])
	}
}

// TestTheControlOrganGetsAReferenceAndADay, and can do nothing with it.
func TestTheControlOrganGetsAReferenceAndADay(t *testing.T) {
	p := newPlace(t).rings()
	p.Chain = "[control]\nid = \"kontroll\"\nname = \"Kontrollutvalget\"\ntelegram = 150\n"
	p.Restart()
	p.conf.Store, p.roster = p.Store, p.Roster
	p.restart()
	p.ring()
	ref := p.file("900")
	other := p.file("901", "solveig")
	p.runs(ref, "limit", "2026-11-26")
	p.runs(other, "work", "2026-11-25")
	p.tick()
	p.oslo("2026-11-26 08:00")
	p.gathered()
	if got := p.net.shown["150"]; len(got) != 1 || got[0].text != ref+": noe venter. Dag: torsdag 26. november." || len(got[0].choices) != 0 {
		t.Errorf("on the day they see %+v", got)
	}
	p.oslo("2026-12-02 08:00")
	p.gathered()
	if got := p.last("150"); got.text != other+": fristen onsdag 25. november er ikke holdt." || len(got.choices) != 0 {
		t.Errorf("five days later they see %+v", got)
	}
	if got := p.write("150", "ta "+ref); got != ref+" er ikke blant sakene du kan åpne." {
		t.Errorf("they would take it, and are told %q", got)
	}
	if got := p.write("150", "kø"); got != "Ingen saker venter på deg nå." {
		t.Errorf("their queue is %q", got)
	}
}

// TestWhereTheControlOrganHasNoAccountAllAreToldToTellThem.
func TestWhereTheControlOrganHasNoAccountAllAreToldToTellThem(t *testing.T) {
	p := newPlace(t).rings()
	p.Chain = "[control]\nid = \"kontroll\"\nname = \"Kontrollutvalget\"\n"
	p.Restart()
	p.conf.Store, p.roster = p.Store, p.Roster
	p.restart()
	p.ring()
	ref := p.file("900")
	p.runs(ref, "limit", "2026-11-26")
	p.tick()
	p.oslo("2026-11-26 08:00")
	p.gathered()
	if got := p.last("101").text; got != ref+": Kontrollorganet skal få vite om dagen torsdag 26. november, og har ingen konto her. Si det til dem." {
		t.Errorf("Maren sees %q", got)
	}
}
