package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"tillit/handlers/casework"
)

// demoFlags are the flags of the demo.
type demoFlags struct {
	data    string
	port    int
	console bool
	lang    string
	house   bool
}

func demoCommand() *cobra.Command {
	var f demoFlags
	c := &cobra.Command{
		Use:   "demo",
		Short: "Show the whole path on this machine: a member's chat, the office's desk",
		Long: `demo makes throw-away keys and starts tillitd, the server, which gets public keys
only. The member's chat, the desk and the office API listen on this machine alone.
Ctrl-C ends it and, without --data, removes everything.

With --house a dozen fictional cases are there already, in all phases.

tillitd is the one beside this program or, of the same build, the one in PATH. In
Tillit's source folder it is built when there is none. TILLIT_TILLITD names another.`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return demo(ctx, f, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	c.Flags().StringVar(&f.data, "data", "", "keep everything in this folder (default: a temporary one, removed at the end)")
	c.Flags().IntVar(&f.port, "port", 7400, "the member's chat; the desk and the office API take the next two")
	c.Flags().BoolVar(&f.console, "console", false, "hold the member's side in this terminal")
	c.Flags().StringVar(&f.lang, "lang", "nb", "language of the desk: nb, nn or en")
	c.Flags().BoolVar(&f.house, "house", false, "tell a dozen fictional cases first, in all phases")
	return c
}

// demo runs all of it until ctx is done.
func demo(ctx context.Context, f demoFlags, out, says io.Writer) (err error) {
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
	ln, err := demoPorts(f.port)
	if err != nil {
		return err
	}
	defer ln.Close() // serving has closed it, unless it never came to that
	keys, err := demoFiles(dir, f.port)
	if err != nil {
		return fmt.Errorf("setting up the demo: %w", err)
	}
	program, err := findServer(ctx, dir, says)
	if err != nil {
		return err
	}
	if f.house {
		if err := tellHouse(ctx, program, dir, f.port, says); err != nil {
			if ctx.Err() != nil { // as it was told to
				return nil
			}
			return err
		}
		keys = append(keys, keyOf(dir, externalKey)) // who has a case of their own there
	}
	server, err := startServer(ctx, program, dir, f.console)
	if err != nil {
		return err
	}
	defer func() {
		if ended := server.stop(); ended != nil {
			err = ended
		} else if ctx.Err() != nil { // as it was told to
			err = nil
		}
	}()
	at := addressOf(f.port + 2)
	client, err := server.signIn(at, dir, keys[0], casework.Config{StateFile: filepath.Join(dir, "desk.heads")})
	if err != nil {
		return err
	}
	return serveDesk(server.ctx, client, ln, f.lang, func(link string) {
		fmt.Fprintf(out, "Member's chat  http://127.0.0.1:%d/\nDesk           http://%s/\nOffice API     %s\n\n", f.port, ln.Addr(), at)
		fmt.Fprintf(out, "Sign in at the desk, works once:\n  %s\n\nHandlers' keys:\n", link)
		for _, k := range keys {
			fmt.Fprintf(out, "  %s\n", k)
		}
		fmt.Fprintf(out, "\nIn another terminal:\n  export TILLIT_SERVER=%s TILLIT_KEY=%s\n  tillit queue\n", at, keys[0])
		if !f.house {
			fmt.Fprintln(out, "\nThe desk is empty until you write in the chat. tillit demo --house tells a dozen cases first.")
		}
		fmt.Fprintln(out, "\nCtrl-C ends the demo.")
	})
}

// demoPorts looks whether the three ports are free, and keeps the one of the desk.
// Whoever has one of them would be taken for a part of the demo.
func demoPorts(first int) (desk net.Listener, err error) {
	for port := first; port <= first+2; port++ {
		ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			if desk != nil {
				err = errors.Join(err, desk.Close())
			}
			return nil, fmt.Errorf("the demo needs the ports %d to %d, and something listens on %d already, perhaps another demo; "+
				"end it, or choose others with --port: %w", first, first+2, port, err)
		}
		if port == first+1 {
			desk = ln
		} else if err := ln.Close(); err != nil {
			return nil, err
		}
	}
	return desk, nil
}

func addressOf(port int) string { return fmt.Sprintf("http://127.0.0.1:%d", port) }
