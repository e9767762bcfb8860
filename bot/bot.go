// Package bot is the members' side: it listens on every [Channel], leads each
// conversation through the interview and the time after it, and hands the
// outcome to the store as one transaction. It promises that an event is
// acknowledged only after its effects are on disk, that order is kept inside a
// conversation, and that no state is shared between two of them. It knows no
// network; that is what channels are for.
package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"tillit/store/cases"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"tillit/intake"
	"tillit/store"
)

// Store is what the bot needs of the store.
type Store interface {
	Conversation(ctx context.Context, channel string, id intake.ConversationID) (store.Conversation, error)
	Apply(ctx context.Context, c store.Change) (store.Applied, error)
	// CaseStatus is what the server knows of how far a case is.
	CaseStatus(ctx context.Context, ref string) (cases.Case, error)
	// Closed says whether a case is closed, and who has it.
	Closed(ctx context.Context, ref string) (closed bool, lead string, err error)
	// Took reports whether the effects of an event are stored already.
	Took(ctx context.Context, channel, event string) (bool, error)
	// Said returns the case that a message of a chat went into; none is empty.
	Said(ctx context.Context, channel string, id intake.ConversationID, message string) (string, error)
	// Receipt signs that a case was received on a day.
	Receipt(ctx context.Context, ref, org string, zone *time.Location) (cases.Receipt, error)
	// Opened says who has fetched a case, and which of the candidates can open it.
	Opened(ctx context.Context, ref string, candidates []string) ([]cases.Access, []string, error)
	Clock
	Codes
}

// Office is who may read, from the organisation file.
type Office interface {
	People() []intake.Person
	Recipients() []cases.Recipient
	// Told are others who can be kept out: they hold no key by themselves, and may be given
	// one or be told that there is a case.
	Told() []intake.Person
	// Outside is the external receiver, Former are those who were here once.
	Outside() intake.Person
	Former() []intake.Person
	// Keep names the recipients whose wraps stay at send, for a level and
	// those whom the reporter excluded. It is never empty.
	Keep(level string, excluded []string) []string
	// Notices plans one content-free word for each handler of those who can open a
	// case: at once when urgent, else within a while, so that its moment does not
	// tell a watcher who has just written.
	Notices(can []string, kind string, urgent bool, now time.Time, random func(n int64) int64) []cases.Notice
}

// Routine is how the office works a report that is sent.
type Routine interface {
	// Begin is what the office's work on it begins from.
	Begin(r cases.Report) cases.Start
	// Promised are the days that its reporter is told: when a person answers, when at the
	// very latest, and when the result comes, or how far it has come. They are whole days.
	Promised(received time.Time) (answer, latest, result time.Time)
	// Says is what the routine of a version says under a key, in a language.
	Says(version, key, lang string) (text string, known bool)
	// Holder is who answers for a case as it is; empty for nobody.
	Holder(c cases.Case) string
	// Wish are the clocks that begin when a reporter asks for something, under the routine
	// of a version; it is false for what that one does not know.
	Wish(version, wish string, at time.Time) (clocks []cases.Clock, known bool)
}

// Config is all that a [Bot] is made of; nothing is ambient.
type Config struct {
	Store   Store
	Office  Office
	Routine Routine
	// Current is Office and Routine as they are now, where they can change: each piece of
	// work takes them once. Nil is that they do not.
	Current func() (Office, Routine)
	Set     *intake.Set            // new interviews begin in it
	Older   map[string]*intake.Set // by version, for interviews that began earlier
	Phrases *Phrases
	Org     string
	Zone    *time.Location
	Lang    string            // when a network gives no hint
	Values  map[string]string // emergency, doctor, police, max
	Keep    time.Duration     // how long an unsent interview lives
	Starts  int               // how many reports begin in chats in a minute, over time; 0 is any number
	Cases   int               // how many further reports one talk begins in an hour; 0 is any number
	Memory  Budget            // what may be held of files that are looked at; nil is any amount
	Files   int               // how many are taken in one talk; 0 is any number
	// Via names the networks that answers of the office pass through, because its
	// handlers write in a chat there. Each card says so; usually there is none.
	Via []string
	// Shown says that words answer a question only once it has left for its person. What was
	// written before belongs to the question before, or is asked about.
	Shown   bool
	Page    string        // address of our own pages, for who would rather write there; may be empty
	Backups time.Duration // how long backups are kept, for the word on deletion
	Now     func() time.Time
	Random  func(n int64) int64 // spreads notices; nil is a good one
	Log     *slog.Logger
}

// Bot leads conversations. It is safe for concurrent use.
type Bot struct {
	Config
	lanes *lanes
	waits chan struct{} // a talk waits for the rest of a message
	// starts is the pace of new reports in chats, of everybody together; nil is none.
	starts *rate.Limiter
}

// New makes a bot.
func New(c Config) *Bot {
	if c.Random == nil {
		c.Random = rand.Int64N
	}
	if c.Current != nil {
		c.Office, c.Routine = c.Current()
	}
	b := &Bot{Config: c, lanes: newLanes(), waits: make(chan struct{}, 1)}
	if c.Starts > 0 {
		b.starts = rate.NewLimiter(rate.Limit(float64(c.Starts)/60), startBurst*c.Starts)
	}
	return b
}

