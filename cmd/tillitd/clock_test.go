package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTheClockIsForTheDemoAlone: a server that people write to tells the real time.
func TestTheClockIsForTheDemoAlone(t *testing.T) {
	program, err := build()
	if err != nil {
		t.Fatal(err)
	}
	in := install(t)
	clock := filepath.Join(t.TempDir(), "clock")
	if err := os.WriteFile(clock, []byte(time.Now().Format(time.RFC3339)), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), program, "serve", "--config", filepath.Join(in.dir, "tillit.toml"), "--clock", clock).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "--clock is for the demo alone") {
		t.Errorf("it ends with %v and says %s", err, out)
	}
}
