package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/routine/acts"
)

// whereJSON is how far a case is. Scripts rely on its names.
type whereJSON struct {
	Ref     string            `json:"ref"`
	Phase   string            `json:"phase"` // empty for a case that no routine has taken over
	Nth     int               `json:"nth"`   // of the phases, counted from 1
	Of      int               `json:"of"`
	Level   string            `json:"level"`
	Lock    string            `json:"lock"`
	Outcome string            `json:"outcome"`
	Closed  bool              `json:"closed"`
	Held    bool              `json:"held"`
	End     string            `json:"end"` // the day until which it is kept
	Duties  map[string]string `json:"duties"`
	Next    *stepJSON         `json:"next"` // of this handler; or else the first that anybody does; null for none
	Steps   []stepJSON        `json:"steps"`
	Asked   []askedJSON       `json:"asked"` // what waits for a second person
	Adrift  int               `json:"adrift"`
}

// stepJSON is a step of a case.
type stepJSON struct {
	Step   string            `json:"step"` // with its object: minutes/tr
	Name   string            `json:"name"`
	Say    string            `json:"say"` // what to do, in one sentence
	Phase  string            `json:"phase"`
	Status string            `json:"status"` // waiting, open, done, waived
	Due    string            `json:"due"`    // a day, or a minute in UTC; empty for none yet
	Late   bool              `json:"late"`
	Moves  int               `json:"moves"`  // how often its day was moved
	Ladder string            `json:"ladder"` // by which it rings
	Owner  string            `json:"owner"`  // a duty
	Who    string            `json:"who"`    // id; empty is everybody
	Mine   bool              `json:"mine"`
	Waits  []string          `json:"waits"` // for these steps
	Act    string            `json:"act"`   // that does it
	Fields map[string]string `json:"fields"`
	Ended  *time.Time        `json:"ended,omitempty"`
	By     int64             `json:"by"` // the entry that ended it
}

// askedJSON is an act that waits for a second person.
type askedJSON struct {
	Seq  int64  `json:"seq"`
	Act  string `json:"act"`
	By   string `json:"by"` // id
	Step string `json:"step"`
	Mine bool   `json:"mine"`
}

// seen is a case with how far it is, as commands show it.
type seen struct {
	speech
	cs    *casework.Case
	where casework.Where
	names acts.Names
	now   time.Time
}

func (s speech) look(client *casework.Client, cs *casework.Case) seen {
	now := client.Now()
	where := client.Where(cs, now)
	return seen{s, cs, where, s.names(client, where), now}
}

func (s seen) json() whereJSON {
	w := s.where
	shown := whereJSON{Ref: s.cs.Ref, Phase: w.Phase, Nth: w.Nth, Of: w.Of, Level: cmp.Or(w.Level, s.cs.Level), Lock: w.Lock, Outcome: w.Outcome, Closed: w.Closed,
		Held: w.Hold, End: w.End, Duties: map[string]string{}, Steps: []stepJSON{}, Asked: []askedJSON{}, Adrift: len(w.Adrift)}
	for _, d := range w.Duties {
		if d.Who.ID != "" {
			shown.Duties[d.Duty] = d.Who.ID
		}
	}
	for _, t := range slices.Concat(w.Open, w.Waiting, w.Over) {
		shown.Steps = append(shown.Steps, s.step(t))
	}
	if w.Next != nil {
		next := s.step(*w.Next)
		shown.Next = &next
	}
	for _, q := range w.Asked {
		shown.Asked = append(shown.Asked, askedJSON{q.Seq, nameOf(q), q.By.ID, q.Step, q.Mine})
	}
	return shown
}

func nameOf(q casework.Question) string {
	if q.Act == nil {
		return ""
	}
	return q.Act.Name
}

func (s seen) step(t casework.Task) stepJSON {
	shown := stepJSON{Step: t.Key(), Name: s.names.Step(t.Key()), Say: s.names.Call("next", t.ID), Phase: t.Phase, Status: t.Status, Late: t.Late, Moves: t.Moves, Ladder: t.Ladder,
		Owner: t.Owner, Who: t.Who.ID, Mine: t.Mine, Waits: append([]string{}, t.Waits...), Fields: t.Fields, By: t.By}
	if t.HasDue {
		shown.Due = t.Due.String()
	}
	if t.Act != nil {
		shown.Act = t.Act.Name
	}
	if !t.Ended.IsZero() {
		shown.Ended = &t.Ended
	}
	return shown
}

// print says how far a case is: its phase, what is next, what else is open, what waits.
func (s seen) print(out io.Writer) {
	w := s.where
	if w.Routine == nil {
		fmt.Fprintln(out, " ", s.Say("next.no_routine"))
		return
	}
	fmt.Fprintln(out, " ", s.Say("next.phase", "n", w.Nth, "of", w.Of, "phase", cell(s.names.Call("phase", w.Phase)), "level", cell(s.names.Call("level", cmp.Or(w.Level, s.cs.Level)))))
	if w.Next != nil {
		fmt.Fprintf(out, "  %s\n    %s\n", s.Say("next.next", "what", cell(s.names.Call("next", w.Next.ID)), "until", s.until(*w.Next)), cell(s.command(*w.Next)))
	}
	for _, q := range w.Asked {
		fmt.Fprintln(out, " ", s.Say("next.asked", "what", s.acts.Say("act."+nameOf(q)+".title"), "name", cell(q.By.Name), "n", q.Seq))
	}
	s.list(out, s.Say("next.to_do"), w.Open)
	s.list(out, s.Say("next.waiting"), w.Waiting)
	if n := len(w.Adrift); n > 0 {
		fmt.Fprintln(out, " ", s.Say("next.adrift", "n", n, "command", "tillit act "+s.cs.Ref+" restate"))
	}
}

func (s seen) list(out io.Writer, head string, all []casework.Task) {
	if len(all) > 0 {
		fmt.Fprintf(out, "\n%s\n", head)
	}
	var table [][]string
	for _, t := range all {
		late := "  "
		if t.Late {
			late = "! "
		}
		table = append(table, []string{late + s.day(t), cell(s.names.Step(t.Key())), cell(t.Who.Name)})
	}
	columns(out, table)
}

// until says by when and by whom.
func (s seen) until(t casework.Task) string {
	text := s.Say("next.no_day")
	if t.HasDue {
		text = s.Say("next.by", "day", s.day(t))
	}
	if t.Late {
		text = s.Say("next.over", "until", text)
	}
	if t.Who.Name != "" {
		text = s.Say("next.who", "until", text, "name", cell(t.Who.Name))
	}
	return strings.TrimSuffix(text, ".") + "."
}

// day is the day of a step, or its moment; empty for none.
func (s seen) day(t casework.Task) string {
	if !t.HasDue {
		return ""
	}
	return s.due(t.Due, s.now)
}

// command is what does a step.
func (s seen) command(t casework.Task) string {
	if t.Act == nil {
		return ""
	}
	text := "tillit act " + s.cs.Ref + " " + t.Act.Name
	for _, name := range slices.Sorted(maps.Keys(t.Fields)) {
		text += " --" + name + " " + t.Fields[name]
	}
	return text
}