// now is the bot for a piece of work that begins, which is of one office until its end.
func (b *Bot) now() *Bot {
	if b.Current == nil {
		return b
	}
	at := *b
	at.Office, at.Routine = b.Current()
	return &at
}

// The pace of one conversation: a burst that no person types, then a steady flow. Who
// is ahead of it waits; others do not wait for them.
const (
	paceBurst  = 80 // a whole interview in one go
	pacePerSec = 20
)

// Run listens on the channels until ctx is done, and returns when all have
// stopped. One channel's failure ends the others, with its name in the error.
func (b *Bot) Run(ctx context.Context, channels ...Channel) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return b.rests(ctx, channels) })
	for _, ch := range channels {
		g.Go(func() error {
			deliver := func(ctx context.Context, ev Event) error { return b.Deliver(ctx, ch, ev) }
			if err := ch.Listen(ctx, deliver); err != nil && ctx.Err() == nil {
				return fmt.Errorf("listening on %s: %w", ch.Name(), err)
			}
			return nil
		})
	}
	return g.Wait()
}

// Deliver handles one event of a channel. It returns nil only when the effects
// are on disk, now or from an earlier delivery of the same event.
func (b *Bot) Deliver(ctx context.Context, ch Channel, ev Event) error {
	lane := b.lanes.enter(laneKey{ch.Name(), ev.Conversation})
	defer b.lanes.leave(lane)
	if err := lane.wait(ctx, b.Now()); err != nil {
		return err
	}
	release, err := b.looks(ctx, ch, &ev)
	defer release()
	if err != nil {
		return err
	}
	// ErrStale means that another process or an expiry came between; the event
	// is decided anew on what is true now.
	for range 5 {
		err := b.once(ctx, ch, ev)
		if errors.Is(err, store.ErrForged) {
			return b.refuse(ctx, ch, ev, err)
		}
		if why := unkept(err); why != "" && len(ev.Files) > 0 {
			ev.Files, ev.Unkept = nil, why // the words beside it are kept all the same
			continue
		}
		if !errors.Is(err, store.ErrStale) {
			return err
		}
	}
	return store.ErrStale
}

// refuse answers somebody whose conversation or case was changed behind our back. On a
// page the words stay in the form that they came in. In a chat they are told that
// nothing was saved, and the network is not asked to bring the same again and again.
func (b *Bot) refuse(ctx context.Context, ch Channel, ev Event, err error) error {
	if ch.Capabilities(ev.Conversation).Copy || ev.Address.IsZero() {
		return err
	}
	m := Message{At: b.Now(), Message: intake.Message{ID: "not_saved", Kind: intake.KindReply, Text: b.Phrases.Say(b.Phrases.Match(ev.Language, b.Lang), "not_saved")}}
	if _, failed := ch.Send(ctx, ev.Address, m); failed != nil {
		return err
	}
	return nil
}

func (b *Bot) once(ctx context.Context, ch Channel, ev Event) error {
	b = b.now()
	conv, err := b.Store.Conversation(ctx, ch.Name(), ev.Conversation)
	if err != nil {
		return fmt.Errorf("reading the conversation: %w", err)
	}
	st, err := decodeState(conv.State)
	if err != nil {
		return err
	}
	if b.Files > 0 && len(ev.Files) > 0 && st.Files+len(ev.Files) > b.Files {
		ev.Files, ev.Unkept = nil, UnkeptMany
	}
	sit := b.situation(ch, conv, st, ev)
	if err := b.readers(ctx, &sit); err != nil {
		return err
	}
	if ev.Kind == EventEdit || ev.Kind == EventDelete {
		if sit.said, err = b.Store.Said(ctx, ch.Name(), ev.Conversation, ev.Message); err != nil {
			return fmt.Errorf("finding the message that was changed: %w", err)
		}
	}
	if err := b.leaving(ctx, &sit); err != nil {
		return err
	}
	p := b.decide(sit)
	if p.astray != nil {
		return b.gives(ctx, ch, ev, *p.astray)
	}
	if p.begins && !b.mayStart(sit) {
		p = b.manyNow(sit)
	}
	if !p.code.IsZero() {
		if sit, p, err = b.comeBack(ctx, ch, sit, p); err != nil {
			return err
		}
		conv = sit.conv
	}
	p.join(sit)
	p.counts(sit)
	if p.open {
		p.next.Files = 0 // they are counted for each case
	}
	p.next.Files += len(p.files)
	b.voice(sit, &p)
	b.places(sit, &p)
	b.via(sit, &p)
	b.offersUndo(sit, &p)
	if p.proof {
		if err := b.prove(ctx, sit, &p); err != nil {
			return err
		}
	}
	if p.safer {
		if err := b.saferWay(ctx, sit, &p); err != nil {
			return err
		}
	}
	if p.tells {
		if p.notices, err = b.officeNotices(ctx, cmp.Or(p.into, conv.Ref), p.urgent); err != nil {
			return err
		}
	}
	applied, err := b.Store.Apply(ctx, b.change(ch, sit, p))
	if errors.Is(err, store.ErrDuplicate) {
		// Stored earlier; the receipt may still be unsaid if we died in between.
		return b.finish(ctx, ch, ev, store.Applied{}, sit.st.Lang)
	}
	if err != nil {
		return fmt.Errorf("storing: %w", err)
	}
	if p.next.Waits > 0 {
		b.wakes()
	}
	if p.next.Phase != phaseFiled && p.next.Owed == "" && !p.destroy {
		return nil // nothing is owed afterwards
	}
	return b.finish(ctx, ch, ev, applied, p.next.Lang)
}

