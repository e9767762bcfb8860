// Package chat is the office's bot: an account of its own on a chat network,
// through which handlers learn that something waits, and act. It promises that a
// reference, a kind of news and a day is all that a notice tells; that words reach
// a reporter only by the button under the preview that showed them; and that
// whoever is kept out of a case gets here what they would get without it, byte for
// byte. It never shows a reporter's words: reading happens at the desk.
//
// It works over [bot.Channel] and knows no network. The members' bot is another
// account, and neither learns of the other.
package chat

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"tillit/bot"
	"tillit/handlers"
	"tillit/handlers/routine"
	"tillit/intake"
	"tillit/intake/words"
	"tillit/store"
	"tillit/store/cases"
)

// Store is what the office's bot needs of the store.
type Store interface {
	Conversation(ctx context.Context, channel string, id intake.ConversationID) (store.Conversation, error)
	Apply(ctx context.Context, c store.Change) (store.Applied, error)
	// Act stores what a handler does, with the turn of the chat, both or neither.
	Act(ctx context.Context, a store.Act) error
	// Head is a case as the queue shows it, or [store.ErrUnknown] after the same work.
	Head(ctx context.Context, handler, ref string) (cases.Case, error)
	Queue(ctx context.Context, handler string, q store.QueueQuery) ([]cases.Case, string, error)
	// NoticesSince is all that fell due for a handler since then, newest first.
	NoticesSince(ctx context.Context, handler string, since time.Time) ([]cases.Notice, error)
	// KeepChats destroys the chats of an account with all who are not named.
	KeepChats(ctx context.Context, channel string, named []intake.ConversationID) error
}

// Renderer turns words for a reporter into what the conversation holds, as it stands.
type Renderer func(reporter store.Idle, words cases.Outgoing) (line, notice store.Line, err error)

// Words is where an installation wants handlers to write. It must be chosen.
type Words string

// The two places.
const (
	WordsDesk Words = "desk" // only at the desk; what is typed in chat is not kept
	WordsChat Words = "chat" // also in chat, where those who run the network can read it
)

// Network is one account of the office.
type Network struct {
	Name     string // "telegram", as the organisation file has the handlers' accounts
	Channel  bot.Channel
	Words    Words
	Operator string // who runs the network and can read it, as people know them
	Room     string // a chat of several that gets word of new cases; needs a [Gatherer]
}

// Config is all that the office's bot is made of; nothing is ambient.
type Config struct {
	Store    Store
	Roster   *handlers.Current
	Routines *handlers.Routines // by which cases are worked; nil is none
	Render   Renderer
	Networks []Network
	Desk     string // address of the handlers' desks, "http://127.0.0.1:7401"; may be empty
	// Quiet are the hours, from and to, in which only what is urgent rings; equal is none.
	Quiet [2]int
	// Batch is the least time between two messages that nobody asked for.
	Batch time.Duration
	Look  time.Duration // how often the store is asked for news; zero is two seconds
	Now   func() time.Time
	ID    func() string // makes short names that nobody guesses; nil is a good one
	Log   *slog.Logger
}

// Office is the office's bot on all its networks. It is safe for concurrent use.
type Office struct {
	Config
	org *handlers.Roster // of one piece of work, from its beginning to its end
	w   *words.Book
	*memory
}

// memory is what all the work of an office shares.
type memory struct {
	wake chan struct{}

	mu       sync.Mutex
	answered map[string]time.Time // strangers, and when they were last answered
	rooms    map[string]time.Time // by network, until when a room is left alone
}

// now is the office for a piece of work that begins.
func (o *Office) now() *Office { return &Office{o.Config, o.Roster.Now(), o.w, o.memory} }

// New makes the bot. It calls nobody.
func New(c Config) (*Office, error) {
	w, err := readWords()
	if err != nil {
		return nil, err
	}
	for _, n := range c.Networks {
		if n.Words != WordsChat && n.Words != WordsDesk {
			return nil, fmt.Errorf("where handlers write on %s is not chosen: words must be %q or %q", n.Name, WordsChat, WordsDesk)
		}
		if _, ok := n.Channel.(Gatherer); n.Room != "" && !ok {
			return nil, fmt.Errorf("%s does not say who is in a chat, so no room of several can be used there", n.Name)
		}
	}
	if c.Look <= 0 {
		c.Look = 2 * time.Second
	}
	if c.ID == nil {
		c.ID = randomID
	}
	return &Office{c, c.Roster.Now(), w, &memory{wake: make(chan struct{}, 1), answered: map[string]time.Time{}, rooms: map[string]time.Time{}}}, nil
}

// channelName is an account's name in rows: never that of the members' bot, so that
// one person's two chats have nothing in common there.
func (n Network) channelName() string { return "office-" + n.Name }

