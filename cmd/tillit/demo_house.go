package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"tillit/cmd/internal/house"
	"tillit/handlers/casework"
)

// demoClock is what time it is while the house is told, for the server, which reads it
// from a file, and for the handlers' programs here.
type demoClock struct {
	file string
	at   atomic.Pointer[time.Time]
}

func (c *demoClock) now() time.Time { return *c.at.Load() }

// set puts it at a moment. The server sees the one before or this one, never half a file.
func (c *demoClock) set(at time.Time) error {
	next := c.file + ".next"
	if err := os.WriteFile(next, []byte(at.UTC().Format(time.RFC3339)+"\n"), 0o600); err != nil {
		return err
	}
	c.at.Store(&at)
	return os.Rename(next, c.file)
}

// tellHouse has a server of its own told a house, and ends it: the demo's server begins
// with what is there, at the real time.
func (s speech) tellHouse(ctx context.Context, program, dir string, port int, says io.Writer) error {
	if _, err := os.Stat(filepath.Join(dir, "data")); err == nil {
		return s.fails("demo.told") // a story needs a folder in which nothing was told
	}
	zone, err := time.LoadLocation(demoZone)
	if err != nil {
		return err
	}
	return s.tellHouseAt(ctx, program, dir, port, time.Now().In(zone), says)
}

// tellHouseAt tells it as it stands at a moment.
func (s speech) tellHouseAt(ctx context.Context, program, dir string, port int, now time.Time, says io.Writer) (err error) {
	story, err := house.Load()
	if err != nil {
		return err
	}
	clock := &demoClock{file: filepath.Join(dir, "clock")}
	if err := clock.set(story.Begins(now)); err != nil {
		return fmt.Errorf("setting the demo's clock: %w", err)
	}
	defer func() { err = errors.Join(err, os.Remove(clock.file)) }()
	server, err := s.startServer(ctx, program, dir, false, "--clock", clock.file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	pages := addressOf(port)
	if err := server.answers(pages + "/help"); err != nil {
		return err
	}
	fmt.Fprintln(says, s.Say("demo.telling", "n", len(story.Cases)))
	return story.Tell(server.ctx, house.Place{
		Pages: pages, Now: now, Set: clock.set,
		Says: func(ref, shows string) { fmt.Fprintf(says, "  %s  %s\n", ref, shows) },
		Dial: func(_ context.Context, id string) (*casework.Client, error) {
			return server.signIn(addressOf(port+2), dir, keyOf(dir, id), casework.Config{Now: clock.now})
		},
	})
}
