package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tillit/store"
	"tillit/store/cases"
)

// Clock is what the bot needs of the store for what no event leads to.
type Clock interface {
	// Ending returns the conversations that are sent to and whose unsent interview
	// is destroyed before a time.
	Ending(ctx context.Context, before time.Time) ([]store.Idle, error)
	// Lapsed returns the conversations where words of the office waited in vain.
	Lapsed(ctx context.Context) ([]store.Idle, error)
	// Still returns the conversations in whose chat something stands that could be
	// taken back, all of it written before a time, and nothing waits.
	Still(ctx context.Context, before time.Time) ([]store.Idle, error)
	// Tell applies a change, if the person has not written meanwhile.
	Tell(ctx context.Context, st store.Idle, c store.Change) error
}

// remindBefore is how long before destruction a person is reminded.
const remindBefore = 3 * 24 * time.Hour

// cleanAfter is how long the newest message stands, at least, in a chat whose person
// wants it cleaned each time. Times of messages are whole hours.
const cleanAfter = time.Hour

// Tick does what is due by the clock: it reminds of interviews that are soon
// destroyed unsent, lets words of the office that nobody asked for go,
// so that the person and the case say so, and cleans the chats of those who asked
// for it each time. It is safe to call at any time, and whoever is interrupted in it
// does the rest at the next call.
func (b *Bot) Tick(ctx context.Context) error {
	b = b.now()
	return errors.Join(b.lapse(ctx), b.remind(ctx), b.cleanEach(ctx))
}

// cleanEach takes back what stands in a chat, without a word: she was told when she
// asked for it.
func (b *Bot) cleanEach(ctx context.Context) error {
	still, err := b.Store.Still(ctx, b.Now().Add(-cleanAfter))
	if err != nil {
		return fmt.Errorf("looking for chats to clean: %w", err)
	}
	var errs []error
	for _, idle := range still {
		st, err := decodeState(idle.State)
		if err != nil || !st.Clean {
			errs = append(errs, err)
			continue
		}
		clean := store.Line{Body: EncodeLine(Message{Clean: true, At: b.Now()})}
		errs = append(errs, b.tell(ctx, idle, store.Change{State: st.encode(), Lines: []store.Line{clean}}))
	}
	return errors.Join(errs...)
}

func (b *Bot) lapse(ctx context.Context) error {
	lapsed, err := b.Store.Lapsed(ctx)
	if err != nil {
		return fmt.Errorf("looking for words that nobody asked for: %w", err)
	}
	var errs []error
	for _, idle := range lapsed {
		st, err := decodeState(idle.State)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		st.Lapsed = true
		c := store.Change{State: st.encode(), Lapse: true}
		if idle.Sent {
			c.Entries = []store.Entry{{Body: cases.Log{Event: cases.EventNotRead}}}
		}
		errs = append(errs, b.tell(ctx, idle, c))
	}
	return errors.Join(errs...)
}

func (b *Bot) remind(ctx context.Context) error {
	now := b.Now()
	ending, err := b.Store.Ending(ctx, now.Add(remindBefore))
	if err != nil {
		return fmt.Errorf("looking for interviews that end: %w", err)
	}
	var errs []error
	for _, idle := range ending {
		st, err := decodeState(idle.State)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		iv, ok := st.interview()
		if st.Phase != phaseAsking || !ok || !iv.Opened() || st.Reminded == idle.Expires.Unix() || !mayWrite(st, now.In(b.Zone)) {
			continue
		}
		st.Reminded = idle.Expires.Unix()
		notice := store.Line{Body: EncodeLine(b.Phrases.notice(st.Lang, now))}
		errs = append(errs, b.tell(ctx, idle, store.Change{State: st.encode(), Lines: []store.Line{notice}}))
	}
	return errors.Join(errs...)
}

// tell applies a change. Who wrote meanwhile needs none, or gets it next time.
func (b *Bot) tell(ctx context.Context, idle store.Idle, c store.Change) error {
	if err := b.Store.Tell(ctx, idle, c); err != nil && !errors.Is(err, store.ErrStale) && !errors.Is(err, store.ErrForged) { // which is said
		return fmt.Errorf("telling by the clock: %w", err)
	}
	return nil
}

// The hours when a notice may come, by what the person has said. Who has not been
// asked yet is not woken.
var writeHours = map[string][2]int{"": {9, 21}, "any": {9, 21}, "day": {9, 17}, "evening": {17, 21}}

// onlyReply is the choice of those to whom we may write only when they wrote first.
const onlyReply = "only_reply"

// when is the choice of when it is safe to write, of this interview or of the
// report before it.
func (s state) when() string {
	if iv, ok := s.interview(); ok && iv.WriteWhen() != "" {
		return iv.WriteWhen()
	}
	return s.Write
}

func mayWrite(s state, local time.Time) bool {
	h, ok := writeHours[s.when()]
	return ok && local.Hour() >= h[0] && local.Hour() < h[1]
}

// nextHour is when a notice may be sent: now, or when the hours that she chose
// begin. Who chose nothing is written to at once: she waits for an answer.
func nextHour(s state, local time.Time) time.Time {
	h, chosen := writeHours[s.when()]
	if !chosen || s.when() == "" || s.when() == "any" || mayWrite(s, local) {
		return local
	}
	at := time.Date(local.Year(), local.Month(), local.Day(), h[0], 0, 0, 0, local.Location())
	if at.Before(local) {
		at = at.AddDate(0, 0, 1)
	}
	return at
}

// officeNotices plans a content-free word to each handler who can open the
// conversation's case, because its reporter has said something. Of a closed case whoever
// has it is asked whether to open it again, or everybody while nobody has it.
func (b *Bot) officeNotices(ctx context.Context, ref string, urgent bool) ([]cases.Notice, error) {
	var all []string
	for _, r := range b.Office.Recipients() {
		all = append(all, r.ID)
	}
	_, can, err := b.Store.Opened(ctx, ref, all)
	if err != nil {
		return nil, fmt.Errorf("finding who can open the case: %w", err)
	}
	closed, lead, err := b.Store.Closed(ctx, ref)
	if err != nil {
		return nil, fmt.Errorf("finding whether the case is closed: %w", err)
	}
	notices := b.Office.Notices(can, cases.NoticeAnswer, urgent, b.Now(), b.Random)
	for i, n := range notices {
		if closed && (n.Handler == lead || !slices.Contains(can, lead)) {
			notices[i].Kind = cases.NoticeReopen
		}
	}
	return notices, nil
}
