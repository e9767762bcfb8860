//go:build linux

package console_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"tillit/bot"
	"tillit/bot/console"
)

// typist is set in a process of its own, whose terminal the test writes into.
const typist = "TILLIT_TEST_TYPIST"

func TestMain(m *testing.M) {
	if os.Getenv(typist) == "" {
		os.Exit(m.Run())
	}
	heard := os.NewFile(3, "heard")
	ctx, cancel := context.WithCancel(context.Background())
	_ = console.New(os.Stdin, os.Stdout).Listen(ctx, func(_ context.Context, ev bot.Event) error {
		if text := ev.Text.Reveal(); text == "slutt" {
			cancel()
		} else if text != "" {
			time.Sleep(20 * time.Millisecond) // the store takes a while, and lines wait
			return json.NewEncoder(heard).Encode(text)
		}
		return nil
	})
}

// TestALineIsNotCut types and pastes into a real terminal what is longer than the 4,095
// bytes at which the system cuts a line, and wants every byte of it, and the terminal as it
// was.
func TestALineIsNotCut(t *testing.T) {
	terminal, end, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	hears, tells, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := exec.Command(os.Args[0])
	p.Env = append(os.Environ(), typist+"=1", "TERM=xterm")
	p.Stdin, p.Stdout, p.Stderr, p.ExtraFiles = end, end, end, []*os.File{tells}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	go func() { // the screen
		var seen bytes.Buffer
		buf := make([]byte, 4096)
		for open := false; ; {
			n, err := terminal.Read(buf)
			if seen.Write(buf[:n]); !open && strings.Contains(seen.String(), "> ") {
				open = true
				close(ready)
			}
			if err != nil {
				return
			}
		}
	}()
	select {
	case <-ready:
	case <-time.After(20 * time.Second):
		t.Fatal("the terminal asks for nothing")
	}
	long := strings.Repeat("Han sa at jeg måtte 🙂 bli med. ", 160)
	told := []string{"kort", strings.TrimSpace(long), strings.Repeat("å", 2200), "og til slutt\tdette"}
	go func() {
		for _, line := range told {
			_, _ = io.WriteString(terminal, line+"\r") // pasted at once, ahead of what is read
		}
		_, _ = io.WriteString(terminal, "slutt\r")
	}()
	_ = end.Close()
	_ = tells.Close()
	done := make(chan error, 1)
	go func() { done <- p.Wait() }()
	var got []string
	for in := json.NewDecoder(hears); ; {
		var line string
		err := in.Decode(&line)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, line)
	}
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		_ = p.Process.Kill()
		t.Error("it does not end")
	}
	if len(got) != len(told) {
		t.Fatalf("%d lines were heard, want %d", len(got), len(told))
	}
	for i := range told {
		if got[i] != told[i] {
			t.Errorf("of line %d with %d bytes %d were heard", i, len(told[i]), len(got[i]))
		}
	}
}
