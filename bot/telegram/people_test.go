package telegram_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"tillit/bot"
	"tillit/bot/bottest"
	"tillit/bot/bottest/faults"
	"tillit/bot/telegram/standin"
	"tillit/intake"
	"tillit/intake/words"
	"tillit/store/cases"
	"tillit/store/storetest"
)

// unkeepable are kinds that hold no words and no file.
var unkeepable = map[string]map[string]any{
	"a sticker":  {"sticker": map[string]any{"file_id": "s", "file_unique_id": "s", "type": "regular", "width": 1, "height": 1, "is_animated": false, "is_video": false}},
	"a contact":  {"contact": map[string]any{"phone_number": "22222222", "first_name": "kanari-7f3a"}},
	"a poll":     {"poll": map[string]any{"id": "1", "question": "kanari-7f3a", "options": []any{}, "total_voter_count": 0, "is_closed": false, "is_anonymous": true, "type": "regular", "allows_multiple_answers": false}},
	"dice":       {"dice": map[string]any{"emoji": "🎲", "value": 3}},
	"a story":    {"story": map[string]any{"id": 1, "chat": map[string]any{"id": 5, "type": "private"}}},
	"a new kind": {"hologram": map[string]any{"kanari-7f3a": 1}},
}

func TestKindsThatCannotBeKept(t *testing.T) {
	t.Parallel()
	for lang, says := range map[string]string{"nb": "Si det gjerne med ord", "nn": "Sei det gjerne med ord", "en": "say it in words"} {
		tw := newTown(t)
		p := tw.net.Person("person " + lang)
		p.Lang = lang
		p.Write("/start")
		for _, name := range slices.Sorted(maps.Keys(unkeepable)) {
			before := len(p.Got())
			p.Send(unkeepable[name])
			tw.until(name+" is answered", func() bool {
				return slices.ContainsFunc(p.Got()[before:], func(s string) bool { return strings.Contains(s, says) })
			})
		}
	}
}

func TestTheNetworksOwnWordsAreNoMessages(t *testing.T) {
	t.Parallel()
	l := listen(t)
	lin := l.net.Person("Lin")
	for _, f := range []map[string]any{
		{"message_auto_delete_timer_changed": map[string]any{"message_auto_delete_time": 86400}},
		{"write_access_allowed": map[string]any{}}, {"chat_background_set": map[string]any{"type": map[string]any{"type": "fill", "fill": map[string]any{"type": "solid", "color": 1}, "dark_theme_dimming": 0}}},
		{"pinned_message": map[string]any{"message_id": 3, "date": 0, "chat": map[string]any{"id": lin.ID, "type": "private"}}},
	} {
		lin.Send(f)
	}
	lin.Write("hei")
	if got := l.events(1); got[0].Text.Reveal() != "hei" {
		t.Errorf("the network's own word is an event: %+v", got[0])
	}
}

