package clocks_test

import (
	"strings"
	"testing"

	"tillit/handlers/clocks"
	"tillit/handlers/handlerstest"
	"tillit/store"
	"tillit/store/cases"
)

// TestWhoIsTold by each role of a ladder, as people have duties, are away, hold no key,
// have left, or have no account.
func TestWhoIsTold(t *testing.T) {
	const (
		holder  = "2026-11-25 08:00" // of work that is due on Thursday 26 November
		late    = "2026-11-27 08:00"
		deputy  = "2026-12-01 08:00"
		control = "2026-12-03 08:00"
	)
	has := func(lead string, duties ...string) func(*cases.Facts) {
		return func(f *cases.Facts) {
			f.Assignee, f.Duties = lead, map[string]string{}
			for _, d := range duties {
				name, who, _ := strings.Cut(d, "=")
				f.Duties[name] = who
			}
		}
	}
	for _, test := range []struct {
		shows, when string
		duty        string
		facts       func(*cases.Facts)
		people      map[string]string // more lines of their blocks
		chain       string
		out         []string
		want        string
	}{
		{shows: "nobody has it", when: holder, want: "ring coi: all"},
		{shows: "the lead has it", when: holder, facts: has("siv"), want: "ring coi: siv"},
		{shows: "somebody has the duty", when: holder, duty: "contact_a", facts: has("siv", "contact_a=jonas"), want: "ring coi: jonas"},
		{shows: "nobody has the duty", when: holder, duty: "contact_a", facts: has("siv"), want: "ring coi: siv"},
		{shows: "a duty that there is not", when: holder, duty: "daemon", facts: has(""), want: "ring coi: all"},
		{shows: "who has it is away", when: holder, duty: "contact_a", facts: has("siv", "contact_a=jonas"), people: map[string]string{"jonas": "away = [\"2026-11-25\"]\n"}, want: "ring coi: siv"},
		{shows: "and somebody else stands in for them", when: holder, duty: "contact_a", facts: has("hakon", "contact_a=jonas"), people: map[string]string{"jonas": "away = [\"2026-11-25\"]\n"}, want: "ring coi: siv hakon"},
		{shows: "who has it is kept out", when: holder, duty: "contact_a", facts: has("siv", "contact_a=jonas"), out: []string{"jonas"}, want: "ring coi: siv"},
		{shows: "who has it is no one's any more", when: holder, duty: "contact_a", facts: has("siv", "contact_a=kari"), want: "ring coi: siv"},
		{shows: "the lead is away, and their deputy is here", when: holder, facts: has("maren"), people: map[string]string{"maren": "away = [\"2026-11-25\"]\n"}, want: "ring coi: jonas"},
		{shows: "so is the deputy, and theirs is here", when: holder, facts: has("maren"), people: map[string]string{"maren": "away = [\"2026-11-25\"]\n", "jonas": "away = [\"2026-11-25\"]\n"}, want: "ring coi: siv"},
		{shows: "the lead is away, and the deputy is kept out", when: holder, facts: has("maren"), people: map[string]string{"maren": "away = [\"2026-11-25\"]\n"}, out: []string{"jonas"}, want: "ring coi: siv"},
		{shows: "the lead is away, and nobody stands in", when: holder, facts: has("siv"), people: map[string]string{"siv": "away = [\"2026-11-25\"]\n"}, want: "ring coi: all"},
		{shows: "the lead is kept out", when: holder, facts: has("siv"), out: []string{"siv"}, want: "ring coi: maren jonas hakon"},
		{shows: "holder and lead are two, and late", when: late, duty: "contact_a", facts: has("siv", "contact_a=jonas"), want: "late coi: jonas siv"},
		{shows: "who stands in for who has it", when: deputy, duty: "contact_a", facts: has("siv", "contact_a=maren"), want: "late coi: jonas"},
		{shows: "also for who is away", when: deputy, duty: "contact_a", facts: has("siv", "contact_a=maren"), people: map[string]string{"maren": "away = [\"2026-12-01\"]\n"}, want: "late coi: jonas"},
		{shows: "the deputy of an absent deputy", when: deputy, duty: "contact_a", facts: has("hakon", "contact_a=maren"), people: map[string]string{"jonas": "away = [\"2026-12-01\"]\n"}, want: "late coi: siv"},
		{shows: "nobody stands in, so the lead", when: deputy, duty: "contact_a", facts: has("maren", "contact_a=siv"), want: "late coi: maren"},
		{shows: "who stands in has no account, so everybody", when: deputy, facts: has("siv"), people: map[string]string{"siv": "deputy = \"hakon\"\n"}, want: "late coi: all"},
		{shows: "the control organ", when: control, facts: has("siv"), want: "late coi: kontroll"},
		{shows: "is the external receiver where the reporter keeps it out", when: control, facts: has("siv"), out: []string{"kontroll"}, people: map[string]string{cases.External: "telegram = 109\n"}, want: "late coi: #external"},
		{shows: "and where nobody is named", when: control, facts: has("siv"), chain: "-", people: map[string]string{cases.External: "telegram = 109\n"}, want: "late coi: #external"},
		{shows: "without an account, everybody is told to tell them", when: control, facts: has("siv"), chain: "[control]\nid = \"kontroll\"\nname = \"Kontrollutvalget\"\n", want: "tell_control coi: all"},
		{shows: "the external receiver has a desk all the same", when: control, facts: has("siv"), chain: "-", want: "late coi: #external; tell_control coi: all"},
	} {
		t.Run(test.shows, func(t *testing.T) {
			h := newHouse(t, "2026-11-24 12:00", func(o *handlerstest.Options) {
				if test.chain != "" {
					o.Chain = strings.TrimPrefix(test.chain, "-")
				}
				o.People = append(o.People, handlerstest.Person{ID: cases.External, Name: "Ekstern mottaker"})
				for i, p := range o.People {
					o.People[i].Accounts += test.people[p.ID]
				}
			})
			ref := h.File("lin", handlerstest.Answers{"A1": {"Det hendte."}})
			clock := h.one("coi", "work", "2026-11-26")
			if test.duty != "" {
				clock.Duty = test.duty
			}
			h.run(ref, clock)
			if test.facts != nil {
				h.facts(ref, test.facts)
			}
			if test.out != nil {
				h.keepOut(ref, test.out...)
			}
			for _, when := range []string{holder, late, deputy, control} {
				h.news()
				h.Clock.Set(at(when))
				if h.tick(); when == test.when {
					break
				}
			}
			got := h.news()
			for i := range got {
				got[i] = strings.TrimPrefix(got[i], test.when+" ")
			}
			if strings.Join(got, "; ") != test.want {
				t.Errorf("told is %q, want %q", strings.Join(got, "; "), test.want)
			}
		})
	}
}

