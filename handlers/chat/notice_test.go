package chat_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tillit/bot"
	"tillit/handlers/chat"
	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
)

func TestANoticeIsTakenAndTheOthersSeeIt(t *testing.T) {
	p := newPlace(t)
	ref := p.file("900")
	p.tick()
	for _, who := range []string{"101", "102", "103"} {
		if got, want := p.last(who).text, "Ny sak "+ref+". Innen fredag 27. november."; got != want {
			t.Errorf("%s sees %q, want %q", who, got, want)
		}
	}
	if got := p.press("101", "Ta"); !strings.Contains(got, ref+" er din nå") {
		t.Errorf("who took it is told %q", got)
	}
	if got := p.head("jonas", ref).Assignee; got != "maren" {
		t.Errorf("the case is with %q", got)
	}
	p.tick()
	got := p.net.shown["102"]
	if len(got) != 1 || !strings.HasSuffix(got[0].text, "Maren har den.") || len(got[0].choices) != 0 {
		t.Errorf("a colleague sees %+v", got)
	}
	if got := p.net.shown["101"][0]; !strings.HasSuffix(got.text, "Du har den.") || got.choices[0].Label != "Svar" {
		t.Errorf("who took it sees %+v", got)
	}
	if len(p.net.shown["109"]) != 0 {
		t.Errorf("the external receiver is told of a case that is not theirs")
	}
}

// told is what an account was sent without having asked.
func (p *place) told(account string) (texts []string) {
	for _, s := range p.net.shown[account] {
		texts = append(texts, s.text)
	}
	return texts
}

func TestWhereNothingCanBeChangedItIsSaidAnew(t *testing.T) {
	p := newPlace(t, func(c *chat.Config, n *network) { c.Networks[0].Channel = still{n} })
	ref := p.file("900")
	p.tick()
	p.write("101", "ta "+ref)
	p.tick()
	want := []string{"Ny sak " + ref + ". Innen fredag 27. november.", "Ny sak " + ref + ". Innen fredag 27. november. Maren har den."}
	if got := p.told("102"); !slices.Equal(got, want) {
		t.Errorf("a colleague sees %q, want %q", got, want)
	}
}

func TestACaseTakenAtTheDeskIsTakenInChatToo(t *testing.T) {
	p := newPlace(t)
	ref := p.file("900")
	p.tick()
	if err := p.Dial("jonas").Assign(t.Context(), ref, "jonas"); err != nil {
		t.Fatal(err)
	}
	p.tick()
	if got := p.told("101"); len(got) != 1 || !strings.HasSuffix(got[0], "Jonas har den.") {
		t.Errorf("Maren sees %q", got)
	}
	if got := p.press("102", "Svar"); !strings.Contains(got, "Skriv svaret i "+ref) {
		t.Errorf("Jonas, who took it, presses Answer and is told %q", got)
	}
	if got := p.write("101", "ta "+ref); !strings.HasPrefix(got, "Jonas har "+ref) {
		t.Errorf("Maren takes it too, and is told %q", got)
	}
	if got := p.write("101", "slipp "+ref); got != "Du har ikke "+ref+", så det er ingenting å gi fra seg." {
		t.Errorf("Maren lets go of it, and is told %q", got)
	}
	p.write("102", "slipp "+ref)
	p.tick()
	if got := p.net.shown["101"][0]; strings.Contains(got.text, "har den") || got.choices[0].Label != "Ta" {
		t.Errorf("after Jonas let go, Maren's notice is %+v", got)
	}
}

// slow is a store that knows who holds a case a moment after its notice.
type slow struct {
	chat.Store
	behind *int
}

func (s slow) Head(ctx context.Context, handler, ref string) (cases.Case, error) {
	if *s.behind--; *s.behind >= 0 {
		return cases.Case{}, store.ErrUnknown
	}
	return s.Store.Head(ctx, handler, ref)
}

// TestANoticeThatComesBeforeItsCaseIsToldAll: nobody goes without it for good.
func TestANoticeThatComesBeforeItsCaseIsToldAll(t *testing.T) {
	behind := 0
	p := newPlace(t, func(c *chat.Config, _ *network) { c.Store = slow{c.Store, &behind} })
	ref := p.file("900")
	behind = 5
	p.tick()
	p.tick()
	for _, who := range []string{"101", "102", "103"} {
		if got := p.told(who); len(got) != 1 || !strings.Contains(got[0], ref) {
			t.Errorf("%s is told %q", who, got)
		}
	}
	behind = 1 << 20 // whose case it is not any more
	p.more("900")
	p.tick()
	p.Clock.Add(2 * time.Minute)
	p.tick()
	asked := behind
	p.tick()
	if behind < asked-9 {
		t.Errorf("a notice that is not theirs is looked at %d times more", asked-behind)
	}
}

