package casework

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"tillit/handlers"
	"tillit/handlers/routine"
	"tillit/handlers/routine/plan"
	"tillit/handlers/wire"
	"tillit/store/cases"
	"tillit/store/seal"
)

// Errors of acting.
var (
	ErrKeptOut = errors.New("this person must not get at the case")
	ErrNewKey  = errors.New("this person's key is not the one that was compared")
	// ErrMeanwhile says that something came which whoever acts has not been shown.
	ErrMeanwhile = errors.New("something came meanwhile")
	// ErrBusy says that others wrote each time that it was tried.
	ErrBusy = fmt.Errorf("%w: others are writing, try again", ErrOffline)
	ErrPart = fmt.Errorf("%w whole, so it cannot see who is kept out", ErrCannotOpen)
)

// Doing is an act on its way. There is one way for all of them: [Client.Do].
type Doing struct {
	Act routine.Filled
	// ID is what makes it happen once: whoever did not get the answer asks again with
	// the same one. Empty is a fresh one.
	ID string
	// Compared is the fingerprint that was compared aloud, of an act that gives
	// somebody the key: the server says which key is whose, and only that comparison
	// shows that it is true.
	Compared string
	// Seen is the last entry that whoever acts was shown, of words that leave: if the
	// reporter or a colleague has said something since, nothing is done, and the error is
	// [ErrMeanwhile]. 0 asks for nothing of the kind.
	Seen int64
}

// Do does something to a case: it seals the act on this machine, signs it with the
// handler's key, and hands it in. The server never has what stays inside. When
// somebody else wrote meanwhile it is sealed anew behind what they wrote. The error is
// a [*routine.Refusal] for what cannot be done as the case stands.
func (c *Client) Do(ctx context.Context, ref string, d Doing) error {
	if d.ID == "" {
		d.ID = rand.Text()
	}
	if d.Act.Right != "" && !c.May(d.Act.Right) {
		return ErrRight // before the case is asked for: the answer says nothing about it
	}
	gives := gives(d.Act, c.Me().ID)
	for range 5 {
		o, err := c.standing(ctx, ref, gives)
		if err != nil {
			return err
		}
		if d.Seen > 0 && o.said(d.Seen, c.Me().ID) {
			return ErrMeanwhile
		}
		ask, err := c.seal(o, d, gives)
		if err != nil {
			return outcome(err)
		}
		err = c.call(ctx, http.MethodPost, roomPath(ref, "/acts"), ask, nil)
		if errors.Is(err, ErrOffline) { // it may have arrived: then this does nothing
			err = c.call(ctx, http.MethodPost, roomPath(ref, "/acts"), ask, nil)
			if errors.Is(err, ErrUnknown) && d.Act.Mark(c.Me().ID).Out {
				return nil // it has arrived: the case is not theirs any more, which was to be done
			}
		}
		if !errors.Is(err, errStale) {
			return outcome(err)
		}
	}
	return ErrBusy
}

// outcome makes of what was refused what callers decide by. What is so already is no
// error.
func outcome(err error) error {
	if Already(err) {
		return nil
	}
	return decidable(err)
}

// Already says of a refusal that it is so already: whoever did not get the answer to an
// act asks again.
func Already(err error) bool {
	var refused *routine.Refusal
	var byRoutine *plan.Refusal
	return errors.As(err, &refused) && refused.Key == routine.RefusedAlready ||
		errors.As(err, &byRoutine) && byRoutine.Key == plan.RefusedAlready && byRoutine.Duty != ""
}

// decidable makes of a refusal what callers decide by.
func decidable(err error) error {
	var refused *routine.Refusal
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Key {
	case routine.RefusedKeptOut:
		return refusedAs{ErrKeptOut, err}
	case routine.RefusedRight:
		return refusedAs{ErrRight, err}
	}
	return err
}

// refusedAs is a refusal in the words of an error that callers decide by.
type refusedAs struct{ as, refusal error }

// Error implements error.
func (r refusedAs) Error() string { return r.as.Error() }

// Unwrap gives both, for [errors.Is] and [errors.As].
func (r refusedAs) Unwrap() []error { return []error{r.as, r.refusal} }

