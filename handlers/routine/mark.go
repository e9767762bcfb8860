package routine

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"regexp"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"tillit/intake"
	"tillit/store/cases"
)

// Kind says what an act does as far as the server knows. Every act is of one kind,
// whatever stands in it; [kinds] says what each of them may and needs.
type Kind string

// The kinds of acts.
const (
	KindWork    Kind = "work"    // written down; it may end and begin steps
	KindDuty    Kind = "duty"    // parts of the case are taken, given or let go of
	KindLevel   Kind = "level"   // the level at which it is handled
	KindSent    Kind = "sent"    // words leave for the reporter, or left for somebody outside
	KindKeys    Kind = "keys"    // somebody gets the key of the case, or loses it
	KindAsk     Kind = "ask"     // something that a second person may have to agree to
	KindSecond  Kind = "second"  // a second person agrees, or does not
	KindPhase   Kind = "phase"   // the decision; a second person must agree
	KindOpen    Kind = "open"    // a closed case is open again
	KindClose   Kind = "close"   // it is closed; a second person must agree
	KindKeep    Kind = "keep"    // it is kept until a day, or held
	KindShred   Kind = "shred"   // it is destroyed; a second person must agree
	KindRestate Kind = "restate" // how the clocks should stand, by the log
)

// need is what goes with a kind; both ends hold an act to it.
type need struct {
	duty   bool // the mark names a duty, or several parts
	person bool // the mark must name a person
	words  when // the mark binds the words that leave
	level  bool // the mark names a level
	of     bool // the mark names the entry that it answers
	second bool // it counts when a second person has agreed, whatever the case
	asks   bool // it may wait for a second person
	end    bool // the mark names a day
}

// when says whether something stands in a mark.
type when int

const (
	never when = iota
	sometimes
	always
)

// kinds is the one table of what each kind may and needs.
var kinds = map[Kind]need{
	KindWork:    {},
	KindDuty:    {duty: true},
	KindLevel:   {level: true},
	KindSent:    {words: always},            // or it says that they were told outside
	KindKeys:    {person: true, asks: true}, // a colleague loses theirs when a second person has agreed
	KindAsk:     {asks: true},
	KindSecond:  {words: sometimes, of: true},
	KindPhase:   {second: true, asks: true},
	KindOpen:    {},
	KindClose:   {second: true, asks: true},
	KindKeep:    {end: true, asks: true},
	KindShred:   {second: true, asks: true},
	KindRestate: {},
}

// Kinds are the kinds by name, sorted.
func Kinds() (all []string) {
	for k := range kinds {
		all = append(all, string(k))
	}
	slices.Sort(all)
	return all
}

// Duty is a part that a person has in a case.
type Duty string

// Lead is the duty of who has taken the case.
const Lead Duty = "lead"

// Part is a duty and who gets it; nobody, who has it loses it.
type Part struct {
	Duty   Duty   `json:"d"`
	Person string `json:"p,omitempty"`
}

// The things that become of a clock.
const (
	ClockBegins = "b"
	ClockMoves  = "m"
	ClockEnds   = "e"
)

// ClockChange is what an act does to one clock.
type ClockChange struct {
	Op     string `json:"o"`
	ID     string `json:"i"`
	Due    string `json:"d,omitempty"`
	Ladder string `json:"l,omitempty"`
	Duty   string `json:"w,omitempty"` // whose it is
	Person string `json:"p,omitempty"` // instead, where it is one person's
	Words  bool   `json:"r,omitzero"`  // ends with words to the reporter alone
	Reply  bool   `json:"y,omitzero"`  // and whichever words they are
	About  string `json:"a,omitempty"` // what of the reporter's own it is about
}

// Mark is the part of an act that the server knows. It stands beside the entry, in a
// box under the server's key, and a second time inside it, under the case's. It never
// holds the name of an act or of a step, words, or a reason.
type Mark struct {
	Kind   Kind   `json:"kind"`
	Duty   Duty   `json:"duty,omitempty"`
	Person string `json:"person,omitempty"` // who gets what the kind is about; empty for nobody
	// Out says, of keys, that the person loses theirs.
	Out bool `json:"out,omitzero"`
	// Words binds the words that leave: [WordsHash].
	Words []byte `json:"words,omitempty"`
	// Asks is what the words that leave ask for: [cases.AsksMinutes]. The reporter answers
	// by a press, and their answer names the entry. Instead is the entry whose words they
	// take the place of.
	Asks    string `json:"asks,omitempty"`
	Instead int64  `json:"instead,omitzero"`
	// Outside says, of what was sent, that it was told outside: nothing leaves here.
	Outside bool   `json:"outside,omitzero"`
	Parts   []Part `json:"parts,omitempty"`
	Level   string `json:"level,omitempty"`
	Of      int64  `json:"of,omitzero"` // the entry that a second person answers
	No      bool   `json:"no,omitzero"` // and does not agree to
	// Waits says that the act counts when a second person has agreed.
	Waits bool   `json:"waits,omitzero"`
	End   string `json:"end,omitempty"` // the day until which the case is kept
	Hold  bool   `json:"hold,omitzero"` // and held: it may not be destroyed before
	// Phase is the phase that the case is in afterwards, if it is another one.
	Phase  string        `json:"phase,omitempty"`
	Clocks []ClockChange `json:"clocks,omitempty"`
}

