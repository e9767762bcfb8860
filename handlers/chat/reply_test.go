package chat_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"tillit/bot"
	"tillit/handlers/casework"
	"tillit/handlers/chat"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/intake"
	"tillit/store/cases"
	"tillit/store/storetest"
)

// onTheWay is how many replies wait for a reporter.
func (p *place) onTheWay(member string) (n int) {
	p.t.Helper()
	lin := p.Reporter(member)
	if !lin.Waits() {
		return 0
	}
	c, err := p.Dial("maren").Case(p.t.Context(), lin.Ref())
	if err != nil {
		p.t.Fatal(err)
	}
	for _, e := range c.Entries {
		if e.Kind == cases.TypeReply {
			n++
		}
	}
	return n
}

// TestOnlyTheButtonUnderItsPreviewSends walks past everything that is no such
// button, and holds after each that nothing is on its way.
func TestOnlyTheButtonUnderItsPreviewSends(t *testing.T) {
	p := newPlace(t)
	ref := p.file("900")
	p.tick()
	p.write("101", "ta "+ref)
	if got := p.write("101", "svar "+ref+" Takk for at du forteller."); !strings.Contains(got, "Ingenting sendes før") {
		t.Fatalf("there is no preview: %q", got)
	}
	all := p.net.shown["101"]
	if got, want := all[len(all)-1].text, "Dette går til den som meldte fra i "+ref+", fra Maren:\n\nTakk for at du forteller.\n\nIngenting sendes før du trykker Send til den som meldte fra."; got != want {
		t.Errorf("the preview is %q, want %q", got, want)
	}
	first := p.last("101").choices[0].ID // the button under it
	for _, tt := range []struct {
		name string
		do   func()
	}{
		{"words", func() { p.write("101", "ja, send det") }},
		{"the word alone", func() { p.write("101", "send") }},
		{"the button's name, typed", func() { p.write("101", "send "+strings.TrimPrefix(first, "send:")) }},
		{"a changed message", func() { p.deliver("101", bot.Event{Kind: bot.EventEdit, Text: intake.NewPrivate("send")}) }},
		{"somebody else's press", func() { p.pressID("102", first) }},
		{"a button that was never shown", func() { p.pressID("101", "send:") }},
		{"the button of an older preview", func() {
			p.write("101", "svar "+ref+" Noe annet.")
			p.pressID("101", first)
		}},
		{"a cancelled one", func() {
			p.press("101", "Avbryt")
			p.press("101", "Send til den som meldte fra")
		}},
		{"one that has stood too long", func() {
			p.write("101", "svar "+ref+" Noe tredje.")
			p.Clock.Add(31 * time.Minute)
			p.press("101", "Send til den som meldte fra")
		}},
		{"one who is a handler no longer", func() {
			p.write("103", "svar "+ref+" Noe fjerde.")
			p.only("maren", "jonas")
			p.press("103", "Send til den som meldte fra")
			p.only("maren", "jonas", "solveig")
		}},
	} {
		tt.do()
		if n := p.onTheWay("900"); n != 0 {
			t.Fatalf("%s sent %d replies", tt.name, n)
		}
	}
	p.write("101", "svar "+ref+" Takk for at du forteller.")
	p.restart() // the preview outlives it
	if got := p.press("101", "Send til den som meldte fra"); got != "Sendt til den som meldte fra i "+ref+"." {
		t.Errorf("after the button Maren is told %q", got)
	}
	if n := p.onTheWay("900"); n != 1 {
		t.Fatalf("%d replies are on their way, want 1", n)
	}
	if got := p.press("101", "Send til den som meldte fra"); !strings.Contains(got, "ikke i bruk lenger") || p.onTheWay("900") != 1 {
		t.Errorf("pressed again: %q, and %d are on their way", got, p.onTheWay("900"))
	}
	if head := p.head("maren", ref); head.Status != "answered" {
		t.Errorf("the case is %q, want answered", head.Status)
	}
}

// TestADraftDoesNotOutliveItsPreview looks for its words where the chat's state is
// kept, by the clock alone, after the handler has blocked the bot, and after they
// have left the office.
func TestADraftDoesNotOutliveItsPreview(t *testing.T) {
	p := newPlace(t)
	ref := p.file("900")
	drafted := func(account string) bool {
		conv, err := p.Store.Conversation(t.Context(), "office-telegram", intake.NewConversationID(account))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(string(conv.State), "kanari")
	}
	for _, who := range []string{"101", "102", "103"} {
		p.write(who, "svar "+ref+" kanari")
		if !drafted(who) {
			t.Fatalf("%s has no draft, so there is nothing to prove", who)
		}
	}
	p.deliver("102", bot.Event{Kind: bot.EventGone})
	p.only("maren", "jonas")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := p.office.Run(ctx); err != nil {
		t.Fatal(err)
	}
	p.Clock.Add(31 * time.Minute)
	p.tick()
	for _, who := range []string{"101", "102", "103"} {
		if drafted(who) {
			t.Errorf("the words of %s are still there", who)
		}
	}
}

