package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/storetest"
)

// clocked opens a store whose clock the test turns.
func clocked(t *testing.T) (*filer, func(time.Duration)) {
	t.Helper()
	_, who := storetest.New(t)
	now := time.Now()
	s, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Keys: storetest.Keys(t), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return newFiler(t, s, who), func(d time.Duration) { now = now.Add(d) }
}

func (f *filer) lease(want int) []store.Delivery {
	f.t.Helper()
	due, err := f.s.Lease(f.t.Context(), "test", 100, time.Minute)
	if err != nil || len(due) != want {
		f.t.Fatalf("%d lines are due, %v; want %d", len(due), err, want)
	}
	return due
}

func (f *filer) clear() {
	f.t.Helper()
	for {
		due, err := f.s.Lease(f.t.Context(), "test", 100, time.Minute)
		if err != nil {
			f.t.Fatal(err)
		}
		if len(due) == 0 {
			return
		}
		for _, d := range due {
			if err := f.s.Delivered(f.t.Context(), d.ID); err != nil {
				f.t.Fatal(err)
			}
		}
	}
}

func (f *filer) reply(ref string) {
	f.t.Helper()
	err := f.s.Reply(f.t.Context(), "maren", ref,
		store.Line{Body: []byte(`"words"`), AwaitsPickup: true}, store.Line{Body: []byte(`"notice"`)})
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *filer) conversation(person string) store.Conversation {
	f.t.Helper()
	c, err := f.s.Conversation(f.t.Context(), "test", intake.NewConversationID(person))
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

func (f *filer) flags(ref string) []string {
	f.t.Helper()
	list, _, err := f.s.Queue(f.t.Context(), "maren", store.QueueQuery{Ref: ref})
	if err != nil || len(list) != 1 {
		f.t.Fatalf("the queue has %d cases, %v", len(list), err)
	}
	return list[0].Flags
}

var logEntry = store.Entry{Body: cases.Log{Event: cases.EventGone}}

func TestWhoIsGoneGetsNoPingUntilTheyAreBack(t *testing.T) {
	f, _ := clocked(t)
	ref := f.open("lin")
	f.send("lin", "maren", cases.Recovery)
	before := f.conversation("lin")
	due := f.lease(1)
	if err := f.s.Gone(t.Context(), due[0].ID, logEntry); err != nil {
		t.Fatal(err)
	}
	if c := f.conversation("lin"); !c.Gone || c.Version == before.Version {
		t.Errorf("gone is %v at version %d, want it noted at a new version", c.Gone, c.Version)
	}
	if got := f.flags(ref); !slices.Contains(got, "UNREACHABLE") {
		t.Errorf("the case has the flags %v", got)
	}
	f.reply(ref)
	f.lease(0)
	room, err := f.s.Read(t.Context(), "maren", ref, 0, nil)
	if err != nil || room.Entries[len(room.Entries)-2].Kind != cases.EntryLog {
		t.Errorf("the case does not say so: %v", err)
	}
	st, err := f.s.Reporter(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.s.Tell(t.Context(), st, store.Change{State: st.State, Lines: []store.Line{{Body: []byte(`"told"`)}}}); err != nil {
		t.Fatal(err)
	}
	f.lease(0)
	f.apply("lin", store.Change{})
	f.clear()
	if c := f.conversation("lin"); c.Gone || c.Unread != 1 {
		t.Errorf("back, gone is %v with %d messages waiting; want the reply to wait", c.Gone, c.Unread)
	}
	if got := f.flags(ref); slices.Contains(got, "UNREACHABLE") {
		t.Errorf("back, the case has the flags %v", got)
	}
	f.apply("lin", store.Change{Release: true})
	f.lease(1)
}

func TestANetworkSaysThatSomebodyIsGone(t *testing.T) {
	f, _ := clocked(t)
	ref := f.open("lin")
	f.send("lin", "maren", cases.Recovery)
	f.apply("lin", store.Change{Gone: true, Entries: []store.Entry{logEntry}})
	f.lease(0)
	if got := f.flags(ref); !slices.Equal(got, []string{"UNREACHABLE"}) {
		t.Errorf("the case has the flags %v", got)
	}
}

func TestWordsThatNobodyAskedForLapse(t *testing.T) {
	f, turn := clocked(t)
	ref := f.open("lin")
	f.send("lin", "maren", cases.Recovery)
	f.clear()
	f.reply(ref)
	turn(13 * 24 * time.Hour)
	if got, err := f.s.Lapsed(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("after 13 days %d have lapsed, %v", len(got), err)
	}
	turn(25 * time.Hour)
	f.reply(ref)
	got, err := f.s.Lapsed(t.Context())
	if err != nil || len(got) != 1 || !got[0].Sent || got[0].Channel != "test" {
		t.Fatalf("after 14 days %d have lapsed, %v; want hers, of a case that is sent", len(got), err)
	}
	if err := f.s.Tell(t.Context(), got[0], store.Change{State: []byte(`"told"`), Lapse: true, Entries: []store.Entry{logEntry}}); err != nil {
		t.Fatal(err)
	}
	if c := f.conversation("lin"); c.Unread != 1 || string(c.State) != `"told"` {
		t.Errorf("%d messages wait in state %s, want only the newer one", c.Unread, c.State)
	}
	if err := f.s.Tell(t.Context(), got[0], store.Change{State: []byte(`"again"`)}); !errors.Is(err, store.ErrStale) {
		t.Errorf("telling on what is no longer true gives %v, want %v", err, store.ErrStale)
	}
}

func TestEndingNamesUnsentInterviewsOnly(t *testing.T) {
	f, _ := clocked(t)
	now := f.s.Now()
	f.apply("soon", store.Change{Expires: now.Add(48 * time.Hour)})
	f.apply("later", store.Change{Expires: now.Add(200 * time.Hour)})
	f.apply("page", store.Change{Expires: now.Add(48 * time.Hour), Mailbox: &store.Mailbox{Public: make([]byte, 1216), Wrapped: []byte("w")}})
	f.open("sent")
	f.send("sent", "maren", cases.Recovery)
	got, err := f.s.Ending(t.Context(), now.Add(72*time.Hour))
	if err != nil || len(got) != 1 || got[0].Expires.Before(now.Add(48*time.Hour)) {
		t.Errorf("%d end, %v; want the one that is sent to and unsent", len(got), err)
	}
}

func TestOneNoticeOfAKindForEachHandler(t *testing.T) {
	f, turn := clocked(t)
	ref := f.open("lin")
	f.send("lin", "maren", "jonas", cases.Recovery)
	answer := func() {
		at := f.s.Now().Add(10 * time.Minute)
		f.apply("lin", store.Change{Notices: []cases.Notice{{Handler: "maren", Kind: "answer", After: at}}})
	}
	notices := func(handler string) []cases.Notice {
		got, err := f.s.Notices(t.Context(), handler)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	answer()
	if got := notices("maren"); len(got) != 1 {
		t.Errorf("%d notices before the answer's has left, want the first one", len(got))
	}
	turn(9 * time.Minute)
	answer() // does not put off the one that waits
	turn(2 * time.Minute)
	got := notices("maren")
	if len(got) != 2 || got[0].Kind != "answer" || got[0].Ref != ref {
		t.Fatalf("%d notices, want the case's and one for both answers", len(got))
	}
	answer()
	turn(11 * time.Minute)
	if got := notices("maren"); len(got) != 2 {
		t.Errorf("%d notices after another answer, want it in the place of the older", len(got))
	}
	if got := notices("jonas"); len(got) != 1 {
		t.Errorf("who was not named has %d notices", len(got))
	}
}

// TestAllNoticesSinceAMomentAreRead, however many there are, and none from before it.
func TestAllNoticesSinceAMomentAreRead(t *testing.T) {
	f, turn := clocked(t)
	files := func(n int) {
		for range n {
			f.open("lin")
			f.send("lin", cases.Recovery)
			f.apply("lin", store.Change{Notices: []cases.Notice{{Handler: "maren", Kind: "answer", After: f.s.Now()}}})
		}
	}
	files(3)
	turn(48 * time.Hour)
	files(2)
	turn(time.Hour)
	since := f.s.Now()
	files(110)
	for _, tt := range []struct {
		since time.Time
		want  int
	}{{since, 110}, {since.Add(-2 * time.Hour), 112}, {time.Time{}, 115}, {f.s.Now().Add(time.Hour), 0}} {
		got, err := f.s.NoticesSince(t.Context(), "maren", tt.since)
		if err != nil || len(got) != tt.want {
			t.Errorf("%d notices, %v; want %d", len(got), err, tt.want)
		}
	}
	if got, err := f.s.Notices(t.Context(), "maren"); err != nil || len(got) != 100 {
		t.Errorf("the desk gets %d notices, %v; want the newest 100", len(got), err)
	}
}

func TestDeletingASecondReportGivesTheFirstBack(t *testing.T) {
	for name, end := range map[string]func(*filer, func(time.Duration)){
		"deleted": func(f *filer, _ func(time.Duration)) { f.apply("lin", store.Change{Delete: true}) },
		"expired": func(f *filer, turn func(time.Duration)) {
			turn(15 * 24 * time.Hour)
			if err := f.s.Expire(context.Background()); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, turn := clocked(t)
			first := f.open("lin")
			f.send("lin", "maren", cases.Recovery)
			second := f.open("lin")
			f.apply("lin", store.Change{Expires: f.s.Now().Add(14 * 24 * time.Hour)})
			if c := f.conversation("lin"); c.Ref != second || c.Sent {
				t.Fatalf("she writes in %s, want the second case", c.Ref)
			}
			end(f, turn)
			if c := f.conversation("lin"); c.Ref != first || !c.Sent || !c.Expires.IsZero() {
				t.Errorf("she writes in %q, sent %v, until %v; want the first case for good", c.Ref, c.Sent, c.Expires)
			}
		})
	}
}

func TestReporterIsWhereSheWrites(t *testing.T) {
	f, _ := clocked(t)
	ref := f.open("lin")
	f.apply("lin", store.Change{State: []byte(`"nn"`)})
	if got, err := f.s.Reporter(t.Context(), ref); err != nil || string(got.State) != `"nn"` || got.Copy {
		t.Errorf("the state is %s, a copy %v, %v", got.State, got.Copy, err)
	}
	if _, err := f.s.Reporter(t.Context(), "T-222222"); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("of a case that never was: %v", err)
	}
}

func TestANoticeWaitsForItsHour(t *testing.T) {
	f, turn := clocked(t)
	ref := f.open("lin")
	f.send("lin", "maren", cases.Recovery)
	f.clear()
	for _, notice := range []store.Line{{}, {Body: []byte(`"notice"`), After: f.s.Now().Add(time.Hour)}} {
		err := f.s.Reply(t.Context(), "maren", ref,
			store.Line{Body: []byte(`"words"`), AwaitsPickup: true}, notice)
		if err != nil {
			t.Fatal(err)
		}
		f.lease(0)
	}
	turn(61 * time.Minute)
	f.lease(1)
	if c := f.conversation("lin"); c.Unread != 2 {
		t.Errorf("%d messages wait, want both", c.Unread)
	}
}

func TestTheOldestEmptyTalksYield(t *testing.T) {
	f, _ := clocked(t)
	until := f.s.Now().Add(24 * time.Hour)
	answered := f.open("answered")
	f.apply("answered", store.Change{Expires: until})
	sent := f.open("sent")
	f.send("sent", "maren", cases.Recovery)
	for _, person := range []string{"a", "b", "c", "d", "e"} {
		f.apply(person, store.Change{Expires: until})
	}
	f.apply("a", store.Change{Expires: until}) // writing again does not make a talk younger
	gone, err := f.s.Yield(t.Context(), 3)
	if err != nil || gone != 2 {
		t.Errorf("%d went, %v; want two", gone, err)
	}
	for person, want := range map[string]bool{"a": false, "b": false, "c": true, "d": true, "e": true, "answered": true, "sent": true} {
		if got := f.conversation(person).Version > 0; got != want {
			t.Errorf("the talk of %s is there: %v, want %v", person, got, want)
		}
	}
	if f.conversation("answered").Ref != answered || f.conversation("sent").Ref != sent {
		t.Error("a case went with them")
	}
	if gone, err := f.s.Yield(t.Context(), 3); err != nil || gone != 0 {
		t.Errorf("again %d went, %v", gone, err)
	}
}

// TestWaitingIsNoAttempt puts a line back many times because the network wants
// patience, and then because it failed.
func TestWaitingIsNoAttempt(t *testing.T) {
	s, who := storetest.New(t)
	f := newFiler(t, s, who)
	f.apply("lin", store.Change{Lines: []store.Line{{Body: []byte(`"words"`)}}})
	tries := func(again func(store.Delivery) error) int {
		t.Helper()
		due, err := s.Lease(t.Context(), "test", 8, time.Minute)
		if err != nil || len(due) != 1 {
			t.Fatalf("%d lines are due, %v", len(due), err)
		}
		if err := again(due[0]); err != nil {
			t.Fatal(err)
		}
		return due[0].Tries
	}
	wait := func(d store.Delivery) error { return s.Wait(t.Context(), d, time.Unix(0, 0)) }
	retry := func(d store.Delivery) error { return s.Retry(t.Context(), d, time.Unix(0, 0)) }
	first := tries(wait)
	for range 5 {
		tries(wait)
	}
	waited := tries(retry)
	if failed := tries(retry); waited > first+1 || failed != waited+1 {
		t.Errorf("%d attempts at first, %d after six waits, %d after a failure", first, waited, failed)
	}
}
