package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/mailbox"
	"tillit/store/storetest"
)

// ticket has a chat ask for a code, as its bot does.
func (f *filer) ticket(person string) intake.Private {
	f.t.Helper()
	code, ticket, err := f.s.DrawCode(f.t.Context(), "test", intake.NewConversationID(person))
	if err != nil {
		f.t.Fatal(err)
	}
	f.apply(person, store.Change{TransferCode: ticket})
	return code
}

func (f *filer) find(code intake.Private, person string) store.Transfer {
	f.t.Helper()
	c, err := f.s.FindCode(f.t.Context(), code, "test", intake.NewConversationID(person))
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

var pageSecret = []byte(strings.Repeat("p", 32))

// page is what a browser brings when it comes with a code.
func page(t testing.TB, c store.Change) store.Change {
	t.Helper()
	public, wrapped, err := mailbox.New(pageSecret)
	if err != nil {
		t.Fatal(err)
	}
	c.Mailbox = &store.Mailbox{Public: public, Wrapped: wrapped}
	c.Secret = intake.NewPrivate(string(pageSecret))
	return c
}

// behind is a chat that is left.
func behind(now time.Time) *store.Left {
	return &store.Left{State: []byte("left"), Expires: now.Add(14 * 24 * time.Hour), Lines: []store.Line{{Body: []byte(`"gone on"`)}}}
}

// TestACaseGoesOnOnThePage: what was told in a chat, and what waits to be read
// there, is the page's from then on, and the chat leads nowhere.
func TestACaseGoesOnOnThePage(t *testing.T) {
	f, _ := clocked(t)
	ref := f.open("lin")
	f.send("lin", "maren", cases.Recovery)
	f.reply(ref)
	f.clear()
	code := f.ticket("lin")
	transfer := f.find(code, "page")
	if transfer.Ref != ref || !transfer.Sent || transfer.Copy || transfer.Here || transfer.Unread != 1 || transfer.Channel != "test" {
		t.Errorf("the code leads to %+v", transfer.Ref)
	}
	f.apply("page", page(t, store.Change{
		Transfer: &transfer, Left: behind(time.Now()), State: []byte("here"), Lines: []store.Line{{Body: []byte(`"welcome"`)}},
		Entries: []store.Entry{{Body: cases.Log{Event: cases.EventMoved}}},
	}))
	if c := f.conversation("page"); c.Ref != ref || !c.Sent || c.Unread != 1 || string(c.State) != "here" || !c.Expires.IsZero() {
		t.Errorf("the page has case %q, sent %t, %d unread, ends %v", c.Ref, c.Sent, c.Unread, c.Expires)
	}
	if c := f.conversation("lin"); c.Ref != "" || c.Unread != 0 || string(c.State) != "left" || c.Expires.IsZero() {
		t.Errorf("the chat has case %q, %d unread, state %q, ends %v", c.Ref, c.Unread, c.State, c.Expires)
	}
	if due := f.lease(1); string(due[0].Body) != `"gone on"` {
		t.Error("the chat is not told that she has gone on")
	}
	f.apply("page", store.Change{Release: true, Secret: intake.NewPrivate(string(pageSecret))})
	copied, err := f.s.Copy(t.Context(), "test", intake.NewConversationID("page"), pageSecret, 0)
	if err != nil || len(copied.Lines) != 2 || string(copied.Lines[1].Body) != `"words"` {
		t.Errorf("the page shows %d lines, %v; want the welcome and the office's words", len(copied.Lines), err)
	}
	f.reply(ref) // what the office writes goes to the page alone
	if due := f.lease(0); len(due) != 0 || f.conversation("page").Unread != 1 {
		t.Error("a later answer did not go to the page")
	}
	if faults, err := f.s.Verify(t.Context(), storetest.Nobody); err != nil || len(faults) > 0 {
		t.Errorf("Verify: %v, %v", faults, err)
	}
}

// TestACopyGoesOnInAChat: what waits is taken out of the copy with the code, and the
// copy is destroyed.
func TestACopyGoesOnInAChat(t *testing.T) {
	f, _ := clocked(t)
	f.apply("page", page(t, store.Change{}))
	ref := f.open("page")
	f.send("page", "maren", cases.Recovery)
	f.reply(ref)
	code, err := f.s.NewCode(t.Context(), "test", intake.NewConversationID("page"), pageSecret)
	if err != nil {
		t.Fatal(err)
	}
	transfer := f.find(code, "lin")
	if !transfer.Copy || transfer.Unread != 1 {
		t.Errorf("it is a copy: %t, with %d unread", transfer.Copy, transfer.Unread)
	}
	f.apply("lin", store.Change{Transfer: &transfer})
	if c := f.conversation("page"); c.Version != 0 {
		t.Error("the page's conversation is still there")
	}
	if c := f.conversation("lin"); c.Ref != ref || c.Unread != 1 {
		t.Errorf("the chat has case %q and %d unread", c.Ref, c.Unread)
	}
	f.apply("lin", store.Change{Release: true})
	if due := f.lease(1); string(due[0].Body) != `"words"` {
		t.Error("the words that waited did not come along")
	}
	if _, err := f.s.FindCode(t.Context(), code, "test", intake.NewConversationID("third")); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("the page's code still leads somewhere: %v", err)
	}
}