// TestWordsWrittenInChatAreMarkedInTheLog reads the case as the desk would.
func TestWordsWrittenInChatAreMarkedInTheLog(t *testing.T) {
	p := newPlace(t)
	ref := p.file("900")
	p.write("101", "ta "+ref)
	if got := p.write("101", "notat "+ref+" Ringte,\nog avtalte møte."); got != "Lagret som internt notat i "+ref+". Det er ikke sendt." {
		t.Errorf("Maren is told %q", got)
	}
	p.write("101", "svar på "+ref)
	p.write("101", "Takk.")
	p.press("101", "Send til den som meldte fra")
	c, err := p.Dial("jonas").Case(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	var log []string
	for _, e := range c.Entries {
		if e.By == "Maren" {
			log = append(log, e.Act+" "+e.Text.Reveal()+", on "+e.Via)
		}
	}
	want := []string{"take , on telegram", "note Ringte,\nog avtalte møte., on telegram", "reply Takk., on telegram"}
	if fmt.Sprint(log) != fmt.Sprint(want) {
		t.Errorf("the case holds %q, want %q", log, want)
	}
	if p.onTheWay("900") != 1 {
		t.Error("a note left the house, or the reply did not")
	}
}

// TestWordsAreKeptOnlyWhereTheyBelong says what becomes of each kind of word, in
// both settings, and that the disk and the log hold none of it readable.
func TestWordsAreKeptOnlyWhereTheyBelong(t *testing.T) {
	const canary = "kanari-æøå-31c7"
	for _, tt := range []struct {
		words     chat.Words
		said, got string
	}{
		{chat.WordsDesk, canary, "Ikke lagret. Skriv dette på saksbordet: http://127.0.0.1:7401."},
		{chat.WordsDesk, "svar {ref} " + canary, "Ikke lagret. Skriv dette på saksbordet: http://127.0.0.1:7401."},
		{chat.WordsDesk, "notat {ref} " + canary, "Ikke lagret. Skriv dette på saksbordet: http://127.0.0.1:7401."},
		{chat.WordsDesk, "svar på {ref}", "Du svarer i {ref} på saksbordet: http://127.0.0.1:7401/case/{ref}."},
		{chat.WordsChat, canary, "Ikke lagret, og ingenting er sendt."},
		{chat.WordsChat, "svar T-222222 " + canary, "T-222222 er ikke blant sakene du kan åpne."},
		{chat.WordsChat, "notat T-222222 " + canary, "T-222222 er ikke blant sakene du kan åpne."},
		{chat.WordsChat, "ta " + canary, "Ikke lagret, og ingenting er sendt."},
		{chat.WordsChat, "svar " + canary, "Ikke lagret, og ingenting er sendt."},
		{chat.WordsChat, "svar {ref} " + canary, "Ingenting sendes før"},
		{chat.WordsChat, "svar {ref} " + strings.Repeat(canary, 2000), "for langt"},
		{chat.WordsChat, "notat {ref} " + canary, "Lagret som internt notat"},
		{chat.WordsChat, "notat {ref}", "Ikke lagret, og ingenting er sendt."},
		{chat.WordsChat, "ta", "Hvilken sak? Skriv for eksempel: ta T-4K7Q2X"},
	} {
		p := newPlace(t, func(c *chat.Config, _ *network) { c.Networks[0].Words = tt.words })
		ref := p.file("900")
		p.write("101", "hjelp")
		got := p.write("101", strings.ReplaceAll(tt.said, "{ref}", ref))
		if want := strings.ReplaceAll(tt.got, "{ref}", ref); !strings.Contains(got, want) {
			t.Errorf("%s, %.30q: told %q, want %q", tt.words, tt.said, got, want)
		}
		if found, err := storetest.Scan(p.Data(), canary); err != nil || len(found) > 0 {
			t.Errorf("%s, %.30q: readable on disk: %v, %v", tt.words, tt.said, found, err)
		}
		if strings.Contains(p.log.String(), canary) || p.onTheWay("900") != 0 {
			t.Errorf("%s, %.30q: in the log, or on its way to the reporter", tt.words, tt.said)
		}
	}
}

func TestAFileIsNotKeptAndSaidSo(t *testing.T) {
	p := newPlace(t)
	p.deliver("101", bot.Event{Kind: bot.EventMessage, Unkept: bot.UnkeptKind, Text: intake.NewPrivate("hjelp")})
	if got := p.last("101").text; !strings.Contains(got, "ikke tatt vare på") {
		t.Errorf("Maren is told %q", got)
	}
}

// TestAReplyGoesWhereItsReferenceSays: the app's "reply to" puts the notice of another
// case beside the words. It means nothing here, also where words alone are expected.
func TestAReplyGoesWhereItsReferenceSays(t *testing.T) {
	p := newPlace(t)
	one := p.file("900")
	p.tick()
	two := p.file("901")
	p.tick()
	quoting := func(words string) string {
		t.Helper()
		p.deliver("101", bot.Event{Kind: bot.EventMessage, Text: intake.NewPrivate(words), Quotes: intake.NewPrivate(p.net.shown["101"][0].text)})
		return p.last("101").text
	}
	if !strings.Contains(p.net.shown["101"][0].text, one) {
		t.Fatal("the first notice is not of the first case, so there is nothing to prove")
	}
	if got := quoting("svar " + two + " Takk."); !strings.HasPrefix(got, "Dette går til den som meldte fra i "+two+",") {
		t.Errorf("answering %s beside a notice of %s shows %q", two, one, got)
	}
	p.press("101", "Send til den som meldte fra")
	if a, b := p.onTheWay("900"), p.onTheWay("901"); a != 0 || b != 1 {
		t.Errorf("%d replies are on their way to the quoted case and %d to the named one, want 0 and 1", a, b)
	}
	p.write("101", "svar på "+two)
	if got := quoting("Takk igjen."); !strings.HasPrefix(got, "Dette går til den som meldte fra i "+two+",") {
		t.Errorf("the words that %s was asked for, beside a notice of %s, show %q", two, one, got)
	}
	for _, words := range []string{"Takk.", "svar Takk."} {
		if got := quoting(words); !strings.HasPrefix(got, "Ikke lagret, og ingenting er sendt.") {
			t.Errorf("%q beside a notice is answered with %q", words, got)
		}
	}
	if quoting("ta"); p.head("maren", one).Assignee != "" || p.head("maren", two).Assignee != "" {
		t.Error("a case is taken that nobody named")
	}
}

// TestAReplyTellsTheReporterThatSomebodyAnswered: the words that leave from a chat are true
// of the case at once, for who reads its status and for every desk that comes later.
func TestAReplyTellsTheReporterThatSomebodyAnswered(t *testing.T) {
	p := newPlace(t).rings()
	ref := p.file("900")
	answers := func() {
		t.Helper()
		p.write("101", "svar "+ref+" Takk for at du forteller.")
		p.press("101", "Send til den som meldte fra")
	}
	phase := func(want string) {
		t.Helper()
		for _, id := range []string{"maren", "jonas"} {
			desk := p.Dial(id)
			cs, err := desk.Case(t.Context(), ref)
			if err != nil || len(cs.Doubts) > 0 {
				t.Fatalf("%s opens it: %v, in doubt are %v", id, err, cs.Doubts)
			}
			w := desk.Where(cs, p.Clock.Now())
			if cs.Phase != want || w.Phase != want || len(w.Adrift) > 0 {
				t.Errorf("the server says %q, the log %q, want %q; adrift %v", cs.Phase, w.Phase, want, w.Adrift)
			}
		}
	}
	lin := p.Reporter("900")
	if got := lin.SeesAt("/"); strings.Contains(got, "har svart deg") {
		t.Fatalf("before anybody answered it says %q", got)
	}
	answers()
	if got := lin.SeesAt("/"); !strings.Contains(got, "Et menneske har svart deg her.") {
		t.Errorf("after a reply from a chat, how far it is: %q", got)
	}
	phase("acknowledged")
	jonas := p.Dial("jonas")
	if err := jonas.Assign(t.Context(), ref, "jonas"); err != nil {
		t.Fatal(err)
	}
	phase("acknowledged")
	declare, err := acts.Find("declare").Read(func(name string) []string { return []string{map[string]string{"tie": "none"}[name]} })
	if err == nil {
		err = jonas.Do(t.Context(), ref, casework.Doing{Act: declare})
	}
	if err != nil {
		t.Fatal(err)
	}
	phase("triage")
	answers() // a second one takes nothing back
	phase("triage")
}

// TestWhereThereIsNoChatNothingIsSent: a case that the office wrote down has nobody who
// would hear, and no handler is told otherwise.
func TestWhereThereIsNoChatNothingIsSent(t *testing.T) {
	p := newPlace(t)
	said, err := acts.Find("register").Read(func(name string) []string {
		return []string{map[string]string{"channel": "phone", "came": "2026-11-24", "text": "Det var på middagen."}[name]}
	})
	if err != nil {
		t.Fatal(err)
	}
	ref, err := p.Dial("maren").Register(t.Context(), casework.Registration{Source: cases.SourceRegistered, Came: "2026-11-24", Act: said})
	if err != nil {
		t.Fatal(err)
	}
	const want = "Ingenting er sendt: Det er ingen chat i "
	for _, words := range []string{"svar %s Takk.", "svar på %s", "svar %s"} {
		if got := p.write("101", fmt.Sprintf(words, ref)); !strings.HasPrefix(got, want+ref) {
			t.Errorf("%q: told %q", words, got)
		}
	}
	if p.write("101", "ta "+ref); len(p.last("101").choices) > 0 {
		t.Errorf("an answer is offered: %v", p.last("101").choices)
	}
	if head := p.head("maren", ref); head.Status == routine.StatusAnswered {
		t.Error("the case counts as answered")
	}
}
