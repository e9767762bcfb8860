package casework

import (
	"errors"
	"slices"
	"strings"

	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/intake"
	"tillit/store/cases"
)

// Doubt is something that is wrong with one entry, while the log is whole: somebody
// of the office did it, or says so. It counts in nothing, stands beside the case with
// who signed it, and work on the case goes on.
type Doubt struct {
	Seq int64
	By  string // name of who signed it; empty for nobody
	Why string // one of the Doubt… constants, a key of words
}

// Why an entry is in doubt.
const (
	DoubtUnsigned = "unsigned" // not signed by who is named, or by nobody
	DoubtKind     = "kind"     // such a thing cannot stand in such an entry
	DoubtClosed   = "closed"   // signed, and it does not open
	DoubtUnknown  = "unknown"  // an act that this program does not know
	DoubtMark     = "mark"     // their desk told the server something else
	DoubtRefused  = "refused"  // it could not be done as the case stood
	DoubtServer   = "server"   // the server says something else than the log
)

// step is one entry in the story of a case.
type step struct {
	entry
	doubt string
	by    string          // id of who signed it
	act   *routine.Filled // what a handler did
}

// everyRight is what an act of the past is held to: which rights somebody had then
// is not known, and the server has looked at them.
var everyRight = []string{routine.RightAssign}

// fold goes through a case from its first entry: what counts, what is in doubt, and
// the state that it leads to.
func (o *opened) fold() (steps []step, b routine.Blind) {
	explicit := o.explicit()
	for _, e := range o.entries {
		s := step{entry: e}
		if e.Signed != nil {
			s.by = e.Signed.By
		}
		switch said := e.body.(type) {
		case cases.Exclusion:
			b.Out = said.Out
		case cases.Answer:
			if !explicit {
				b.Out = append(slices.Clip(b.Out), keptOut(said)...) // also who was named once: in doubt, out
			}
		case cases.Log:
			old(&b, said)
		}
		s.judge(&b)
		steps = append(steps, s)
	}
	return steps, b
}

// explicit says whether the log says who is kept out; in version 1 it does not.
func (o *opened) explicit() bool {
	return slices.ContainsFunc(o.entries, func(e entry) bool { _, ok := e.body.(cases.Exclusion); return ok })
}

// keptOut are those whom an answer of version 1 keeps out.
func keptOut(said cases.Answer) (ids []string) {
	if !slices.Contains(said.Is, intake.KeepsOut) {
		return nil
	}
	for _, choice := range said.Choices {
		if id, person := strings.CutPrefix(choice, "p:"); person {
			ids = append(ids, id)
		}
	}
	return ids
}

// old does what a line of version 1 says that a handler did, and what follows from
// somebody leaving.
func old(b *routine.Blind, line cases.Log) {
	switch line.Event {
	case "taken", "assigned", "released":
		b.Apply(routine.Mark{Kind: routine.KindDuty, Duty: routine.Lead, Person: line.To})
	case cases.EventEpoch:
		for _, id := range line.Left {
			b.Leave(id)
		}
	}
}

// judge says whether an entry counts, and lets it count.
func (s *step) judge(b *routine.Blind) {
	switch office := s.Kind == cases.EntryOffice && s.V > 1; {
	case !office && s.Signed != nil:
		s.doubt = DoubtUnsigned // nobody signs what the server or the reporter says
		return
	case !office:
		if s.body == nil && !s.closed && s.inside == nil {
			s.doubt = DoubtKind
		}
		return
	case !s.theirs:
		s.doubt = DoubtUnsigned
	case s.closed: // the mark is what is known of it
		s.doubt = s.apply(b, nil)
		return
	case s.inside != nil:
		s.doubt = DoubtClosed
	case s.body == nil:
		s.doubt = DoubtKind
	}
	if s.doubt == "" {
		s.doubt = s.read(b)
	}
	if s.doubt != "" {
		s.act, s.body = nil, nil
	}
}

// read takes an act apart, and holds it to what its desk told the server.
func (s *step) read(b *routine.Blind) string {
	said, ok := s.body.(cases.Act)
	if !ok { // what the office wrote before acts were signed
		return DoubtKind
	}
	a := acts.Find(said.Name)
	if a == nil {
		return DoubtUnknown
	}
	if s.Signed.Via != "" && !a.Chat { // no chat of ours does it; somebody who runs the server does
		return DoubtKind
	}
	filled, err := a.Parse(said.Fields)
	if err != nil {
		return DoubtKind
	}
	mark, err := routine.ParseMark(said.Mark)
	if err != nil || string(said.Mark) != string(s.Signed.Mark) || !filled.Fits(mark, s.by, said.Nonce) {
		return DoubtMark
	}
	s.act = &filled
	return s.apply(b, &mark)
}

// apply lets a mark count, if it could be done as the case stood.
func (s *step) apply(b *routine.Blind, mark *routine.Mark) string {
	if mark == nil {
		outer, err := routine.ParseMark(s.Signed.Mark)
		if err != nil {
			return DoubtMark
		}
		mark = &outer
	}
	var refused *routine.Refusal
	if err := b.May(routine.Actor{ID: s.by, Rights: everyRight}, *mark); errors.As(err, &refused) && refused.Key != routine.RefusedAlready {
		return DoubtRefused
	}
	b.Apply(*mark)
	return ""
}
