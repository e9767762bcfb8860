package main

import (
	"encoding/json"
	"errors"
	"fmt"
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
func whyNot(names acts.Names, err error) *whyJSON {
	text, ok := acts.Why(acts.Words().In("en"), names, err)
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

// namesOf are what a case calls its steps, and people.
func namesOf(client *casework.Client, cs *casework.Case) acts.Names {
	n := acts.Names{Person: client.Name}
	if cs != nil {
		where := client.Where(cs, client.Now())
		if n.Routine = where.Routine; where.Words != nil {
			n.Words = where.Words.In("en")
		}
	}
	return n
}

// explain says in words why something was not done, or may not have been.
func (f *filling) explain(err error, to casework.Handler) error {
	var usage usageError
	switch why := whyNot(namesOf(f.client, f.was), err); {
	case why != nil:
		return worded{*why, err}
	case errors.As(err, &usage), errors.Is(err, errNotDone), errors.Is(err, errNotSent):
		return err
	case errors.Is(err, casework.ErrUnknown) && f.act.Kind == routine.KindDuty && to.ID != "":
		return fmt.Errorf("%w, or %s cannot open it", err, screen(to.Name))
	case errors.Is(err, casework.ErrOffline), code(err) == 1 && hint(err) == "":
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

// The handler was asked, and did not say yes.
var (
	errNotDone = errors.New("nothing was done")
	errNotSent = errors.New("nothing was sent")
)

// worded is a refusal in words.
type worded struct {
	why whyJSON
	error
}

// Error implements error.
func (w worded) Error() string { return w.why.Text }

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
