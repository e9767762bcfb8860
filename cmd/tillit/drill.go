package main

import (
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"tillit/handlers"
	"tillit/handlers/casework"
)

func drillCommand() *cobra.Command {
	var organisation, key string
	c := &cobra.Command{Use: "drill", Short: "Prove that the recovery key opens what is sealed to it", Args: atMost(0),
		Long: `drill seals a fresh secret to the recovery recipient of the organisation file and
opens it with the key file. Do it once a year, with the people who hold the
shares, and put the shares back after.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if organisation == "" || key == "" {
				return usageError{errors.New("say --organisation FILE and --recovery FILE")}
			}
			roster, problems := handlers.LoadRoster(organisation)
			if roster == nil {
				return fmt.Errorf("the organisation file has faults, the first is %s", problems[0])
			}
			k, err := casework.ReadKey(key, askPassphrase)
			if err != nil {
				return err
			}
			if err := casework.Drill(k, roster.Recovery.Key, rand.Text()); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "The recovery key opens what is sealed to it. Put the shares back, with a paper that says its fingerprint:")
			fmt.Fprintln(cmd.OutOrStdout(), handlers.Fingerprint(roster.Recovery.Key, nil))
			return nil
		}}
	c.Flags().StringVar(&organisation, "organisation", "", "the organisation file")
	c.Flags().StringVar(&key, "recovery", "", "the recovery key file, put together for the drill")
	return c
}
