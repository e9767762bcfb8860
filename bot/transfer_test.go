package bot

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/mailbox"
	"tillit/store/storetest"
)

// place is another network of the town.
type place struct {
	screen
	name string
	copy bool
}

func (p *place) Name() string { return p.name }
func (p *place) Capabilities(intake.ConversationID) Capabilities {
	return Capabilities{Buttons: true, Copy: p.copy, Reader: "Husets drift"}
}

// second adds a network to a town.
func (tw *town) second(name string, copied bool) *place {
	p := &place{screen: screen{sent: map[string][]Message{}}, name: name, copy: copied}
	tw.courier.Channels[name] = p
	tw.bot.Page = "https://meld.example/"
	return p
}

// says has a person write somewhere.
func (tw *town) says(ch Channel, person, id, text string) {
	tw.t.Helper()
	tw.event(ch, person, id, Event{Kind: EventMessage, Text: intake.NewPrivate(text)})
}

func (tw *town) event(ch Channel, person, id string, ev Event) {
	tw.t.Helper()
	if len(ev.Choices) == 1 && ev.Choices[0] == "start" {
		tw.meets(ch, person, id)
	}
	ev.ID, ev.At = id, tw.now()
	ev.Conversation, ev.Address = intake.NewConversationID(person), intake.NewAddress(person)
	if err := tw.bot.Deliver(tw.t.Context(), ch, ev); err != nil {
		tw.t.Fatal(err)
	}
	tw.drain()
}

// heard is all that a person was told somewhere, and the newest of it.
func (tw *town) heard(s *screen, person string) (all, last string) {
	tw.drain()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.sent[person] {
		last = m.Text + "\n" + m.Words.Reveal() + "\n" + m.Help
		all += last + "\n"
	}
	return all, last
}

var codeLike = regexp.MustCompile(`\d{4} \d{4} \d{4} \d{4} \d{2}`)

// code has a person ask for the safer way in the first chat.
func (tw *town) code(person, id string) intake.Private {
	tw.t.Helper()
	tw.says(tw.screen, person, id, "/tryggere")
	all, _ := tw.heard(tw.screen, person)
	found := codeLike.FindAllString(all, -1)
	if len(found) == 0 {
		tw.t.Fatalf("no code is shown: %s", all)
	}
	return intake.NewPrivate(found[len(found)-1])
}

var browser = []byte(strings.Repeat("b", 32))

// opens has a browser come with a code.
func (tw *town) opens(page *place, person string, code intake.Private) error {
	tw.t.Helper()
	public, wrapped, err := mailbox.New(browser)
	if err != nil {
		tw.t.Fatal(err)
	}
	return tw.bot.ComeBack(tw.t.Context(), page, Event{
		Kind: EventMessage, Conversation: intake.NewConversationID(person), Address: intake.NewAddress(person), Language: "en", At: tw.now(),
		Mailbox: &Mailbox{Public: public, Wrapped: wrapped}, Secret: intake.NewPrivate(string(browser)),
	}, code)
}

