package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

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
