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
	house   bool
}

func demoCommand(a *access) *cobra.Command {
	var f demoFlags
	c := &cobra.Command{
		Use:   "demo",
		Short: a.Say("short.demo"),
		Long:  a.Say("long.demo"),
		Args:  a.atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return a.demo(ctx, f, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	c.Flags().StringVar(&f.data, "data", "", a.Say("flag.data"))
	c.Flags().IntVar(&f.port, "port", 7400, a.Say("flag.port"))
	c.Flags().BoolVar(&f.console, "console", false, a.Say("flag.console"))
	c.Flags().BoolVar(&f.house, "house", false, a.Say("flag.house"))
	return c
}

// demo runs all of it until ctx is done.
func (a *access) demo(ctx context.Context, f demoFlags, out, says io.Writer) (err error) {
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
	ln, err := a.demoPorts(f.port)
	if err != nil {
		return err
	}
	defer ln.Close() // serving has closed it, unless it never came to that
	keys, err := demoFiles(dir, f.port)
	if err != nil {
		return fmt.Errorf("setting up the demo: %w", err)
	}
	program, err := a.findServer(ctx, dir, says)
	if err != nil {
		return err
	}
	if f.house {
		if err := a.tellHouse(ctx, program, dir, f.port, says); err != nil {
			if ctx.Err() != nil { // as it was told to
				return nil
			}
			return err
		}
		keys = append(keys, keyOf(dir, externalKey)) // who has a case of their own there
	}
	server, err := a.startServer(ctx, program, dir, f.console)
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
	return serveDesk(server.ctx, client, ln, a.desk, func(link string) {
		columns(out, [][]string{{a.Say("demo.chat"), addressOf(f.port) + "/"}, {a.Say("demo.desk"), "http://" + ln.Addr().String() + "/"}, {a.Say("demo.api"), at}})
		fmt.Fprintf(out, "\n%s\n  %s\n\n%s\n", a.Say("demo.link"), link, a.Say("demo.keys"))
		for _, k := range keys {
			fmt.Fprintf(out, "  %s\n", k)
		}
		fmt.Fprintf(out, "\n%s\n  export TILLIT_SERVER=%s TILLIT_KEY=%s\n  tillit queue\n", a.Say("demo.elsewhere"), at, keys[0])
		if !f.house {
			fmt.Fprintln(out, "\n"+a.Say("demo.empty"))
		}
		fmt.Fprintln(out, "\n"+a.Say("demo.end"))
	})
}

// demoPorts looks whether the three ports are free, and keeps the one of the desk.
// Whoever has one of them would be taken for a part of the demo.
func (s speech) demoPorts(first int) (desk net.Listener, err error) {
	for port := first; port <= first+2; port++ {
		ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			if desk != nil {
				err = errors.Join(err, desk.Close())
			}
			return nil, told{s.Say("demo.ports", "first", first, "last", first+2, "port", port), err}
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
