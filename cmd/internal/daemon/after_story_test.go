package daemon

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/handlers/routine/acts"
)

const (
	minutesWords  = "kanari: hun flyttet stolen sin"
	wrongWords    = "kanari: det var han som flyttet den"
	numberWords   = "kanari: 900 00 000 etter klokka fem"
	passedOnWords = "kanari: hun sa at han ikke ville gå"
)

// ahead presses, message by message, the first button there is of some, until something
// is seen.
func (p *phone) ahead(until string, labels ...string) {
	p.t.Helper()
	for range 60 {
		if p.has(until) {
			return
		}
		p.until("any of "+strings.Join(labels, ", "), func() bool {
			if p.has(until) {
				return true
			}
			for i, s := range slices.Backward(p.screen()) {
				if s.mine || !p.page && i <= p.last {
					continue
				}
				for _, label := range labels {
					if n := slices.IndexFunc(s.buttons, func(b button) bool { return b.label == label }); n >= 0 {
						p.last = i
						s.buttons[n].press()
						return true
					}
				}
			}
			return false
		})
	}
	p.t.Fatalf("%s never saw %q; they see %q", p.name, until, p.reads())
}

// filed reports with some choices, says words at a question, and skips what can be skipped. It returns the case.
func (s *stage) filed(at, words string, choices ...string) (ref string) {
	s.t.Helper()
	m := s.member
	if !m.page {
		m.write("/start")
	}
	m.ahead(at, append(choices, "Start", "Nei, alle her kan se det", "Ja", "Hopp over")...)
	m.write(words)
	m.ahead("Kvittering", append(choices, "Send inn", "Ferdig med å se over", "Ferdig", "Gå videre", "Hopp over")...)
	s.maren.sees("Ny sak T-")
	return anyRef.FindString(strings.Join(s.maren.reads(), "\n"))
}

// does has a handler do acts of the routine at their desk.
func (s *stage) does(desk *handlerstest.Desk, ref string, name string, fields ...string) {
	s.t.Helper()
	act, err := acts.Find(name).Read(func(field string) (all []string) {
		for i := 0; i+1 < len(fields); i += 2 {
			if fields[i] == field {
				all = append(all, fields[i+1])
			}
		}
		return all
	})
	if err == nil {
		err = desk.Do(s.t.Context(), ref, casework.Doing{Act: act})
	}
	if err != nil {
		s.t.Fatalf("%s: %v", name, err)
	}
}

// afterwards is what a reporter does once their report is with the office, all by presses:
// minutes that are wrong are put right, a talk is asked for and how, and that the office
// goes on meanwhile; a wish to withdraw is taken back.
func (s *stage) afterwards() {
	t, member, desk := s.t, s.member, s.desk("maren")
	t.Helper()
	ref := s.filed("Fortell med dine egne ord", memberWords, "Det skjedde med meg", "Snakk med meg først")
	s.does(desk, ref, "take")
	s.does(desk, ref, "declare", "tie", "none")
	s.does(desk, ref, "staff", "part", "contact_a=maren")
	s.does(desk, ref, "heard", "seat", "r", "how", "phone", "where", "x", "present", "r", "began", "2026-11-24T08:00")
	s.does(desk, ref, "minutes", "which", "tr", "text", minutesWords)
	member.sees("Du har en beskjed")
	member.presses("Vis beskjeden")
	member.sees(minutesWords)
	member.presses(map[bool]string{false: "Rett opp", true: "Send rettelsen"}[member.page])
	member.sees("Skriv hva som er feil")
	member.write(wrongWords)
	member.sees("ligger ved siden av referatet")
	asks := func(label, answer string) {
		t.Helper()
		if !member.page {
			member.write("/status")
		}
		member.presses(label)
		member.sees(answer)
	}
	asks("Jeg vil snakke med et menneske", "De skal snakke med deg innen")
	member.presses("På telefon")
	member.sees("Skriv nummeret her")
	member.write(numberWords)
	asks("Jeg trenger mer tid", "Du kan skrive når du er klar")
	asks("Jeg vil trekke saken", "Ingenting er slettet.")
	member.presses("Jeg vil ikke trekke saken likevel")
	member.sees("ikke vil trekke saken likevel.")
	cs, err := desk.Case(t.Context(), ref)
	if err != nil || len(cs.Doubts) > 0 {
		t.Fatalf("in doubt are %v (%v)", cs.Doubts, err)
	}
	for _, words := range []string{memberWords, minutesWords, wrongWords, numberWords, "Slik vil jeg helst snakke: På telefon", "Jeg trenger mer tid", "Jeg vil ikke trekke saken likevel"} {
		n := 0
		for _, e := range cs.Entries {
			if strings.Contains(e.Text.Reveal(), words) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%q is %d times in the case", words, n)
		}
	}
	s.secrets = append(s.secrets, minutesWords, wrongWords, numberWords)
	s.nothingReadable()
}

// passesOn is a leader who passes on what somebody told them: the short form, and to be
// told that they are a contact.
func (s *stage) passesOn() {
	t, member := s.t, s.member
	t.Helper()
	ref := s.filed("Fortell med dine egne ord", passedOnWords, "Jeg er leder og gir det videre")
	member.sees("Du ga dette videre, og er en kontakt for oss.")
	if n := len(member.reads()); n > 25 {
		t.Errorf("who passes something on reads %d messages", n)
	}
	desk := s.desk("maren")
	if got := s.reads(desk, ref); !slices.ContainsFunc(got, func(w string) bool { return strings.Contains(w, passedOnWords) }) {
		t.Errorf("at her desk Maren reads %q", got)
	}
	if !member.page {
		member.write("/status")
	}
	member.sees("er mellom saksbehandlerne og dem det gjelder")
	if slices.ContainsFunc(member.screen(), func(m shown) bool {
		return slices.ContainsFunc(m.buttons, func(b button) bool { return b.label == "Jeg vil trekke saken" })
	}) {
		t.Error("who passed it on is offered to withdraw it")
	}
	s.secrets = append(s.secrets, passedOnWords)
	s.nothingReadable()
}

// TestTheStoryGoesOn with a reporter on each channel, after what they sent is with the
// office, and with a leader who passes on what another one told.
func TestTheStoryGoesOn(t *testing.T) {
	t.Parallel()
	for from, to := range map[string]string{"telegram": "mattermost", "mattermost": "telegram", "web": "mattermost"} {
		for name, tell := range map[string]func(*stage){"afterwards": (*stage).afterwards, "passed on": (*stage).passesOn} {
			t.Run(fmt.Sprintf("%s, from %s", name, from), func(t *testing.T) {
				if testing.Short() && from != "mattermost" {
					t.SkipNow() // the detector sees nothing new in the others
				}
				t.Parallel()
				s := newStage(t)
				s.handlersOn(to, "chat")
				s.memberOn(from)
				s.opens()
				tell(s)
			})
		}
	}
}