// TestNothingIsToldTwice restarts at every step, also between what is stored and
// what is sent.
func TestNothingIsToldTwice(t *testing.T) {
	p := newPlace(t)
	p.file("900")
	for range 3 {
		if err := p.office.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.restart()
	}
	p.drain()
	p.restart()
	p.tick()
	p.Clock.Add(31 * 24 * time.Hour) // the mark is gone by now, and so is the time to tell
	p.tick()
	if got := p.told("101"); len(got) != 1 {
		t.Errorf("Maren is told %q, want one notice", got)
	}
}

func TestOnlyWhoHasTheCaseIsToldOfWhatIsAdded(t *testing.T) {
	p := newPlace(t)
	ref := p.file("900")
	p.tick()
	p.more("900")
	p.tick()
	added := ref + ": Noe nytt venter på å bli lest. Innen fredag 27. november."
	for _, who := range []string{"101", "102"} {
		if got := p.last(who); got.text != added || got.choices[0].Label != "Ta" {
			t.Errorf("nobody has it, and %s sees %+v", who, got)
		}
	}
	p.write("101", "ta "+ref)
	p.tick()
	p.Clock.Add(time.Minute)
	before := len(p.told("102"))
	p.more("900")
	p.tick()
	if got := p.last("101"); got.text != added+" Du har den." || got.choices[0].Label != "Svar" {
		t.Errorf("who has it sees %+v", got)
	}
	if got := p.told("102"); len(got) != before {
		t.Errorf("a colleague is told of it too: %q", got[before:])
	}
}

func TestSeveralNoticesComeAsOneMessage(t *testing.T) {
	p := newPlace(t, func(c *chat.Config, _ *network) { c.Batch = 5 * time.Minute })
	one, two := p.file("900"), p.file("901")
	p.tick()
	three := p.file("902")
	p.tick()
	want := "Ny sak " + one + ". Innen fredag 27. november.\nNy sak " + two + ". Innen fredag 27. november."
	if got := p.told("101"); len(got) != 1 || got[0] != want {
		t.Errorf("Maren is told %q, want %q at once", got, want)
	}
	p.Clock.Add(6 * time.Minute)
	p.tick()
	if got := p.told("101"); len(got) != 2 || !strings.Contains(got[1], three) {
		t.Errorf("six minutes later she is told %q, want the third case too", got)
	}
	p.press("101", "Ta "+two)
	if got := p.head("maren", two).Assignee; got != "maren" {
		t.Errorf("she took the second, and %q has it", got)
	}
}

func TestManyNoticesFitIntoMessages(t *testing.T) {
	p := newPlace(t)
	for i := range 19 {
		p.file(fmt.Sprint(900 + i))
	}
	p.tick()
	var sizes []int
	for _, s := range p.net.shown["101"] {
		sizes = append(sizes, len(s.choices))
	}
	if want := []int{9, 9, 4}; !slices.Equal(sizes, want) { // one more each, for a word later
		t.Errorf("the messages have %v buttons, want %v", sizes, want)
	}
}

func TestQuietHoursHoldAllButWhatIsUrgent(t *testing.T) {
	p := newPlace(t, func(c *chat.Config, _ *network) { c.Quiet = [2]int{20, 7} })
	oslo, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		t.Fatal(err)
	}
	day := p.Clock.Now().In(oslo)
	p.Clock.Set(time.Date(day.Year(), day.Month(), day.Day()+1, 2, 0, 0, 0, oslo))
	ordinary := p.file("900")
	p.tick()
	if got := p.told("101"); len(got) != 0 {
		t.Errorf("at two in the night Maren is told %q", got)
	}
	urgent := p.urgent("901")
	p.tick()
	if got := p.told("101"); len(got) != 1 || got[0] != "Ny sak "+urgent+". Innen mandag 30. november." {
		t.Errorf("of what is urgent she is told %q, in the words of any case", got)
	}
	p.Clock.Add(5 * time.Hour)
	p.tick()
	if got := p.told("101"); len(got) != 2 || !strings.Contains(got[1], ordinary) {
		t.Errorf("at seven she is told %q, want the other too", got)
	}
}

