// Command tillit is the handlers' program: it holds a handler's private key and
// opens what the server cannot. Exit codes: 0 done, 1 it failed, 2 it was called
// wrongly, 3 no such case, 4 this key cannot open it, 5 the log is not whole, 6
// the server does not answer, 7 this is not the server that this machine knows,
// 8 the organisation file does not give this right, 9 it cannot be done as the case stands.
package main

import (
	"cmp"
	"context"
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
	"tillit/intake"
)

func main() {
	setup.KeepPrivate()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	lang, err := languageOf(os.Args[1:], os.Getenv)
	say := speaking(cmp.Or(lang, commandLang))
	if err == nil {
		err = root(lang).ExecuteContext(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "tillit:", say.why(err))
		if h := say.hint(err); h != "" {
			fmt.Fprintln(os.Stderr, h)
		}
		os.Exit(code(err))
	}
}

// access is how a command reaches the office, and in which language it speaks.
type access struct {
	speech
	server, key, pin string
	desk             string // language of the desk
}

// root is the program in a language; empty is the one of whoever said none.
func root(lang string) *cobra.Command {
	a := &access{speech: speaking(cmp.Or(lang, commandLang)), desk: cmp.Or(lang, deskLang)}
	c := &cobra.Command{
		Use: "tillit", Short: a.Say("short.tillit"), SilenceUsage: true, SilenceErrors: true, Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return a.wrong("call.command", "name", screen(args[0]))
			}
			return a.wrong("call.nothing")
		},
	}
	c.SetFlagErrorFunc(a.flagError)
	f := c.PersistentFlags()
	f.StringVar(&a.server, "server", os.Getenv("TILLIT_SERVER"), a.Say("flag.server"))
	f.StringVar(&a.key, "key", os.Getenv("TILLIT_KEY"), a.Say("flag.key"))
	f.StringVar(&a.pin, "pin", os.Getenv("TILLIT_PIN"), a.Say("flag.pin"))
	f.Var(langFlag{a.speech}, "lang", a.Say("flag.lang"))
	c.AddCommand(commands(a)...)
	a.dress(c)
	return c
}

// atMost says how many names a command takes besides its flags.
func (a *access) atMost(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > n {
			return a.wrong("call.much", "what", screen(args[n]), "use", c.UseLine())
		}
		return nil
	}
}

func commands(a *access) []*cobra.Command {
	return append(actCommands(a),
		actsCommand(a), demoCommand(a), keygenCommand(a), deskCommand(a), queueCommand(a), nextCommand(a), showCommand(a), logCommand(a), overviewCommand(a), registerCommand(a), relayCommand(a), certificatesCommand(a), receiptCommand(a), verifyCommand(a), exportCommand(a), drillCommand(a))
}

// dial reads the key and signs in.
func (a *access) dial(ctx context.Context) (*casework.Client, error) {
	if a.server == "" || a.key == "" {
		return nil, a.wrong("call.server")
	}
	key, err := casework.ReadKey(a.key, a.askPassphrase)
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

func (s speech) askPassphrase() (intake.Private, error) {
	fmt.Fprint(os.Stderr, s.Say("act.passphrase"))
	raw, err := term.ReadPassword(int(os.Stdin.Fd()))
	fmt.Fprintln(os.Stderr)
	if err != nil {
		return intake.Private{}, s.fails("error.ask")
	}
	return intake.NewPrivate(string(raw)), nil
}

// screen keeps what came from elsewhere from steering the terminal.
func screen(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return -1
		}
		return r
	}, s)
}
