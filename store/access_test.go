package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tillit/store/cases"
)

// people are the handlers, the last of whom came when there were cases already.
var people = append(slices.Clone(benchOffice[:4]), "kari")

// listed is what a handler's lists are, in a form to compare.
type listed struct{ refs, open, closed []string }

func line(c *sent) string {
	return fmt.Sprintf("%d %s %s %q %v", c.id, c.ref, c.due, c.people, c.closed)
}

func (s *bench) listed(handler string) (out listed) {
	s.b.Helper()
	err := s.holding(s.b.Context(), handler, func(h *held) {
		for from, to := range map[*[]*sent]*[]string{&h.refs: &out.refs, &h.open: &out.open, &h.closed: &out.closed} {
			for _, c := range *from {
				*to = append(*to, line(c))
			}
		}
	})
	if err != nil {
		s.b.Fatal(err)
	}
	return out
}

// counted is what the lists should be, from the rows alone: every case, and whether
// there is a wrap for the handler.
func (s *bench) counted(handler string) (out listed) {
	s.b.Helper()
	rows, err := s.read.DB.Query("SELECT id, ref, room, epoch, next_seq, head, sent, closed, facts, bound, channel FROM cases ORDER BY ref")
	if err != nil {
		s.b.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var r room
		if err := rows.Scan(&r.id, &r.ref, &r.room, &r.epoch, &r.seq, &r.head, &r.sent, &r.closed, &r.facts, &r.bound, &r.channel); err != nil {
			s.b.Fatal(err)
		}
		s.holdsRoom(&r)
		wrap, err := s.wrapOf(s.b.Context(), r, r.epoch, handler)
		if err != nil {
			s.b.Fatal(err)
		}
		f, err := s.facts(r)
		if err != nil {
			s.b.Fatal(err)
		}
		if wrap == nil || r.sent == 0 {
			continue
		}
		c := line(newSent(r, f))
		out.refs = append(out.refs, c)
		if r.closed == 1 {
			out.closed = append(out.closed, c)
		} else {
			out.open = append(out.open, c)
		}
	}
	if err := rows.Err(); err != nil {
		s.b.Fatal(err)
	}
	byRef := func(a, b string) int { return strings.Compare(strings.Fields(a)[1], strings.Fields(b)[1]) }
	slices.SortFunc(out.refs, byRef)
	byDue := func(a, b string) int { return strings.Compare(strings.Fields(a)[2], strings.Fields(b)[2]) }
	slices.SortStableFunc(out.open, byDue)
	slices.SortStableFunc(out.closed, byDue)
	return out
}

// same compares the lists of everybody with the rows, and the queue with the lists.
func (s *bench) same(t *testing.T, when string) {
	t.Helper()
	for _, who := range people {
		got, want := s.listed(who), s.counted(who)
		if !slices.Equal(got.refs, want.refs) || !slices.Equal(got.open, want.open) || !slices.Equal(got.closed, want.closed) {
			t.Fatalf("%s: what %s holds is\n%v\nand by the rows\n%v", when, who, got, want)
		}
		for _, view := range []string{"open", "closed", "mine"} {
			var refs, meant []string
			for q := (QueueQuery{View: view, Size: 1 + rand.IntN(5)}); ; {
				page, next, err := s.Queue(t.Context(), who, q)
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range page {
					refs = append(refs, c.Ref)
				}
				if q.Page = next; next == "" {
					break
				}
			}
			of := want.open
			if view == "closed" {
				of = want.closed
			}
			for _, c := range of {
				if f := strings.Fields(c); view != "mine" || strings.Contains(c, " "+who+" ") {
					meant = append(meant, f[1])
				}
			}
			if !slices.Equal(refs, meant) {
				t.Fatalf("%s: the view %s of %s is %v, want %v", when, view, who, refs, meant)
			}
		}
	}
}

