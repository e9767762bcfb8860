package bot

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/intake"
	"tillit/store/cases"
	"tillit/store/mailbox"
	"tillit/store/storetest"
)

// begins has lin come to the account.
func (r *reader) begins() {
	r.t.Helper()
	r.press("lin", r.id(), "start")
	for _, press := range []string{"S1.yes", "S3.me", "S2.~skip"} {
		r.press("lin", r.id(), press)
	}
}

// undoes is the newest button that takes something back.
func (r *reader) undoes() (choice string) {
	r.t.Helper()
	r.drain()
	r.screen.mu.Lock()
	defer r.screen.mu.Unlock()
	for _, m := range r.screen.sent["lin"] {
		for _, c := range m.Choices {
			if strings.HasPrefix(c.ID, undoIt) {
				choice = c.ID
			}
		}
	}
	return choice
}

// words are what the office reads of a case.
func (r *reader) words(ref string) []string {
	r.t.Helper()
	return storetest.Words(r.people.Told(r.t, r.store, "maren", ref))
}

// whole fails the test where a log is not.
func (r *reader) whole() {
	r.t.Helper()
	if faults, err := r.store.Verify(r.t.Context(), storetest.Nobody); err != nil || len(faults) > 0 {
		r.t.Errorf("the logs: %v, %v", faults, err)
	}
}

func (r *reader) says(got string, all ...string) {
	r.t.Helper()
	for _, want := range all {
		if !strings.Contains(got, want) {
			r.t.Errorf("%q is not in %q", want, got)
		}
	}
}

// TestWhatWasJustToldIsTakenBack before sending, by a word and by a button, over a restart, and
// once however often it is pressed; the interview goes on where it stood.
func TestWhatWasJustToldIsTakenBack(t *testing.T) {
	r := &reader{town: newTown(t)}
	r.says(r.types("/angre"), "ikke noe å ta tilbake")
	r.begins()
	r.types("Det første.")
	r.types("Det andre.")
	r.restart()
	r.says(r.types("ta tilbake det siste"), "tatt tilbake, og slettet hos oss", "ikke sett det", "Der må du slette det selv")
	older := r.undoes()
	r.says(r.types("/angre"), "Vil du ta tilbake") // who is not sure that it worked types twice
	r.says(r.presses(older), "tatt tilbake, og slettet hos oss")
	r.says(r.presses(older), "tatt tilbake allerede")
	if iv, _ := decodeStateOf(t, r).interview(); iv.At() != "A1" {
		t.Errorf("she is at %s", iv.At())
	}
	r.types("Det tredje.")
	button := r.undoes()
	r.turn(takeBackFor - time.Minute)
	if err := r.does("lin", "same", Event{Kind: EventPress, Choices: []string{button}}); err != nil {
		t.Fatal(err)
	}
	if err := r.does("lin", "same", Event{Kind: EventPress, Choices: []string{button}}); err != nil { // a repeat of the network's
		t.Fatal(err)
	}
	r.types("Det fjerde.")
	late := r.undoes()
	r.turn(takeBackFor + time.Minute)
	r.says(r.types("/angre"), "mer enn fem minutter", "Ingenting er sendt")
	r.says(r.presses(late), "mer enn fem minutter")
	ref := r.walks("lin", "lin", "Det femte.")
	if got, want := r.words(ref), []string{"Det fjerde.", "Det femte."}; !slices.Equal(got, want) {
		t.Errorf("the office reads %q, want %q", got, want)
	}
	r.whole()
}

