package main

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"tillit/handlers/casework"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/intake/words"
)

// There is a command for each act of package acts that can be done in any case, and each
// is made of its declaration. These are its rules:
//
//   - Words are given by -m, or come on standard input to its end; those that an act can
//     do without are read from there with --stdin only. A person is named by id.
//   - What leaves for the reporter, and what cannot be undone, is asked about before it
//     is done. --yes is for who has asked already.
//   - Whoever gets a key had its fingerprint compared, by --compared.
//   - --id makes it happen once.

// filling is an act as a command is given it.
type filling struct {
	act      *routine.Act
	say      *words.Lang
	values   map[string]*string // flags by field
	text     string             // the field whose words may come on standard input
	said     bool               // by -m
	stdin    bool
	yes      bool
	compared string
	id       string
}

func actCommands(a *access) (all []*cobra.Command) {
	for _, act := range acts.All {
		if act.Always {
			all = append(all, actCommand(a, act))
		}
	}
	return all
}

func actCommand(a *access, act *routine.Act) *cobra.Command {
	f := &filling{act: act, say: acts.Words().In("en"), values: map[string]*string{}}
	c := oneRef(act.Name+" REF", f.word("title"), func(cmd *cobra.Command, ref string) error { return f.do(cmd, a, ref) })
	c.Long = f.word("title") + ". " + f.word("hint")
	if act.Right != "" {
		c.Long += fmt.Sprintf("\nThe organisation file must give you the right %q.", act.Right)
	}
	f.flags(c)
	return c
}

// word is a word of the act: its title, its hint, what is said when it is done.
func (f *filling) word(key string, pairs ...any) string {
	return f.say.Say("act."+f.act.Name+"."+key, pairs...)
}

func (f *filling) flags(c *cobra.Command) {
	set := c.Flags()
	for _, field := range f.act.Fields {
		name, short, usage := field.Name, "", f.word("field."+field.Name)
		switch {
		case field.Kind == routine.FieldPerson:
			usage += ", by id"
		case f.text == "":
			f.text, name, short = field.Name, "message", "m"
		}
		f.values[field.Name] = set.StringP(name, short, "", usage)
	}
	if f.text != "" {
		set.BoolVar(&f.stdin, "stdin", false, "read the words from standard input")
	}
	if f.asks() {
		set.BoolVar(&f.yes, "yes", false, "do it without asking")
	}
	if f.gives() {
		set.StringVar(&f.compared, "compared", "", "the fingerprint that your colleague read aloud to you")
	}
	set.StringVar(&f.id, "id", "", "makes it happen once, however often it is asked for; a new one for each act")
}

// gives says whether somebody else gets the key.
func (f *filling) gives() bool {
	return f.act.Kind == routine.KindKeys && slices.ContainsFunc(f.act.Fields, func(x routine.Field) bool { return x.Kind == routine.FieldPerson })
}

// asks says whether it is asked about before it is done: words leave, or the handler
// gives up their own key.
func (f *filling) asks() bool {
	return f.act.To == routine.Reporter || f.act.Kind == routine.KindKeys && !f.gives()
}

