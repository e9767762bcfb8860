package bot

import (
	"slices"
	"strings"
	"time"

	"tillit/store/cases"

	"github.com/google/uuid"

	"tillit/intake"
	"tillit/intake/filenames"
	"tillit/store"
)

// change makes one transaction of a plan.
func (b *Bot) change(ch Channel, s situation, p plan) store.Change {
	conv, ev := s.conv, s.ev
	c := store.Change{
		Channel: ch.Name(), Conversation: ev.Conversation, Expect: conv.Version,
		Event: ev.ID, Address: ev.Address, State: p.next.encode(), Cursor: ev.Cursor,
		Release: p.release, Delete: p.destroy, Stays: p.stays, Gone: p.gone, Notices: p.notices, Secret: ev.Secret,
		TransferCode: p.newCode, Transfer: p.transfer, Left: p.left, Into: p.into, TakeBack: p.takeBack,
	}
	if ev.Kind == EventMessage && (len(p.seal) > 0 || len(p.files) > 0) && (conv.Ref != "" || p.open) && p.transfer == nil {
		c.Said = ev.names()
	}
	if ev.Mailbox != nil && conv.Mailbox == nil {
		c.Mailbox = &store.Mailbox{Public: ev.Mailbox.Public, Wrapped: ev.Mailbox.Wrapped}
	}
	// Who begins anew in changed questions keeps the room where the old answers lie.
	if unsent := conv.Ref != "" && !conv.Sent; p.open && !unsent {
		c.Open = &store.OpenRoom{Recipients: b.Office.Recipients(), SetVersion: p.next.Set}
	}
	if p.keepsOut {
		c.Exclude = &store.Exclude{Out: p.out, Recipients: b.Office.Recipients()}
	}
	if !conv.Sent || p.open {
		c.Expires = b.Now().Add(b.Keep)
	}
	if ch.Capabilities(ev.Conversation).CanDelete {
		for _, m := range ev.Messages {
			c.Messages = append(c.Messages, string(m))
		}
	}
	for _, body := range p.seal {
		c.Entries = append(c.Entries, store.Entry{Body: from(ev.source(), body)})
	}
	p.files = slices.Clone(p.files)
	for i, f := range p.files {
		p.files[i].id = uuid.NewString()
		c.Files = append(c.Files, store.FilePart{ID: p.files[i].id, Name: keptName(f.Name), Type: f.Type, Source: ev.source(), NoPlace: f.NoPlace, Open: f.Open})
	}
	if len(p.facts) > 0 {
		c.Facts = func(f *cases.Facts) {
			for _, change := range p.facts {
				change(f)
			}
		}
	}
	if p.submit != nil {
		b.submit(&c, *p.submit, p.next)
	}
	if p.receipt {
		more := c.Facts
		c.Facts = func(f *cases.Facts) {
			if f.Receive(); more != nil {
				more(f)
			}
		}
		c.Entries = append(c.Entries, store.Entry{Body: cases.Log{Event: cases.EventReceipt}})
	}
	if p.destroy {
		return c
	}
	for _, m := range mine(ev, p) {
		c.Lines = append(c.Lines, store.Line{Body: EncodeLine(m), Mine: true})
	}
	for _, m := range p.say {
		m.Lang = p.next.Lang
		c.Lines = append(c.Lines, store.Line{Body: EncodeLine(m)})
	}
	b.remembers(&c, s, p)
	return c
}

// names are the network's ids of the messages that an event came in.
func (ev Event) names() (all []string) {
	for _, m := range ev.Messages {
		all = append(all, string(m))
	}
	if ev.Message != "" && !slices.Contains(all, ev.Message) {
		all = append(all, ev.Message)
	}
	return all
}

// submit hands the report over: the log says what the office's work on it begins from,
// and the store keeps what the server must know of that.
func (b *Bot) submit(c *store.Change, iv intake.Interview, st state) {
	flags := unsafeToo(iv.Flags(), len(st.Needs) > 0)
	report := b.report(iv, time.Unix(st.Sent, 0))
	report.Flags = flags
	start := b.Routine.Begin(report)
	c.Entries = append(c.Entries, store.Entry{Body: cases.Log{Event: cases.EventReceived, Set: st.Set, Start: &start}})
	keep := b.Office.Keep(start.Level, iv.Excluded())
	c.Submit = &store.Submit{Keep: keep, Status: "waiting", Flags: flags, Start: start}
	c.Submit.Notices = b.Office.Notices(keep, "new", iv.Urgent() || len(st.Needs) > 0 || st.Meet, b.Now(), b.Random)
}

// report is what is known of a report, without a word of it.
func (b *Bot) report(iv intake.Interview, received time.Time) cases.Report {
	set := b.Set
	if old, ok := b.Older[iv.SetVersion()]; ok {
		set = old
	}
	r := cases.Report{
		Received: received, Source: cases.SourceSelf, Choices: iv.Facts(), Flags: iv.Flags(), Level: iv.Level(),
		OtherKnown: set.Told(iv, intake.TellsOther), Eligible: b.eligible(iv.Excluded()),
	}
	if iv.Source() == intake.SourceLeader {
		r.Source = cases.SourceLeader
	}
	return r
}

// eligible is how many of the office may read what keeps some out.
func (b *Bot) eligible(out []string) (n int) {
	for _, id := range b.Office.Keep("", out) {
		if id != cases.External && id != cases.Recovery {
			n++
		}
	}
	return n
}

// level is where a report would be handled if it were sent now.
func (b *Bot) level(iv intake.Interview, now time.Time) string {
	return b.Routine.Begin(b.report(iv, now)).Level
}

// mine is the person's own side of the copy. What was not kept as an answer (a
// command, a choice before there is a case) is not echoed as if it had been.
func mine(ev Event, p plan) []Message {
	var out []Message
	for _, body := range p.seal {
		m := Message{Mine: true, At: ev.At, Of: ev.ID}
		switch b := body.(type) {
		case cases.Answer:
			m.ID, m.Text, m.Words = b.Question, b.Asked, b.Text
			if len(b.Labels) > 0 {
				m.Words = intake.NewPrivate(strings.TrimSpace(strings.Join(b.Labels, ", ") + "\n" + b.Text.Reveal()))
			}
		case cases.Message:
			m.Words = b.Text
		case cases.Confirm:
			m.ID, m.Words = "minutes", b.Text
		}
		if !m.Words.IsZero() {
			out = append(out, m)
		}
	}
	for _, f := range p.files {
		out = append(out, Message{Mine: true, At: ev.At, Of: ev.ID, File: f.id, Words: f.Name, Message: intake.Message{ID: "file"}})
	}
	return out
}

// keptName is the name of a file as it was given, whatever it is made of: who opens the case
// makes it harmless for where it is shown or saved. One that is too long loses letters
// before its ending.
func keptName(given intake.Private) intake.Private {
	return intake.NewPrivate(filenames.Fit(strings.ToValidUTF8(given.Reveal(), "\uFFFD"), ""))
}
