package cases

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// Clock is the day of an open step of a case, as far as the server knows it: when it
// is due, how it rings and who has it, and never which step it is.
type Clock struct {
	ID string `json:"id"` // drawn at random when it begins
	// Due is a whole day, 2026-11-27 in the organisation's time zone, or a minute, in
	// RFC 3339.
	Due    string    `json:"due"`
	Begun  time.Time `json:"begun,omitzero"`
	Ladder string    `json:"ladder"`
	Duty   string    `json:"duty,omitempty"`   // whose it is; the facts say who has the duty
	Person string    `json:"person,omitempty"` // instead, where it is one person's
	// Words says that it ends when the server has queued words of the office for the
	// reporter, and by nothing else.
	Words bool `json:"words,omitzero"`
	Reply bool `json:"reply,omitzero"` // and whichever words they are
	// About is what of the reporter's own it is about: one of the wishes, which began it or
	// ends it, or the minutes of the entry Of, which her answer ends.
	About string `json:"about,omitempty"`
	Of    int64  `json:"of,omitzero"`
	Moves int    `json:"moves,omitzero"` // how often its day was moved
	// Moved is when its day was moved last: what would have rung before does not.
	Moved time.Time `json:"moved,omitzero"`
}

// Rung names the clock as it stands: one that has moved rings anew.
func (c Clock) Rung() string { return c.ID + " " + c.Due }

// ReadClocks reads of the stored form of [Facts] what rings: many are read at once.
func ReadClocks(facts []byte) (routine string, clocks []Clock, err error) {
	var f struct {
		Routine string  `json:"routine"`
		Clocks  []Clock `json:"clocks"`
	}
	err = json.Unmarshal(facts, &f)
	return f.Routine, f.Clocks, err
}

// Wish is what a reporter asks for by a press, in her chat or on her page.
type Wish struct {
	Wish string    `json:"wish"`
	At   time.Time `json:"at"`
	// Clocks are those that it began, in the order in which the routine gives them. Those
	// that it ends are named by nothing: the routine says which they are.
	Clocks []Clock `json:"clocks,omitempty"`
}

// Wished are the clocks of a case after a wish: without those that it ends, and with those
// that it begins.
func Wished(clocks []Clock, w Wish) []Clock {
	all := slices.Clone(clocks)
	if w.Wish == WishGoOn {
		all = slices.DeleteFunc(all, func(c Clock) bool { return c.About == w.Wish })
	}
	return append(all, w.Clocks...)
}

// The wishes that a reporter has buttons for; a routine may know fewer.
const (
	WishWithdrawal = "withdrawal" // not to go on
	WishAccess     = "access"     // to see what is kept about her
	WishMeet       = "meet"       // to talk with a person
	WishGoOn       = "go_on"      // to go on, though she had asked to be talked with first
)

// Asked is an act that counts when a second person has agreed to it.
type Asked struct {
	Seq  int64  `json:"seq"` // of its entry
	By   string `json:"by"`
	Mark []byte `json:"mark"`
}

// Start is what the office's work on a case begins from: the routine that holds for it,
// and what the reporter's choices came to. It stands in the log, sealed, so that every
// desk begins from the same.
type Start struct {
	Routine    string              `json:"routine"` // its version
	Received   time.Time           `json:"received"`
	From       time.Time           `json:"from"` // steps count from here
	Source     string              `json:"source,omitempty"`
	Choices    map[string][]string `json:"choices,omitempty"` // by question
	Flags      []string            `json:"flags,omitempty"`
	Event      string              `json:"event,omitempty"` // a day ahead on which it may happen again
	OtherKnown bool                `json:"other_known,omitzero"`
	Eligible   int                 `json:"eligible"` // how many of the office may read it
	Level      string              `json:"level,omitempty"`
	Lock       string              `json:"lock,omitempty"`
	Phase      string              `json:"phase,omitempty"`
	// Clocks are those that ran then, in the order in which the routine gives them.
	Clocks []Clock `json:"clocks,omitempty"`

	// Over and Days are of a case from before the routine: steps whose promise was kept by
	// then, and days that were promised otherwise than the routine counts them, by step.
	Over []string          `json:"over,omitempty"`
	Days map[string]string `json:"days,omitempty"`
}

// Begin puts into the facts of a case what the work on it begins from.
func (f *Facts) Begin(s Start) {
	f.Routine, f.Level, f.Lock, f.Phase, f.Due = s.Routine, s.Level, s.Lock, s.Phase, nil
	f.Clocks = slices.Clone(s.Clocks)
	slices.SortFunc(f.Clocks, func(a, b Clock) int { return cmp.Or(strings.Compare(a.Due, b.Due), strings.Compare(a.ID, b.ID)) })
}

// Receive ends the clock of the receipt, which the program itself must say.
func (f *Facts) Receive() {
	f.Clocks = slices.DeleteFunc(slices.Clone(f.Clocks), func(c Clock) bool { return c.Duty == DutyDaemon })
}

// PromisedDays are the days that a reporter was promised, the nearest first: of a case
// that no routine has taken over, what was said at the receipt, else the days of the
// clocks that words alone end.
func (f Facts) PromisedDays() []Due {
	all := append([]Due{}, f.Due...)
	for _, c := range f.Clocks {
		if c.Words {
			all = append(all, Due{Rule: RulePromise, Day: c.Due[:min(len(c.Due), len(time.DateOnly))]})
		}
	}
	slices.SortStableFunc(all, func(a, b Due) int { return strings.Compare(a.Day, b.Day) })
	return all
}

// Promised is the nearest day that the reporter was promised; empty for none.
func (f Facts) Promised() string {
	if all := f.PromisedDays(); len(all) > 0 {
		return all[0].Day
	}
	return ""
}

// RulePromise is the rule of a promised day of which the server knows no more than that.
const RulePromise = "promise"

// Report is what is known of a report when it is sent, for who begins its routine. It
// holds no words.
type Report struct {
	Received   time.Time
	Source     string              // who tells: see [SourceSelf]
	Choices    map[string][]string // by question, without whom they keep out
	Flags      []string
	Level      string // that the questions propose
	OtherKnown bool   // the reporter said whom it is about
	Eligible   int    // how many of the office may read it
}

// Who a report comes from.
const (
	SourceSelf       = "self"       // who reports is concerned, or has seen or heard of it
	SourceLeader     = "leader"     // a leader passes it on, in a conversation of their own
	SourceRelay      = "relay"      // somebody else's words, passed on
	SourceRegistered = "registered" // written down by the office
)

// ChannelOffice is the channel of a case that the office made: nobody has a chat in it, so
// that words to whoever told it are said or written outside.
const ChannelOffice = "office"

// Chat says whether whoever told a case has a chat in it, so that words can leave.
func (c Case) Chat() bool { return c.Channel != ChannelOffice }

// DutyDaemon is whose clock it is that the program itself ends: of the receipt.
const DutyDaemon = "daemon"
