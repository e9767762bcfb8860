package bottest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"tillit/bot"
	"tillit/intake"
)

// Contract is every clause, in the order of how much it hurts when it breaks.
var Contract = []Check{
	{"an event is acknowledged only after it is stored", storedFirst},
	{"an event that was not stored is offered again", offeredAgain},
	{"order is kept inside a conversation", ordered},
	{"ids are unique, and conversations are told apart", apart},
	{"text arrives as it was written", verbatim},
	{"what is sent arrives whole", sentWhole},
	{"what a person of the office asks is answered by a press", pressed},
	{"a press says what shall be", says},
	{"a refused send is an error, without text or token", refused},
	{"what may not have arrived is said at least once", unsure},
	{"what is changed stands in its place", changed},
	{"what could not be taken back is not called so", held},
	{"a changed message names the one that it changes", edited},
	{"who has left is gone, and no other trouble", gone},
	{"errors and logs hold nothing private", quiet},
	{"listening ends only after the last event is stored", lastStored},
}

var errFull = errors.New("the disk is full")

func storedFirst(r *Rig) error {
	storing, release := make(chan struct{}), make(chan struct{})
	r.set(func(bot.Event) error {
		close(storing)
		<-release
		return nil
	})
	said := make(chan error, 1)
	text := canary + " one"
	go func() { said <- r.Network.Say("a", text) }()
	select {
	case <-storing:
	case <-time.After(5 * time.Second):
		close(release)
		return errors.New("the event did not arrive")
	}
	time.Sleep(20 * time.Millisecond) // room for a channel that acknowledges early
	early := r.Network.Acknowledged(text)
	close(release)
	err := <-said
	if early {
		return errors.New("acknowledged while it was still being stored")
	}
	if _, e := r.events(1); e != nil {
		return e
	}
	return errors.Join(err, eventually(func() bool { return r.Network.Acknowledged(text) }, "never acknowledged"))
}

func offeredAgain(r *Rig) error {
	var tries atomic.Int32
	r.set(func(bot.Event) error {
		if tries.Add(1) == 1 {
			return errFull
		}
		return nil
	})
	text := canary + " two"
	err := r.Network.Say("a", text)
	if r.PersonRepeats {
		if err == nil {
			return errors.New("the person was not told that it was not kept")
		}
		r.errs = append(r.errs, err)
		if r.Network.Acknowledged(text) {
			return errors.New("acknowledged though it was not stored")
		}
		err = r.Network.Say("a", text)
	}
	_, e := r.events(1)
	return errors.Join(err, e)
}

func ordered(r *Rig) error {
	const n = 20
	for i := range n {
		if err := r.Network.Say("a", fmt.Sprintf("%s %02d", canary, i)); err != nil {
			return err
		}
	}
	got, err := r.events(n)
	if err != nil {
		return err
	}
	for i, ev := range got {
		if want := fmt.Sprintf("%s %02d", canary, i); strings.TrimSpace(ev.Text.Reveal()) != want {
			return fmt.Errorf("event %d is not the message sent as number %d", i, i)
		}
	}
	return nil
}

func apart(r *Rig) error {
	for _, p := range []string{"a", "b"} {
		for i := range 2 {
			if err := r.Network.Say(p, fmt.Sprintf("%s %s %d", canary, p, i)); err != nil {
				return err
			}
		}
	}
	got, err := r.events(4)
	if err != nil {
		return err
	}
	ids, of := map[string]bool{}, map[string]intake.ConversationID{}
	for _, ev := range got {
		if ev.ID == "" || ids[ev.ID] {
			return errors.New("an event has no id of its own")
		}
		ids[ev.ID] = true
		person := strings.Fields(ev.Text.Reveal())[1]
		if c, ok := of[person]; ok && c != ev.Conversation {
			return errors.New("one person is two conversations")
		}
		of[person] = ev.Conversation
	}
	if (of["a"] == of["b"]) != r.OnePerson {
		return errors.New("the people and the conversations are not the same number")
	}
	return nil
}

// hostile is text that breaks those who look into it.
var hostile = []string{
	canary + " æøå 👩‍👧 نص \u202ebaklengs",
	canary + ` <script>alert(1)</script> "&' %s %d {{.}} \x00`,
	canary + " " + strings.Repeat("lang ", 800),
}

