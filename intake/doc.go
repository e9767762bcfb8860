// Package intake is the interview: what is asked, in which order, what an answer
// leads to. The same set, state and answer always give the same next step. It
// knows no clock, no network and no disk, and of ours only package names.
//
// The questions are files ([Load]), so that an organisation can change them
// without touching Go. Where a person is in them is an [Interview], a small value
// that holds choices and never words. What a person wrote passes through as
// [Private] and leaves in [Turn.Seal] only.
package intake
