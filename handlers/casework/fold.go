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
		b.Apply(routine.Deed{Mark: routine.Mark{Kind: routine.KindDuty, Duty: routine.Lead, Person: line.To}})
	case cases.EventEpoch:
		for _, id := range line.Left {
			b.Leave(id)
		}
	}
}

// judge says whether an entry counts, and lets it count.
func (t *teller) judge(s *step) {
	switch office := s.Kind == cases.EntryOffice && s.V > 1; {
	case t.left[s.Seq] != "":
		s.doubt = t.left[s.Seq]
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
		s.doubt = t.blindly(s)
		return
	case s.inside != nil:
		s.doubt = DoubtClosed
	case s.body == nil:
		s.doubt = DoubtKind
	}
	if s.doubt == "" {
		s.doubt = t.read(s)
	}
	if s.doubt != "" {
		s.act, s.body = nil, nil
	}
}

// read takes an act apart, and holds it to what its desk told the server.
func (t *teller) read(s *step) string {
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
	if doubt := t.may(s, mark); doubt != "" {
		return doubt
	}
	if doubt := t.count(s, mark); doubt != "" {
		return doubt
	}
	if mark.Kind == routine.KindRestate { // it mends what the server has
		return ""
	}
	t.blind.Apply(t.deed(s, mark))
	return ""
}

// blindly lets a mark count whose act is not open here.
func (t *teller) blindly(s *step) string {
	mark, err := routine.ParseMark(s.Signed.Mark)
	if err != nil {
		return DoubtMark
	}
	if doubt := t.may(s, mark); doubt != "" {
		return doubt
	}
	t.blind.Apply(t.deed(s, mark))
	return ""
}

// deed is an act of the past as the server knew it. Which rights somebody had then is
// not known, and the server has looked at them.
func (t *teller) deed(s *step, mark routine.Mark) routine.Deed {
	return routine.Deed{By: routine.Actor{ID: s.by, Rights: everyRight}, Mark: mark, Seq: s.Seq, At: s.Hour, Chat: s.Signed.Via != "", Rules: t.rules}
}

// may holds a mark to the case as it stood. What was so already counts for nothing.
func (t *teller) may(s *step, mark routine.Mark) string {
	var refused *routine.Refusal
	if err := t.blind.May(t.deed(s, mark)); errors.As(err, &refused) && refused.Key != routine.RefusedAlready {
		return DoubtRefused
	}
	return ""
}