func decodeStateOf(t *testing.T, r *reader) state {
	t.Helper()
	st, err := decodeState(r.conv().State)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// TestWhatWasJustSentIsTakenBack after sending, and what is said of who may have read it is
// true.
func TestWhatWasJustSentIsTakenBack(t *testing.T) {
	r := &reader{town: newTown(t)}
	ref := r.report("lin", "Hei")
	if all := decodeStateOf(t, r).Given; len(all) != 1 || !all[0].Words {
		t.Errorf("right after sending %d things can be taken back, and not the words alone", len(all))
	}
	r.turn(2 * time.Hour)
	r.types("Det første.")
	r.says(r.types("/angre"), "slettet hos oss", "Ingen har åpnet saken")
	r.types("Det andre.")
	if got := r.words(ref); !slices.Contains(got, "Det andre.") {
		t.Fatalf("the office reads %q", got)
	}
	r.says(r.presses(r.undoes()), "slettet hos oss", "Maren V.", "kan være lest")
	if got := r.words(ref); len(got) != 1 {
		t.Errorf("the office reads %q", got)
	}
	if n := r.taken(ref); n != 2 {
		t.Errorf("the log says %d times that something was taken back", n)
	}
	r.types("Det tredje.")
	r.turn(takeBackFor)
	r.says(r.types("/angre"), "mer enn fem minutter", "Saksbehandlerne har det")
	r.whole()
}

// taken is how often the log of a case says that something was taken back.
func (r *reader) taken(ref string) (n int) {
	r.t.Helper()
	for _, b := range r.people.Told(r.t, r.store, "maren", ref) {
		if line, ok := b.(cases.Log); ok && line.Event == cases.EventTakenBack {
			n++
		}
	}
	return n
}

// TestTakingBackKeepsWhoIsKeptOut: who is kept out is what the page shows, and stays so when
// something else is taken back.
func TestTakingBackKeepsWhoIsKeptOut(t *testing.T) {
	r := &reader{town: newTown(t)}
	r.begins()
	r.types("Det første.")
	r.presses("A1.~done")
	for range 10 {
		if i := slices.IndexFunc(r.offered(), func(id string) bool { return id == "C0.p:jonas" }); i >= 0 {
			break
		}
		i := slices.IndexFunc(r.offered(), func(id string) bool { return strings.HasSuffix(id, ".~done") || strings.HasSuffix(id, ".~skip") })
		if i < 0 {
			t.Fatalf("no way on: %v", r.offered())
		}
		r.presses(r.offered()[i])
	}
	out := func(want ...string) {
		t.Helper()
		if got := r.conv().Out; !slices.Equal(got, want) {
			t.Errorf("kept out are %v, want %v", got, want)
		}
	}
	r.presses("C0.p:jonas")
	r.presses("C0.~done")
	out("jonas")
	r.says(r.types("/angre"), "slettet hos oss", "Vil du holde noen utenfor?")
	out("jonas") // as the page shows, until it is unticked
	unticks := r.question("lin").Choices
	r.presses(unticks[slices.IndexFunc(unticks, func(c intake.Choice) bool { return c.ID == "C0.p:jonas" })].Asks())
	out()
	r.presses("C0.p:jonas")
	r.presses("C0.~done")
	r.types("Det andre.")
	last := r.undoes()
	r.presses("out:maren")
	out("jonas", "maren")
	r.says(r.presses(last), "slettet hos oss")
	out("jonas", "maren")
	r.presses("in:maren")
	out("jonas")
	ref := r.walks("lin", "lin", "")
	if got := r.words(ref); !slices.Equal(got, []string{"Det første."}) {
		t.Errorf("the office reads %q", got)
	}
	r.whole()
}

// TestAFileIsTakenBackBeforeSending: the review has a button for each, which works once and
// after a restart, and takes nothing else along; after sending it says what can be done.
func TestAFileIsTakenBackBeforeSending(t *testing.T) {
	r := &reader{town: newTown(t)}
	r.begins()
	r.types("Det første.")
	file := func(name, kind string) File {
		return File{Name: intake.NewPrivate(name), Type: kind, Open: func() (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(bytes.Repeat([]byte(name), 100_000))), nil
		}}
	}
	if err := r.does("lin", "files", Event{Files: []File{file("en.jpg", "image/jpeg"), file("to.pdf", "application/pdf")}, Text: intake.NewPrivate("Se her.")}); err != nil {
		t.Fatal(err)
	}
	r.turn(time.Hour) // however long ago
	r.presses("A1.~done")
	r.presses("A3.send_now")
	var all []string
	for range 20 {
		if q := r.question("lin"); q.Kind == intake.KindReview {
			break
		}
		for _, way := range []string{".send_now", ".~skip", ".~done"} {
			if i := slices.IndexFunc(r.offered(), func(id string) bool { return strings.HasSuffix(id, way) }); i >= 0 {
				r.presses(r.offered()[i])
				break
			}
		}
	}
	for _, c := range r.question("lin").Choices {
		if strings.HasPrefix(c.ID, unfileIt) {
			all = append(all, c.ID)
			r.says(c.Label, "Fjern fil ")
		}
	}
	if len(all) != 2 {
		t.Fatalf("the review offers to remove %v", r.offered())
	}
	r.restart()
	r.says(r.presses(all[0]), "Filen er fjernet, og slettet hos oss", "ikke sett det")
	r.says(r.presses(all[0]), "fjernet allerede")
	if n := len(r.offered()); !slices.Contains(r.offered(), all[1]) || slices.Contains(r.offered(), all[0]) {
		t.Errorf("the review offers %d: %v", n, r.offered())
	}
	ref := r.walks("lin", "lin", "")
	var names []string
	for _, b := range r.people.Told(t, r.store, "maren", ref) {
		if f, ok := b.(cases.File); ok {
			names = append(names, f.Name.Reveal())
		}
	}
	if !slices.Equal(names, []string{"to.pdf"}) {
		t.Errorf("the office has %q", names)
	}
	if got := r.words(ref); !slices.Equal(got, []string{"Det første.", "Se her."}) {
		t.Errorf("the office reads %q", got)
	}
	r.says(r.presses(all[1]), "kan ikke fjernes herfra")
	r.whole()
}