func TestWhoCannotBeReachedIsToldWhenTheyAreBack(t *testing.T) {
	p := newPlace(t)
	p.write("101", "hjelp")
	p.deliver("101", bot.Event{Kind: bot.EventGone})
	ref := p.file("900")
	p.tick()
	if got := p.told("101"); len(got) != 1 {
		t.Errorf("who stopped the bot is told %q", got[1:])
	}
	p.deliver("101", bot.Event{Kind: bot.EventJoined})
	p.tick()
	if got := p.told("101"); len(got) != 3 || !strings.Contains(got[2], ref) {
		t.Errorf("back again she is told %q, want help and the case", got)
	}
}

// TestWhoNeverWroteIsToldWhenTheyDo: some networks let nobody be written to first.
func TestWhoNeverWroteIsToldWhenTheyDo(t *testing.T) {
	p := newPlace(t)
	ref := p.file("900")
	p.net.fail = bot.ErrGone
	p.tick()
	p.net.fail = nil
	p.tick()
	if got := p.told("101"); len(got) != 0 {
		t.Fatalf("who cannot be reached is told %q", got)
	}
	p.write("101", "/start")
	p.tick()
	if got := p.told("101"); len(got) != 2 || !strings.Contains(got[1], ref) {
		t.Errorf("after her first word she is told %q, want help and the case", got)
	}
}

