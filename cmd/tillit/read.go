package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"tillit/handlers/casework"
)

// oneRef is a command about one case.
func (a *access) oneRef(use, short string, run func(cmd *cobra.Command, ref string) error) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, RunE: func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return a.wrong("call.ref", "use", cmd.UseLine())
		}
		return run(cmd, strings.ToUpper(strings.TrimSpace(args[0])))
	}}
}

func verifyCommand(a *access) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{Use: "verify [REF]", Short: a.Say("short.verify"), Args: a.atMost(1),
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
			return a.printVerified(cmd.OutOrStdout(), client, checked, asJSON)
		}}
	c.Flags().BoolVar(&asJSON, "json", false, a.Say("flag.json_verify"))
	return c
}

func (s speech) printVerified(out io.Writer, client *casework.Client, checked []casework.Checked, asJSON bool) error {
	found, whole := map[string][]string{}, true
	for _, x := range checked {
		found[x.Ref] = []string{}
		for _, f := range x.Faults {
			found[x.Ref] = append(found[x.Ref], f.String())
		}
		whole = whole && len(x.Faults) == 0
	}
	if asJSON {
		if err := json.NewEncoder(out).Encode(found); err != nil {
			return err
		}
	} else {
		if len(checked) == 0 {
			fmt.Fprintln(out, s.Say("verify.none"))
		}
		for _, x := range checked {
			if len(x.Faults) == 0 {
				fmt.Fprintf(out, "%s  %s\n", x.Ref, s.Say("verify.whole"))
			}
			for _, f := range x.Faults {
				fmt.Fprintf(out, "%s  %s\n", x.Ref, cell(s.stated(client).Fault(f)))
			}
		}
	}
	if !whole {
		return casework.ErrTampered
	}
	return nil
}