// direct is the chat with one account. Channels name a person's own chat, and its
// address, by the id of the account.
func direct(account string) (intake.ConversationID, intake.Address) {
	return intake.NewConversationID(account), intake.NewAddress(account)
}

// Run lets go of the chats of those who are handlers no longer. Then it listens on
// all networks, and tells what is due, until ctx is done.
func (o *Office) Run(ctx context.Context) error {
	if err := o.Forget(ctx); err != nil {
		o.Log.Error("the office's bot: letting go of old chats", "err", err)
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, n := range o.Networks {
		g.Go(func() error {
			deliver := func(ctx context.Context, ev bot.Event) error { return o.Deliver(ctx, n, ev) }
			if err := n.Channel.Listen(ctx, deliver); err != nil && ctx.Err() == nil {
				return fmt.Errorf("listening on %s: %w", n.channelName(), err)
			}
			return nil
		})
	}
	g.Go(func() error {
		for tick := time.NewTicker(o.Look); ; {
			if err := o.Tick(ctx); err != nil && ctx.Err() == nil {
				o.Log.Error("the office's bot: telling what is due", "err", err)
			}
			select {
			case <-ctx.Done():
				tick.Stop()
				return nil
			case <-tick.C:
			case <-o.wake:
			}
		}
	})
	return g.Wait()
}

// Deliver handles one event of a network. It returns nil only when its effects are
// on disk, now or from an earlier delivery.
func (o *Office) Deliver(ctx context.Context, n Network, ev bot.Event) error {
	o = o.now()
	me, ok := o.org.Account(n.Name, ev.Conversation.Reveal())
	if !ok {
		o.stranger(ctx, n, ev)
		return nil
	}
	for range 8 {
		err := o.once(ctx, n, me, ev)
		var refused *routine.Refusal
		switch {
		case errors.Is(err, store.ErrDuplicate):
			return nil
		case errors.Is(err, store.ErrStale), errors.Is(err, store.ErrUnknown), errors.As(err, &refused):
			continue // it is not as it was a moment ago: decide anew
		case errors.Is(err, store.ErrForged): // and it stays so
			text := o.w.In(o.w.Match(o.org.Lang, ev.Language)).Say("not_saved")
			_, err = n.Channel.Send(ctx, ev.Address, bot.Message{At: o.Now(), Message: intake.Message{ID: "not_saved", Kind: intake.KindReply, Text: text}})
			return err
		case err == nil:
			o.look()
		}
		return err
	}
	return store.ErrStale
}

func (o *Office) once(ctx context.Context, n Network, me handlers.Handler, ev bot.Event) error {
	c, st, gone, err := o.begin(ctx, n, me)
	if err != nil {
		return err
	}
	if gone { // what was on its way then is lost: it is told anew
		st.Told, st.Posts = map[string]int64{}, nil
	}
	c.Event, c.Cursor = ev.ID, ev.Cursor
	if st.Lang == "" || ev.Language != "" {
		st.Lang = o.w.Match(o.org.Lang, ev.Language)
	}
	if ev.Kind == bot.EventGone || ev.Kind == bot.EventDelete {
		c.Gone = ev.Kind == bot.EventGone
		if c.Gone {
			st.Draft, st.Answer = nil, nil
		}
		c.State = st.encode()
		_, err := o.Store.Apply(ctx, c)
		return err
	}
	_, c.Address = direct(me.Accounts[n.Name]) // they are there, also if they were gone
	s, err := o.situation(ctx, n, me, st, ev)
	if err != nil {
		return err
	}
	p := decide(s)
	c.State, c.Lines = p.next.encode(), lines(p.say)
	if p.act == nil {
		_, err = o.Store.Apply(ctx, c)
		return err
	}
	return o.Store.Act(ctx, o.act(n, me, p, c))
}

// act is what a handler does by what they wrote or pressed, stored with the turn of
// their chat: the server seals it, and signs that it came through here.
func (o *Office) act(n Network, me handlers.Handler, p plan, turn store.Change) store.Act {
	mark, nonce := p.act.Mark(me.ID), []byte(nil)
	a := store.Act{Handler: me.ID, Ref: p.ref, Turn: &turn}
	if words := p.act.Leaves(); !words.IsZero() {
		nonce = make([]byte, routine.NonceSize)
		_, _ = rand.Read(nonce) // never fails
		mark.Words = routine.WordsHash(nonce, words)
		a.Words = func(reporter store.Idle, seq int64) (store.Line, store.Line, error) {
			return o.Render(reporter, cases.Outgoing{Ref: p.ref, Seq: seq, By: me.Name, Text: words})
		}
	}
	a.Chat = &store.Said{Body: p.act.Body(mark.Encode(), nonce), Via: n.Name}
	change := o.org.Change(routine.Deed{By: me.Actor(), Mark: mark, At: o.Now(), Chat: true}, o.Routines)
	a.Change = func(f *cases.Facts, seq int64) error {
		if p.from != nil && *p.from != f.Assignee {
			return store.ErrStale // it is with somebody else than the words say
		}
		return change(f, seq)
	}
	return a
}

// begin reads a handler's chat and makes a change of it that says nothing yet. Gone
// is a handler who cannot be reached.
func (o *Office) begin(ctx context.Context, n Network, me handlers.Handler) (c store.Change, st state, gone bool, err error) {
	id, address := direct(me.Accounts[n.Name])
	conv, err := o.Store.Conversation(ctx, n.channelName(), id)
	if err != nil {
		return c, st, false, fmt.Errorf("reading a handler's chat: %w", err)
	}
	st, err = decodeState(conv.State)
	c = store.Change{Channel: n.channelName(), Conversation: id, Expect: conv.Version}
	if conv.Version == 0 {
		c.Address = address
	}
	return c, st, conv.Gone && conv.Version > 0, err
}

// situation gathers what a decision depends on. Which case is meant decides what is
// looked up, never whose it is.
func (o *Office) situation(ctx context.Context, n Network, me handlers.Handler, st state, ev bot.Event) (situation, error) {
	s := o.about(n, me, st)
	s.kind, s.unkept = ev.Kind, ev.Unkept != "" || len(ev.Files) > 0
	var err error
	if ev.Kind == bot.EventPress {
		refs, err := o.within(ctx, me.ID)
		if err != nil {
			return s, err
		}
		s.cmd = pressed(ev, st, refs)
	} else {
		s.cmd = read(o.w, ev.Text.Reveal())
	}
	if s.cmd.name == "queue" {
		if s.queue, s.more, err = o.queue(ctx, me.ID, "open", 20); err != nil {
			return s, err
		}
	}
	if ref := s.meant(); ref != "" {
		head, err := o.Store.Head(ctx, me.ID, ref)
		if err == nil {
			s.from = head.Assignee
			head = o.present(head)
			s.head = &head
		} else if !errors.Is(err, store.ErrUnknown) {
			return s, err
		}
	}
	return s, nil
}

// meant is the case that a decision will ask about.
func (s situation) meant() string {
	switch {
	case s.cmd.name == "send" && s.st.Draft != nil:
		return s.st.Draft.Ref
	case s.cmd.name == "" && s.st.Answer != nil:
		return s.st.Answer.Ref
	}
	return s.cmd.ref
}

func (o *Office) about(n Network, me handlers.Handler, st state) situation {
	id, _ := direct(me.Accounts[n.Name])
	return situation{
		w: o.w, st: st, me: me, network: n, buttons: n.Channel.Capabilities(id).Buttons,
		now: o.Now().In(o.org.Zone), desk: o.Desk, id: o.ID, name: o.name,
		says: func(key string) (string, bool) {
			if o.Routines == nil || o.Routines.Current == nil {
				return "", false
			}
			return o.Routines.Current.Text(key, o.w.In(st.Lang).ID())
		},
	}
}

// name is how a colleague is spoken of.
func (o *Office) name(id string) string {
	if h, ok := o.org.Handler(id); ok {
		return h.Name
	}
	return id
}

// present is a case as it stands for those who are here: one that somebody had who
// left waits for anybody.
func (o *Office) present(c cases.Case) cases.Case {
	if _, here := o.org.Handler(c.Assignee); !here {
		c.Assignee = ""
	}
	return c
}

// within are the cases that a button may stand for besides those in posts: what
// waits first, and what is theirs.
func (o *Office) within(ctx context.Context, handler string) (refs []string, err error) {
	for _, view := range []string{"open", "mine"} {
		rows, _, err := o.queue(ctx, handler, view, cases.MostRows)
		if err != nil {
			return nil, err
		}
		for _, c := range rows {
			refs = append(refs, c.Ref)
		}
	}
	return refs, nil
}

func (o *Office) queue(ctx context.Context, handler, view string, size int) ([]cases.Case, bool, error) {
	rows, next, err := o.Store.Queue(ctx, handler, store.QueueQuery{View: view, Size: size})
	for i := range rows {
		rows[i] = o.present(rows[i])
	}
	return rows, next != "", err
}

func lines(say []bot.Message) (out []store.Line) {
	for _, m := range say {
		out = append(out, store.Line{Body: bot.EncodeLine(m)})
	}
	return out
}

// look lets the clock's round begin now.
func (o *Office) look() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}
