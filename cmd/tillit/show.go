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
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
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
}

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
}

// shownFile is a kept file: its name as it was sent, and its name where it is saved.
type shownFile struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	SavedAs string    `json:"saved_as"`
	Kind    string    `json:"kind"` // as its sender says
	Size    int64     `json:"size"`
	SHA256  string    `json:"sha256"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
}

func show(c *casework.Case) shown {
	s := shown{Ref: c.Ref, Status: c.Status, Level: c.Level, Channel: c.Channel, Received: c.Received, Kept: []shownPerson{},
		Faults: append([]string{}, c.Faults...), Doubts: []shownDoubt{}, Answers: []shownAnswer{}, Entries: []shownEntry{}, Files: []shownFile{}}
	for _, h := range c.Kept {
		s.Kept = append(s.Kept, shownPerson{h.ID, h.Name})
	}
	for _, d := range c.Doubts {
		s.Doubts = append(s.Doubts, shownDoubt(d))
	}
	for _, a := range c.Answers {
		s.Answers = append(s.Answers, shownAnswer{a.Question, a.Asked, answerText(a)})
	}
	names := casework.DiskNames(c.Files)
	for i, f := range c.Files {
		s.Files = append(s.Files, shownFile{f.ID, f.Name.Reveal(), names[i], f.MediaType, f.Size, f.SHA256, f.By, f.At})
	}
	for _, e := range c.Entries {
		s.Entries = append(s.Entries, shownEntry{e.Seq, e.Kind, e.By, e.At, e.Text.Reveal(), e.File, e.Event, e.Person, e.Via, e.Unsigned})
	}
	return s
}

// showAll is show, with how far the case is.
func showAll(client *casework.Client, c *casework.Case) shown {
	s := show(c)
	if at := look(client, c); at.where.Routine != nil {
		where := at.json()
		s.Where = &where
	}
	return s
}

// doubts say why an entry counts in nothing.
var doubts = map[string]string{
	casework.DoubtUnsigned: "it is not signed by whoever it names",
	casework.DoubtKind:     "such a thing cannot stand there",
	casework.DoubtClosed:   "it is signed, and it does not open",
	casework.DoubtUnknown:  "this program does not know what was done, and a newer one may",
	casework.DoubtMark:     "the desk that made it told the server something else",
	casework.DoubtRefused:  "it could not be done as the case stood",
	casework.DoubtServer:   "the server says that somebody else has the case than its log does",
}

// doubtText is a doubt as a line.
func doubtText(d casework.Doubt) string {
	why, known := doubts[d.Why]
	if !known {
		why = d.Why
	}
	switch {
	case d.Seq == 0:
		return why
	case d.By == "":
		return fmt.Sprintf("entry %d, signed by nobody: %s; it counts in nothing", d.Seq, why)
	}
	return fmt.Sprintf("entry %d, signed by %s: %s; it counts in nothing", d.Seq, d.By, why)
}

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
	c := oneRef("show REF", "Show a case: answers, gaps, timeline", func(cmd *cobra.Command, ref string) error {
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
		printCase(cmd.OutOrStdout(), c, look(client, c))
		return err
	})
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func printCase(out io.Writer, c *casework.Case, at seen) {
	s := show(c)
	fmt.Fprintf(out, "%s  %s  %s  by %s, %s\n", s.Ref, s.Status, s.Level, s.Channel, s.Received.Local().Format("2006-01-02 15:04"))
	for _, f := range c.Faults {
		fmt.Fprintln(out, "  NOT WHOLE:", f)
	}
	if c.Closed > 0 {
		fmt.Fprintf(out, "  %d entries are from before you had a key; a colleague who can read them may give you access\n", c.Closed)
	}
	for _, d := range c.Doubts {
		fmt.Fprintln(out, "  IN DOUBT:", screen(doubtText(d)))
	}
	if names := names(c.Kept); names != "" {
		fmt.Fprintln(out, "  must not get at it:", screen(names))
	}
	if at.where.Routine != nil {
		at.print(out)
	}
	fmt.Fprintln(out, "\nWhat the reporter told")
	for _, a := range s.Answers {
		fmt.Fprintf(out, "\n  %s\n    %s\n", screen(a.Asked), strings.ReplaceAll(screen(a.Text), "\n", "\n    "))
	}
	if len(s.Files) > 0 {
		fmt.Fprintln(out, "\nFiles")
	}
	for _, f := range s.Files {
		fmt.Fprintf(out, "\n  %s  %s  %d bytes\n    sha256 %s\n", screen(f.Name), screen(f.Kind), f.Size, f.SHA256)
	}
	fmt.Fprintln(out, "\nTimeline")
	for _, e := range c.Entries {
		fmt.Fprintf(out, "\n  %s  %s  %s%s\n    %s\n", e.At.Local().Format("2006-01-02 15:04"), direction(e), screen(e.By), screen(source(e)),
			strings.ReplaceAll(screen(entryText(e)), "\n", "\n    "))
	}
}

func names(all []casework.Handler) string {
	var names []string
	for _, h := range all {
		names = append(names, h.Name)
	}
	return strings.Join(names, ", ")
}

// entryText is what an entry says: its words, or what happened.
func entryText(e casework.Entry) string {
	words := e.Text.Reveal()
	switch {
	case e.Act == acts.Reply.Name, e.Act == acts.Note.Name:
		return words
	case e.Act != "":
		return actText(e)
	case e.Kind != cases.TypeLog && e.Kind != cases.TypeExclusion:
		return words
	}
	return strings.TrimSpace(e.Event + " " + words)
}

// actText is what a handler did, and what was filled in.
func actText(e casework.Entry) string {
	say := acts.Words().In("en")
	lines := []string{say.Say("act."+e.Act+".log", "name", e.By, "person", e.Person)}
	for _, f := range acts.Find(e.Act).Fields {
		said := e.Person != "" && strings.Contains(lines[0], e.Person)
		for _, value := range e.Values[f.Name] {
			switch text := value.Reveal(); {
			case f.Kind == routine.FieldPerson && said:
			case f.Name == "text":
				lines = append(lines, text)
			default:
				lines = append(lines, say.Say("act."+e.Act+".field."+f.Name)+": "+say.Label("act."+e.Act+".option."+f.Name, text))
			}
		}
	}
	return strings.Join(lines, "\n")
}

// source says what stands behind an entry, where it is not a desk's signature.
func source(e casework.Entry) string {
	switch {
	case e.Unsigned:
		return "  (signed by nobody)"
	case e.Via != "":
		return "  (written in " + e.Via + ")"
	}
	return ""
}

// direction says which way words went, so that a note is never taken for a reply.
func direction(e casework.Entry) string {
	switch {
	case e.Outside:
		return "[=] told outside"
	case e.Kind == cases.TypeReply, e.Leaves:
		return "--> to the reporter"
	case e.Kind == cases.TypeMessage:
		return "<-- from the reporter"
	case e.Kind == cases.TypeNote, e.Kind == cases.TypeMinutes:
		return "[=] stays inside"
	}
	return e.Kind
}
