package chat

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"tillit/bot"
	"tillit/handlers"
	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
)

// Tick tells what is due and brings what stands in the chats up to date. Marks are
// committed with the words, so that a restart repeats nothing; it is safe to call
// at any time.
func (o *Office) Tick(ctx context.Context) error {
	o = o.now()
	var errs []error
	for _, n := range o.Networks {
		for _, h := range o.people() {
			if h.Accounts[n.Name] == "" {
				continue
			}
			if err := o.round(ctx, n, h); err != nil && !errors.Is(err, store.ErrStale) && !errors.Is(err, store.ErrForged) { // which is said
				errs = append(errs, fmt.Errorf("a round on %s: %w", n.channelName(), err))
			}
		}
		if n.Room != "" {
			if err := o.room(ctx, n); err != nil {
				errs = append(errs, fmt.Errorf("the room on %s: %w", n.channelName(), err))
			}
		}
	}
	return errors.Join(errs...)
}

// Forget destroys the chats of those who have no account here any more.
func (o *Office) Forget(ctx context.Context) error {
	o = o.now()
	var errs []error
	for _, n := range o.Networks {
		named := []intake.ConversationID{roomID(n)}
		for _, h := range o.people() {
			id, _ := direct(h.Accounts[n.Name])
			named = append(named, id)
		}
		errs = append(errs, o.Store.KeepChats(ctx, n.channelName(), named))
	}
	return errors.Join(errs...)
}

// people are all who may be written to.
func (o *Office) people() []handlers.Handler { return o.org.Written() }

// round looks at one handler's chat. Who wrote meanwhile is looked at again soon.
func (o *Office) round(ctx context.Context, n Network, me handlers.Handler) error {
	c, st, gone, err := o.begin(ctx, n, me)
	if err != nil || gone {
		return err // nobody is there to be told; the notices wait
	}
	if st.Lang == "" {
		st.Lang = o.w.Match(o.org.Lang)
	}
	found, err := o.news(ctx, n, me, st)
	if err != nil {
		return err
	}
	p, changed := round(found)
	if !changed {
		return nil
	}
	c.State, c.Lines = p.next.encode(), lines(p.say)
	_, err = o.Store.Apply(ctx, c)
	return err
}

func (o *Office) news(ctx context.Context, n Network, me handlers.Handler, st state) (news, error) {
	found := news{situation: o.about(n, me, st), heads: map[string]cases.Case{}, batch: o.Batch}
	found.quiet = quiet(o.Quiet, found.now)
	_, found.edits = n.Channel.(bot.Editor)
	var err error
	if found.notices, err = o.Store.NoticesSince(ctx, me.ID, found.now.Add(-toldFor)); err != nil {
		return found, err
	}
	refs := map[string]bool{}
	for _, word := range found.notices {
		if _, told := st.Told[noticeKey(word)]; !told && !word.Keyless {
			refs[word.Ref] = true
		}
	}
	for _, p := range st.Posts {
		for _, i := range p.Items {
			if !i.Keyless {
				refs[i.Ref] = true
			}
		}
	}
	for ref := range refs {
		head, err := o.Store.Head(ctx, me.ID, ref)
		if err == nil {
			found.heads[ref] = o.present(head)
		} else if !errors.Is(err, store.ErrUnknown) && !errors.Is(err, store.ErrForged) {
			return found, err
		}
	}
	if st.Remind != 0 && st.Remind <= found.now.Unix() {
		if found.queue, _, err = o.queue(ctx, me.ID, "open", 100); err != nil {
			return found, err
		}
	}
	return found, nil
}

// quiet reports whether an hour lies in the quiet ones, which may span midnight.
func quiet(hours [2]int, local time.Time) bool {
	h, from, to := local.Hour(), hours[0], hours[1]
	if from <= to {
		return from <= h && h < to
	}
	return h >= from || h < to
}

// sent remembers what the network calls a message, so that it can be kept true.
func (o *Office) sent(ctx context.Context, n Network, me handlers.Handler, id string, name bot.SentID) error {
	for range 8 {
		c, st, _, err := o.begin(ctx, n, me)
		if err != nil {
			return err
		}
		for i := range st.Posts {
			if st.Posts[i].ID == id {
				st.Posts[i].Sent = string(name)
			}
		}
		c.State = st.encode()
		if _, err = o.Store.Apply(ctx, c); !errors.Is(err, store.ErrStale) {
			return err
		}
	}
	return store.ErrStale
}

const (
	// strangerAgain is how long a stranger who was answered gets no second answer.
	strangerAgain = time.Hour
	// strangerFresh is how old what a stranger wrote may be to be answered.
	strangerFresh = 10 * time.Minute
	// mostStrangers bounds what is remembered of them, which is in memory only.
	mostStrangers = 1024
)

// stranger answers whoever is no handler here: a member, a handler who is one no
// longer, anybody. Nothing of it is kept, not even that they wrote.
func (o *Office) stranger(ctx context.Context, n Network, ev bot.Event) {
	now := o.Now()
	if ev.Address.IsZero() || ev.Kind == bot.EventDelete || ev.Kind == bot.EventEdit || now.Sub(ev.At) > strangerFresh {
		return
	}
	o.mu.Lock()
	key := n.Name + " " + ev.Conversation.Reveal()
	last, known := o.answered[key]
	if len(o.answered) >= mostStrangers {
		clear(o.answered)
	}
	again := !known || now.Sub(last) >= strangerAgain
	if again {
		o.answered[key] = now
	}
	o.mu.Unlock()
	if !again {
		return
	}
	text := o.w.In(o.w.Match(o.org.Lang, ev.Language)).Say("stranger", "org", o.org.Org)
	// One that does not arrive is not missed.
	_, _ = n.Channel.Send(ctx, ev.Address, bot.Message{At: now, Message: intake.Message{ID: "stranger", Kind: intake.KindReply, Text: text}})
}

// randomID is short enough to be typed, and good for as long as a preview is.
func randomID() string { return rand.Text()[:8] }
