package plan

import (
	"strings"
	"time"
)

// Act is what a routine may know of an act: as it is declared in Go, or as a row of the
// table [act].
type Act struct {
	Name    string
	Who     []string // duties, or any, owner, other, seat, control
	Fields  []Field
	Effects []string
	Kind    string
}

// Field is a field of an act.
type Field struct {
	Name     string
	Required bool
	Several  bool
}

// Vocabulary is what a routine may name of what lies outside its folder. What is nil is
// not looked at.
type Vocabulary struct {
	Acts      []Act               // as declared; nil: whatever the table [act] says
	Kinds     []string            // the kinds of marks
	Questions map[string][]string // question of the interview → its choices
	Flags     []string            // that answers raise
}

// Facts are what is known of a case when it begins.
type Facts struct {
	Received time.Time
	From     time.Time // steps count from here: Received (also if zero), or later for a case from before the routine
	Source   string    // self, leader, relay, registered; empty is self
	Choices  map[string][]string
	Flags    []string
	Event    string // the day of something ahead, 2006-01-02, or empty
	// OtherKnown says that the reporter named the other party.
	OtherKnown bool
	Eligible   int // how many of the office may open it

	// Of a case that was worked before the routine took it over: steps that were over by
	// then, days that were promised then by step, and who had which duty.
	Over   []string
	Days   map[string]string
	Duties map[string]string
}

// Done is an act of the log. By, Seq and At come from its signature, never from what
// stands in it.
type Done struct {
	Act string
	Seq int64
	By  string // a person, or [Daemon], [Control], [Seat]
	At  time.Time
	// Fields holds no words: choices, persons, days, names of steps. A field of words
	// that is filled in is "*".
	Fields map[string][]string
}

// OwnerDaemon owns what the server does by itself; OwnerHolder is who opened the object,
// or whom the measure names.
const (
	OwnerDaemon = "daemon"
	OwnerHolder = "holder"
)

// Who signs besides people of the organisation.
const (
	Daemon  = "#daemon"
	Control = "#control"
	seatBy  = "#seat/"
)

// Seat is who signs for somebody concerned: r the reporter, a, b, w1 …
func Seat(name string) string { return seatBy + name }

// handler says whether somebody is a person of the office; the external receiver is one.
func handler(by string) bool {
	return by != "" && by != Daemon && by != Control && !strings.HasPrefix(by, seatBy)
}

// first is the value of a field, or nothing.
func (d Done) first(name string) string {
	if all := d.Fields[name]; len(all) > 0 {
		return all[0]
	}
	return ""
}
