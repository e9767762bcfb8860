package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"tillit/handlers/casework"
	"tillit/intake"
)

func keygenCommand() *cobra.Command {
	var out string
	var open bool
	c := &cobra.Command{Use: "keygen", Short: "Make your key, and print the public lines for the organisation file", Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out == "" {
				return usageError{errors.New("say where to put it: -o FILE")}
			}
			var pass intake.Private
			if !open {
				var err error
				if pass, err = newPassphrase(); err != nil {
					return err
				}
			}
			key, err := casework.NewKey()
			if err != nil {
				return err
			}
			if err := casework.WriteKey(out, key, pass); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s\n\nRead this aloud to whoever enters it: %s\n", key.Public(), key.Fingerprint())
			return nil
		}}
	c.Flags().StringVarP(&out, "output", "o", "", "the new key file")
	c.Flags().BoolVar(&open, "no-passphrase", false, "leave the file without a passphrase")
	return c
}

// newPassphrase asks twice.
func newPassphrase() (intake.Private, error) {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return intake.Private{}, usageError{errors.New("a passphrase is asked for in a terminal; for a script add --no-passphrase and guard the file")}
	}
	first, err := askPassphrase()
	if err != nil {
		return first, err
	}
	if first.Len() < 12 {
		return first, errors.New("that is too short; take at least 12 characters, four words for example")
	}
	again, err := askPassphrase()
	if err != nil || again != first {
		return first, errors.Join(err, errors.New("the two are not the same"))
	}
	return first, nil
}
