package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"time"

	"tillit/handlers"
	"tillit/handlers/casework"
	"tillit/store/seal"
)

// The demo's server is tillitd, another program: what holds handlers' private keys
// links neither the database nor a network. These are the places where it is found.

// serverEnv names the server's program, before any other place.
const serverEnv = "TILLIT_TILLITD"

// buildTime is how long building may take on a slow machine with nothing built yet.
const buildTime = 15 * time.Minute

// findServer returns the server's program. In the source folder it builds one, in the
// demo's own folder, when there is none beside this program or of the same build in
// PATH; says is told, since that takes a while.
func (s speech) findServer(ctx context.Context, dir string, says io.Writer) (string, error) {
	if named := os.Getenv(serverEnv); named != "" {
		return named, nil
	}
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	if self, err = filepath.EvalSymlinks(self); err != nil {
		return "", err
	}
	beside := filepath.Join(filepath.Dir(self), "tillitd")
	if info, err := os.Stat(beside); err == nil && info.Mode().IsRegular() && revisionOf(beside) == ownRevision() {
		return beside, nil
	}
	if installed, err := exec.LookPath("tillitd"); err == nil && ownRevision() != "" && revisionOf(installed) == ownRevision() {
		return installed, nil
	}
	source, ok := sourceFolder()
	if _, err := exec.LookPath("go"); err != nil || !ok {
		return "", s.fails("demo.no_server", "env", serverEnv)
	}
	return s.buildServer(ctx, source, dir, says)
}

// ownRevision is the revision of the source that this program was built of; empty is
// one that nobody wrote down.
func ownRevision() string {
	info, _ := debug.ReadBuildInfo()
	return revision(info)
}

func revisionOf(program string) string {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return "unreadable"
	}
	return revision(info)
}

func revision(info *debug.BuildInfo) string {
	if info == nil {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}

// sourceFolder looks for Tillit's own go.mod, from the working directory upward.
func sourceFolder() (dir string, ok bool) {
	dir, err := os.Getwd()
	for err == nil {
		raw, missing := os.ReadFile(filepath.Join(dir, "go.mod"))
		if missing == nil {
			return dir, bytes.HasPrefix(raw, []byte("module tillit\n"))
		}
		if up := filepath.Dir(dir); up != dir {
			dir = up
			continue
		}
		break
	}
	return "", false
}

// buildServer builds the server of this source, in the demo's own folder.
func (s speech) buildServer(ctx context.Context, source, dir string, says io.Writer) (string, error) {
	fmt.Fprintln(says, s.Say("demo.building"))
	ctx, cancel := context.WithTimeout(ctx, buildTime)
	defer cancel()
	program := filepath.Join(dir, "tillitd")
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", program, "./cmd/tillitd")
	build.Dir, build.Stdout, build.Stderr = source, says, says
	build.Cancel = func() error { return build.Process.Signal(os.Interrupt) }
	build.WaitDelay = 5 * time.Second
	if err := build.Run(); err != nil {
		return "", told{s.Say("demo.build"), errors.Join(err, ctx.Err())}
	}
	return program, nil
}

// demoServer is the server's process.
type demoServer struct {
	speech
	ctx   context.Context // done when it ends, or is to
	end   context.CancelFunc
	ended error // by itself; read once done is closed
	done  chan struct{}
}

// startServer starts the program in its own process. It gets the configuration and
// nothing of this process's memory: no handler's key.
func (s speech) startServer(ctx context.Context, program, dir string, console bool, more ...string) (*demoServer, error) {
	d := &demoServer{speech: s, done: make(chan struct{})}
	d.ctx, d.end = context.WithCancel(ctx)
	args := append([]string{"serve", "--config", filepath.Join(dir, "tillit.toml"), "--demo"}, more...)
	if console {
		args = append(args, "--console")
	}
	child := exec.CommandContext(d.ctx, program, args...)
	child.Cancel = func() error { return interrupt(child.Process) }
	child.WaitDelay = 10 * time.Second
	child.Stderr = os.Stderr
	if console {
		child.Stdin, child.Stdout = os.Stdin, os.Stdout
	}
	if !console {
		child.SysProcAttr = ownGroup()
	}
	if err := child.Start(); err != nil {
		d.end()
		return nil, told{s.Say("demo.start", "what", screen(err.Error())), err}
	}
	go func() {
		_ = child.Wait() // How it ended is read from its state.
		if d.ctx.Err() == nil {
			d.ended = s.fails("demo.stopped", "how", child.ProcessState)
		}
		d.end()
		close(d.done)
	}()
	return d, nil
}

// stop ends the server and returns how it ended, if that was not asked for.
func (s *demoServer) stop() error {
	s.end()
	<-s.done
	return s.ended
}

// signIn waits until the server answers and signs in with a handler's key; with says
// the rest of how. A server that is not the one whose key lies in the demo's folder is
// told nothing.
func (s *demoServer) signIn(at, dir, keyFile string, with casework.Config) (*casework.Client, error) {
	raw, err := os.ReadFile(filepath.Join(dir, "server.key"))
	if err != nil {
		return nil, err
	}
	ours, err := seal.ParseServerKeys(raw)
	if err != nil {
		return nil, fmt.Errorf("reading the demo's server key: %w", err)
	}
	key, err := casework.ReadKey(keyFile, nil)
	if err != nil {
		return nil, err
	}
	if err := s.answers(at + "/v1/hello"); err != nil {
		return nil, err
	}
	with.Server, with.Key, with.Pin = at, key, handlers.ServerFingerprint(ours.Public())
	client, err := casework.Dial(s.ctx, with)
	switch {
	case errors.Is(err, casework.ErrServer):
		return nil, s.fails("demo.another", "at", at)
	}
	return client, err
}

// startTime is how long the server may take to begin.
const startTime = 10 * time.Second

// answers waits until the server answers.
func (s *demoServer) answers(url string) error {
	ctx, cancel := context.WithTimeout(s.ctx, startTime)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			return res.Body.Close()
		}
		select {
		case <-s.ctx.Done():
			return s.ctx.Err()
		case <-ctx.Done():
			return s.fails("demo.slow")
		case <-time.After(10 * time.Millisecond):
		}
	}
}
