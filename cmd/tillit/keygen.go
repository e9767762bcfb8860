package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"tillit/handlers/casework"
	"tillit/intake"
)

func keygenCommand(a *access) *cobra.Command {
	var out string
	var open bool
	c := &cobra.Command{Use: "keygen", Short: a.Say("short.keygen"), Args: a.atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out == "" {
				return a.wrong("call.key_out")
			}
			var pass intake.Private
			if !open {
				var err error
				if pass, err = a.newPassphrase(); err != nil {
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
			fmt.Fprintf(cmd.OutOrStdout(), "%s\n\n%s\n", key.Public(), a.Say("keygen.aloud", "fingerprint", key.Fingerprint()))
			return nil
		}}
	c.Flags().StringVarP(&out, "output", "o", "", a.Say("flag.key_out"))
	c.Flags().BoolVar(&open, "no-passphrase", false, a.Say("flag.no_passphrase"))
	return c
}

// newPassphrase asks twice.
func (s speech) newPassphrase() (intake.Private, error) {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return intake.Private{}, s.wrong("call.terminal")
	}
	first, err := s.askPassphrase()
	if err != nil {
		return first, err
	}
	if first.Len() < 12 {
		return first, s.fails("error.short")
	}
	again, err := s.askPassphrase()
	if err == nil && again != first {
		err = s.fails("error.same")
	}
	return first, err
}
