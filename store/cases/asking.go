package cases

import (
	"slices"
	"time"
)

// Asking is words of the office that ask the reporter for a yes or a correction: minutes
// of a talk. It says nothing of what stands in them.
type Asking struct {
	Seq int64 `json:"seq"` // of the entry that they stand in
	// Instead is the entry whose words they take the place of: an earlier version.
	Instead int64     `json:"instead,omitzero"`
	Hour    time.Time `json:"hour"` // when they were written
	// Answer is the last one that the reporter gave: [AnswerYes], [AnswerChange], or
	// nothing yet.
	Answer string `json:"answer,omitempty"`
}

// What a reporter answers.
const (
	AnswerYes    = "yes"
	AnswerChange = "change"
)

// mostAsking is how many are kept of a case; those of older ones lead nowhere any more.
const mostAsking = 32

// Ask notes words that ask.
func Ask(all []Asking, a Asking) []Asking {
	all = append(slices.Clone(all), a)
	return all[max(len(all)-mostAsking, 0):]
}

// Versions are the entries of one text and its later versions, the first one first, as
// far as they are known; nil for an entry that asks nothing.
func Versions(all []Asking, seq int64) (versions []Asking) {
	at := func(match func(Asking) bool) int { return slices.IndexFunc(all, match) }
	i := at(func(a Asking) bool { return a.Seq == seq })
	if i < 0 {
		return nil
	}
	for first := i; first >= 0; first = at(func(a Asking) bool { return a.Seq == all[i].Instead && a.Seq < all[i].Seq }) {
		i = first
	}
	for ; i >= 0; i = at(func(a Asking) bool { return a.Instead == versions[len(versions)-1].Seq && a.Seq > a.Instead }) {
		versions = append(versions, all[i])
	}
	return versions
}

// Answered notes what a reporter answered to an entry that asks. If there is no later
// version of its text, the clocks end that wait for it: those that it, or an earlier
// version, began.
func Answered(all []Asking, clocks []Clock, seq int64, answer string) ([]Asking, []Clock) {
	of := Versions(all, seq)
	all = slices.Clone(all)
	for i := range all {
		if all[i].Seq == seq {
			all[i].Answer = answer
		}
	}
	if len(of) == 0 || of[len(of)-1].Seq != seq {
		return all, clocks
	}
	return all, slices.DeleteFunc(slices.Clone(clocks), func(c Clock) bool {
		return slices.ContainsFunc(of, func(a Asking) bool { return a.Seq == c.Of })
	})
}
