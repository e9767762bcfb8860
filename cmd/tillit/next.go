package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tillit/handlers/casework"
	"tillit/handlers/routine/plan"
)

// nextCommand is what to do next: in a case, or in the case in which a day of this
// handler's comes first.
func nextCommand(a *access) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{Use: "next [REF]", Short: a.Say("short.next"), Args: a.atMost(1), Long: a.Say("long.next"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := a.dial(cmd.Context())
			if err != nil {
				return err
			}
			ref := ""
			if len(args) == 1 {
				ref = strings.ToUpper(strings.TrimSpace(args[0]))
			} else if ref, err = nextRef(cmd, client); err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if ref == "" {
				if asJSON {
					return json.NewEncoder(out).Encode(nil)
				}
				fmt.Fprintln(out, a.Say("next.nothing"))
				return nil
			}
			cs, err := client.Case(cmd.Context(), ref)
			if err != nil && !errors.Is(err, casework.ErrTampered) {
				return err
			}
			if asJSON {
				return errors.Join(json.NewEncoder(out).Encode(english().look(client, cs).json()), err)
			}
			fmt.Fprintln(out, cs.Ref)
			a.look(client, cs).print(out)
			return err
		}}
	c.Flags().BoolVar(&asJSON, "json", false, a.Say("flag.json"))
	return c
}

// nextRef is the case in which a day of this handler's comes first; empty for none.
func nextRef(cmd *cobra.Command, client *casework.Client) (string, error) {
	rows, err := rowsOf(cmd, client, casework.Query{View: "open"})
	if err != nil {
		return "", err
	}
	ref, first := "", plan.Due{}
	for _, r := range rows {
		if due := casework.Mine(r.Case, client.Me().ID, client.Now()); due.Before(first) {
			ref, first = r.Ref, due
		}
	}
	return ref, nil
}
