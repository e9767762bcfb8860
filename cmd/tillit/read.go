package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tillit/handlers/casework"
	"tillit/store/cases"
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
