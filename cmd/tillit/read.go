package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"tillit/store/cases"

	"github.com/spf13/cobra"

	"tillit/handlers/casework"
)

func oneRef(use, short string, run func(cmd *cobra.Command, ref string) error) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, RunE: func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usageError{fmt.Errorf("name one case: %s", cmd.UseLine())}
		}
		return run(cmd, strings.ToUpper(strings.TrimSpace(args[0])))
	}}
}

func queueCommand(a *access) *cobra.Command {
	var asJSON bool
	var view string
	c := &cobra.Command{Use: "queue", Short: "List the cases that your key opens, by deadline", Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains(cases.Views, view) {
				return usageError{fmt.Errorf("there is no view %q; there are %s", view, strings.Join(cases.Views, ", "))}
			}
			client, err := a.dial(cmd.Context())
			if err != nil {
				return err
			}
			all := []cases.Case{}
			for q := (casework.Query{View: view, Size: cases.MostRows}); ; {
				page, err := client.Queue(cmd.Context(), q)
				if err != nil {
					return err
				}
				if all = append(all, page.Cases...); page.Next == "" {
					break
				}
				q.Page = page.Next
			}
			return printQueue(cmd.OutOrStdout(), all, asJSON)
		}}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().StringVar(&view, "view", cases.Views[0], "one of "+strings.Join(cases.Views, ", "))
	return c
}

func printQueue(out io.Writer, all []cases.Case, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(all)
	}
	if len(all) == 0 {
		fmt.Fprintln(out, "No case waits.")
	}
	for _, c := range all {
		due := ""
		if len(c.Due) > 0 {
			due = "due " + c.Due[0].Day
		}
		fmt.Fprintf(out, "%s  %-9s %-9s %-8s %s  %d unread  %s\n", c.Ref, c.Status, c.Level, c.Channel, c.Received.Local().Format("2006-01-02 15:04"), c.Unread, due)
	}
	return nil
}

// shown is the JSON of a case. Scripts rely on its names.
type shown struct {
	Ref      string        `json:"ref"`
	Status   string        `json:"status"`
	Level    string        `json:"level"`
	Channel  string        `json:"channel"`
	Received time.Time     `json:"received_at"`
	Answers  []shownAnswer `json:"answers"`
	Entries  []shownEntry  `json:"entries"`
}

type shownAnswer struct {
	Question string `json:"question"`
	Asked    string `json:"asked"`
	Text     string `json:"text"`
}

type shownEntry struct {
	Seq  int64     `json:"seq"`
	Kind string    `json:"kind"`
	By   string    `json:"by"`
	At   time.Time `json:"at"`
	Text string    `json:"text"`
	File string    `json:"file"`
}

func show(c *casework.Case) shown {
	s := shown{Ref: c.Ref, Status: c.Status, Level: c.Level, Channel: c.Channel, Received: c.Received, Answers: []shownAnswer{}, Entries: []shownEntry{}}
	for _, a := range c.Answers {
		s.Answers = append(s.Answers, shownAnswer{a.Question, a.Asked, answerText(a)})
	}
	for _, e := range c.Entries {
		s.Entries = append(s.Entries, shownEntry{e.Seq, e.Kind, e.By, e.At, e.Text.Reveal(), e.File})
	}
	return s
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
			return errors.Join(json.NewEncoder(cmd.OutOrStdout()).Encode(show(c)), err)
		}
		printCase(cmd.OutOrStdout(), c)
		return err
	})
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func printCase(out io.Writer, c *casework.Case) {
	s := show(c)
	fmt.Fprintf(out, "%s  %s  %s  by %s, %s\n", s.Ref, s.Status, s.Level, s.Channel, s.Received.Local().Format("2006-01-02 15:04"))
	for _, f := range c.Faults {
		fmt.Fprintln(out, "  NOT WHOLE:", f)
	}
	if c.Closed > 0 {
		fmt.Fprintf(out, "  %d entries are from before you had a key; a colleague who can read them may give you access\n", c.Closed)
	}
	fmt.Fprintln(out, "\nWhat the reporter told")
	for _, a := range s.Answers {
		fmt.Fprintf(out, "\n  %s\n    %s\n", screen(a.Asked), strings.ReplaceAll(screen(a.Text), "\n", "\n    "))
	}
	fmt.Fprintln(out, "\nTimeline")
	for _, e := range c.Entries {
		text := e.Text.Reveal()
		if e.Kind == cases.TypeLog || e.Kind == cases.TypeExclusion {
			text = strings.TrimSpace(e.Event + " " + text)
		}
		fmt.Fprintf(out, "\n  %s  %s  %s\n    %s\n", e.At.Local().Format("2006-01-02 15:04"), direction(e.Kind), screen(e.By), strings.ReplaceAll(screen(text), "\n", "\n    "))
	}
}

// direction says which way words went, so that a note is never taken for a reply.
func direction(kind string) string {
	switch kind {
	case cases.TypeReply:
		return "--> to the reporter"
	case cases.TypeMessage:
		return "<-- from the reporter"
	case cases.TypeNote, cases.TypeMinutes:
		return "[=] stays inside"
	}
	return kind
}

func verifyCommand(a *access) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{Use: "verify [REF]", Short: "Check that a log, or each log, is whole", Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := a.dial(cmd.Context())
			if err != nil {
				return err
			}
			var checked []casework.Checked
			if len(args) == 1 {
				ref := strings.ToUpper(strings.TrimSpace(args[0]))
				faults, err := client.Verify(cmd.Context(), ref)
				if err != nil {
					return err
				}
				checked = append(checked, casework.Checked{Ref: ref, Faults: faults})
			} else if checked, err = client.VerifyAll(cmd.Context()); err != nil {
				return err
			}
			return printVerified(cmd.OutOrStdout(), checked, asJSON)
		}}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON: faults by reference")
	return c
}

func printVerified(out io.Writer, checked []casework.Checked, asJSON bool) error {
	found, whole := map[string][]string{}, true
	for _, x := range checked {
		found[x.Ref] = append([]string{}, x.Faults...)
		whole = whole && len(x.Faults) == 0
	}
	if asJSON {
		if err := json.NewEncoder(out).Encode(found); err != nil {
			return err
		}
	} else {
		if len(checked) == 0 {
			fmt.Fprintln(out, "There is no case to check.")
		}
		for _, x := range checked {
			if len(x.Faults) == 0 {
				fmt.Fprintf(out, "%s  whole\n", x.Ref)
			}
			for _, f := range x.Faults {
				fmt.Fprintf(out, "%s  %s\n", x.Ref, f)
			}
		}
	}
	if !whole {
		return casework.ErrTampered
	}
	return nil
}