func (f *filling) do(cmd *cobra.Command, a *access, ref string) error {
	f.said = cmd.Flags().Changed("message")
	if err := f.check(cmd.InOrStdin()); err != nil {
		return err
	}
	filled, err := f.read(cmd)
	if err != nil {
		return err
	}
	client, err := a.dial(cmd.Context())
	if err != nil {
		return err
	}
	to, err := f.person(client)
	if err != nil {
		return err
	}
	if f.asks() && !f.yes {
		if err := f.ask(cmd, ref, filled); err != nil {
			return err
		}
	}
	err = client.Do(cmd.Context(), ref, casework.Doing{Act: filled, ID: f.id, Compared: fingerprint(f.compared)})
	if err != nil {
		return f.explain(err, client, to)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s %s: %s\n", f.sign(), ref, f.word("done", "person", screen(to.Name)))
	return nil
}

// ids are ids of acts that the office takes, and that a shell takes as they are.
var ids = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// check refuses what cannot be done whatever the office says, before anything is read.
func (f *filling) check(in io.Reader) error {
	if f.id == "" {
		f.id = rand.Text()
	}
	switch {
	case !ids.MatchString(f.id):
		return usageError{errors.New("--id takes up to 64 letters, digits, dots, dashes and underscores")}
	case f.said && f.stdin:
		return usageError{errors.New("give the words once: -m TEXT, or --stdin")}
	case f.asks() && !f.yes && f.listens() && !terminal(in):
		return usageError{errors.New("with the words on standard input nobody can be asked; add --yes")}
	case f.gives() && fingerprint(f.compared) == "":
		return usageError{errors.New("let your colleague read the fingerprint of their key aloud, and give what you hear: --compared FINGERPRINT")}
	}
	return nil
}

// listens says whether the words come on standard input.
func (f *filling) listens() bool {
	return !f.said && (f.stdin || slices.ContainsFunc(f.act.Fields, func(x routine.Field) bool { return x.Name == f.text && x.Required }))
}

// read reads the act from what was given.
func (f *filling) read(cmd *cobra.Command) (routine.Filled, error) {
	if f.listens() {
		in := cmd.InOrStdin()
		if terminal(in) {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s. End with Ctrl-D on a line of its own:\n", f.word("field."+f.text))
		}
		raw, err := io.ReadAll(io.LimitReader(in, routine.MaxBytes+1))
		if err != nil {
			return routine.Filled{}, errors.New("the words cannot be read from standard input")
		}
		if len(raw) > routine.MaxBytes { // never a part of them
			return routine.Filled{}, f.faulty(routine.Faults{f.text: routine.FaultLong})
		}
		*f.values[f.text] = string(raw)
	}
	filled, err := f.act.Read(func(name string) []string { return []string{*f.values[name]} })
	var faults routine.Faults
	if errors.As(err, &faults) {
		err = f.faulty(faults)
	}
	return filled, err
}

// faulty says what is wrong with what was filled in, and where it is given.
func (f *filling) faulty(faults routine.Faults) error {
	var all []string
	for _, field := range f.act.Fields {
		if why := faults[field.Name]; why != "" {
			how := "--" + field.Name
			if field.Name == f.text {
				how = "-m, or standard input"
			}
			all = append(all, fmt.Sprintf("%s (%s): %s", f.word("field."+field.Name), how, f.say.Say("fault."+why)))
		}
	}
	return usageError{errors.New(strings.Join(all, " "))}
}

// person finds whom the act is about among the colleagues; nobody if it is about none.
func (f *filling) person(client *casework.Client) (who casework.Handler, err error) {
	for _, field := range f.act.Fields {
		if id := *f.values[field.Name]; field.Kind == routine.FieldPerson && id != "" {
			all := client.Handlers()
			i := slices.IndexFunc(all, func(h casework.Handler) bool { return h.ID == strings.TrimSpace(id) })
			if i < 0 {
				return who, usageError{fmt.Errorf("there is no handler %q in the organisation file", id)}
			}
			who = all[i]
		}
	}
	return who, nil
}

// ask shows once more what is about to be done, and takes nothing but "yes" for one.
func (f *filling) ask(cmd *cobra.Command, ref string, filled routine.Filled) error {
	out, nothing := cmd.OutOrStdout(), "nothing was done"
	if f.act.To == routine.Reporter {
		nothing = "nothing was sent"
		fmt.Fprintf(out, "%s This goes to the reporter of %s:\n\n%s\n\nSend it? Write yes: ", f.sign(), ref, screen(filled.Leaves().Reveal()))
	} else {
		fmt.Fprintf(out, "%s %s: %s. %s\n\n%s? Write yes: ", f.sign(), ref, f.word("title"), f.word("hint"), f.word("do"))
	}
	line, _ := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	if strings.TrimSpace(line) != "yes" {
		return errors.New(nothing)
	}
	return nil
}

// sign says which way words go: out, or nowhere.
func (f *filling) sign() string {
	if f.act.To == routine.Reporter {
		return "-->"
	}
	return "[=]"
}

// explain says in words why something was not done, or may not have been.
func (f *filling) explain(err error, client *casework.Client, to casework.Handler) error {
	var refused *routine.Refusal
	switch {
	case errors.As(err, &refused):
		name, all := to.Name, client.Handlers()
		if i := slices.IndexFunc(all, func(h casework.Handler) bool { return h.ID == refused.Person }); i >= 0 {
			name = all[i].Name
		}
		key := "refused." + refused.Key
		if !f.say.Has(key) { // of a newer server
			key = "refused." + routine.RefusedMark
		}
		return worded{screen(f.say.Say(key, "person", name)), err}
	case errors.Is(err, casework.ErrUnknown) && f.act.Kind == routine.KindDuty && to.ID != "":
		return fmt.Errorf("%w, or %s cannot open it", err, screen(to.Name))
	case errors.Is(err, casework.ErrOffline), code(err) == 1 && hint(err) == "":
		return unsure{err, f.id}
	}
	return err
}

// worded is an error in other words.
type worded struct {
	words string
	error
}

// Error implements error.
func (w worded) Error() string { return w.words }

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

func terminal(in io.Reader) bool {
	f, ok := in.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
