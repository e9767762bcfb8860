package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"tillit/cmd/internal/daemon"
	"tillit/handlers/casework"
)

// demoFlags are the flags of the demo.
type demoFlags struct {
	data    string
	port    int
	console bool
	lang    string
}

func demoCommand() *cobra.Command {
	var f demoFlags
	c := &cobra.Command{
		Use:   "demo",
		Short: "Show the whole path on this machine: a member's chat, the office's desk",
		Long: `demo makes throw-away keys and starts a second process as the server, which
gets public keys only. The member's chat, the desk and the office API listen on
this machine alone. Ctrl-C ends it and, without --data, removes everything.`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return demo(ctx, f, cmd.OutOrStdout())
		},
	}
	c.Flags().StringVar(&f.data, "data", "", "keep everything in this folder (default: a temporary one, removed at the end)")
	c.Flags().IntVar(&f.port, "port", 7400, "the member's chat; the desk and the office API take the next two")
	c.Flags().BoolVar(&f.console, "console", false, "hold the member's side in this terminal")
	c.Flags().StringVar(&f.lang, "lang", "nb", "language of the desk: nb, nn or en")
	return c
}

func demo(ctx context.Context, f demoFlags, out io.Writer) (err error) {
	dir := f.data
	if dir == "" {
		if dir, err = os.MkdirTemp("", "tillit-demo-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	keys, err := demoFiles(dir, f.port)
	if err != nil {
		return fmt.Errorf("setting up the demo: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	child, err := startDaemon(ctx, dir, f.console)
	if err != nil {
		return err
	}
	defer func() {
		cancel()
		if werr := child.Wait(); werr != nil && err == nil && ctx.Err() == nil {
			err = fmt.Errorf("the server stopped: %w", werr)
		}
	}()
	server := fmt.Sprintf("http://127.0.0.1:%d", f.port+2)
	if err := waitFor(ctx, server+"/v1/hello"); err != nil {
		return err
	}
	key, err := casework.ReadKey(keys[0], nil)
	if err != nil {
		return err
	}
	client, err := casework.Dial(ctx, casework.Config{Server: server, Key: key, StateFile: filepath.Join(dir, "desk.heads")})
	if err != nil {
		return fmt.Errorf("signing in to the office: %w", err)
	}
	ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", f.port+1))
	if err != nil {
		return err
	}
	return serveDesk(ctx, client, ln, f.lang, func(link string) {
		fmt.Fprintf(out, "Member's chat  http://127.0.0.1:%d/\nDesk           http://%s/\nOffice API     %s\n\n", f.port, ln.Addr(), server)
		fmt.Fprintf(out, "Sign in at the desk, works once:\n  %s\n\nHandlers' keys:\n", link)
		for _, k := range keys {
			fmt.Fprintf(out, "  %s\n", k)
		}
		fmt.Fprintf(out, "\nIn another terminal:\n  export TILLIT_SERVER=%s TILLIT_KEY=%s\n  tillit queue\n\nCtrl-C ends the demo.\n", server, keys[0])
	})
}

// startDaemon runs this program a second time as the server. It gets the
// configuration and nothing of this process's memory: no handler's key.
func startDaemon(ctx context.Context, dir string, console bool) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := []string{"demo-server", filepath.Join(dir, "tillit.toml")}
	if console {
		args = append(args, "--console")
	}
	child := exec.CommandContext(ctx, self, args...)
	child.Cancel = func() error { return child.Process.Signal(os.Interrupt) }
	child.WaitDelay = 10 * time.Second
	child.Stderr = os.Stderr
	if console {
		child.Stdin, child.Stdout = os.Stdin, os.Stdout
	}
	// Its own group, so that Ctrl-C reaches it through us and not twice.
	child.SysProcAttr = &syscall.SysProcAttr{Setpgid: !console}
	if err := child.Start(); err != nil {
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	return child, nil
}

func demoServerCommand() *cobra.Command {
	var console bool
	c := &cobra.Command{
		Use: "demo-server CONFIG", Hidden: true, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			conf, err := daemon.LoadConfig(args[0])
			if err != nil {
				return err
			}
			conf.Console, conf.AtOnce = console, true
			log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
			d, err := daemon.Open(ctx, conf, log)
			if err != nil {
				return err
			}
			return errors.Join(d.Serve(ctx), d.Close())
		},
	}
	c.Flags().BoolVar(&console, "console", false, "")
	return c
}

// waitFor waits until the server answers, for at most ten seconds.
func waitFor(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			_, _ = bufio.NewReader(res.Body).Peek(1)
			return res.Body.Close()
		}
		select {
		case <-ctx.Done():
			return errors.New("the server did not start; see above")
		case <-time.After(10 * time.Millisecond):
		}
	}
}