// standing is a case as it stands now. One that this machine has open is checked to
// its end and not read again, unless the act needs all of it.
func (c *Client) standing(ctx context.Context, ref string, whole bool) (*opened, error) {
	var o *opened
	var err error
	if !whole {
		o, err = c.look(ctx, ref)
	}
	if o != nil && o.behind() {
		o = nil // what came since is opened first: an act follows from all before it
	}
	if o == nil && err == nil {
		o, err = c.read(ctx, ref)
	}
	if err != nil {
		return nil, err
	}
	if len(o.faults) > 0 {
		return nil, ErrTampered // nothing is added to a log that is not whole
	}
	if whole && o.closed > 0 {
		return nil, ErrPart
	}
	return o, nil
}

// said reports whether the reporter or a colleague has said or done something after an
// entry.
func (o *opened) said(after int64, me string) bool {
	return slices.ContainsFunc(o.entries, func(e entry) bool {
		theirs := e.Kind == cases.EntryOffice && (e.Signed == nil || e.Signed.By != me)
		line, _ := e.body.(cases.Log)
		return e.Seq > after && (e.Kind == cases.EntryReporter || theirs || line.Wish != nil)
	})
}

// seal makes what is handed in of an act.
func (c *Client) seal(o *opened, d Doing, gives bool) (wire.ActAsk, error) {
	me, ask := c.Me().ID, wire.ActAsk{ID: d.ID, Epoch: o.room.Epoch, Seq: 1, Prev: o.room.Genesis}
	if n := len(o.entries); n > 0 {
		ask.Seq, ask.Prev = o.entries[n-1].Seq+1, o.entries[n-1].Hash
	}
	now := c.time().Truncate(time.Second) // the days that follow from it are counted from what is sealed
	mark, err := o.fold().mark(d.Act, c.actor(), ask.Seq, now)
	if err != nil {
		return ask, err
	}
	if words := d.Act.Leaves(); !words.IsZero() {
		ask.Text, ask.Nonce = words.Reveal(), make([]byte, routine.NonceSize)
		_, _ = rand.Read(ask.Nonce) // never fails
		mark.Words = routine.WordsHash(ask.Nonce, words)
	}
	if gives {
		if ask.Wraps, err = c.wrapFor(o, mark.Person, d.Compared); err != nil {
			return ask, err
		}
	}
	at := seal.Context{V: seal.Version, Case: o.room.Case.Ref, Room: o.room.Case.Room, Epoch: ask.Epoch, Seq: ask.Seq,
		Kind: string(cases.EntryOffice), At: now, Prev: ask.Prev}
	ask.Mark, ask.Hour = mark.Encode(), seal.Hour(at.At)
	// The key is the room's own: a public key that the server names could be
	// anybody's.
	if ask.Data, err = seal.Entry(o.keys[ask.Epoch].Recipient().String(), at, cases.Encode(d.Act.Body(ask.Mark, ask.Nonce))); err != nil {
		return ask, errors.New("it cannot be sealed")
	}
	ask.Sig = c.key.SignAct(at, me, ask.Data, ask.Mark).Sig
	return ask, nil
}

// actor is who this desk is, with what the organisation file allows them.
func (c *Client) actor() routine.Actor {
	c.mu.Lock()
	defer c.mu.Unlock()
	return routine.Actor{ID: c.me.ID, Rights: c.rights}
}

// wrapFor wraps all keys of a room that this handler has for somebody else.
func (c *Client) wrapFor(o *opened, id, compared string) ([]cases.Epoch, error) {
	p, _ := c.person(id)
	if id == cases.Recovery {
		p.Key = c.roster.Recovery
	}
	if p.Key == "" { // who left has a name only
		return nil, ErrUnknown
	}
	if handlers.Fingerprint(p.Key, p.Sign) != compared {
		return nil, ErrNewKey
	}
	var wraps []cases.Epoch
	for epoch, identity := range o.keys {
		text := seal.KeyFile{Case: o.room.Case.Ref, Room: o.room.Case.Room, Epoch: epoch}.With(identity.String())
		wrap, err := seal.To(p.Key, text)
		clear(text)
		if err != nil {
			return nil, errors.New("the key cannot be wrapped")
		}
		wraps = append(wraps, cases.Epoch{Epoch: epoch, Wrap: wrap})
	}
	return wraps, nil
}

// MarkRead says that this handler has read the entries up to and with seq. What
// came after that stays unread: nobody has seen it yet. It is no act: nothing of the
// case changes, and it can be said again.
func (c *Client) MarkRead(ctx context.Context, ref string, seq int64) error {
	return c.call(ctx, http.MethodPost, roomPath(ref, "/read"), wire.ReadAsk{Seq: seq}, nil)
}