// finish says what can only be said afterwards: the receipt of a report that has
// just been filed, which holds the hash of what was filed, and that everything is
// deleted, which is true only now. State remembers that it is owed, and no state
// at all that it was deleted, so that a crash in between only delays it.
func (b *Bot) finish(ctx context.Context, ch Channel, ev Event, applied store.Applied, lang string) error {
	conv, err := b.Store.Conversation(ctx, ch.Name(), ev.Conversation)
	if err != nil {
		return fmt.Errorf("reading the conversation: %w", err)
	}
	st, err := decodeState(conv.State)
	deleted := conv.Version == 0 && !ch.Capabilities(ev.Conversation).Copy || st.Owed == "deleted" || st.Owed == owedTold || st.Owed == owedCopy
	taken := st.Took != nil && (st.Owed == owedUndo || st.Owed == owedFile)
	if err != nil || st.Phase != phaseFiled && !deleted && !taken {
		return err
	}
	if st.Lang == "" {
		st.Lang = lang
	}
	sit := b.situation(ch, conv, st, ev)
	if err := b.readers(ctx, &sit); err != nil {
		return err
	}
	var p plan
	switch {
	case deleted:
		p = b.sayDeleted(sit)
	case taken:
		if sit.access, err = b.readingsOf(ctx, st.Took.Ref); err != nil {
			return err
		}
		p = b.sayTaken(sit)
	default:
		p = b.receipt(sit, conv.Ref, applied.Receipt)
	}
	sit.ev.ID, sit.ev.Files, sit.ev.Cursor, sit.ev.Mailbox = "", nil, nil, nil
	if _, err := b.Store.Apply(ctx, b.change(ch, sit, p)); err != nil && !errors.Is(err, store.ErrStale) {
		return fmt.Errorf("storing the receipt: %w", err)
	}
	return nil
}

// situation gathers all that one decision may depend on, so that it is pure.
func (b *Bot) situation(ch Channel, conv store.Conversation, st state, ev Event) situation {
	if st.Lang == "" {
		st.Lang = b.Phrases.Match(b.Lang, ev.Language)
	}
	set := b.Set
	if old, ok := b.Older[st.Set]; ok {
		set = old
	}
	now := b.Now()
	expires := now.Add(b.Keep) // each event begins the time anew
	sit := situation{
		ev: ev, st: st, conv: conv, set: set, now: now, expires: expires,
		channel: ch.Name(), caps: ch.Capabilities(ev.Conversation),
		env: b.env(st.Lang, expires),
	}
	if largest := sit.caps.LargestFile; largest > 0 {
		sit.env.Values["max"] = fmt.Sprintf("%d MB", largest>>20)
	}
	// What was sent is destroyed, so that what is written now would go into nothing.
	if st.Phase == phaseSent && conv.Ref == "" && conv.Version > 0 {
		sit.st.Phase, sit.st.Shredded = phaseNew, true
	}
	// The interview's case was destroyed by time, and an earlier one is active
	// again: what is written now belongs to neither before she knows.
	if iv, ok := st.interview(); ok && st.Phase == phaseAsking && iv.Opened() && conv.Sent {
		sit.st.Phase, sit.st.Talk, sit.st.Asked, sit.ended = phaseSent, nil, "", true
	}
	return sit
}

func (b *Bot) env(lang string, expires time.Time) intake.Env {
	people := b.Office.People()
	values := map[string]string{
		"org": b.Org, "n": fmt.Sprint(len(people)),
		"date": b.dayOf(lang, expires),
		"days": fmt.Sprint(int(b.Keep.Hours() / 24)),
		// How somebody else can write to the office.
		"direct": cmp.Or(b.Page, b.Phrases.Say(lang, "direct")),
	}
	for k, v := range b.Values {
		values[k] = v
	}
	return intake.Env{People: people, Told: b.Office.Told(), Values: values}
}

// lane keeps one conversation's events in order and at a bearable pace.
type lane struct {
	key   laneKey
	turn  chan struct{} // holds one token; channel waiters are served in order
	pace  *rate.Limiter
	users int
}

// wait keeps the pace. It is called by whoever has the lane's turn.
func (l *lane) wait(ctx context.Context, now time.Time) error {
	delay := l.pace.ReserveN(now, 1).DelayFrom(now)
	if delay == 0 {
		return nil
	}
	select {
	case <-time.After(delay):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
