package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tillit/handlers/casework"
	"tillit/handlers/desk"
	"tillit/store/cases"
)

// shown is the JSON of a case. Scripts rely on its names.
type shown struct {
	Ref      string        `json:"ref"`
	Status   string        `json:"status"`
	Level    string        `json:"level"`
	Channel  string        `json:"channel"`
	Received time.Time     `json:"received_at"`
	Kept     []shownPerson `json:"kept_out"` // also who stepped away
	Faults   []string      `json:"faults"`   // the log is not whole
	Doubts   []shownDoubt  `json:"doubts"`   // it is, and these entries count in nothing
	Answers  []shownAnswer `json:"answers"`
	Entries  []shownEntry  `json:"entries"`
	Files    []shownFile   `json:"files"`
	Where    *whereJSON    `json:"where,omitempty"` // how far it is by its routine
}

type shownPerson struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type shownDoubt struct {
	Seq int64  `json:"seq"` // 0 for what is about no entry
	By  string `json:"by"`  // who signed it; empty for nobody
	Why string `json:"why"`
}

type shownAnswer struct {
	Question string `json:"question"`
	Asked    string `json:"asked"`
	Text     string `json:"text"`
	shownSource
}

// shownSource is what a network says of where words come from.
type shownSource struct {
	Forwarded bool   `json:"forwarded"` // somebody else's words, passed on
	Quotes    string `json:"quotes"`    // what they answer to
}

func sourceOf(s casework.Source) shownSource { return shownSource{s.Forwarded, s.Quotes.Reveal()} }

type shownEntry struct {
	Seq      int64     `json:"seq"`
	Kind     string    `json:"kind"`
	By       string    `json:"by"`
	At       time.Time `json:"at"`
	Text     string    `json:"text"`
	File     string    `json:"file"`
	Event    string    `json:"event"`    // of what is no words: what happened
	Person   string    `json:"person"`   // whom it is about
	Via      string    `json:"via"`      // the network of the chat that it was written in
	Unsigned bool      `json:"unsigned"` // nobody signed it: By is what it says of itself
	shownSource
}

// shownFile is a kept file: its name as it was sent, and its name where it is saved.
type shownFile struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	SavedAs string    `json:"saved_as"`
	Kind    string    `json:"kind"` // as its sender says
	Size    int64     `json:"size"`
	SHA256  string    `json:"sha256"`
	NoPlace bool      `json:"no_place"` // a copy without what told where it was made
	By      string    `json:"by"`
	At      time.Time `json:"at"`
}

func show(c *casework.Case) shown {
	s := shown{Ref: c.Ref, Status: c.Status, Level: c.Level, Channel: c.Channel, Received: c.Received, Kept: []shownPerson{},
		Faults: []string{}, Doubts: []shownDoubt{}, Answers: []shownAnswer{}, Entries: []shownEntry{}, Files: filesOf(c)}
	for _, f := range c.Faults {
		s.Faults = append(s.Faults, f.String())
	}
	for _, h := range c.Kept {
		s.Kept = append(s.Kept, shownPerson{h.ID, h.Name})
	}
	for _, d := range c.Doubts {
		s.Doubts = append(s.Doubts, shownDoubt(d))
	}
	for _, a := range c.Answers {
		s.Answers = append(s.Answers, shownAnswer{a.Question, a.Asked, answerText(a), sourceOf(a.Source)})
	}
	for _, e := range c.Entries {
		s.Entries = append(s.Entries, shownEntry{e.Seq, e.Kind, e.By, e.At, e.Text.Reveal(), e.File, e.Event, e.Person, e.Via, e.Unsigned, sourceOf(e.Source)})
	}
	return s
}

func filesOf(c *casework.Case) []shownFile {
	all, names := []shownFile{}, casework.DiskNames(c.Files)
	for i, f := range c.Files {
		all = append(all, shownFile{f.ID, f.Name.Reveal(), names[i], f.MediaType, f.Size, f.SHA256, f.NoPlace, f.By, f.At})
	}
	return all
}

// showAll is show, with how far the case is.
func showAll(client *casework.Client, c *casework.Case) shown {
	s := show(c)
	if at := english().look(client, c); at.where.Routine != nil {
		where := at.json()
		s.Where = &where
	}
	return s
}

// answerText is an answer for scripts.
func answerText(a casework.Answer) string {
	parts := append([]string(nil), a.Labels...)
	if !a.Text.IsZero() {
		parts = append(parts, a.Text.Reveal())
	}
	if len(parts) == 0 && a.Way != "" {
		return "(" + strings.ReplaceAll(a.Way, "_", " ") + ")"
	}
	return strings.Join(parts, "\n")
}