// TestAnUnsentTalkKeepsItsTime: it has no case yet, and ends where it went on.
func TestAnUnsentTalkKeepsItsTime(t *testing.T) {
	f, turn := clocked(t)
	f.apply("lin", store.Change{})
	transfer := f.find(f.ticket("lin"), "kari")
	f.apply("kari", store.Change{Transfer: &transfer, Left: behind(time.Now()), Expires: time.Now().Add(24 * time.Hour)})
	ref := f.open("kari")
	if ref == "" || f.conversation("kari").Expires.IsZero() {
		t.Fatal("no case where she went on, or it never ends")
	}
	turn(15 * 24 * time.Hour)
	if err := f.s.Expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f.conversation("kari").Version != 0 || f.conversation("lin").Version != 0 {
		t.Error("an unsent talk, or the chat that it left, outlives its time")
	}
}

// TestTheChatThatIsLeftTakesNoCaseAlong: it ends by itself, and the case stays.
func TestTheChatThatIsLeftTakesNoCaseAlong(t *testing.T) {
	f, turn := clocked(t)
	ref := f.open("lin")
	f.send("lin", "maren", cases.Recovery)
	own := f.open("kari")
	f.send("kari", "maren", cases.Recovery)
	transfer := f.find(f.ticket("lin"), "kari")
	f.apply("kari", store.Change{Transfer: &transfer, Left: behind(time.Now())})
	if c := f.conversation("kari"); c.Ref != ref {
		t.Errorf("the case that came is not the one she writes in: %q", c.Ref)
	}
	turn(16 * 24 * time.Hour)
	if err := f.s.Expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f.conversation("lin").Version != 0 || f.conversation("kari").Version == 0 {
		t.Error("the chat that was left is there, or the other is not")
	}
	for _, r := range []string{ref, own} {
		if at, err := f.s.Reporter(t.Context(), r); err != nil || at.Channel != "test" {
			t.Errorf("the reporter of %s is not found: %v", r, err)
		}
	}
}

func TestACodeOfAChatIsGoodOnceAndForAWhile(t *testing.T) {
	f, turn := clocked(t)
	f.open("lin")
	first := f.ticket("lin")
	second := f.ticket("lin")
	unknown := func(what string, code intake.Private) {
		t.Helper()
		if _, err := f.s.FindCode(t.Context(), code, "test", intake.NewConversationID(what)); !errors.Is(err, store.ErrUnknown) {
			t.Errorf("%s: %v, want %v", what, err, store.ErrUnknown)
		}
	}
	unknown("a code with a newer one", first)
	if c := f.find(second, "lin"); !c.Here {
		t.Error("a code that is typed where it came from is not known as that")
	}
	late, early := f.find(second, "kari"), f.find(second, "ada")
	f.apply("ada", store.Change{Transfer: &early, Left: behind(time.Now()), Expires: time.Now().Add(time.Hour)})
	unknown("a used code", second)
	c := store.Change{Channel: "test", Conversation: intake.NewConversationID("kari"), Transfer: &late, Left: behind(time.Now())}
	if _, err := f.s.Apply(t.Context(), c); !errors.Is(err, store.ErrStale) {
		t.Errorf("two who found the same code both get it: %v", err)
	}
	if f.conversation("kari").Version != 0 {
		t.Error("who came second has left a trace")
	}
	third := f.ticket("ada")
	turn(23 * time.Hour)
	f.find(third, "maja")
	turn(3 * time.Hour)
	unknown("a code of yesterday", third)
	if err := f.s.Expire(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestAClaimIsDecidedOnWhatIsTrue: somebody wrote in the old chat between finding
// and claiming.
func TestAClaimIsDecidedOnWhatIsTrue(t *testing.T) {
	f, _ := clocked(t)
	ref := f.open("lin")
	transfer := f.find(f.ticket("lin"), "kari")
	f.apply("lin", store.Change{Entries: []store.Entry{body("more")}})
	c := store.Change{Channel: "test", Conversation: intake.NewConversationID("kari"), Transfer: &transfer, Left: behind(time.Now())}
	if _, err := f.s.Apply(t.Context(), c); !errors.Is(err, store.ErrStale) {
		t.Errorf("a transfer of what has changed: %v, want %v", err, store.ErrStale)
	}
	if f.conversation("lin").Ref != ref {
		t.Error("the case is gone from its chat")
	}
}

// TestWhoGoesOnElsewhereCanBeReachedAgain: she had blocked the old chat.
func TestWhoGoesOnElsewhereCanBeReachedAgain(t *testing.T) {
	f, _ := clocked(t)
	ref := f.open("lin")
	f.send("lin", "maren", cases.Recovery)
	code := f.ticket("lin")
	f.apply("lin", store.Change{Gone: true})
	if !slices.Contains(f.flags(ref), "UNREACHABLE") {
		t.Fatal("the case does not say that she cannot be reached")
	}
	transfer := f.find(code, "kari")
	f.apply("kari", store.Change{Transfer: &transfer, Left: behind(time.Now())})
	if slices.Contains(f.flags(ref), "UNREACHABLE") {
		t.Error("the case still says that she cannot be reached")
	}
}

func TestAChatAsksForFewCodes(t *testing.T) {
	f, turn := clocked(t)
	f.apply("lin", store.Change{})
	draw := func() error {
		_, _, err := f.s.DrawCode(t.Context(), "test", intake.NewConversationID("lin"))
		return err
	}
	for range 5 {
		if err := draw(); err != nil {
			t.Fatal(err)
		}
	}
	if err := draw(); !errors.Is(err, store.ErrBusy) {
		t.Errorf("a sixth code within the hour: %v", err)
	}
	if turn(61 * time.Minute); draw() != nil {
		t.Error("an hour later there is no code")
	}
}