// a house is a store in which anything may happen to its cases.
type house struct {
	*bench
	*rand.Rand
	sent []string // references
	gone []string
}

func (h *house) some(of []string) (out []string) {
	for _, x := range of {
		if h.IntN(3) == 0 {
			out = append(out, x)
		}
	}
	return out
}

// turn closes a case, or opens it again.
func (h *house) turn(ref string) error {
	return h.do(h.b.Context(), func(tx *transaction) error {
		var r room
		err := tx.QueryRow("SELECT "+roomColumns+" FROM cases c WHERE c.ref = ?", ref).Scan(r.targets()...)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrUnknown
		}
		if err = errors.Join(err, h.checkRoom(&r)); err != nil {
			return err
		}
		r.closed = 1 - r.closed
		_, err = tx.Exec("UPDATE cases SET closed = ? WHERE id = ?", r.closed, r.id)
		return errors.Join(err, h.saveBound(tx, &r))
	})
}

// anything does one thing that may change who holds what. That it is refused is
// fine: the lists must be right all the same.
func (h *house) anything() (what string) {
	ctx, who := h.b.Context(), people[h.IntN(5)]
	ref := ""
	if len(h.sent) > 0 {
		ref = h.sent[h.IntN(len(h.sent))]
	}
	var err error
	switch h.IntN(13) {
	case 0, 1, 2:
		what = "a case is sent"
		h.file()
	case 3:
		what = "an answer comes"
		c := h.answer(h.IntN(len(h.talks)))
		if _, err := h.Apply(ctx, c); err == nil { // its case may be gone
			h.at[slices.Index(h.talks, c.Conversation)]++
		}
	case 4, 5:
		to := people[h.IntN(5)]
		what = fmt.Sprintf("%s gives %s to %s", who, ref, to)
		err = h.Assign(ctx, who, ref, []string{to, ""}[h.IntN(2)])
	case 6, 11:
		what = who + " gives a key on"
		var room cases.Room
		if room, err = h.Read(ctx, who, ref, 0, nil); err == nil {
			err = h.PutWrap(ctx, who, ref, map[int][]byte{room.Epoch: room.Wrap}, people[max(h.IntN(5), h.IntN(5))], slices.Concat(people, []string{cases.External, cases.Recovery}))
		}
	case 7:
		what = "a reply changes the deadline"
		err = h.Reply(ctx, who, ref, benchLines[1], benchLines[1])
	case 8:
		what = "closed, or open again"
		err = h.turn(ref)
	case 9:
		what = "somebody leaves"
		if len(h.gone) == 0 && h.IntN(4) == 0 {
			h.gone = []string{"hakon"}
			recipients := slices.DeleteFunc(slices.Clone(benchRecipients()), func(r cases.Recipient) bool { return r.ID == "hakon" })
			err = h.NewEpochs(ctx, Leave{Gone: h.gone, Recipients: recipients, Log: func([]string) Entry { return benchEntry }})
		}
	case 12:
		what = "the reporter keeps others out"
		c := h.answer(h.IntN(len(h.talks)))
		c.Exclude = &Exclude{Out: h.some(benchOffice[:4]), Recipients: benchRecipients()}
		if _, err := h.Apply(ctx, c); err == nil { // its case may be gone
			h.at[slices.Index(h.talks, c.Conversation)]++
		}
	case 10:
		what = "destroyed, or nearly"
		undo := errors.New("not this time")
		if h.IntN(3) == 0 {
			undo = nil
		}
		err = h.do(ctx, func(tx *transaction) error {
			_, err := tx.Exec("DELETE FROM cases WHERE ref = ?", ref)
			return errors.Join(err, undo)
		})
		if undo != nil {
			err = nil
		}
	}
	if err != nil && !errors.Is(err, ErrUnknown) && !errors.Is(err, ErrStale) && !errors.Is(err, ErrKeptOut) {
		h.b.Fatalf("%s: %v", what, err)
	}
	return what
}