func showCommand(a *access) *cobra.Command {
	var asJSON bool
	c := a.oneRef("show REF", a.Say("short.show"), func(cmd *cobra.Command, ref string) error {
		client, err := a.dial(cmd.Context())
		if err != nil {
			return err
		}
		c, err := client.Case(cmd.Context(), ref)
		if err != nil && !errors.Is(err, casework.ErrTampered) {
			return err
		}
		if asJSON {
			return errors.Join(json.NewEncoder(cmd.OutOrStdout()).Encode(showAll(client, c)), err)
		}
		a.printCase(cmd.OutOrStdout(), client, c)
		return err
	})
	c.Flags().BoolVar(&asJSON, "json", false, a.Say("flag.json"))
	return c
}

func (s speech) printCase(out io.Writer, client *casework.Client, c *casework.Case) {
	stated, at := s.stated(client), s.look(client, c)
	fmt.Fprintln(out, c.Ref+" ", s.Say("show.head", "status", cell(stated.Call("status", c.Status)), "level", cell(stated.Call("level", c.Level)),
		"channel", cell(stated.Call("channel", c.Channel)), "when", s.when(client, c.Received)))
	for _, f := range c.Faults {
		fmt.Fprintln(out, " ", s.Say("show.whole", "what", cell(stated.Fault(f))))
	}
	if c.Closed > 0 {
		fmt.Fprintln(out, " ", s.Number("show.closed", c.Closed))
	}
	for _, d := range c.Doubts {
		fmt.Fprintln(out, " ", s.Say("show.doubt", "what", cell(stated.Doubt(d))))
	}
	if names := names(c.Kept); names != "" {
		fmt.Fprintln(out, " ", s.Say("show.kept", "names", cell(names)))
	}
	if at.where.Routine != nil {
		at.print(out)
	}
	fmt.Fprintln(out, "\n"+s.Say("show.told"))
	s.printAnswers(out, stated, c)
	if len(c.Files) > 0 {
		fmt.Fprintln(out, "\n"+s.Say("show.files"))
	}
	for _, f := range c.Files {
		fmt.Fprintf(out, "\n  %s  %s  %s\n    sha256 %s\n", cell(f.Name.Reveal()), cell(f.MediaType), s.Number("show.bytes", int(f.Size)), f.SHA256)
		if f.NoPlace {
			fmt.Fprintln(out, "    "+s.Say("show.copy"))
		}
	}
	fmt.Fprintln(out, "\n"+s.Say("show.timeline"))
	for _, e := range c.Entries {
		head := strings.TrimRight(s.direction(e)+"  "+cell(stated.By(e))+"  "+s.source(stated, e), " ")
		fmt.Fprintf(out, "\n  %s  %s\n    %s\n", s.when(client, e.At), head, indented("    ", at.entry(client, stated, e)))
	}
}

// printAnswers prints what was answered, and then what was not, in one line: whoever reads
// looks for what there is.
func (s speech) printAnswers(out io.Writer, stated desk.Speech, c *casework.Case) {
	var gaps []string
	for _, a := range c.Answers {
		if (a.Way == "skip" || a.Way == "unknown") && len(a.Earlier) == 0 {
			gaps = append(gaps, cell(stated.Question(a)))
			continue
		}
		fmt.Fprintf(out, "\n  %s\n    %s\n", cell(stated.Question(a)), indented("    ", stated.Answer(a)))
	}
	if len(gaps) > 0 {
		fmt.Fprintln(out, "\n  "+s.Say("show.gaps", "titles", strings.Join(gaps, ", ")))
	}
}

func names(all []casework.Handler) string {
	var names []string
	for _, h := range all {
		names = append(names, h.Name)
	}
	return strings.Join(names, ", ")
}

// source says what stands behind an entry, where it is not a desk's signature.
func (s speech) source(stated desk.Speech, e casework.Entry) string {
	switch {
	case e.Unsigned:
		return s.Say("show.unsigned")
	case e.Via != "":
		return s.Say("show.via", "channel", cell(stated.Call("channel", e.Via)))
	}
	return ""
}

// direction says which way words went, so that a note is never taken for a reply.
func (s speech) direction(e casework.Entry) string {
	switch {
	case e.Outside:
		return "[=] " + s.Say("show.outside")
	case e.Kind == cases.TypeReply, e.Leaves:
		return "--> " + s.Say("show.out")
	case e.Kind == cases.TypeMessage:
		return "<-- " + s.Say("show.from")
	case e.Kind == cases.TypeNote, e.Kind == cases.TypeMinutes:
		return "[=] " + s.Say("show.inside")
	case e.Kind == cases.TypeAnswer:
		return s.Say("show.answer")
	case e.Kind == cases.TypeFile:
		return s.Say("show.file")
	}
	return s.Say("show.line")
}
