package casework

import (
	"cmp"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"tillit/handlers/routine"
	"tillit/intake"
	"tillit/store/cases"
)

// render makes of an opened case what desk, command line and export show: one story
// for all of them.
func (c *Client) render(o *opened) *Case {
	cs := &Case{Case: o.room.Case, Access: o.room.Access, Faults: o.faults, Checked: len(o.entries), Unproven: o.fresh, Closed: o.closed, CanOpen: c.canOpen(o.room)}
	cs.KeptUnsaid = o.closed == 0 && !o.explicit()
	told := o.fold()
	blind := told.blind
	cs.Story = told
	for _, s := range told.steps {
		if s.doubt != "" {
			cs.Doubts = append(cs.Doubts, Doubt{Seq: s.Seq, By: c.nameOr(s.by), Why: s.doubt})
			continue
		}
		c.tell(cs, s)
	}
	if lead := blind.Duties[routine.Lead]; o.closed == 0 && c.works(lead) != c.works(cs.Assignee) {
		cs.Doubts = append(cs.Doubts, Doubt{Why: DoubtServer})
	}
	for _, id := range blind.KeptOut() {
		p, _ := c.person(id)
		cs.Kept = append(cs.Kept, Handler{ID: id, Name: c.name(id), Role: p.Role, Roles: p.Roles})
	}
	slices.SortStableFunc(cs.Kept, func(a, b Handler) int { return strings.Compare(a.Name, b.Name) })
	for _, a := range cs.Answers {
		if a.Way == "skip" || a.Way == "unknown" {
			cs.Gaps = append(cs.Gaps, a)
		}
	}
	markUnread(cs)
	return cs
}

// nameOr is a name, and nothing for nobody.
func (c *Client) nameOr(id string) string {
	if id == "" {
		return ""
	}
	return c.name(id)
}

// works is somebody who works here now, and nobody for who does not.
func (c *Client) works(id string) string {
	if slices.ContainsFunc(c.Handlers(), func(h Handler) bool { return h.ID == id }) || id == cases.External {
		return id
	}
	return ""
}

// canOpen names all who hold a key: colleagues first, then those who are none.
func (c *Client) canOpen(room cases.Room) []Handler {
	var all []Handler
	for _, id := range room.CanOpen {
		p, _ := c.person(id)
		all = append(all, Handler{ID: id, Name: p.Name, Role: p.Role, Roles: p.Roles})
	}
	aside := func(h Handler) int { return len(h.ID) - len(strings.TrimPrefix(h.ID, "#")) }
	slices.SortStableFunc(all, func(a, b Handler) int { return aside(a) - aside(b) })
	return all
}

// tell adds one entry to the story.
func (c *Client) tell(cs *Case, s step) {
	e := Entry{Seq: s.Seq, By: "reporter", At: s.at}
	cs.speaks(s.body)
	switch said := s.body.(type) {
	case nil, cases.FilePart, cases.Taken:
		return
	case cases.Exclusion:
		e.Event, e.Text = "kept_out", c.list(said.Out)
		if len(said.Out) == 0 {
			e.Event = "nobody_kept_out"
		}
	case cases.File:
		e.File = said.ID
		cs.Files = append(cs.Files, File{ID: said.ID, Name: said.Name, MediaType: said.MediaType, Size: said.Size, SHA256: hex.EncodeToString(said.SHA256), NoPlace: said.NoPlace, At: e.At, By: e.By})
	case cases.Answer:
		cs.answer(said, e.At)
		e.Text, e.Source = answerText(said), source(said.Source)
	case cases.Message:
		if cs.moves(said) {
			return
		}
		e.Text, e.Source = said.Text, source(said.Source)
		if said.Edited {
			e.Event = "edited"
		}
	case cases.Confirm:
		e.Text, e.Source, e.Of, e.Event = said.Text, source(said.Source), said.Of, "minutes_"+said.Answer
	case cases.Written:
		e.By, e.Text, e.Unsigned = c.name(said.By), said.Text, true
	case cases.Log:
		e.Event, e.By, e.Text = string(said.Event), c.name(said.By), c.names(said)
		if said.Event == cases.EventLate {
			e.Text = intake.NewPrivate(said.Day)
		}
		if said.Wish != nil {
			e.Event += "_" + said.Wish.Wish
		}
		e.Unsigned = said.By != "" && said.By != "reporter" && said.By != "tillit"
	case cases.Act:
		c.act(&e, s, said, cs.Chat())
		cs.Entries = append(cs.Entries, e)
		return
	}
	e.Kind = s.body.Type()
	cs.Entries = append(cs.Entries, e)
}

