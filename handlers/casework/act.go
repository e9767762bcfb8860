package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tillit/handlers"
	"tillit/handlers/wire"
	"tillit/store/cases"

	"tillit/intake"
	"tillit/store/seal"
)

// Reply sends words to the reporter. The daemon seals the same words into the log.
func (c *Client) Reply(ctx context.Context, ref string, text intake.Private) error {
	return c.call(ctx, "POST", roomPath(ref, "/reply"), wire.ReplyAsk{Text: text.Reveal()}, nil)
}

// Assign gives the case to a handler; an empty id takes it from everybody. To
// give it to somebody else needs a right: [ErrRight].
func (c *Client) Assign(ctx context.Context, ref, to string) error {
	return c.call(ctx, "POST", roomPath(ref, "/assign"), wire.AssignAsk{To: to}, nil)
}

// MarkRead says that this handler has read the entries up to and with seq. What
// came after that stays unread: nobody has seen it yet.
func (c *Client) MarkRead(ctx context.Context, ref string, seq int64) error {
	return c.call(ctx, "POST", roomPath(ref, "/read"), wire.ReadAsk{Seq: seq}, nil)
}

// Note seals a note on this machine: the server never has its words. When
// somebody else wrote meanwhile, it is sealed anew behind what they wrote.
func (c *Client) Note(ctx context.Context, ref string, text intake.Private) error {
	body := cases.Encode(cases.Written{As: cases.TypeNote, By: c.Me().ID, Text: text})
	for range 5 {
		err := c.append(ctx, ref, body)
		if !errors.Is(err, errStale) {
			return err
		}
	}
	return fmt.Errorf("%w: others are writing, try again", ErrOffline)
}

func (c *Client) append(ctx context.Context, ref string, body []byte) error {
	o, err := c.read(ctx, ref, "index")
	if err != nil {
		return err
	}
	if len(o.faults) > 0 {
		return ErrTampered // nothing is added to a log that is not whole
	}
	at := seal.Context{V: seal.Version, Case: o.room.Case.Ref, Room: o.room.Case.Room, Epoch: o.room.Epoch, Seq: 1,
		Kind: string(cases.EntryOffice), At: c.time(), Prev: o.room.Genesis}
	if n := len(o.room.Entries); n > 0 {
		at.Seq, at.Prev = o.room.Entries[n-1].Seq+1, o.room.Entries[n-1].Hash
	}
	// The key is the room's own: a public key that the server names could be
	// anybody's.
	data, err := seal.Entry(o.keys[o.room.Epoch].Recipient().String(), at, body)
	if err != nil {
		return errors.New("the note cannot be sealed")
	}
	return c.call(ctx, "POST", roomPath(ref, "/entries"), wire.EntryAsk{Kind: at.Kind, Hour: seal.Hour(at.At), Seq: at.Seq, Prev: at.Prev, Data: data}, nil)
}

// Grant gives a colleague the room's key, with those that it had before, unless
// the reporter keeps them out. Who cannot read all of the case cannot see whom the
// reporter keeps out, and gives nobody a key: [ErrPart].
// Fingerprint is what the two have compared aloud: the server says which key is
// whose, and only that comparison shows that it is true, for a first key as for
// one that replaces a lost one.
func (c *Client) Grant(ctx context.Context, ref, handlerID, fingerprint string) error {
	p, ok := c.person(handlerID)
	if !ok || p.Key == "" { // who left has a name only
		return ErrUnknown
	}
	if handlers.Fingerprint(p.Key, p.Sign) != fingerprint {
		return ErrNewKey
	}
	o, err := c.read(ctx, ref, "read")
	if err != nil {
		return err
	}
	if len(o.faults) > 0 {
		return ErrTampered
	}
	if o.closed > 0 {
		return ErrPart
	}
	if slices.Contains(keptOut(o.bodies), handlerID) {
		return ErrKeptOut
	}
	ask := wire.WrapAsk{Epoch: o.room.Epoch, Recipient: handlerID}
	for epoch, key := range o.keys {
		text := fmt.Sprintf("# tillit room-key v1 case=%s room=%s epoch=%d\n%s\n", o.room.Case.Ref, o.room.Case.Room, epoch, key.String())
		wrap, err := seal.To(p.Key, []byte(text))
		if err != nil {
			return errors.New("the key cannot be wrapped")
		}
		if epoch == o.room.Epoch {
			ask.Wrap = wrap
		} else {
			ask.Earlier = append(ask.Earlier, cases.Epoch{Epoch: epoch, Wrap: wrap})
		}
	}
	return c.call(ctx, "POST", roomPath(ref, "/wraps"), ask, nil)
}