// file tells a case and sends it, with some kept out.
func (h *house) file() {
	h.open()
	talk := len(h.talks) - 1
	c := h.answer(talk)
	if h.IntN(2) == 0 {
		c.Exclude = &Exclude{Out: h.some(benchOffice[:4])}
	}
	keep := slices.DeleteFunc(slices.Clone(benchOffice), func(id string) bool {
		return c.Exclude != nil && slices.Contains(c.Exclude.Out, id) || slices.Contains(h.gone, id)
	})
	c.Submit = &Submit{Keep: keep, Status: "waiting",
		Start: cases.Start{Clocks: []cases.Clock{{ID: "a", Due: "2027-03-01", Words: true}, {ID: "b", Due: fmt.Sprintf("2027-01-%02d", 1+h.IntN(9)), Words: true}}}}
	a, err := h.Apply(h.b.Context(), c)
	if err != nil {
		h.b.Fatal(err)
	}
	h.at[talk]++
	h.sent = append(h.sent, a.Ref)
}

// TestTheListsAreTheRows lets anything happen and compares, after each thing, what is
// kept in memory of who holds which case with what the rows say.
func TestTheListsAreTheRows(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	h := &house{bench: newBench(t, 0), Rand: rand.New(rand.NewPCG(seed, 1))}
	steps := 80
	if testing.Short() {
		steps = 30
	}
	h.file()
	for i := range steps {
		what := h.anything()
		h.same(t, fmt.Sprintf("seed %d, step %d, %s", seed, i, what))
	}
	// What is read anew at the next start, or for one who asks for the first time, is
	// the same.
	h.holdings.piece = 3
	h.forget()
	h.same(t, "read anew")
	delete(h.holdings.of, "siv")
	h.same(t, "read anew for one")
}

