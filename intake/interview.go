package intake

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Interview is where one person is in a set: what was met, which choices were
// made, what comes next. It holds no words of the person, so its encoding may lie
// in a box that the server can open. Values are independent: [Set.Answer] returns
// a new one and leaves the old as it was.
type Interview struct{ c cursor }

// The states of a question that was met; one that was not has none.
const (
	stateAnswered  = "answered"
	stateSkipped   = "skipped"
	stateUnknown   = "unknown"
	stateRatherNot = "rather_not"
)

// cursor is the stored form. Fields are only added, never renamed: interviews
// that began before an update go on after it.
type cursor struct {
	Set       string              `json:"v,omitempty"`
	Lang      string              `json:"l,omitempty"`
	At        string              `json:"q,omitempty"`
	State     map[string]string   `json:"s,omitempty"`
	Facts     map[string][]string `json:"f,omitempty"`
	Picks     []string            `json:"p,omitempty"`  // so far, of several
	Got       bool                `json:"g,omitempty"`  // something came in this visit to the question
	Miss      int                 `json:"m,omitempty"`  // not understood in a row
	Queue     []string            `json:"e,omitempty"`  // left of a part that is edited
	Ask       []string            `json:"a,omitempty"`  // person ids found in words: X1 asks about them
	Aside     bool                `json:"b,omitempty"`  // X1 waits until the question is left
	From      string              `json:"w0,omitempty"` // the question that they were found at
	Named     []string            `json:"n,omitempty"`  // person ids confirmed at X1
	Out       []string            `json:"x,omitempty"`  // person ids kept out, worked out each turn
	Form      int                 `json:"k,omitempty"`  // 1: ticks show all who are kept out
	Opened    bool                `json:"o,omitempty"`
	Reviewed  bool                `json:"r,omitempty"`
	Confirm   bool                `json:"d,omitempty"` // delete was pressed once
	Submitted bool                `json:"t,omitempty"`
	Flags     []string            `json:"fl,omitempty"`
	Level     string              `json:"lv,omitempty"`
	Minor     bool                `json:"mi,omitempty"`
	Urgent    bool                `json:"u,omitempty"`
	Write     string              `json:"w,omitempty"`
	Source    string              `json:"so,omitempty"`
	Early     []string            `json:"ea,omitempty"` // questions that words were kept for before they were asked
	Paused    bool                `json:"pz,omitempty"` // a break; what is typed first only ends it
	Adult     bool                `json:"ad,omitempty"`
	Need      bool                `json:"nd,omitempty"` // told something by which help comes first
}

func (c cursor) clone() cursor {
	c.State = maps.Clone(c.State)
	if c.State == nil {
		c.State = map[string]string{}
	}
	facts := make(map[string][]string, len(c.Facts))
	for q, f := range c.Facts {
		facts[q] = slices.Clone(f)
	}
	c.Facts = facts
	c.Picks, c.Queue = slices.Clone(c.Picks), slices.Clone(c.Queue)
	c.Ask, c.Named, c.Out, c.Flags = slices.Clone(c.Ask), slices.Clone(c.Named), slices.Clone(c.Out), slices.Clone(c.Flags)
	c.Early = slices.Clone(c.Early)
	return c
}

// thisForm is the form that an interview is stored in.
const thisForm = 1

// renew brings an interview from before an update into [thisForm]. Until then a list
// of its own said who was kept out, and ticks showed what was ticked there alone.
func (t *talk) renew() {
	if t.c.Form == thisForm || t.c.Set == "" {
		return
	}
	t.c.Form = thisForm
	told := t.stored(nil)
	for _, id := range t.c.Out {
		if !slices.Contains(told, id) {
			t.c.Named = append(t.c.Named, id)
		}
	}
	if t.c.Opened {
		t.showTicks()
	}
}

// tidy makes empty and absent one, so that a round trip is exact.
func (c cursor) tidy() cursor {
	if len(c.State) == 0 {
		c.State = nil
	}
	maps.DeleteFunc(c.Facts, func(_ string, f []string) bool { return len(f) == 0 })
	if len(c.Facts) == 0 {
		c.Facts = nil
	}
	for _, list := range []*[]string{&c.Picks, &c.Queue, &c.Ask, &c.Named, &c.Out, &c.Flags, &c.Early} {
		if len(*list) == 0 {
			*list = nil
		}
	}
	return c
}

// setFacts replaces what was chosen at a question.
func (c *cursor) setFacts(q string, choices []string) {
	delete(c.Facts, q)
	if len(choices) > 0 {
		c.Facts[q] = slices.Clone(choices)
	}
}

// Encode returns the stored form, for [DecodeInterview].
func (iv Interview) Encode() []byte {
	data, err := json.Marshal(iv.c)
	if err != nil {
		panic("encoding an interview: it holds only strings, numbers and lists")
	}
	return data
}

// DecodeInterview reads what [Interview.Encode] wrote. The error never quotes the
// data.
func DecodeInterview(data []byte) (Interview, error) {
	var c cursor
	if err := json.Unmarshal(data, &c); err != nil {
		return Interview{}, fmt.Errorf("decoding an interview: %d bytes are not one", len(data))
	}
	return Interview{c.tidy()}, nil
}

// SetVersion returns the version of the set it runs in.
func (iv Interview) SetVersion() string { return iv.c.Set }

// Lang returns the language it is held in.
func (iv Interview) Lang() string { return iv.c.Lang }

// At returns the id of the current question; empty before and after.
func (iv Interview) At() string {
	if iv.c.asking() {
		return askName
	}
	return iv.c.At
}

// asking reports whether X1 stands in front of the current question.
func (c *cursor) asking() bool { return len(c.Ask) > 0 && !c.Aside }

// Excluded returns the ids of the handlers who must not see the case: at every moment
// exactly those whom the pages show as kept out.
func (iv Interview) Excluded() []string { return slices.Clone(iv.c.Out) }

// Flags returns what the rules of the set noted, in their order.
func (iv Interview) Flags() []string { return slices.Clone(iv.c.Flags) }

// Level returns who should handle it, as the rules of the set say: external,
// central, county or local in ours. Empty before the room is asked for.
func (iv Interview) Level() string { return iv.c.Level }

// Minor reports whether it happened to someone under 18.
func (iv Interview) Minor() bool { return iv.c.Minor }

// Adult reports whether it is told that it happened to somebody of age.
func (iv Interview) Adult() bool { return iv.c.Adult }

// Urgent reports whether someone may be unsafe now.
func (iv Interview) Urgent() bool { return iv.c.Urgent }

// Source says who it comes from: [SourceLeader], or empty for who tells it by themselves.
func (iv Interview) Source() string { return iv.c.Source }

// Opened reports whether the room was asked for; before that nothing is sealed.
func (iv Interview) Opened() bool { return iv.c.Opened }

// Submitted reports whether it was sent.
func (iv Interview) Submitted() bool { return iv.c.Submitted }

// Fact returns the choices made at a question, without its id.
func (iv Interview) Fact(q string) []string { return slices.Clone(iv.c.Facts[q]) }

// WriteWhen returns the choice of when it is safe to write; empty if not answered.
func (iv Interview) WriteWhen() string { return iv.c.Write }