// keepOut keeps people out of a case, as its reporter does on the page.
func (h *house) keepOut(ref string, ids ...string) {
	h.t.Helper()
	err := h.Store.Tell(h.t.Context(), h.idle(ref), store.Change{State: h.idle(ref).State, Exclude: &store.Exclude{Out: ids, Recipients: h.Roster.Recipients()}})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) idle(ref string) store.Idle {
	h.t.Helper()
	idle, err := h.Store.Reporter(h.t.Context(), ref)
	if err != nil {
		h.t.Fatal(err)
	}
	return idle
}

// TestAStepThatIsOnePersons rings them, whoever has a duty.
func TestAStepThatIsOnePersons(t *testing.T) {
	h := newHouse(t, "2026-11-24 12:00")
	ref := h.File("lin", handlerstest.Answers{"A1": {"Det hendte."}})
	clock := h.one("measure/m1", "work", "2026-11-26")
	clock.Duty, clock.Person = "holder", "jonas"
	h.run(ref, clock)
	h.facts(ref, func(f *cases.Facts) { f.Assignee = "maren" })
	h.told(h.until("2026-11-25 12:00"), "2026-11-25 08:00 ring measure/m1: jonas")
}

// TestAChangedOrganisationFileIsTakenIn while the server runs.
func TestAChangedOrganisationFileIsTakenIn(t *testing.T) {
	h := newHouse(t, "2026-11-24 12:00")
	ref := h.File("lin", handlerstest.Answers{"A1": {"Det hendte."}})
	h.run(ref, h.one("coi", "work", "2026-11-26"))
	h.facts(ref, func(f *cases.Facts) { f.Assignee = "siv" })
	h.tick()
	now := *h.Roster
	now.Closed = []string{"2026-11-25"}
	h.ringer.Use(clocks.Office{Roster: &now, Routines: h.office().Routines, Networks: []string{"telegram"}})
	h.told(h.until("2026-11-24 16:00")) // the day before is closed now, and the one before that had begun
	h.told(h.until("2026-11-27 12:00"), "2026-11-27 08:00 late coi: siv")
}

// TestWhatIsClosedRingsOfWhatIsLeft, and reading ends nothing.
func TestWhatIsClosedRingsOfWhatIsLeft(t *testing.T) {
	h := newHouse(t, "2026-11-24 12:00")
	ref := h.File("lin", handlerstest.Answers{"A1": {"Det hendte."}})
	h.run(ref, h.one("care_3", "work", "2026-11-26"))
	h.facts(ref, func(f *cases.Facts) { f.Closed, f.Status = true, "closed" })
	if _, err := h.Dial("maren").Case(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	h.told(h.until("2026-11-25 12:00"), "2026-11-25 08:00 ring care_3: all")
}

// TestTheReporterIsToldOnceOfEachPromise, however long it is late.
func TestTheReporterIsToldOnceOfEachPromise(t *testing.T) {
	h := newHouse(t, "2026-11-19 21:40")
	h.file("lin", handlerstest.Answers{"S3": {"me"}, "A1": {"Det hendte meg."}, "E3": {"county"}})
	h.until("2027-03-20 12:00")
	if got := h.Reporter("lin").Opens(); strings.Count(got, "Vi lovet deg") != 2 || !strings.Contains(got, "svar innen tirsdag 24. november") || !strings.Contains(got, "beskjed innen fredag 19. februar") {
		t.Errorf("she reads %q", got)
	}
}
