package main

import (
	"crypto/rand"
	"fmt"

	"github.com/spf13/cobra"

	"tillit/handlers"
	"tillit/handlers/casework"
)

func drillCommand(a *access) *cobra.Command {
	var organisation, key string
	c := &cobra.Command{Use: "drill", Short: a.Say("short.drill"), Args: a.atMost(0), Long: a.Say("long.drill"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if organisation == "" || key == "" {
				return a.wrong("call.drill")
			}
			roster, problems := handlers.LoadRoster(organisation)
			if roster == nil {
				return a.fails("error.organisation", "what", screen(fmt.Sprint(problems[0])))
			}
			k, err := casework.ReadKey(key, a.askPassphrase)
			if err != nil {
				return err
			}
			if err := casework.Drill(k, roster.Recovery.Key, rand.Text()); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), a.Say("drill.done"))
			fmt.Fprintln(cmd.OutOrStdout(), handlers.Fingerprint(roster.Recovery.Key, nil))
			return nil
		}}
	c.Flags().StringVar(&organisation, "organisation", "", a.Say("flag.organisation"))
	c.Flags().StringVar(&key, "recovery", "", a.Say("flag.recovery"))
	return c
}
