package main

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
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
)

// There is one command for all acts of package acts, act REF NAME, and each is made of
// its declaration; those that need no routine have a command of their own beside it.
// These are its rules:
//
//   - Each field is a flag, given again where it takes several values. A person is named
//     by id. The words that an act is about are given by -m, or come on standard input
//     to its end; those that it can do without are read from there with --stdin only.
//     --fields takes all of them from a file, which others on the machine do not see.
//   - All faults are named at once. What the case refuses is refused before anything is
//     asked about, in words.
//   - What leaves for the reporter, and what cannot be undone, is asked about before it
//     is done. --yes is for who has asked already.
//   - Whoever gets a key had its fingerprint compared, by --compared.
//   - --id makes it happen once.

// filling is an act as a command is given it.
type filling struct {
	speech
	act      *routine.Act
	values   map[string]*given // by field
	main     string            // the field whose words may come by -m or on standard input
	file     string            // of fields; - is standard input
	stdin    bool
	yes      bool
	json     bool
	compared string
	id       string

	filled routine.Filled
	client *casework.Client
	ref    string
	was    *casework.Case // as it was before
	again  bool           // it may have been done before
	heard  bool           // the words came on standard input
	says   *bufio.Reader  // what the handler answers
}

// actCommands are the acts that have a command of their own.
func actCommands(a *access) (all []*cobra.Command) {
	for _, act := range acts.All {
		if act.Always {
			all = append(all, actCommand(a, act, act.Name+" REF", ""))
		}
	}
	return all
}

// actCommand is the command of an act; ref is the case if it is named already.
func actCommand(a *access, act *routine.Act, use, ref string) *cobra.Command {
	f := &filling{speech: a.speech, act: act, values: map[string]*given{}}
	c := a.oneRef(use, f.word("title"), func(cmd *cobra.Command, ref string) error { return f.do(cmd, a, ref) })
	if ref != "" {
		c = &cobra.Command{Use: use, Short: f.word("title"), Args: a.atMost(0), RunE: func(cmd *cobra.Command, _ []string) error { return f.do(cmd, a, ref) }}
	}
	c.Long = f.word("title") + ". " + f.word("hint")
	if act.Right != "" {
		c.Long += "\n" + f.Say("long.right", "right", act.Right)
	}
	f.flags(c)
	return c
}

// word is a word of the act: its title, its hint, what is said when it is done.
func (f *filling) word(key string, pairs ...any) string {
	return f.acts.Say("act."+f.act.Name+"."+key, pairs...)
}

// gives says whether somebody else gets the key.
func (f *filling) gives() bool { return slices.Contains(f.act.Effects, "key") }

// asks says whether it is asked about before it is done: words leave, or the handler
// gives up their own key.
func (f *filling) asks() bool {
	return !f.filled.Leaves().IsZero() || slices.Contains(f.act.Effects, "recuse")
}

func (f *filling) do(cmd *cobra.Command, a *access, ref string) error {
	f.ref = ref
	if err := f.check(); err != nil {
		return err
	}
	if err := f.read(cmd); err != nil {
		return err
	}
	if err := f.askable(cmd.InOrStdin()); err != nil {
		return err
	}
	var err error
	if f.client, err = a.dial(cmd.Context()); err != nil {
		return err
	}
	to, err := f.people()
	if err != nil {
		return err
	}
	if err := f.perform(cmd); err != nil {
		return f.refuse(cmd.OutOrStdout(), f.explain(err, to))
	}
	return f.done(cmd, to)
}

// ids are ids of acts that the office takes, and that a shell takes as they are.
var ids = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// check refuses what cannot be done whatever the office says, before anything is read.
func (f *filling) check() error {
	if f.again = f.id != ""; !f.again {
		f.id = rand.Text()
	}
	switch {
	case !ids.MatchString(f.id):
		return f.wrong("call.id")
	case f.stdin && (f.main == "" || len(f.values[f.main].all) > 0 || f.file != ""):
		return f.wrong("call.once")
	case f.gives() && fingerprint(f.compared) == "":
		return f.wrong("call.compared")
	}
	return nil
}

// askable says whether somebody can be asked, if they are to be.
func (f *filling) askable(in io.Reader) error {
	switch {
	case !f.asks() || f.yes:
		return nil
	case f.listened() && !terminal(in):
		return f.wrong("call.stdin_yes")
	case f.json:
		return f.wrong("call.json_yes")
	}
	return nil
}