// TestWhatIsTakenBackLeavesTheChat where the network lets a bot take a person's message away,
// before it is said that it is gone.
func TestWhatIsTakenBackLeavesTheChat(t *testing.T) {
	for _, ours := range []bool{false, true} {
		tw := newTown(t)
		net := tw.erasable(ours)
		write := func(id, text string) {
			tw.event(net, "lin", id, Event{Kind: EventMessage, Text: intake.NewPrivate(text), Message: id, Messages: []SentID{SentID("in-" + id)}})
		}
		tw.event(net, "lin", "s", Event{Kind: EventPress, Choices: []string{"start"}})
		tw.sent(&net.place, "lin")
		write("7", "Hei igjen.")
		write("8", "/angre")
		all, _ := tw.heard(&net.screen, "lin")
		if want := map[bool]int{false: 1, true: 0}[ours]; len(net.taken) != want || want > 0 && !slices.Equal(net.taken[0], []SentID{"in-7"}) {
			t.Errorf("ours alone %v: taken back are %v", ours, net.taken)
		}
		if want := map[bool]string{false: "Meldingen din her er også slettet", true: "må du slette det selv"}[ours]; !strings.Contains(all, want) {
			t.Errorf("it does not say %q: %q", want, all)
		}
		write("9", "/status")
		tw.event(net, "lin", "10", Event{Kind: EventEdit, Message: "7", Text: intake.NewPrivate("Hei.")}) // what is not there has no versions
		if _, last := tw.heard(&net.screen, "lin"); !strings.Contains(last, "ikke lagret") {
			t.Errorf("of a change of what was taken back it says %q", last)
		}
	}
}

// TestWhatWasToldIsDeletedAndTheTalkStaysOpen before sending: nothing of it is left, the code
// to come back works, and they begin anew. After sending nothing is called deleted but their copy.
func TestWhatWasToldIsDeletedAndTheTalkStaysOpen(t *testing.T) {
	tw := newTown(t)
	page := tw.second("web", true)
	public, wrapped, err := mailbox.New(browser)
	if err != nil {
		t.Fatal(err)
	}
	tw.on(page, "lin", "h", Event{Kind: EventMessage, Text: intake.NewPrivate("hei"), Mailbox: &Mailbox{Public: public, Wrapped: wrapped}})
	tw.on(page, "lin", "s", Event{Kind: EventPress, Choices: []string{"start"}})
	tw.on(page, "lin", "1", Event{Kind: EventMessage, Text: intake.NewPrivate("Det var så, og så var det mer.")})
	code, err := tw.store.NewCode(t.Context(), page.Name(), intake.NewConversationID("lin"), browser)
	if err != nil {
		t.Fatal(err)
	}
	tw.on(page, "lin", "2", Event{Kind: EventPress, Choices: []string{"delete"}})
	tw.on(page, "lin", "3", Event{Kind: EventPress, Choices: []string{"delete_told"}})
	if ref := tw.ref(page, "lin"); ref != "" {
		t.Errorf("the case %s is there", ref)
	}
	all := tw.copied(page, "lin")
	if len(all) != 2 || !strings.Contains(all[0].Text, "Samtalen er åpen i 14 dager") || all[1].Choices[0].ID != "start" {
		t.Fatalf("the page shows %+v", all)
	}
	if err := tw.opens(page, "lin's phone", code); err != nil {
		t.Fatalf("the code: %v", err)
	}
	tw.on(page, "lin's phone", "4", Event{Kind: EventPress, Choices: []string{"start"}})
	tw.walk(page, "lin's phone", "A3.send_now")
	tw.walk(page, "lin's phone", "H5.send")
	ref := tw.ref(page, "lin's phone")
	tw.on(page, "lin's phone", "5", Event{Kind: EventPress, Choices: []string{"delete"}})
	all = tw.copied(page, "lin's phone")
	if last := all[len(all)-1]; !strings.Contains(last.Text, "kan ikke slettes herfra") || last.Choices[len(last.Choices)-1].ID != "delete_copy" {
		t.Fatalf("after sending it says %+v", last)
	}
	tw.on(page, "lin's phone", "6", Event{Kind: EventPress, Choices: []string{"delete_copy"}})
	if all = tw.copied(page, "lin's phone"); len(all) != 1 || !strings.Contains(all[0].Text, "er ikke slettet") {
		t.Errorf("the page shows %+v", all)
	}
	if tw.ref(page, "lin's phone") != ref {
		t.Error("the case is gone")
	}
}
