package main

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tillit/handlers/casework"
	"tillit/handlers/routine"
	"tillit/handlers/routine/plan"
)

// usageError is a call that cannot be right, whatever the server says.
type usageError struct{ error }

// Unwrap returns the error as it was.
func (u usageError) Unwrap() error { return u.error }

// outcomes pairs each error that people meet with its exit code and its words; there may
// be a hint of the same name.
var outcomes = []struct {
	err  error
	code int
	key  string
}{
	{casework.ErrUnknown, 3, "error.unknown"},
	{casework.ErrPart, 4, "error.part"},
	{casework.ErrCannotOpen, 4, "error.closed"},
	{casework.ErrTampered, 5, "error.tampered"},
	{casework.ErrServer, 7, "error.server"},
	{casework.ErrKeptOut, 9, "error.kept_out"},
	{casework.ErrNewKey, 9, "error.new_key"},
	{casework.ErrRight, 8, "error.right"},
	{casework.ErrBusy, 6, "error.busy"},
	{casework.ErrOffline, 6, "error.offline"},
	{casework.ErrDenied, 1, "error.denied"},
	{casework.ErrMeanwhile, 1, "error.meanwhile"},
	{casework.ErrPassphrase, 1, "error.passphrase"},
	{casework.ErrNoKey, 1, "error.no_key"},
	{casework.ErrAddress, 1, "error.address"},
	{casework.ErrHTTPS, 1, "error.https"},
	{casework.ErrDrill, 1, "error.drill"},
	{context.Canceled, 1, "error.stopped"},
}

// outcomeOf is the key of the words of an error that people meet; empty for any other.
func outcomeOf(err error) string {
	for _, o := range outcomes {
		if errors.Is(err, o.err) {
			return o.key
		}
	}
	return ""
}

func code(err error) int {
	var usage usageError
	if errors.As(err, &usage) {
		return 2
	}
	for _, o := range outcomes {
		if errors.Is(err, o.err) {
			return o.code
		}
	}
	var refused *routine.Refusal
	var byRoutine *plan.Refusal
	if errors.As(err, &refused) || errors.As(err, &byRoutine) {
		return 9
	}
	return 1
}

// why is an error in words.
func (s speech) why(err error) string {
	var in told
	var answered casework.StatusError
	var file *fs.PathError
	switch key := outcomeOf(err); {
	case errors.As(err, &in):
		return in.text
	case key != "":
		return s.Say(key)
	case errors.As(err, &answered):
		return s.Say("error.answered", "n", int(answered))
	case errors.As(err, &file):
		return s.whyFile(file)
	}
	return s.Say("error.failed", "what", screen(err.Error()))
}

// whyFile says why a file cannot be used.
func (s speech) whyFile(err *fs.PathError) string {
	path := screen(err.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s.Say("error.missing", "path", path)
	case errors.Is(err, fs.ErrExist):
		return s.Say("error.exists", "path", path)
	case errors.Is(err, fs.ErrPermission):
		return s.Say("error.denied_file", "path", path)
	}
	return s.Say("error.file", "path", path, "what", screen(err.Err.Error()))
}

// hint is what to try; empty where nothing is known.
func (s speech) hint(err error) string {
	var u unsure
	if errors.As(err, &u) {
		return s.Say("hint.unsure", "id", u.id)
	}
	if key := "hint." + strings.TrimPrefix(outcomeOf(err), "error."); s.Has(key) {
		return s.Say(key)
	}
	return ""
}

// flagError says in words what is wrong with flags.
func (s speech) flagError(c *cobra.Command, err error) error {
	var usage usageError
	var unknown *pflag.NotExistError
	var valueless *pflag.ValueRequiredError
	var value *pflag.InvalidValueError
	var syntax *pflag.InvalidSyntaxError
	switch {
	case errors.As(err, &usage):
		return usage
	case errors.As(err, &unknown):
		return s.wrong("call.flag", "flag", dashed(unknown.GetSpecifiedName(), unknown.GetSpecifiedShortnames()), "use", c.CommandPath())
	case errors.As(err, &valueless):
		return s.wrong("call.flag_value", "flag", dashed(valueless.GetSpecifiedName(), valueless.GetSpecifiedShortnames()))
	case errors.As(err, &value):
		return s.wrong("call.flag_form", "flag", "--"+value.GetFlag().Name)
	case errors.As(err, &syntax):
		return s.wrong("call.flag", "flag", screen(syntax.GetSpecifiedFlag()), "use", c.CommandPath())
	}
	return usageError{err}
}

// dashed is a flag as it was typed, without what stands behind a letter.
func dashed(name, short string) string {
	if short != "" {
		return "-" + screen(name)
	}
	return "--" + screen(name)
}