// act is what a handler did. What leaves, and what is written down, is shown as that;
// anything else is a line of the log. Where there is no chat nothing leaves: words to the
// reporter were told outside.
func (c *Client) act(e *Entry, s step, said cases.Act, chat bool) {
	e.By, e.Act, e.Via = c.name(s.by), said.Name, s.Signed.Via
	e.Kind, e.Event = cases.TypeLog, said.Name
	e.Text, e.Values = s.act.Value("text"), s.act.Values()
	e.Leaves = chat && !s.act.Leaves().IsZero()
	e.Outside = s.act.Kind == routine.KindSent && !e.Leaves
	for _, f := range s.act.Fields {
		if f.Kind == routine.FieldPerson {
			e.Person = c.nameOr(s.act.Value(f.Name).Reveal())
		}
	}
	switch s.act.Kind {
	case routine.KindSent:
		e.Kind, e.Event = cases.TypeReply, ""
	case routine.KindWork:
		e.Kind, e.Event = cases.TypeNote, ""
	}
}

// speaks notes the language that the reporter uses.
func (cs *Case) speaks(body cases.Body) {
	lang := ""
	switch said := body.(type) {
	case cases.Answer:
		lang = said.Lang
	case cases.Message:
		lang = said.Lang
	case cases.Confirm:
		lang = said.Lang
	}
	cs.Lang = cmp.Or(lang, cs.Lang)
}

// answer adds an answer; one that supersedes takes the place of the older one,
// which stays beneath it.
func (cs *Case) answer(said cases.Answer, at time.Time) {
	a := Answer{Question: said.Question, Is: said.Is, Title: said.Title, Part: said.Part, PartTitle: said.PartTitle, Asked: said.Asked,
		Choices: said.Choices, Labels: said.Labels, Text: said.Text, Way: said.Way, At: at, Source: source(said.Source)}
	i := slices.IndexFunc(cs.Answers, func(old Answer) bool { return old.Question == said.Question })
	if i < 0 || !said.Supersedes {
		cs.Answers = append(cs.Answers, a)
		return
	}
	old := cs.Answers[i]
	a.Earlier, old.Earlier = append([]Answer{old}, old.Earlier...), nil
	a.Earlier[0] = old
	cs.Answers[i] = a
}

// answerText are the chosen labels and the person's own words, a line each.
func answerText(said cases.Answer) intake.Private {
	lines := slices.Clone(said.Labels)
	if !said.Text.IsZero() {
		lines = append(lines, said.Text.Reveal())
	}
	return intake.NewPrivate(strings.Join(lines, "\n"))
}

func source(s cases.Source) Source {
	out := Source{Forwarded: s.Forwarded, Quotes: s.Quotes}
	if s.Live {
		out.live = s.Message
	}
	return out
}

// moves puts the newest place of somebody who shares where they are where the first one
// stood: it is one entry, however often the network told it. It is false for the first.
func (cs *Case) moves(said cases.Message) bool {
	live := source(said.Source).live
	if !said.Edited || live == "" {
		return false
	}
	moved := false
	for i := range cs.Entries {
		if cs.Entries[i].live == live {
			cs.Entries[i].Text, moved = said.Text, true
		}
	}
	for i := range cs.Answers {
		if cs.Answers[i].live == live {
			cs.Answers[i].Text = said.Text
		}
	}
	return moved
}

// names are the people whom a line of the log is about.
func (c *Client) names(line cases.Log) intake.Private {
	return c.list(append(slices.Clone(line.Left), line.To))
}

// list names people.
func (c *Client) list(ids []string) intake.Private {
	var names []string
	for _, id := range ids {
		if id != "" {
			names = append(names, c.name(id))
		}
	}
	return intake.NewPrivate(strings.Join(names, ", "))
}

// markUnread marks the newest entries of the reporter's, as many as the queue
// says this handler has not marked.
func markUnread(cs *Case) {
	left := cs.Unread
	for i := len(cs.Entries) - 1; i >= 0 && left > 0; i-- {
		if cs.Entries[i].By == "reporter" {
			cs.Entries[i].Unread = true
			left--
		}
	}
}