func verbatim(r *Rig) error {
	for i, text := range hostile {
		if err := r.Network.Say("a", text); err != nil {
			return err
		}
		got, err := r.events(i + 1)
		if err != nil {
			return err
		}
		if strings.TrimSpace(got[i].Text.Reveal()) != strings.TrimSpace(text) {
			return fmt.Errorf("text %d was changed on its way", i)
		}
	}
	return nil
}

// met makes a person known to the channel and returns where to write to them.
func (r *Rig) met() (intake.Address, bool, error) {
	if err := r.Network.Say("a", canary+" hei"); err != nil {
		return intake.Address{}, false, err
	}
	got, err := r.events(1)
	if err != nil {
		return intake.Address{}, false, err
	}
	copied := r.Channel.Capabilities(got[0].Conversation).Copy
	return r.Network.Person("a"), copied, nil
}

// sentWhole holds a channel to showing words whole, whether it sends them or its
// people read them from their copy.
func sentWhole(r *Rig) error {
	to, copied, err := r.met()
	if err != nil {
		return err
	}
	text := strings.Repeat("Dette er en setning med æøå og 👩‍👧. ", 300) + canary
	m := bot.Message{Key: "k1", Message: intake.Message{Kind: intake.KindOffice, Text: "Hei."}, Words: intake.NewPrivate(text)}
	if copied {
		c, ok := r.Network.(Copier)
		if !ok {
			return errors.New("people read from their copy, and the stand-in cannot put anything there")
		}
		c.Keep("a", m)
	} else if _, err := r.Channel.Send(context.Background(), to, m); err != nil {
		return fmt.Errorf("sending: %w", err)
	}
	if err := eventually(func() bool { return len(r.Network.Screen("a")) > 0 }, "nothing arrived"); err != nil {
		return err
	}
	return whole(r.Network.Screen("a"), text)
}

// pressed holds a channel to showing the buttons under words of the office, which may be
// long and go in parts, and to telling which of them was pressed. One without buttons
// numbers them.
func pressed(r *Rig) error {
	n, presses := r.Network.(Presser)
	to, copied, err := r.met()
	if err != nil {
		return err
	}
	const yes, change = "ok:12@T-4K7Q2X", "change:12@T-4K7Q2X"
	m := bot.Message{
		Key: "k7", Words: intake.NewPrivate(strings.Repeat("Dette ble sagt. ", 400) + canary),
		Message: intake.Message{ID: "minutes", Kind: intake.KindOffice, Text: "Referat fra Maren:", Help: "Stemmer det?",
			Choices: []intake.Choice{{ID: yes, Label: "Stemmer"}, {ID: change, Label: "Rett opp"}}},
	}
	if copied {
		r.Network.(Copier).Keep("a", m)
	} else if _, err := r.Channel.Send(context.Background(), to, m); err != nil {
		return fmt.Errorf("sending: %w", err)
	}
	if !r.Channel.Capabilities(intake.ConversationID{}).Buttons {
		if err := whole(r.Network.Screen("a"), "1  Stemmer\n  2  Rett opp"); err != nil {
			return err
		}
	} else if !presses {
		return errors.New("there are buttons, and the stand-in has nobody who presses")
	}
	if !presses {
		return nil // numbers are typed, and read by the bot
	}
	if err := n.Press("a", "Rett opp"); err != nil {
		return fmt.Errorf("pressing: %w", err)
	}
	got, err := r.events(2)
	if err != nil {
		return err
	}
	said := func(ev bot.Event, id string) bool {
		if ev.Pressed != nil {
			return ev.Pressed(id)
		}
		return len(ev.Choices) == 1 && ev.Choices[0] == id
	}
	if first, second := got[0], got[1]; second.Conversation != first.Conversation || !said(second, change) || said(second, yes) {
		return errors.New("a press does not tell which button it was, or whose")
	}
	return nil
}

