// Package plan is the office's routine: what must be done in a case, until when, by
// whom, and who is told when a day comes near or passes. It is pure. A routine is a
// folder that is read as data ([Load]); a case's state follows from its facts and the
// acts of its log ([Routine.Begin], [State.Apply]); time is an argument. It knows acts by
// their names and plain fields, and never gets a person's words.
//
// The words: an act is one thing that a person did. A step must be done, is left out
// with a reason, or is open; acts end it, nobody sets it. An object is one of several of
// the same step. A duty is a part that one person has in a case. A clock is the day of an
// open step, with the ladder of moments at which it rings.
//
// What refuses an act and what an act does are worked out by the same code ([State.May],
// [State.Apply]), so that a form never offers what the fold then refuses. Nothing here
// depends on the order of a map: the same acts give the same state, byte for byte.
package plan
