package daemon

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tillit/handlers/casework"
	"tillit/intake"
)

// TestTheSetOnThePageReachesTheDesk takes the set that QUESTIONS.md teaches, of another
// subject and in another language, from the first message to the desk. What the server
// and the office know of questions stands in the answers, so a set of which they know
// no id is read, has a head, and keeps people out.
func TestTheSetOnThePageReachesTheDesk(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.lines = append([]string{"questions = \"money\"\n"}, s.lines...)
	s.folder("money", "../../../docs/QUESTIONS.md")
	s.member = onThePage(t, "http://"+s.page)
	s.maren, s.jonas = &phone{t: t, name: "Maren"}, &phone{t: t, name: "Jonas"}
	s.opens()

	s.member.presses("Start")
	s.member.sees("Vill du hålla någon utanför?")
	s.member.presses("Nej, alla här får se det", "Jag har sett papper")
	s.member.write("Det började när Jonas köpte telefoner")
	s.member.write("De står inte i böckerna")
	s.member.presses("Klar")
	s.member.sees("Vill du hålla dem utanför?")
	s.member.presses("Håll Jonas (b) utanför")
	s.member.presses("Kvitton eller räkningar", "Klar", "Det pågår")
	s.member.write("På stämman i mars")
	s.member.write("Kansliet")
	s.member.presses("Nej, ingen mer")
	s.member.sees("Hålls utanför: Jonas.")
	s.member.presses("Jag har sett över", "Skicka")
	s.member.sees("Ärendet är T-")
	ref := anyRef.FindString(strings.Join(s.member.reads(), "\n"))

	c, err := s.desk("maren").Case(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	want := []casework.Answer{
		{Question: "utanfor", Title: "Vem som inte ska se det", Is: []string{intake.KeepsOut}, Part: 1, PartTitle: "Först", Labels: []string{"Nej, alla här får se det"}},
		{Question: "kalla", Title: "Hur du vet det", Is: []string{intake.TellsWho}, Part: 1, PartTitle: "Först", Labels: []string{"Jag har sett papper"}},
		{Question: "beratta", Title: "Det du berättade", Is: []string{intake.TellsWhat}, Part: 2, PartTitle: "Det du vet", Text: intake.NewPrivate("Det började när Jonas köpte telefoner")},
		{Question: "slag", Title: "Vad det gäller", Is: []string{intake.TellsWhat}, Part: 2, PartTitle: "Det du vet", Labels: []string{"Kvitton eller räkningar"}},
		{Question: "nar", Title: "När", Is: []string{intake.TellsWhen}, Part: 2, PartTitle: "Det du vet", Labels: []string{"Det pågår"}},
		{Question: "plats", Title: "Var", Is: []string{intake.TellsWhere}, Part: 2, PartTitle: "Det du vet", Text: intake.NewPrivate("Kansliet")},
	}
	for _, w := range want {
		i := slices.IndexFunc(c.Answers, func(a casework.Answer) bool { return a.Question == w.Question })
		if i < 0 {
			t.Errorf("at the desk there is no answer to %s", w.Question)
			continue
		}
		a := c.Answers[i]
		if a.Title != w.Title || !slices.Equal(a.Is, w.Is) || a.Part != w.Part || a.PartTitle != w.PartTitle || !slices.Equal(a.Labels, w.Labels) || a.Text != w.Text {
			t.Errorf("%s: title %q, is %v, part %d %q, chosen %v, and its own words: %v", a.Question, a.Title, a.Is, a.Part, a.PartTitle, a.Labels, a.Text == w.Text)
		}
	}
	if len(c.Kept) != 1 || c.Kept[0].ID != "jonas" || slices.ContainsFunc(c.CanOpen, func(h casework.Handler) bool { return h.ID == "jonas" }) {
		t.Errorf("kept out are %v, and can open %v", c.Kept, c.CanOpen)
	}
	if !slices.Contains(c.Flags, "ONGOING") || c.Level != "central" {
		t.Errorf("flags %v, level %q", c.Flags, c.Level)
	}
	if _, err := s.desk("jonas").Case(t.Context(), ref); !errors.Is(err, casework.ErrUnknown) {
		t.Errorf("Jonas gets %v", err)
	}
}

// folder installs the files of a page of the documentation: its fenced blocks, each
// named behind its kind.
func (s *stage) folder(name, page string) {
	s.t.Helper()
	raw, err := os.ReadFile(page)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := os.Mkdir(s.dir+"/"+name, 0o700); err != nil {
		s.t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?ms)^```\\w+ ([^\\s/]+)\n(.*?)^```$").FindAllStringSubmatch(string(raw), -1) {
		s.files[name+"/"+m[1]] = m[2]
	}
}