func TestTwoWhoTakeAtOnceAreToldTheTruth(t *testing.T) {
	p := newPlace(t)
	ref := p.file("900")
	p.tick()
	var running sync.WaitGroup
	for i, who := range []string{"101", "102", "103"} {
		running.Go(func() {
			id := intake.NewConversationID(who)
			ev := bot.Event{ID: fmt.Sprint("at once ", i), Kind: bot.EventMessage, Conversation: id, Address: intake.NewAddress(who), Text: intake.NewPrivate("ta " + ref), At: p.Clock.Now()}
			if err := p.office.Deliver(t.Context(), p.conf.Networks[0], ev); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	p.drain()
	has := p.head("maren", ref).Assignee
	name := map[string]string{"maren": "Maren", "jonas": "Jonas", "solveig": "Solveig"}
	for id, account := range map[string]string{"maren": "101", "jonas": "102", "solveig": "103"} {
		want := name[has] + " har " + ref
		if id == has {
			want = ref + " er din nå"
		}
		if got := p.last(account).text; !strings.HasPrefix(got, want) {
			t.Errorf("%s is told %q, want %q", id, got, want)
		}
	}
}

func TestAWordIsHadLater(t *testing.T) {
	p := newPlace(t)
	p.write("101", "minn meg")
	p.press("101", "Om en time")
	ref := p.file("900")
	p.write("101", "ta "+ref)
	p.file("901")
	p.tick()
	p.Clock.Add(59 * time.Minute)
	p.tick()
	before := len(p.told("101"))
	p.Clock.Add(2 * time.Minute)
	p.tick()
	p.tick()
	if got := p.told("101")[before:]; len(got) != 1 || got[0] != "Du ba om en påminnelse. Venter: 1. Hos deg: 1." {
		t.Errorf("an hour later she is told %q", got)
	}
}

// TestEveryButtonCanBeWritten works a case on a network without buttons, by what
// the messages say to write.
func TestEveryButtonCanBeWritten(t *testing.T) {
	p := newPlace(t, func(c *chat.Config, n *network) { n.buttons = false })
	ref := p.file("900")
	p.tick()
	follow := func(find string) string {
		t.Helper()
		_, after, ok := strings.Cut(p.last("101").text, find)
		if !ok || len(p.last("101").choices) > 0 {
			t.Fatalf("%+v does not say what to write after %q", p.last("101"), find)
		}
		said, _, _ := strings.Cut(strings.Split(after, "\n")[0], ". ")
		return p.write("101", said)
	}
	if got := follow("For å ta den, skriv: "); !strings.HasPrefix(got, ref+" er din nå") {
		t.Errorf("taking it: %q", got)
	}
	if got := follow("For å svare, skriv: "); !strings.HasPrefix(got, "Skriv svaret i "+ref) {
		t.Errorf("answering it: %q", got)
	}
	p.write("101", "Takk.")
	if got := follow("Skal det ikke sendes, skriv: "); !strings.HasPrefix(got, "Det er ikke sendt") {
		t.Errorf("cancelling: %q", got)
	}
	p.write("101", "svar "+ref+" Takk igjen.")
	preview := p.last("101")
	if got := p.write("101", "send ID9999"); p.onTheWay("900") != 0 {
		t.Errorf("another preview's name sends: %q", got)
	}
	p.net.shown["101"] = append(p.net.shown["101"], preview)
	if got := follow("Ingenting sendes før du skriver: "); p.onTheWay("900") != 1 {
		t.Errorf("sending: %q", got)
	}
	p.write("101", "minn meg")
	if got := p.write("101", "minn meg 3"); !strings.Contains(got, "mandag") || !strings.Contains(got, "08:00") {
		t.Errorf("a word on Monday: %q", got)
	}
}

// TestANoticeHoldsNoContent walks through what a handler may receive unasked.
func TestANoticeHoldsNoContent(t *testing.T) {
	p := newPlace(t)
	p.file("900")
	p.more("900")
	p.tick()
	for _, s := range p.net.shown["101"] {
		if strings.Contains(s.text, "middagen") || strings.Contains(s.text, "900") {
			t.Errorf("a notice tells %q", s.text)
		}
	}
}

func TestTheQueueIsTheirsAlone(t *testing.T) {
	p := newPlace(t)
	if got := p.write("102", "kø"); got != "Ingen saker venter på deg nå." {
		t.Errorf("an empty queue: %q", got)
	}
	mine := p.file("900")
	p.file("901", "jonas")
	p.write("101", "ta "+mine)
	if got, want := p.write("102", "/queue@tillit_office_bot"), "Køen:\n"+mine+" · Maren har den · noe nytt · innen fredag 27. november"; got != want {
		t.Errorf("Jonas sees %q, want %q", got, want)
	}
}

// TestACaseThatIsLetGoOfIsAnnounced: its notice fell due while a colleague had it.
func TestACaseThatIsLetGoOfIsAnnounced(t *testing.T) {
	p := newPlace(t)
	ref := p.file("900")
	maren := p.Dial("maren")
	if err := maren.Assign(t.Context(), ref, "maren"); err != nil {
		t.Fatal(err)
	}
	p.tick()
	if got := p.told("102"); len(got) != 0 {
		t.Errorf("while Maren has it Jonas is told %q", got)
	}
	if err := maren.Assign(t.Context(), ref, ""); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		p.tick()
	}
	if got := p.told("102"); len(got) != 1 || !strings.HasPrefix(got[0], "Ny sak "+ref) {
		t.Errorf("after she let go of it Jonas is told %q, want the notice, once", got)
	}
}

// plain is a network where nothing that was said can be changed.
type plain struct{ bot.Channel }

// TestNothingRingsAtNightBecauseAColleagueTookACase where a message cannot be changed:
// it is said anew in the morning, or, where a change was refused, by the old button.
func TestNothingRingsAtNightBecauseAColleagueTookACase(t *testing.T) {
	for name, tt := range map[string]struct {
		channel func(*network) bot.Channel
		morning int
	}{
		"it cannot":    {func(n *network) bot.Channel { return plain{n} }, 2},
		"it may not":   {func(n *network) bot.Channel { return still{n} }, 1},
		"it is edited": {func(n *network) bot.Channel { return n }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, func(c *chat.Config, n *network) {
				c.Networks[0].Channel, c.Quiet = tt.channel(n), [2]int{20, 7}
			})
			until := func(hour int) {
				for p.Clock.Add(time.Hour); p.Clock.Now().Hour() != hour; p.Clock.Add(time.Hour) {
				}
				p.tick()
			}
			ref := p.file("900")
			until(12)
			until(2)
			p.write("101", "ta "+ref)
			p.tick()
			if got := p.told("102"); len(got) != 1 {
				t.Errorf("at night Jonas is told %q", got)
			}
			until(9)
			if got := p.told("102"); len(got) != tt.morning || tt.morning == 2 && !strings.HasSuffix(got[1], "Maren har den.") {
				t.Errorf("in the morning Jonas has %q", got)
			}
		})
	}
}
