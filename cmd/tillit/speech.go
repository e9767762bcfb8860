package main

import (
	"embed"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/desk"
	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/plan"
	"tillit/intake/words"
)

//go:embed words/*.toml
var wordFiles embed.FS

// book is what the program says, in each language; it is a part of the program, so that
// a broken file is a bug.
var book = sync.OnceValue(func() *words.Book {
	b, err := words.Read(wordFiles, "words")
	if err != nil {
		panic(err)
	}
	return b
})

// speech is how the program speaks to whoever called it: in words of its own, and in
// those of acts. What is for scripts has no language, and stays in English.
type speech struct {
	*words.Lang
	acts *words.Lang
}

func speaking(lang string) speech { return speech{book().In(lang), acts.Words().In(lang)} }

// english is how JSON speaks.
func english() speech { return speaking("en") }

// The language is said by --lang, or by langEnv, or by the machine's own settings, of
// which the first that is there counts.
const langEnv = "TILLIT_LANG"

// Where nobody says a language that is spoken here, commands speak the one that scripts
// know, and the desk the one that most handlers do.
const (
	commandLang = "en"
	deskLang    = "nb"
)

// languageOf is the language that whoever calls has said; empty where they said none.
// The error says that the environment names one that is not spoken here. A wrong --lang
// is left to whoever reads the flags.
func languageOf(args []string, getenv func(string) string) (string, error) {
	if lang := flagOf(args); lang != "" {
		return lang, nil
	}
	machine := ""
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if locale := getenv(name); locale != "" {
			machine = spoken(locale)
			break
		}
	}
	named := getenv(langEnv)
	if named == "" || book().Has(named) {
		return firstOf(named, machine), nil
	}
	return machine, speaking(firstOf(machine, commandLang)).noLanguage(langEnv, named)
}

func firstOf(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}

// flagOf is the language that --lang names among arguments, if it is one of ours. It is
// looked for before flags are read, because what they are for is said in it.
func flagOf(args []string) (lang string) {
	for i, arg := range args {
		value, is := strings.CutPrefix(arg, "--lang=")
		if arg == "--lang" && i+1 < len(args) {
			value, is = args[i+1], true
		}
		switch {
		case arg == "--":
			return lang
		case is && book().Has(value):
			lang = value
		}
	}
	return lang
}

// spoken is the language of a locale, such as nb_NO.UTF-8, as far as it is one of ours.
func spoken(locale string) string {
	lang, _, _ := strings.Cut(strings.ToLower(locale), ".")
	lang, _, _ = strings.Cut(lang, "@")
	lang, _, _ = strings.Cut(strings.ReplaceAll(lang, "-", "_"), "_")
	if lang == "no" {
		lang = "nb"
	}
	if !book().Has(lang) {
		return ""
	}
	return lang
}

// noLanguage says that something names a language that is not spoken here.
func (s speech) noLanguage(by, named string) error {
	return s.wrong("call.language", "by", by, "named", screen(named), "languages", s.List(languages()))
}

func languages() (all []string) {
	for _, l := range book().Langs() {
		all = append(all, l.ID())
	}
	return all
}

// langFlag is --lang. What it says has been heard already.
type langFlag struct{ speech }

// String implements [pflag.Value].
func (langFlag) String() string { return "" }

// Set implements [pflag.Value].
func (l langFlag) Set(text string) error {
	if !slices.Contains(languages(), text) {
		return l.noLanguage("--lang", text)
	}
	return nil
}

// Type implements [pflag.Value].
func (langFlag) Type() string { return "nb|nn|en" }

// told is an error in the words of whoever is told of it.
type told struct {
	text string
	error
}

// Error implements error.
func (t told) Error() string { return t.text }

// Unwrap returns the error as it was.
func (t told) Unwrap() error { return t.error }

// fails is an error in words.
func (s speech) fails(key string, pairs ...any) error {
	return told{s.Say(key, pairs...), errors.New(key)}
}

// wrong is a call that cannot be right, in words.
func (s speech) wrong(key string, pairs ...any) error { return usageError{s.fails(key, pairs...)} }

// stated calls what stands in a case as the desk's pages do.
func (s speech) stated(client *casework.Client) desk.Speech {
	return desk.Speak(s.ID(), client.Now())
}

// when is a moment in the office's own time.
func (s speech) when(client *casework.Client, t time.Time) string {
	t = t.In(client.Zone())
	return s.At(s.Date(t), t)
}

// due is a day by which something is due, or a moment; empty for none.
func (s speech) due(due plan.Due, now time.Time) string {
	switch due = due.InZone(now.Location()); {
	case due.Time.IsZero():
		return ""
	case due.Day:
		return s.ShortDay(due.Time, now)
	}
	return s.Moment(due.Time, now)
}