// perform does it, if the case takes it and whoever is asked says yes.
func (f *filling) perform(cmd *cobra.Command) error {
	if f.act.Right != "" && !f.client.May(f.act.Right) {
		return casework.ErrRight // before the case is asked for: the answer says nothing about it
	}
	if err := f.allowed(cmd); err != nil {
		return err
	}
	doing := casework.Doing{Act: f.filled, ID: f.id, Compared: fingerprint(f.compared)}
	if !f.asks() || f.yes {
		return f.client.Do(cmd.Context(), f.ref, doing)
	}
	for {
		if err := f.ask(cmd); err != nil {
			return err
		}
		if !f.filled.Leaves().IsZero() {
			doing.Seen = int64(f.was.Checked)
		}
		err := f.client.Do(cmd.Context(), f.ref, doing)
		if !errors.Is(err, casework.ErrMeanwhile) {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "\n%s\n\n", f.Say("act.meanwhile", "ref", f.ref)) // and it is asked again
		if err := f.allowed(cmd); err != nil {
			return err
		}
	}
}

// allowed says what stands against it as the case is. What is so already is nothing:
// whoever did not get the answer asks again.
func (f *filling) allowed(cmd *cobra.Command) error {
	var err error
	if f.was, err = f.client.Case(cmd.Context(), f.ref); err != nil {
		return err
	}
	if err := f.fits(); err != nil {
		return err
	}
	if err = f.client.Allows(f.was, f.filled); casework.Already(err) {
		return nil
	}
	return err
}

// ask shows once more what is about to be done, and takes nothing but the language's yes,
// or "yes", for one.
func (f *filling) ask(cmd *cobra.Command) error {
	out, no, yes := cmd.OutOrStdout(), "error.not_done", f.Say("yes")
	switch leaves := f.filled.Leaves(); {
	case f.outside():
		fmt.Fprintf(out, "%s %s\n\n%s\n\n%s", f.sign(), f.Say("act.outside", "ref", f.ref), screen(leaves.Reveal()), f.Say("act.outside_ask", "yes", yes))
	case !leaves.IsZero():
		no = "error.not_sent"
		fmt.Fprintf(out, "%s %s\n\n%s\n\n%s", f.sign(), f.Say("act.leaves", "ref", f.ref), screen(leaves.Reveal()), f.Say("act.leaves_ask", "yes", yes))
	default:
		fmt.Fprintf(out, "%s %s: %s. %s\n\n%s", f.sign(), f.ref, f.word("title"), f.word("hint"), f.Say("act.ask", "do", f.word("do"), "yes", yes))
	}
	if f.says == nil {
		f.says = bufio.NewReader(cmd.InOrStdin())
	}
	line, _ := f.says.ReadString('\n')
	if said := strings.ToLower(strings.TrimSpace(line)); said != yes && said != "yes" {
		return f.fails(no)
	}
	return nil
}

// sign says which way words go: out, or nowhere.
func (f *filling) sign() string {
	if !f.filled.Leaves().IsZero() && !f.outside() {
		return "-->"
	}
	return "[=]"
}

// outside says that words to the reporter are told outside: of a case that the office made
// nobody has a chat.
func (f *filling) outside() bool {
	return !f.filled.Leaves().IsZero() && f.was != nil && !f.was.Chat()
}

// didJSON is what became of an act. Scripts rely on its names.
type didJSON struct {
	Ref     string   `json:"ref"`
	Act     string   `json:"act"`
	Done    bool     `json:"done"`
	Waits   int64    `json:"waits"` // for a second person, under this number; 0 for nobody
	Refused *whyJSON `json:"refused,omitempty"`
}

// done says that it is, or for whom it waits.
func (f *filling) done(cmd *cobra.Command, to casework.Handler) error {
	waits, err := f.waits(cmd)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	switch {
	case f.json:
		return json.NewEncoder(out).Encode(didJSON{Ref: f.ref, Act: f.act.Name, Done: waits == 0, Waits: waits})
	case waits != 0:
		fmt.Fprintf(out, "%s %s: %s\n", f.sign(), f.ref, f.Say("act.waits", "n", waits))
	case f.outside():
		fmt.Fprintf(out, "%s %s: %s\n", f.sign(), f.ref, f.Say("act.written"))
	default:
		fmt.Fprintf(out, "%s %s: %s\n", f.sign(), f.ref, f.word("done", "person", screen(to.Name)))
	}
	return nil
}

// waits is the number under which the act waits for a second person now; 0 for an act
// that has happened.
func (f *filling) waits(cmd *cobra.Command) (seq int64, err error) {
	asks := slices.Contains(f.act.Effects, "second") || slices.Contains(f.act.Effects, "waive")
	if !asks || f.act.Kind == routine.KindSecond { // what was agreed to may be that there is no case any more
		return 0, nil
	}
	cs, err := f.client.Case(cmd.Context(), f.ref)
	if err != nil {
		return 0, err
	}
	for _, q := range f.client.Where(cs, f.client.Now()).Asked {
		if q.Mine && q.Act == f.act && (f.again || q.Seq > int64(f.was.Checked)) {
			seq = max(seq, q.Seq)
		}
	}
	return seq, nil
}

func terminal(in io.Reader) bool {
	f, ok := in.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