func TestEditsForwardsAndQuotes(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	tw.begin(lin)
	first, _ := lin.Write("Det var i mars.")
	tw.settled()
	lin.Edit(first, "Det var i april.")
	tw.sees(lin, "det du skrev først")
	lin.Send(map[string]any{"text": "Møt meg alene", "forward_origin": map[string]any{"type": "hidden_user", "date": 1, "sender_user_name": "X"}})
	lin.Send(map[string]any{"text": "Det var dette", "reply_to_message": map[string]any{
		"message_id": 3, "date": 1, "text": "Møt meg alene", "from": map[string]any{"id": lin.ID, "is_bot": false, "first_name": "Lin"},
		"chat": map[string]any{"id": lin.ID, "type": "private"},
	}})
	lin.Send(map[string]any{"text": "Svar til roboten", "reply_to_message": map[string]any{
		"message_id": 4, "date": 1, "text": "Hva skjedde?", "from": map[string]any{"id": 7, "is_bot": true, "first_name": "Tillit"},
		"chat": map[string]any{"id": lin.ID, "type": "private"},
	}})
	tw.settled()
	tw.send(lin)
	var said []string
	for _, b := range tw.told(tw.ref(lin)) {
		switch b := b.(type) {
		case cases.Answer:
			if b.Text.IsZero() {
				continue
			}
			said = append(said, fmt.Sprintf("%s  %v %q %v", b.Text.Reveal(), b.Forwarded, b.Quotes.Reveal(), b.Source.Message == fmt.Sprint(first)))
		case cases.Message:
			edited := map[bool]string{true: "edited"}[b.Edited]
			said = append(said, fmt.Sprintf("%s %s %v %q %v", b.Text.Reveal(), edited, b.Forwarded, b.Quotes.Reveal(), b.Source.Message == fmt.Sprint(first)))
		}
	}
	want := []string{
		`Det var i mars.  false "" true`, `Det var i april. edited false "" true`, `Møt meg alene  true "" false`,
		`Det var dette  false "Møt meg alene" false`, `Svar til roboten  false "" false`,
	}
	if !slices.Equal(said, want) {
		t.Errorf("the office reads\n%s\nwant\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
	}
}

func TestGroupsGetOneLineAndNothingIsStored(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	g := tw.net.Group(lin)
	tw.until("the group is told", func() bool { return len(g.Got()) == 1 })
	for i := range 5 {
		g.Write(lin, fmt.Sprintf("kanari-gruppe %d", i))
	}
	tw.settled()
	if got := g.Got(); len(got) != 1 || !strings.Contains(got[0], "Skriv til meg privat") {
		t.Errorf("the group was told %q, want one line", got)
	}
	if c := tw.conversation(lin); c.Version != 0 || len(lin.Got()) != 0 {
		t.Error("something of the group is stored")
	}
	if _, err := tw.store.Conversation(t.Context(), "telegram", intake.NewConversationID("-1000000000001")); err != nil {
		t.Fatal(err)
	}
	tw.stop()
	if strings.Contains(tw.log.String(), "kanari") {
		t.Error("a group's words stand in the log")
	}
	if found, err := storetest.Scan(tw.dir, "kanari-gruppe"); err != nil || len(found) > 0 {
		t.Errorf("a group's words are on disk: %v, %v", found, err)
	}
}

func TestStartWithAToken(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	lin.Write("/start kanari-invitasjon")
	tw.sees(lin, "Hei. Jeg er en robot")
	if strings.Contains(strings.Join(lin.Got(), " "), "kanari") {
		t.Error("the token is shown")
	}
	tw.press(lin, "Start")
}

func TestBlockingAndComingBack(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	tw.begin(lin)
	lin.Write("Det var på middagen.")
	tw.settled()
	lin.Block()
	tw.settled()
	before := len(lin.Got())
	lin.Unblock()
	lin.Write("/start")
	tw.until("the question is asked again", func() bool { return len(lin.Got()) > before && strings.Contains(last(lin), "egne ord") })
	tw.send(lin)
	if got := tw.words(tw.ref(lin)); !slices.Equal(got, []string{"Det var på middagen."}) {
		t.Errorf("the office reads %q", got)
	}
}

func TestTwoDevicesAndOldButtons(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	lin.Write("/start")
	tw.press(lin, "Start")
	tw.until("the question", func() bool { return slices.Contains(tw.buttons(lin), "Nei") })
	if _, err := lin.Press("Ja"); err != nil { // on the telephone
		t.Fatal(err)
	}
	if _, err := lin.Press("Ja"); err != nil { // and on the tablet
		t.Fatal(err)
	}
	lin.PressData(1, "kanari-made-up")
	other := tw.net.Person("Kim")
	other.Write("/start")
	tw.press(other, "Start")
	tw.until("Kim's question", func() bool { return slices.Contains(tw.buttons(other), "Nei") })
	for _, m := range lin.Screen() { // a button of Lin's, pressed in Kim's chat
		for _, b := range m.Buttons {
			if b.Label == "Nei" {
				other.PressData(m.ID, b.Data)
			}
		}
	}
	tw.settled()
	tw.sees(lin, "egne ord")
	tw.sees(other, "hører ikke til dette")
	tw.until("no press turns", func() bool { return tw.net.Unanswered() == 0 })
}

func TestAPressIsAnsweredThoughStoringIsSlow(t *testing.T) {
	t.Parallel()
	l := listen(t)
	release := make(chan struct{})
	l.do(func(bot.Event) error { <-release; return nil })
	l.net.Person("a").PressData(1, "x")
	l.until("the press is answered", func() bool { return l.net.Unanswered() == 0 })
	close(release)
	l.events(1)
}

func TestTheMenuIsInEachLanguage(t *testing.T) {
	t.Parallel()
	l := listen(t)
	phrases, err := bot.LoadPhrases()
	if err != nil {
		t.Fatal(err)
	}
	book, err := words.Read(os.DirFS("."), "words")
	if err != nil {
		t.Fatal(err)
	}
	all := 0
	for _, key := range book.In("nb").Keys() {
		if strings.HasSuffix(key, ".command") {
			all++
		}
	}
	want := map[string]string{"": "hjelp", "nb": "hjelp", "no": "hjelp", "da": "hjelp", "nn": "hjelp", "en": "help"}
	for code, help := range want {
		l.until("a menu in "+code, func() bool { return len(l.net.Commands(code)) > 0 })
		menu := l.net.Commands(code)
		if len(menu) != all || menu[1].Command != help {
			t.Errorf("the menu in %q has %d of %d, and begins with %v", code, len(menu), all, menu[:2])
		}
		for _, c := range menu {
			if command, ok := phrases.Command("/" + c.Command); !ok || command == "unknown" {
				t.Errorf("the menu in %q offers /%s, which the bot does not know", code, c.Command)
			}
		}
	}
}

func TestTheMenuComesThoughTelegramWasAway(t *testing.T) {
	t.Parallel()
	l := &listener{t: t, net: standin.New(t), log: &bottest.Journal{}}
	for range 8 {
		l.net.Faults.On("setMyCommands", faults.Fault{Status: 502})
	}
	l.start()
	l.until("the menu", func() bool { return len(l.net.Commands("en")) > 0 && len(l.net.Commands("")) > 0 })
}

func TestNobodyIsCrossed(t *testing.T) {
	t.Parallel()
	const people = 8
	tw := newTown(t)
	var wg sync.WaitGroup
	refs := make([]string, people)
	for i := range people {
		p := tw.net.Person(fmt.Sprint("person ", i))
		one := &town{t: t, net: tw.net, store: tw.store, who: tw.who, log: tw.log, seen: map[*standin.Person]int{}}
		wg.Go(func() { refs[i] = one.report(p, fmt.Sprintf("kanari-%d-a", i), fmt.Sprintf("kanari-%d-b", i)) })
	}
	wg.Wait()
	for i, ref := range refs {
		if got, want := tw.words(ref), []string{fmt.Sprintf("kanari-%d-a", i), fmt.Sprintf("kanari-%d-b", i)}; !slices.Equal(got, want) {
			t.Errorf("case %d holds %q, want %q", i, got, want)
		}
		for _, s := range tw.net.Person(fmt.Sprint("person ", i)).Got() {
			if strings.Contains(s, "kanari") {
				t.Errorf("person %d was shown %q", i, s)
			}
		}
	}
}

func TestAReplyOfTheOfficeArrives(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	ref := tw.report(lin, "Det var på middagen.")
	long := strings.Repeat("Takk for at du forteller. ", 200) + "*slutt*"
	if err := storetest.Write(t.Context(), tw.store, "maren", cases.Outgoing{Ref: ref, By: "Maren V.", Text: intake.NewPrivate(long)}, tw.bot.Reply); err != nil {
		t.Fatal(err)
	}
	tw.sees(lin, "Du har en beskjed")
	if strings.Contains(strings.Join(lin.Got(), ""), "slutt") {
		t.Fatal("the words came before they were asked for")
	}
	tw.press(lin, "Vis beskjeden")
	tw.sees(lin, "*slutt*")
}