// ErrMark says that bytes are no mark of ours.
var ErrMark = errors.New("this is no mark of ours")

// markSizes are what a mark is filled up to, so that its length says little of it: the
// second is for acts that begin or end many steps.
var markSizes = []int{256, 1024, 4096}

// Encode returns the bytes of a mark, as they are signed.
func (m Mark) Encode() []byte {
	raw, err := json.Marshal(m)
	if err != nil {
		panic("encoding a mark: it holds only short strings")
	}
	for _, size := range markSizes {
		if len(raw) <= size {
			return append(raw, bytes.Repeat([]byte(" "), size-len(raw))...)
		}
	}
	panic("encoding a mark: it holds more clocks than a case has")
}

// ParseMark reads what [Mark.Encode] wrote, and nothing else: a mark has one form.
func ParseMark(raw []byte) (Mark, error) {
	var m Mark
	if !slices.Contains(markSizes, len(raw)) || json.Unmarshal(raw, &m, json.RejectUnknownMembers(true)) != nil {
		return Mark{}, ErrMark
	}
	if n, known := kinds[m.Kind]; !known || !m.whole(n) || !m.short() || !bytes.Equal(m.Encode(), raw) {
		return Mark{}, ErrMark
	}
	return m, nil
}

// whole says whether a mark names what its kind needs, and nothing that it does not
// have.
func (m Mark) whole(n need) bool {
	bound := len(m.Words) == sha256.Size
	switch {
	case m.Words != nil && !bound, n.words == never && bound, n.words == always && bound == m.Outside:
		return false
	case m.Asks != "" && (m.Asks != cases.AsksMinutes || m.Kind != KindSent || !bound), m.Instead < 0, m.Instead > 0 && m.Asks == "":
		return false
	case m.Outside && m.Kind != KindSent, m.Out && m.Kind != KindKeys, m.Hold && m.Kind != KindKeep, m.No && m.Kind != KindSecond:
		return false
	case n.duty != (m.Duty != "" || len(m.Parts) > 0), m.Duty != "" && (m.Duty != Lead || len(m.Parts) > 0):
		return false
	case n.person && m.Person == "", m.Person != "" && !n.person && m.Duty == "":
		return false
	case n.level != (m.Level != ""), n.of != (m.Of > 0), n.end != (m.End != ""), m.Of < 0:
		return false
	case m.Waits && !n.asks, n.second && !m.Waits:
		return false
	}
	return true
}

var (
	clockID  = regexp.MustCompile(`^[0-9a-f]{16}$`)
	markName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)
)

// short says whether what stands in a mark has the form and the length that it may:
// what is stored unread must hold no more than that.
func (m Mark) short() bool {
	name := func(s string) bool { return s == "" || markName.MatchString(s) }
	if len(m.Person) > 64 || !name(m.Level) || !name(m.Phase) || len(m.Parts) > 16 || len(m.Clocks) > 32 {
		return false
	}
	if _, err := time.Parse(time.DateOnly, m.End); m.End != "" && err != nil {
		return false
	}
	for _, p := range m.Parts {
		if p.Duty == "" || !name(string(p.Duty)) || len(p.Person) > 64 {
			return false
		}
	}
	for i, c := range m.Clocks {
		if !c.whole() || slices.ContainsFunc(m.Clocks[:i], func(o ClockChange) bool { return o.ID == c.ID }) {
			return false
		}
	}
	return true
}

// whole says whether it is a change of a clock.
func (c ClockChange) whole() bool {
	if !clockID.MatchString(c.ID) {
		return false
	}
	_, ok := dueOf(c.Due)
	switch c.Op {
	case ClockBegins:
		return ok && markName.MatchString(c.Ladder) && (c.Duty == "" || markName.MatchString(c.Duty)) && len(c.Person) <= 64 && (c.About == "" || markName.MatchString(c.About))
	case ClockMoves:
		return ok && c.About == "" && c.Ladder == "" && c.Duty == "" && c.Person == "" && !c.Words && !c.Reply
	case ClockEnds:
		return c.About == "" && c.Due == "" && c.Ladder == "" && c.Duty == "" && c.Person == "" && !c.Words && !c.Reply
	}
	return false
}

// dueOf reads when a clock is due.
func dueOf(text string) (time.Time, bool) {
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04Z07:00"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// clock is the clock that begins.
func (c ClockChange) clock(d Deed) cases.Clock {
	k := cases.Clock{ID: c.ID, Due: c.Due, Begun: d.At.UTC(), Ladder: c.Ladder, Duty: c.Duty, Person: c.Person, Words: c.Words, Reply: c.Reply, About: c.About}
	if d.Mark.Asks != "" && c.About == d.Mark.Asks {
		k.Of = d.Seq
	}
	return k
}

// NonceSize is how many random bytes go before words that are bound, so that nobody
// finds them by trying sentences.
const NonceSize = 32

// WordsHash binds words that leave to the act that sends them.
func WordsHash(nonce []byte, words intake.Private) []byte {
	h := sha256.New()
	h.Write([]byte("tillit/words/1\x00"))
	h.Write(nonce)
	h.Write([]byte(words.Reveal()))
	return h.Sum(nil)
}