// says holds a channel to pressing what a button asks for: of a choice that is picked, to
// take it back. The same press twice is then one, however slowly its mark shows. On a page
// all that is ticked is sent at once.
func says(r *Rig) error {
	n, ok := r.Network.(Presser)
	to, copied, err := r.met()
	if err != nil || copied || !ok {
		return err
	}
	const pick, back = "C0.p:maren", "C0.!p:maren"
	for i, picked := range []bool{false, true} {
		c, want := intake.Choice{ID: pick, Label: "Maren"}, pick
		if picked {
			c.Picked, c.Press, want = true, back, back
		}
		m := bot.Message{Key: fmt.Sprintf("k8%d", i), Message: intake.Message{ID: "C0", Kind: intake.KindQuestion, Accepts: intake.AcceptsMulti, Text: canary + " hvem?", Choices: []intake.Choice{c}}}
		if _, err := r.Channel.Send(context.Background(), to, m); err != nil {
			return fmt.Errorf("sending: %w", err)
		}
		label := "Maren"
		if picked {
			label += " ✔"
		}
		if err := n.Press("a", label); err != nil {
			return fmt.Errorf("pressing: %w", err)
		}
		got, err := r.events(2 + i)
		if err != nil {
			return err
		}
		ev := got[1+i]
		is := func(id string) bool {
			return ev.Pressed != nil && ev.Pressed(id) || len(ev.Choices) == 1 && ev.Choices[0] == id
		}
		if other := map[bool]string{false: back, true: pick}[picked]; !is(want) || is(other) {
			return errors.New("a press does not say what shall be")
		}
	}
	return nil
}

// refused holds a channel to saying so when nothing was sent. One whose people
// read from their copy sends nothing, ever, and must not pretend to.
func refused(r *Rig) error {
	to, copied, err := r.met()
	if err != nil {
		return err
	}
	if !copied {
		r.Network.Refuse()
	}
	_, err = r.Channel.Send(context.Background(), to, bot.Message{Key: "k2", Words: intake.NewPrivate(canary + " nei")})
	if err == nil {
		return errors.New("a send that the network refused is reported as sent")
	}
	r.errs = append(r.errs, err)
	return nil
}

// unsure holds a channel to never calling sent what may not have arrived. It is asked to say
// the same again, and what stands there then is what was to be said.
func unsure(r *Rig) error {
	n, ok := r.Network.(Unsure)
	to, copied, err := r.met()
	if err != nil || copied || !ok {
		return err
	}
	for i, done := range []bool{false, true} {
		text := fmt.Sprintf("%s spørsmål %d", canary, i)
		m := bot.Message{Key: fmt.Sprintf("k9%d", i), Message: intake.Message{Text: text}}
		n.Unsure(done)
		for range 5 {
			_, err = r.Channel.Send(context.Background(), to, m)
			if m.Maybe = m.Maybe || errors.Is(err, bot.ErrMaybeSent); err == nil {
				break
			}
			var later *bot.RetryError
			if r.errs = append(r.errs, err); !m.Maybe && !errors.Is(err, bot.ErrTrouble) && !errors.As(err, &later) {
				return fmt.Errorf("an unclear outcome is given up: %w", err)
			}
		}
		if err != nil {
			return fmt.Errorf("sending again: %w", err)
		}
		if err := whole(r.Network.Screen("a"), text); err != nil {
			return fmt.Errorf("an unclear outcome is taken for sent: %w", err)
		}
	}
	return nil
}

// changed holds a channel that can change what it said to doing so in its place,
// and to saying so when there is nothing to change.
func changed(r *Rig) error {
	editor, ok := r.Channel.(bot.Editor)
	if !ok {
		return nil // what it said stands, and the courier says it anew
	}
	to, _, err := r.met()
	if err != nil {
		return err
	}
	say := func(key, text string) bot.Message {
		return bot.Message{Key: key, Message: intake.Message{Text: canary + " " + text}}
	}
	ctx := context.Background()
	sent, err := r.Channel.Send(ctx, to, say("k3", "first"))
	if err != nil {
		return fmt.Errorf("sending: %w", err)
	}
	for range 2 { // the second time it is so already
		if err := editor.Edit(ctx, to, sent, say("k4", "second")); err != nil {
			return fmt.Errorf("changing: %w", err)
		}
	}
	if got := r.Network.Screen("a"); len(got) != 1 || !strings.Contains(got[0], canary+" second") {
		return fmt.Errorf("after a change there are %d messages, or not the new one", len(got))
	}
	if err := editor.Edit(ctx, to, "none", say("k5", "third")); err == nil {
		return errors.New("a change of what was never said is reported as done")
	} else {
		r.errs = append(r.errs, err)
	}
	return nil
}

