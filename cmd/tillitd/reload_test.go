package main_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
)

// says waits until the server has said something so often.
func (in *installation) says(what string, times int) {
	in.t.Helper()
	for end := time.Now().Add(30 * time.Second); strings.Count(in.output(), what) < times; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			in.t.Fatalf("the server does not say %q %d times:\n%s", what, times, in.output())
		}
	}
}

// TestTheOrganisationIsTakenInBySignalAndByCommand: by the signal without a question, by
// the command after one, and with faults by neither.
func TestTheOrganisationIsTakenInBySignalAndByCommand(t *testing.T) {
	in := install(t)
	in.start()
	program, err := build()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(in.dir, "organisation.toml")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	come := func(text, id string) (string, *casework.Key) {
		t.Helper()
		key, err := casework.NewKey()
		if err != nil {
			t.Fatal(err)
		}
		text += "[[handlers]]\nid = \"" + id + "\"\nname = \"" + id + "\"\n" + key.Public()
		in.write("organisation.toml", []byte(text))
		return text, key
	}
	hangUp := func() {
		t.Helper()
		if err := syscall.Kill(in.pid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	in.write("organisation.toml", append(before, "[[handlers]]\nid = \"siv\"\n"...))
	hangUp()
	in.says("the server keeps what it has", 1)
	text, siv := come(string(before), "siv")
	if _, err := handlerstest.SignIn(t.Context(), casework.Config{Server: in.office, Key: siv}); !errors.Is(err, casework.ErrDenied) {
		t.Errorf("who is not taken in yet: %v", err)
	}
	hangUp()
	in.says("the organisation file is taken in", 1)
	in.as(siv)

	_, eva := come(text, "eva")
	reload := func(typed string, args ...string) (string, error) {
		cmd := exec.Command(program, append([]string{"reload", "--config", filepath.Join(in.dir, "tillit.toml")}, args...)...)
		cmd.Stdin = strings.NewReader(typed)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := reload(""); err == nil || !strings.Contains(out, "comes: eva") || !strings.Contains(out, "nothing was changed") {
		t.Errorf("without an answer: %q, %v", out, err)
	}
	if out, err := reload("yes\n"); err != nil || !strings.HasSuffix(out, "taken in\n") {
		t.Errorf("with a yes: %q, %v", out, err)
	}
	in.as(eva)
	if out, err := reload("", "--yes"); err != nil || !strings.Contains(out, "nothing is other") {
		t.Errorf("once more: %q, %v", out, err)
	}
	in.kill()
	if out, err := reload("", "--yes"); err == nil || !strings.Contains(out, "no server runs here") {
		t.Errorf("of a server that was killed: %q, %v", out, err)
	}
	in.start()
	if out, err := reload("", "--yes"); err != nil || !strings.Contains(out, "nothing is other") {
		t.Errorf("of the next server: %q, %v", out, err)
	}
}

// TestASignalWhileTheServerStops: whatever the moment, the server ends as if it had not
// come, and the next start has the file that lies there.
func TestASignalWhileTheServerStops(t *testing.T) {
	in := install(t)
	in.fill(10)
	file := filepath.Join(in.dir, "organisation.toml")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	siv, err := casework.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	before = append(before, "[[handlers]]\nid = \"siv\"\nname = \"Siv\"\n"+siv.Public()...)
	block := []byte("id = \"jonas\"\n")
	for n, signals := range [][]syscall.Signal{{syscall.SIGHUP, syscall.SIGTERM}, {syscall.SIGTERM, syscall.SIGHUP}, {syscall.SIGHUP, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGHUP}} {
		in.write("organisation.toml", before)
		in.start()
		in.write("organisation.toml", bytes.Replace(before, block, []byte("id = \"jonas\"\nleft = \"2020-01-02\"\n"), 1))
		for _, sig := range signals {
			if err := syscall.Kill(in.pid(), sig); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
		}
		if err := in.ends(); err != nil {
			t.Errorf("signals %d: the server ends with %v\n%s", n, err, in.output())
		}
		in.start()
		for _, cs := range in.cases() {
			if len(cs.Faults) > 0 || slices.ContainsFunc(cs.CanOpen, func(h casework.Handler) bool { return h.ID == "jonas" }) {
				t.Errorf("signals %d: %s has faults %v and can be opened by %v", n, cs.Ref, cs.Faults, cs.CanOpen)
			}
		}
		in.kill()
	}
}

// ends waits for a server that was asked to end.
func (in *installation) ends() error {
	in.mu.Lock()
	cmd := in.cmd
	in.cmd = nil
	in.mu.Unlock()
	return cmd.Wait()
}
