package main

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"tillit/handlers/casework"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/plan"
)

// whyJSON is why an act cannot be done. Scripts rely on its names; what the reason is not
// about is empty.
type whyJSON struct {
	Key    string   `json:"key"`
	Text   string   `json:"text"`
	Steps  []string `json:"steps"` // that it would do
	Waits  []string `json:"waits"` // that come first
	Duty   string   `json:"duty"`
	Other  string   `json:"other"` // the duty that must be another person's
	Person string   `json:"person"`
	Level  string   `json:"level"`
	Field  string   `json:"field"`
}

// whyNot is a refusal in words and as JSON; nil for an error that is none.
func (s speech) whyNot(names acts.Names, err error) *whyJSON {
	text, ok := acts.Why(s.acts, names, err)
	if !ok {
		return nil
	}
	w := &whyJSON{Text: screen(text), Steps: []string{}, Waits: []string{}}
	var of *plan.Refusal
	var mark *routine.Refusal
	switch {
	case errors.As(err, &of):
		w.Key, w.Duty, w.Other, w.Person, w.Level, w.Field = of.Key, of.Duty, of.Other, of.Person, of.Level, of.Field
		w.Steps, w.Waits = append(w.Steps, of.Steps...), append(w.Waits, of.Waits...)
	case errors.As(err, &mark):
		w.Key, w.Person = mark.Key, mark.Person
	}
	return w
}

// names are what a case's routine calls its steps, and people.
func (s speech) names(client *casework.Client, where casework.Where) acts.Names {
	n := acts.Names{Person: client.Name, Routine: where.Routine}
	if where.Words != nil {
		n.Words = where.Words.In(s.ID())
	}
	return n
}

// refusal is why an act cannot be done in a case, which may be nil, in words; and for
// scripts. It is nil for an error that is none.
func (s speech) refusal(client *casework.Client, cs *casework.Case, err error) (text string, why *whyJSON) {
	where := casework.Where{}
	if cs != nil {
		where = client.Where(cs, client.Now())
	}
	if said := s.whyNot(s.names(client, where), err); said != nil {
		text = said.Text
	}
	return text, english().whyNot(english().names(client, where), err)
}

// explain says in words why something was not done, or may not have been.
func (f *filling) explain(err error, to casework.Handler) error {
	var usage usageError
	switch text, why := f.refusal(f.client, f.was, err); {
	case why != nil:
		return worded{*why, told{text, err}}
	case errors.As(err, &usage), errors.As(err, new(told)):
		return err
	case errors.Is(err, casework.ErrUnknown) && f.act.Kind == routine.KindDuty && to.ID != "":
		return told{f.Say("error.unknown_to", "name", screen(to.Name)), err}
	case errors.Is(err, casework.ErrOffline), code(err) == 1 && outcomeOf(err) == "":
		return unsure{err, f.id}
	}
	return err
}

// refuse prints as JSON why an act was refused, and returns the error.
func (f *filling) refuse(out io.Writer, err error) error {
	var refused worded
	if f.json && errors.As(err, &refused) {
		return errors.Join(json.NewEncoder(out).Encode(didJSON{Ref: f.ref, Act: f.act.Name, Refused: &refused.why}), err)
	}
	return err
}

// worded is a refusal in words.
type worded struct {
	why whyJSON
	error
}

// Unwrap returns the error as it was.
func (w worded) Unwrap() error { return w.error }

// unsure is an error after which the act may have been done all the same.
type unsure struct {
	error
	id string
}

// Unwrap returns the error as it was.
func (u unsure) Unwrap() error { return u.error }

// fingerprint brings what somebody typed into the form of [casework.Handler]: they heard
// it read aloud, so only its digits count.
func fingerprint(typed string) string {
	var groups []string
	for digits := range slices.Chunk([]byte(strings.Map(digit, typed)), 4) {
		groups = append(groups, string(digits))
	}
	return strings.Join(groups, "-")
}

// digit keeps what is part of a fingerprint.
func digit(r rune) rune {
	switch {
	case strings.ContainsRune("-:. \t", r):
		return -1
	case r >= 'A' && r <= 'F':
		return r - 'A' + 'a'
	}
	return r
}
