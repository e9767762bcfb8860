package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tillit/store/seal"
)

// programs runs the tests with a folder for what they build.
type programs struct{ *testing.M }

var (
	buildDir string
	built    = sync.OnceValues(func() (string, error) {
		return english().buildServer(context.Background(), filepath.Join("..", ".."), buildDir, new(bytes.Buffer))
	})
)

func (p programs) Run() int {
	var err error
	if buildDir, err = os.MkdirTemp("", "tillit-test-"); err != nil {
		panic(err)
	}
	if err := os.Setenv(langEnv, "en"); err != nil { // whatever the machine speaks
		panic(err)
	}
	code := p.M.Run()
	_ = os.RemoveAll(buildDir)
	return code
}

// tillitd is the server's program, built once for all tests.
func tillitd(t *testing.T) string {
	t.Helper()
	program, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// TestTheDemoBuildsItsServer: that is what a newcomer with nothing but Go sees.
func TestTheDemoBuildsItsServer(t *testing.T) {
	tillitd(t) // so that the time below is not that of a first build
	t.Setenv(serverEnv, "")
	var says bytes.Buffer
	program, err := english().findServer(t.Context(), t.TempDir(), &says)
	if err != nil || !strings.HasPrefix(says.String(), "Building tillitd") {
		t.Fatalf("%v, and it says %q", err, &says)
	}
	if out, err := exec.Command(program, "--help").Output(); err != nil || !strings.Contains(string(out), "The server of Tillit") {
		t.Errorf("what is built is no server: %v, %s", err, out)
	}
}

// noServer is what is said where there is none.
func noServer() string { return english().Say("demo.no_server", "env", serverEnv) }

// TestTheDemosServerIsOfTheSameBuild: one that happens to be installed is not started,
// and no word of what to do is missing.
func TestTheDemosServerIsOfTheSameBuild(t *testing.T) {
	t.Setenv(serverEnv, "")
	t.Chdir(t.TempDir()) // far from the source
	bin := t.TempDir()
	t.Setenv("PATH", bin)
	find := func() (string, error) { return english().findServer(t.Context(), t.TempDir(), os.Stderr) }
	if _, err := find(); err == nil || err.Error() != noServer() || !strings.Contains(err.Error(), serverEnv) {
		t.Errorf("without a server: %v", err)
	}
	other := filepath.Join(bin, "tillitd")
	if err := os.WriteFile(other, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got, err := find(); err == nil || err.Error() != noServer() {
		t.Errorf("with another build's in PATH: %q, %v", got, err)
	}
	t.Setenv(serverEnv, other)
	if got, err := find(); got != other || err != nil {
		t.Errorf("named: %q, %v", got, err)
	}
}

// TestTheServerBesideIsTaken runs a built tillit that lies where tillitd does, and then
// where one of another revision does.
func TestTheServerBesideIsTaken(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if revisionOf(program) != ownRevision() {
		t.Error("a program is not of its own build")
	}
	if revisionOf(tillitd(t)) != ownRevision() {
		t.Skip("the tests know their revision, and what they build does not")
	}
	bin := t.TempDir()
	for name, from := range map[string]string{"tillit": program, "tillitd": tillitd(t)} {
		raw, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(bin, name), raw, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	dir, port := t.TempDir(), ports(t)
	demo := startProgram(t, filepath.Join(bin, "tillit"), dir, []string{serverEnv + "=", "PATH="}, "demo", "--port", fmt.Sprint(port))
	demo.until(t, "Ctrl-C")
	if left, _ := filepath.Glob(filepath.Join(dir, "tillit-demo-*", "tillitd")); len(left) > 0 {
		t.Error("it built a server, with one beside it")
	}
	demo.end(t)
	if err := os.WriteFile(filepath.Join(bin, "tillitd"), []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := demoFails(t, filepath.Join(bin, "tillit"), "PATH=", serverEnv+"="); !strings.Contains(out, noServer()) {
		t.Errorf("with another build's beside it: %v, %s", err, out)
	}
}

// demoFails runs a demo that must end by itself, far from the source.
func demoFails(t *testing.T, program string, env ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	demo := exec.CommandContext(ctx, program, "demo", "--port", fmt.Sprint(ports(t)))
	demo.Dir, demo.Env = t.TempDir(), append(append(os.Environ(), "TMPDIR="+t.TempDir()), env...)
	demo.Cancel, demo.WaitDelay = func() error { return demo.Process.Signal(os.Interrupt) }, 10*time.Second
	out, err := demo.CombinedOutput()
	if err == nil || ctx.Err() != nil {
		t.Errorf("it goes on, %v: %s", ctx.Err(), out)
	}
	return string(out), err
}

// TestADemoThatFindsItsPortsTakenSaysSo: each of the three, by anything.
func TestADemoThatFindsItsPortsTakenSaysSo(t *testing.T) {
	for offset := range 3 {
		port := ports(t)
		ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port+offset))
		if err != nil {
			t.Fatal(err)
		}
		got, err := english().demoPorts(port)
		if err == nil {
			got.Close()
		}
		if want := fmt.Sprintf("something listens on %d already", port+offset); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "--port") {
			t.Errorf("with %d taken it says %v", port+offset, err)
		}
		ln.Close()
		if got, err = english().demoPorts(port); err != nil {
			t.Errorf("with none taken, after it was refused: %v", err)
			continue
		}
		got.Close()
	}
}

// imposter is a server that is not the one whose key the demo made: the real program,
// with another key.
func imposter() {
	config := os.Args[3]
	key := filepath.Join(filepath.Dir(config), "server.key")
	if err := os.WriteFile(key, seal.GenerateServerKey(time.Now()), 0o600); err != nil {
		panic(err)
	}
	program := os.Getenv("REAL_TILLITD")
	panic(syscall.Exec(program, append([]string{program}, os.Args[1:]...), os.Environ()))
}

// TestTheDemoTalksToItsOwnServerAlone: an answer at the right port is not enough, and a
// server that ends is not waited for.
func TestTheDemoTalksToItsOwnServerAlone(t *testing.T) {
	for name, tt := range map[string]struct{ program, says string }{
		"another server":        {"imposter", "another server answers than the one that the demo started"},
		"one that ends":         {"false", "tillit: the server stopped (exit status 1)"},
		"one that is not there": {filepath.Join(t.TempDir(), "tillitd"), "the demo's server could not be started"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := demoFails(t, "tillit", serverEnv+"="+tt.program, "REAL_TILLITD="+tillitd(t))
			if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(out, tt.says) {
				t.Errorf("it ends with %v and says %s", err, out)
			}
			if strings.Contains(out, "Member's chat") || regexp.MustCompile(`\.go:\d`).MatchString(out) {
				t.Errorf("it says %s", out)
			}
		})
	}
}