// TestAReadingIsOfOneMoment: what is written after a case's row was read, under a key that
// the row does not name, is not in that reading.
func TestAReadingIsOfOneMoment(t *testing.T) {
	h := &house{bench: newBench(t, 0), Rand: rand.New(rand.NewPCG(1, 1))}
	h.file()
	reader, was, err := "", room{}, error(ErrUnknown)
	for _, reader = range benchOffice { // some are kept out
		if was, _, err = h.theirs(t.Context(), h.read, reader, h.sent[0]); err == nil && reader != "hakon" {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	recipients := slices.DeleteFunc(slices.Clone(benchRecipients()), func(r cases.Recipient) bool { return r.ID == "hakon" })
	if err := h.NewEpochs(t.Context(), Leave{Gone: []string{"hakon"}, Recipients: recipients, Log: func([]string) Entry { return benchEntry }}); err != nil {
		t.Fatal(err)
	}
	got, err := h.room(t.Context(), was, reader, 0)
	if err != nil || got.Entries[len(got.Entries)-1].Seq != got.Last || slices.ContainsFunc(got.Entries, func(e cases.Sealed) bool { return e.Epoch > got.Epoch }) {
		t.Errorf("it ends with entry %d of %d, %v", got.Entries[len(got.Entries)-1].Seq, got.Last, err)
	}
	now, err := h.Read(t.Context(), reader, h.sent[0], 0, nil)
	if err != nil || len(now.Entries) != len(got.Entries)+1 || now.Epoch != 2 {
		t.Errorf("read anew it has %d entries and key %d, %v", len(now.Entries), now.Epoch, err)
	}
}

// forget has all lists read anew at the next question.
func (s *bench) forget() {
	s.b.Helper()
	if err := s.between(s.b.Context(), func() error {
		s.holdings.mu.Lock()
		s.holdings.of = nil
		s.holdings.mu.Unlock()
		return nil
	}); err != nil {
		s.b.Error(err)
	}
}

// TestTheListsAreTheRowsWithManyAtOnce does the same with everybody at once, who asks
// among them, while the lists are read anew in pieces all the time.
func TestTheListsAreTheRowsWithManyAtOnce(t *testing.T) {
	b := newBench(t, 0)
	b.holdings.piece = 2
	ctx, stop := context.WithCancel(t.Context())
	var readers, writers sync.WaitGroup
	for i := range 4 {
		readers.Go(func() {
			for ctx.Err() == nil {
				if _, _, err := b.Queue(t.Context(), benchOffice[i], QueueQuery{}); err != nil {
					t.Error(err)
				}
			}
		})
		writers.Go(func() {
			// Each has conversations of their own in the same store.
			h := &house{bench: &bench{Store: b.Store, b: t}, Rand: rand.New(rand.NewPCG(uint64(i), 2))}
			h.gone = []string{"nobody"} // who leaves meanwhile has a test of their own
			h.file()
			for range 20 {
				h.anything()
			}
		})
	}
	readers.Go(func() {
		for ctx.Err() == nil {
			b.forget()
			time.Sleep(20 * time.Millisecond) // longer than reading takes, or nobody ever finds anything
		}
	})
	writers.Wait()
	stop()
	readers.Wait()
	b.same(t, "at the end")
}

// change does one thing to the rows without asking whose they are.
func (h *house) change() {
	ref := h.sent[h.IntN(len(h.sent))]
	var err error
	switch h.IntN(5) {
	case 0:
		h.file()
	case 1:
		err = h.exec(h.b.Context(), "UPDATE cases SET due = '2026-12-01' WHERE ref = ?", ref)
	case 2:
		err = h.turn(ref)
	case 3:
		err = h.exec(h.b.Context(), "UPDATE wraps SET recipient = ? WHERE id = (SELECT max(w.id) FROM wraps w JOIN cases c ON c.id = w.case_id WHERE c.ref = ?)", randomID(), ref)
	case 4:
		err = h.exec(h.b.Context(), "DELETE FROM cases WHERE ref = ?", ref)
	}
	if err != nil && !errors.Is(err, ErrUnknown) { // it may be gone
		h.b.Fatal(err)
	}
}

// TestWhatChangesWhileItIsReadIsNotMissed has something happen between any two pieces
// of a reading.
func TestWhatChangesWhileItIsReadIsNotMissed(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	h := &house{bench: newBench(t, 0), Rand: rand.New(rand.NewPCG(seed, 1))}
	h.holdings.piece = 2
	for range 12 {
		h.file()
	}
	for round := range 5 {
		h.forget()
		var l *learner
		writer := func(do func() error) {
			if err := h.between(t.Context(), do); err != nil {
				t.Fatal(err)
			}
		}
		writer(func() error {
			l = newLearner(h.holdings.of, people)
			h.holdings.learner = l
			return nil
		})
		for !l.whole {
			writer(func() error { return h.learn(l) })
			h.change()
		}
		h.same(t, fmt.Sprintf("seed %d, round %d", seed, round))
	}
}

// TestALookThatFindsNothingReadsNothing holds that what is kept from somebody is not
// even looked for: without the database, the answer is the same.
func TestALookThatFindsNothingReadsNothing(t *testing.T) {
	h := &house{bench: newBench(t, 0), Rand: rand.New(rand.NewPCG(1, 1))}
	for range 3 {
		h.file()
	}
	if err := h.Learn(t.Context(), "hakon"); err != nil {
		t.Fatal(err)
	}
	held := h.listed("hakon").refs
	if err := h.read.DB.Close(); err != nil {
		t.Fatal(err)
	}
	for _, ref := range append(h.sent, "T-222222", "", strings.Repeat("T", 1<<20)) {
		_, _, err := h.theirs(t.Context(), h.read, "hakon", ref)
		theirs := slices.ContainsFunc(held, func(c string) bool { return strings.Fields(c)[1] == ref })
		if errors.Is(err, ErrUnknown) == theirs {
			t.Errorf("a case, theirs: %v, gives %v", theirs, err)
		}
	}
}
