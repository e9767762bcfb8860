package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"tillit/handlers/casework"
	"tillit/intake"
	"tillit/store/cases"
)

// words are what a command was given to say, by -m or on standard input.
type words struct {
	text  string
	stdin bool
}

func (w *words) flags(c *cobra.Command) {
	c.Flags().StringVarP(&w.text, "message", "m", "", "the words")
	c.Flags().BoolVar(&w.stdin, "stdin", false, "read the words from standard input")
}

func (w *words) read(in io.Reader) (intake.Private, error) {
	text := w.text
	if w.stdin {
		raw, err := io.ReadAll(io.LimitReader(in, cases.LongestText+1))
		if err != nil {
			return intake.Private{}, errors.New("the words cannot be read from standard input")
		}
		text = string(raw)
	}
	if text = strings.TrimSpace(text); text == "" {
		return intake.Private{}, usageError{errors.New("say what to write: -m TEXT, or --stdin")}
	}
	if len(text) > cases.LongestText {
		return intake.Private{}, usageError{fmt.Errorf("that is longer than %d kB; send it in parts", cases.LongestText>>10)}
	}
	return intake.NewPrivate(text), nil
}

func replyCommand(a *access) *cobra.Command {
	var w words
	var yes bool
	c := oneRef("reply REF", "Write to the reporter, after a preview", func(cmd *cobra.Command, ref string) error {
		text, err := w.read(cmd.InOrStdin())
		if err != nil {
			return err
		}
		client, err := a.dial(cmd.Context())
		if err != nil {
			return err
		}
		if !yes {
			fmt.Fprintf(cmd.OutOrStdout(), "--> This goes to the reporter of %s:\n\n%s\n\nSend it? Write yes: ", ref, screen(text.Reveal()))
			if w.stdin {
				return usageError{errors.New("with --stdin nobody can be asked; add --yes")}
			}
			line, _ := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
			if strings.TrimSpace(line) != "yes" {
				return errors.New("nothing was sent")
			}
		}
		if err := client.Reply(cmd.Context(), ref, text); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "--> sent to the reporter of %s\n", ref)
		return nil
	})
	w.flags(c)
	c.Flags().BoolVar(&yes, "yes", false, "send without asking")
	return c
}

func noteCommand(a *access) *cobra.Command {
	var w words
	c := oneRef("note REF", "Write an internal note, sealed on this machine", func(cmd *cobra.Command, ref string) error {
		text, err := w.read(cmd.InOrStdin())
		if err != nil {
			return err
		}
		client, err := a.dial(cmd.Context())
		if err != nil {
			return err
		}
		if err := client.Note(cmd.Context(), ref, text); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "[=] noted in %s; it stays inside\n", ref)
		return nil
	})
	w.flags(c)
	return c
}

func assignCommand(a *access) *cobra.Command {
	var to string
	c := oneRef("assign REF", "Take a case, or give it to a colleague", func(cmd *cobra.Command, ref string) error {
		client, err := a.dial(cmd.Context())
		if err != nil {
			return err
		}
		who := client.Me()
		if to != "" {
			all := client.Handlers()
			i := slices.IndexFunc(all, func(h casework.Handler) bool { return h.ID == to })
			if i < 0 {
				return usageError{fmt.Errorf("there is no handler %q in the organisation file", to)}
			}
			who = all[i]
		}
		switch err := client.Assign(cmd.Context(), ref, who.ID); {
		case errors.Is(err, casework.ErrUnknown) && who != client.Me():
			return fmt.Errorf("%w, or %s cannot open it", err, who.Name)
		case err != nil:
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "[=] %s has %s now\n", who.Name, ref)
		return nil
	})
	c.Flags().StringVar(&to, "to", "", "a colleague's id; needs the right \"assign\" (default: you)")
	return c
}

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