// held holds a channel to saying when nothing was taken back: what its person is told then
// depends on it.
func held(r *Rig) error {
	deleter, ok := r.Channel.(bot.Deleter)
	n, can := r.Network.(Holder)
	if !ok || !can {
		return nil // nothing is ever taken back there
	}
	to, _, err := r.met()
	if err != nil {
		return err
	}
	sent, err := r.Channel.Send(context.Background(), to, bot.Message{Key: "ka", Message: intake.Message{Text: canary + " står"}})
	if err != nil {
		return fmt.Errorf("sending: %w", err)
	}
	n.Hold()
	if err := deleter.Delete(context.Background(), to, []bot.SentID{sent}); !errors.Is(err, bot.ErrNotTaken) {
		return fmt.Errorf("what the network did not let be taken back is %w", cmp.Or(err, errors.New("called taken back")))
	}
	return nil
}

// edited holds a channel to saying which message was changed: what was said first is
// kept beside it, in the case that it went into.
func edited(r *Rig) error {
	n, ok := r.Network.(Changer)
	if !ok {
		return nil // what people wrote there stands
	}
	was, is := canary+" was", canary+" is"
	if err := r.Network.Say("a", was); err != nil {
		return err
	}
	if _, err := r.events(1); err != nil {
		return err
	}
	n.Change("a", was, is)
	got, err := r.events(2)
	if err != nil {
		return err
	}
	first, second := got[0], got[1]
	switch {
	case second.Kind != bot.EventEdit || first.Kind != bot.EventMessage:
		return fmt.Errorf("a message and its change are events of the kinds %s and %s", first.Kind, second.Kind)
	case first.Message == "" || second.Message != first.Message:
		return errors.New("a change does not name the message that it changes")
	case second.Conversation != first.Conversation || second.ID == first.ID:
		return errors.New("a change is in another conversation, or has the id of its message")
	case strings.TrimSpace(second.Text.Reveal()) != is:
		return errors.New("a change does not say what is there now")
	}
	return nil
}

// gone holds a channel to telling one who has left from a network in trouble: the one
// ends what waits, the other does not.
func gone(r *Rig) error {
	n, ok := r.Network.(Leaver)
	if !ok {
		return nil // nobody can be written to there, or nobody can leave
	}
	to, _, err := r.met()
	if err != nil {
		return err
	}
	n.Leave("a")
	_, err = r.Channel.Send(context.Background(), to, bot.Message{Key: "k6", Words: intake.NewPrivate(canary + " er du der?")})
	if !errors.Is(err, bot.ErrGone) {
		return fmt.Errorf("sending to one who has left is %w, not that they are gone", err)
	}
	r.errs = append(r.errs, err)
	return nil
}

// quiet has failures of every kind happen; [Try] then reads the logs.
func quiet(r *Rig) error {
	var n atomic.Int32
	r.set(func(bot.Event) error {
		if n.Add(1) == 1 {
			return errFull
		}
		return nil
	})
	for _, text := range append([]string{canary + " logg"}, hostile...) {
		if err := r.Network.Say("a", text); err != nil {
			r.errs = append(r.errs, err)
		}
	}
	_, err := r.events(len(hostile))
	return err
}

// lastStored stops the channel in the middle of an event; [Rig.stop] then sees
// whether it waited.
func lastStored(r *Rig) error {
	storing, release := make(chan struct{}), make(chan struct{})
	r.set(func(bot.Event) error {
		close(storing)
		<-release
		return nil
	})
	said := make(chan error, 1)
	go func() { said <- r.Network.Say("a", canary+" sist") }()
	select {
	case <-storing:
	case <-time.After(5 * time.Second):
		close(release)
		return errors.New("the event did not arrive")
	}
	r.cancel()
	time.AfterFunc(20*time.Millisecond, func() { close(release) }) // room for a channel that does not wait
	err := r.stop()
	<-said
	return err
}

func eventually(ok func() bool, otherwise string) error {
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if ok() {
			return nil
		}
	}
	return errors.New(otherwise)
}