// copied is what stands on a person's page.
func (tw *town) copied(page *place, person string) (all []Message) {
	tw.t.Helper()
	c, err := tw.store.Copy(tw.t.Context(), page.name, intake.NewConversationID(person), browser, 0)
	if err != nil {
		tw.t.Fatal(err)
	}
	for _, l := range c.Lines {
		m, err := DecodeLine(l.Body)
		if err != nil {
			tw.t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

func (tw *town) on(page *place, person, id string, ev Event) {
	tw.t.Helper()
	ev.Secret = intake.NewPrivate(string(browser))
	tw.event(page, person, id, ev)
}

// TestTheSaferWayLeadsToThePageWithTheSameCase: she begins in a chat, goes on on the
// page, and sends there. The chat is told, and leads nowhere.
func TestTheSaferWayLeadsToThePageWithTheSameCase(t *testing.T) {
	tw := newTown(t)
	page := tw.second("web", true)
	tw.press("lin", "1", "start")
	tw.press("lin", "2", "S1.yes")
	asked := tw.question("lin")
	code := tw.code("lin", "4")
	ref := tw.ref(tw.screen, "lin")
	if err := tw.opens(page, "browser", code); err != nil {
		t.Fatal(err)
	}
	if got := tw.ref(page, "browser"); got != ref || tw.ref(tw.screen, "lin") != "" {
		t.Errorf("the page has case %q and the chat %q, want %q and none", got, tw.ref(tw.screen, "lin"), ref)
	}
	lines := tw.copied(page, "browser")
	if last := lines[len(lines)-1]; last.ID != asked.ID || !strings.Contains(lines[0].Text, "Den som styrer serveren") {
		t.Errorf("the page asks %s and begins with %q; want %s, and who can read there, in her language", last.ID, lines[0].Text, asked.ID)
	}
	if err := tw.opens(page, "thief", code); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("the code works twice: %v", err)
	}
	all, last := tw.heard(tw.screen, "lin")
	if !strings.Contains(last, "Var det ikke du") || strings.Contains(all, "Feil kode") {
		t.Errorf("the chat says at last %q; want that somebody has gone on", last)
	}
	if q := tw.question("lin"); q.ID != "moved" || len(q.Choices) != 2 || q.Choices[0].ID != "start" {
		t.Errorf("she is offered %+v in the chat that was left", q.Choices)
	}
	for _, text := range []string{"kanari: mer", "/status", "/innsyn", "/vis", "/tryggere", "/pause", "/slett"} {
		tw.says(tw.screen, "lin", "after "+text, text)
		if all, _ := tw.heard(tw.screen, "lin"); !strings.Contains(all[max(0, len(all)-2500):], "Saken din går videre der koden ble brukt") {
			t.Errorf("%s in the chat that was left is not answered with where the case is", text)
		}
	}
	for _, press := range []string{"A1.~skip", "A3.send_now", "H5.send"} {
		tw.walk(page, "browser", press)
	}
	if conv, err := tw.store.Conversation(t.Context(), "web", intake.NewConversationID("browser")); err != nil || !conv.Sent {
		t.Errorf("it is sent from the page: %t, %v", conv.Sent, err)
	}
	if !slices.ContainsFunc(tw.copied(page, "browser"), func(m Message) bool { return strings.HasPrefix(m.Text, "Det du skrev før du kom hit") }) {
		t.Error("the review does not say where her earlier words stand")
	}
	tw.press("lin", "again", "start")
	if q := tw.question("lin"); q.ID != "S1" {
		t.Errorf("in the chat that was left a new report begins with %s, want S1", q.ID)
	}
}

func (tw *town) ref(ch Channel, person string) string {
	tw.t.Helper()
	c, err := tw.store.Conversation(tw.t.Context(), ch.Name(), intake.NewConversationID(person))
	if err != nil {
		tw.t.Fatal(err)
	}
	return c.Ref
}

// walk presses what a person's page offers until a choice has been pressed.
func (tw *town) walk(page *place, person, until string) {
	tw.t.Helper()
	for range 40 {
		lines := tw.copied(page, person)
		var q Message
		for _, m := range slices.Backward(lines) {
			if len(m.Choices) > 0 {
				q = m
				break
			}
		}
		pick := ""
		for _, c := range q.Choices {
			if c.ID == until {
				pick = until
			}
		}
		for _, want := range []string{until, "H4.ok", q.ID + ".~done", q.ID + ".~skip"} {
			if pick == "" && slices.ContainsFunc(q.Choices, func(c intake.Choice) bool { return c.ID == want }) {
				pick = want
			}
		}
		tw.on(page, person, fmt.Sprint("walk ", len(lines), pick), Event{Kind: EventPress, Choices: []string{pick}})
		if pick == until {
			return
		}
	}
	tw.t.Fatalf("%s is never offered", until)
}

// TestACodeOfThePageLeadsIntoAChat: what the office wrote meanwhile comes along.
func TestACodeOfThePageLeadsIntoAChat(t *testing.T) {
	tw := newTown(t)
	page := tw.second("web", true)
	public, wrapped, err := mailbox.New(browser)
	if err != nil {
		t.Fatal(err)
	}
	tw.on(page, "browser", "1", Event{Kind: EventPress, Choices: []string{"start"}, Mailbox: &Mailbox{Public: public, Wrapped: wrapped}})
	for _, press := range []string{"S1.yes", "C0.nobody", "A3.send_now", "H5.send"} {
		tw.walk(page, "browser", press)
	}
	ref := tw.ref(page, "browser")
	if err := storetest.Write(t.Context(), tw.store, "maren", cases.Outgoing{Ref: ref, By: "Maren", Text: intake.NewPrivate("kanari: svar")}, tw.bot.Reply); err != nil {
		t.Fatal(err)
	}
	code, err := tw.store.NewCode(t.Context(), "web", intake.NewConversationID("browser"), browser)
	if err != nil {
		t.Fatal(err)
	}
	tw.says(tw.screen, "lin", "a", "/start "+strings.ReplaceAll(code.Reveal(), " ", ""))
	all, _ := tw.heard(tw.screen, "lin")
	if tw.ref(tw.screen, "lin") != ref || !strings.Contains(all, "slettes hos oss nå") || !strings.Contains(all, "Du har en beskjed") || strings.Contains(all, "kanari") {
		t.Errorf("in the chat she has case %q and is told %q", tw.ref(tw.screen, "lin"), all)
	}
	tw.press("lin", "b", "show")
	if all, _ := tw.heard(tw.screen, "lin"); !strings.Contains(all, "kanari: svar") {
		t.Error("the office's words did not come along")
	}
	if tw.ref(page, "browser") != "" {
		t.Error("the page still has the case")
	}
}

func TestWhatIsNoCodeAndWhatIsOne(t *testing.T) {
	tw := newTown(t)
	other := tw.second("other", false)
	tw.report("kari", "Det var på middagen.")
	code := tw.code("kari", "safer").Reveal()
	last := func(ch *screen, person string) string { _, l := tw.heard(ch, person); return l }
	tw.says(other, "lin", "1", "/start plakat-7")
	if got, _ := tw.heard(&other.screen, "lin"); !strings.Contains(got, "Jeg er en robot") || strings.Contains(got, "Koden virker ikke") {
		t.Errorf("a link that carries something else is answered %q", got)
	}
	tw.says(other, "lin", "2", "/kode 1234")
	if got, _ := tw.heard(&other.screen, "lin"); !strings.Contains(got, "Koden virker ikke") {
		t.Error("a code that is none is taken for something")
	}
	tw.says(other, "lin", "3", "/start")
	tw.says(other, "lin", "4", "/kode "+code)
	if got, _ := tw.heard(&other.screen, "lin"); !strings.Contains(got, "midt i noe her") || tw.ref(other, "lin") != "" {
		t.Errorf("a code is used in the middle of a talk, or she is not told why not")
	}
	tw.says(tw.screen, "kari", "5", "/kode "+code)
	if got, _ := tw.heard(tw.screen, "kari"); !strings.Contains(got, "trenger du ingen kode") {
		t.Errorf("a code that is typed where it came from: %q", last(tw.screen, "kari"))
	}
	tw.says(other, "maja", "6", code) // alone, as the first word
	if tw.ref(other, "maja") == "" {
		t.Errorf("a code that is pasted alone leads nowhere: %q", last(&other.screen, "maja"))
	}
	tw.says(other, "maja", "6", code) // the network offers it again
	if got, _ := tw.heard(&other.screen, "maja"); strings.Contains(got, "Koden virker ikke") {
		t.Error("the same event again is answered as a used code")
	}
}

// TestWhoHasAReportHereAndBringsAnother: both are hers afterwards, and words go to
// the one that came last.
func TestWhoHasAReportHereAndBringsAnother(t *testing.T) {
	tw := newTown(t)
	other := tw.second("other", false)
	brought := tw.report("kari", "Det var på middagen.")
	code := tw.code("kari", "safer")
	tw.event(other, "lin", "s", Event{Kind: EventPress, Choices: []string{"start"}})
	own := tw.sent(other, "lin")
	tw.says(other, "lin", "c", "/kode "+code.Reveal())
	if got := tw.ref(other, "lin"); got != brought || own == brought || own == "" {
		t.Errorf("after the code she writes in %q, want %q; her own is %q", got, brought, own)
	}
	tw.says(other, "lin", "m", "kanari: mer")
	for _, ref := range []string{own, brought} {
		if at, err := tw.store.Reporter(t.Context(), ref); err != nil || at.Channel != "other" {
			t.Errorf("the reporter of %s: %v, %v", ref, at.Channel, err)
		}
	}
}

// sent takes a person through an interview elsewhere, and returns the case.
func (tw *town) sent(ch *place, person string) string {
	tw.t.Helper()
	for i := range 60 {
		ch.mu.Lock()
		var q Message
		for _, m := range slices.Backward(ch.sent[person]) {
			if len(m.Choices) > 0 {
				q = m
				break
			}
		}
		ch.mu.Unlock()
		if q.Kind == intake.KindReceipt {
			return tw.ref(ch, person)
		}
		pick := ""
		for _, want := range []string{"S1.yes", "C0.nobody", "A3.send_now", "H4.ok", "H5.send", q.ID + ".~skip"} {
			if pick == "" && slices.ContainsFunc(q.Choices, func(c intake.Choice) bool { return c.ID == want }) {
				pick = want
			}
		}
		tw.event(ch, person, fmt.Sprint("sent ", i), Event{Kind: EventPress, Choices: []string{pick}})
	}
	tw.t.Fatal("the interview does not end")
	return ""
}

func TestTheSaferWayIsOfferedWhereOthersCanRead(t *testing.T) {
	tw := newTown(t)
	page := tw.second("web", true)
	offers := func(m Message) bool {
		return slices.ContainsFunc(m.Choices, func(c intake.Choice) bool { return c.ID == "safer" })
	}
	tw.says(tw.screen, "lin", "1", "hei")
	if q := tw.question("lin"); !offers(q) {
		t.Error("the card of a chat does not offer it")
	}
	tw.press("lin", "2", "safer")
	all, _ := tw.heard(tw.screen, "lin")
	if !strings.Contains(all, "https://meld.example/") || codeLike.MatchString(all) {
		t.Errorf("before anything is told she is told %q; want the address and no code", all)
	}
	public, wrapped, err := mailbox.New(browser)
	if err != nil {
		t.Fatal(err)
	}
	tw.on(page, "browser", "1", Event{Text: intake.NewPrivate("hei"), Kind: EventMessage, Mailbox: &Mailbox{Public: public, Wrapped: wrapped}})
	for _, m := range tw.copied(page, "browser") {
		if offers(m) {
			t.Error("the page offers what it is")
		}
	}
	tw.bot.Page = ""
	tw.says(tw.screen, "kari", "1", "hei")
	if offers(tw.question("kari")) {
		t.Error("it is offered where there is no page")
	}
}
