// Command tillit is the handlers' program: it holds a handler's private key and
// opens what the server cannot. Exit codes: 0 done, 1 it failed, 2 it was called
// wrongly, 3 no such case, 4 this key cannot open it, 5 the log is not whole, 6
// the server does not answer, 7 this is not the server that this machine knows,
// 8 the organisation file does not give this right, 9 it cannot be done as the case stands.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"unicode"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"tillit/cmd/internal/setup"
	"tillit/handlers/casework"
	"tillit/handlers/routine"
	"tillit/handlers/routine/plan"
	"tillit/intake"
)

// usageError is a call that cannot be right, whatever the server says.
type usageError struct{ error }

func main() {
	setup.KeepPrivate()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := root().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "tillit:", err)
		if h := hint(err); h != "" {
			fmt.Fprintln(os.Stderr, h)
		}
		os.Exit(code(err))
	}
}

// outcomes pairs each error that people meet with its exit code and what to try.
var outcomes = []struct {
	err  error
	code int
	hint string
}{
	{casework.ErrUnknown, 3, "tillit queue lists the cases that this key opens."},
	{casework.ErrCannotOpen, 4, "Ask a colleague who can open it to give you access."},
	{casework.ErrTampered, 5, "Stop, tell the others, and keep this machine as it is: it remembers what it saw."},
	{casework.ErrServer, 7, "Do not go on. Ask the office, by phone, whether its server key was exchanged, and compare fingerprints."},
	{casework.ErrKeptOut, 9, "The reporter keeps this person out of the case, or they stepped away from it themselves."},
	{casework.ErrNewKey, 9, "Give nothing on. Compare once more, aloud; if it stays so, tell the office that its server may name another key than your colleague's."},
	{casework.ErrRight, 8, "The organisation file says who may give a case to somebody else, and who may export."},
	{casework.ErrOffline, 6, "Is the server running, and is --server (or TILLIT_SERVER) its office address?"},
	{casework.ErrDenied, 1, "Is your public key in the organisation file, and is this its key file?"},
}

func code(err error) int {
	var usage usageError
	if errors.As(err, &usage) {
		return 2
	}
	for _, o := range outcomes {
		if errors.Is(err, o.err) {
			return o.code
		}
	}
	var refused *routine.Refusal
	var byRoutine *plan.Refusal
	if errors.As(err, &refused) || errors.As(err, &byRoutine) {
		return 9
	}
	return 1
}

func hint(err error) string {
	var u unsure
	if errors.As(err, &u) {
		return fmt.Sprintf("It may have been done. Repeat the same with --id %s: it happens once.", u.id)
	}
	for _, o := range outcomes {
		if errors.Is(err, o.err) {
			return o.hint
		}
	}
	return ""
}

// access is how a command reaches the office.
type access struct{ server, key, pin string }

func root() *cobra.Command {
	a := &access{}
	c := &cobra.Command{
		Use: "tillit", Short: "The handlers' side of Tillit", SilenceUsage: true, SilenceErrors: true, Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("there is no command %q; tillit --help lists them", args[0])}
			}
			return usageError{errors.New("say what to do: tillit --help lists it")}
		},
	}
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	f := c.PersistentFlags()
	f.StringVar(&a.server, "server", os.Getenv("TILLIT_SERVER"), "the office's address (TILLIT_SERVER)")
	f.StringVar(&a.key, "key", os.Getenv("TILLIT_KEY"), "your key file (TILLIT_KEY)")
	f.StringVar(&a.pin, "pin", os.Getenv("TILLIT_PIN"), "the server's fingerprint (TILLIT_PIN)")
	c.AddCommand(commands(a)...)
	return c
}

// atMost says how many names a command takes besides its flags.
func atMost(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > n {
			return usageError{fmt.Errorf("%q is too much: %s", args[n], c.UseLine())}
		}
		return nil
	}
}

func commands(a *access) []*cobra.Command {
	return append(actCommands(a),
		actsCommand(a), demoCommand(), keygenCommand(), deskCommand(a), queueCommand(a), nextCommand(a), showCommand(a), logCommand(a), overviewCommand(a), registerCommand(a), relayCommand(a), certificatesCommand(a), verifyCommand(a), exportCommand(a), drillCommand())
}

// dial reads the key and signs in.
func (a *access) dial(ctx context.Context) (*casework.Client, error) {
	if a.server == "" || a.key == "" {
		return nil, usageError{errors.New("say which server and which key: --server and --key, or TILLIT_SERVER and TILLIT_KEY")}
	}
	key, err := casework.ReadKey(a.key, askPassphrase)
	if err != nil {
		return nil, err
	}
	return casework.Dial(ctx, casework.Config{Server: a.server, Key: key, Pin: a.pin, StateFile: stateFile(a.key)})
}

// stateFile is where this machine remembers the heads it has seen: beside the key,
// because whoever uses the key on another machine starts with none.
func stateFile(key string) string {
	return filepath.Join(filepath.Dir(key), "."+strings.TrimSuffix(filepath.Base(key), ".key")+".seen")
}

func askPassphrase() (intake.Private, error) {
	fmt.Fprint(os.Stderr, "Passphrase of your key: ")
	raw, err := term.ReadPassword(int(os.Stdin.Fd()))
	fmt.Fprintln(os.Stderr)
	if err != nil {
		return intake.Private{}, errors.New("the passphrase cannot be read from here; use a terminal")
	}
	return intake.NewPrivate(string(raw)), nil
}

// screen keeps a reporter's text from steering the terminal. Lines and tabs stay.
func screen(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return -1
		}
		return r
	}, s)
}
