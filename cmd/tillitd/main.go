// Command tillitd is the server: it faces the networks, holds public keys and
// the server key, and cannot open a filed case. See docs/OPERATING.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"tillit/cmd/internal/daemon"
	"tillit/cmd/internal/setup"
)

// Exit codes: 0 done, 1 it failed, 2 it was called wrongly, 5 what is stored is
// not whole.
const (
	exitFailed   = 1
	exitTampered = 5
)

var errNotWhole = errors.New("what is stored is not whole; see the lines above")

func main() {
	setup.KeepPrivate()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50) // memory is what a crowd takes first, and there is little work
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := root().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "tillitd:", err)
		if errors.Is(err, errNotWhole) {
			os.Exit(exitTampered)
		}
		os.Exit(exitFailed)
	}
}

func root() *cobra.Command {
	c := &cobra.Command{
		Use: "tillitd", Short: "The server of Tillit: receives reports that it cannot read",
		SilenceUsage: true, SilenceErrors: true, Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return errors.New("say what to do: tillitd --help lists it") },
	}
	var config string
	c.PersistentFlags().StringVar(&config, "config", "tillit.toml", "the configuration file")
	c.AddCommand(initCommand(), checkCommand(&config), serveCommand(&config), reloadCommand(&config), backupCommand(&config), restoreCommand(&config), verifyCommand(&config), doctorCommand(&config), fingerprintCommand(&config))
	return c
}

func initCommand() *cobra.Command {
	return &cobra.Command{
		Use: "init DIR", Short: "Make a commented configuration, organisation file and server key", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := setup.Init(args[0], time.Now()); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "Made %s. Next: fill in organisation.toml, then tillitd check --config %s\n",
				args[0], filepath.Join(args[0], "tillit.toml"))
			return nil
		},
	}
}

func checkCommand(config *string) *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "Say everything that is wrong, with file and line", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, err := daemon.LoadConfig(*config)
			if err != nil {
				return err
			}
			return daemon.Check(cmd.Context(), conf, cmd.OutOrStdout())
		},
	}
}

// errClock keeps a clock of somebody's making from a server that people write to.
var errClock = errors.New("--clock is for the demo alone")

// serveCommand serves. The hidden flags are for tillit demo, which starts this
// program: nothing of the handlers' program is in here, nor the other way round.
func serveCommand(config *string) *cobra.Command {
	var demo, console bool
	var clock string
	c := &cobra.Command{
		Use: "serve", Short: "Receive reports and serve the office", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			hup := make(chan os.Signal, 1)
			if !demo { // which ends with its terminal
				signal.Notify(hup, syscall.SIGHUP)
				defer signal.Stop(hup)
			}
			conf, err := daemon.LoadConfig(*config)
			if err != nil {
				return err
			}
			level := slog.LevelInfo
			if demo {
				level = slog.LevelWarn
			}
			conf.AtOnce, conf.Console = demo, console
			if clock != "" {
				if !demo {
					return errClock
				}
				if conf.Now, err = daemon.Clock(clock); err != nil {
					return err
				}
			}
			return open(cmd.Context(), conf, level, func(d *daemon.Daemon) error {
				defer onSignal(cmd.Context(), hup, d.Reload)()
				return d.Serve(cmd.Context())
			})
		},
	}
	c.Flags().BoolVar(&demo, "demo", false, "notices leave at once, and only what is wrong is said")
	c.Flags().BoolVar(&console, "console", false, "hold the member's side in this terminal")
	c.Flags().StringVar(&clock, "clock", "", "with --demo: it is the moment that stands in this file")
	for _, name := range []string{"demo", "console", "clock"} {
		c.Flags().Lookup(name).Hidden = true
	}
	return c
}

// onSignal does something each time a signal comes, until the function that it returns is
// called; that one waits for what is under way.
func onSignal(ctx context.Context, signals <-chan os.Signal, do func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-signals:
				do(ctx)
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

func reloadCommand(config *string) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "reload", Short: "Have the running server take in the organisation file, after showing what that changes", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, err := daemon.LoadConfig(*config)
			if err != nil {
				return err
			}
			return daemon.AskReload(cmd.Context(), conf, cmd.InOrStdin(), cmd.OutOrStdout(), yes)
		},
	}
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}

func backupCommand(config *string) *cobra.Command {
	return &cobra.Command{
		Use: "backup FILE", Short: "Write a consistent copy of the store, without the server key", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			conf, err := daemon.LoadConfig(*config)
			if err != nil {
				return err
			}
			return daemon.Backup(cmd.Context(), conf, args[0])
		},
	}
}

func restoreCommand(config *string) *cobra.Command {
	return &cobra.Command{
		Use: "restore FILE DIR", Short: "Put a backup into an empty data folder", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return daemon.Restore(cmd.Context(), *config, args[0], args[1], cmd.ErrOrStderr())
		},
	}
}

func verifyCommand(config *string) *cobra.Command {
	return &cobra.Command{
		Use: "verify", Short: "Check hashes and signatures, without opening anything", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return with(cmd.Context(), *config, func(d *daemon.Daemon) error { return verify(cmd.Context(), d, cmd.OutOrStdout()) })
		},
	}
}

// fingerprintCommand says what desks pin, and what a reporter's receipt is held to.
func fingerprintCommand(config *string) *cobra.Command {
	return &cobra.Command{
		Use: "fingerprint", Short: "Print the fingerprint of the key that this server signs with", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, err := daemon.LoadConfig(*config)
			if err != nil {
				return err
			}
			server, err := daemon.Fingerprint(conf)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), server)
			return nil
		},
	}
}

func verify(ctx context.Context, d *daemon.Daemon, out io.Writer) error {
	faults, err := d.Store().Verify(ctx, d.Signers)
	if err != nil {
		return err
	}
	for _, f := range faults {
		fmt.Fprintln(out, f)
	}
	if len(faults) > 0 {
		return errNotWhole
	}
	fmt.Fprintln(out, "whole: every hash and signature holds")
	return nil
}

func doctorCommand(config *string) *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Check the configuration, then open the store, write to it and verify it", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, err := daemon.LoadConfig(*config)
			if err != nil {
				return err
			}
			if err := daemon.Check(cmd.Context(), conf, cmd.OutOrStdout()); err != nil {
				return err
			}
			return with(cmd.Context(), *config, func(d *daemon.Daemon) error {
				if err := d.Store().Writable(cmd.Context()); err != nil {
					return fmt.Errorf("writing to the store: %w", err)
				}
				fmt.Fprintln(cmd.OutOrStdout(), "the store can write")
				return verify(cmd.Context(), d, cmd.OutOrStdout())
			})
		},
	}
}

// with opens the daemon for one piece of work and closes it after.
func with(ctx context.Context, config string, work func(*daemon.Daemon) error) error {
	conf, err := daemon.LoadConfig(config)
	if err != nil {
		return err
	}
	return open(ctx, conf, slog.LevelInfo, work)
}

func open(ctx context.Context, conf daemon.Config, level slog.Level, work func(*daemon.Daemon) error) error {
	d, err := daemon.Open(ctx, conf, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})))
	if err != nil {
		return err
	}
	return errors.Join(work(d), d.Close())
}
