package main_test

import (
	"bufio"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// fault makes the kernel refuse the server's calls, or kill it at one, in the
// way that strace's -e inject= says; it returns what ends the fault.
func (in *installation) fault(inject string) (end func()) {
	in.t.Helper()
	_, end = in.strace("-e", "inject="+inject)
	return end
}

// strace watches the running server. The file of calls is complete once end has
// been called.
func (in *installation) strace(args ...string) (calls string, end func()) {
	in.t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		missing(in.t, "strace")
	}
	calls = filepath.Join(in.t.TempDir(), "calls")
	args = append(args, "-f", "-p", strconv.Itoa(in.pid()), "-o", calls)
	cmd := exec.Command("strace", args...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		in.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		in.t.Fatal(err)
	}
	attached := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(stderr)
		lines.Scan()
		attached <- lines.Text()
		for lines.Scan() {
		}
	}()
	ended := false
	end = func() {
		if !ended {
			ended = true
			_ = cmd.Process.Signal(os.Interrupt) // It may have ended with the server.
			hangs := time.AfterFunc(time.Second, func() { _ = cmd.Process.Kill() })
			_ = cmd.Wait()
			hangs.Stop()
		}
	}
	in.t.Cleanup(end)
	select {
	case line := <-attached:
		if !strings.Contains(line, "attached") {
			end()
			missing(in.t, "to be allowed to trace a process ("+line+")")
		}
	case <-time.After(10 * time.Second):
		in.t.Fatal("strace does not attach")
	}
	return calls, end
}

// TestADiskThatRefuses lets the disk be full, read-only or broken while a member
// reports: the member is told to send it again, nothing is acknowledged, and
// once the disk takes writes again the same process goes on.
func TestADiskThatRefuses(t *testing.T) {
	for _, disk := range []struct{ name, inject string }{
		{"full", "pwrite64,ftruncate:error=ENOSPC"},
		{"read-only", "pwrite64,ftruncate:error=EROFS"},
		{"without sync", "fsync,fdatasync:error=EIO"},
		{"broken", "pwrite64:error=EIO"},
	} {
		t.Run(disk.name, func(t *testing.T) {
			in := install(t)
			in.start()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			m := newMember(in.web, telling(0, 2)...)
			html := in.until(ctx, m, "A1.~done")

			end := in.fault(disk.inject)
			for range 3 {
				status, answer, err := m.post(ctx, talkOf(html), "text="+m.texts[0])
				if err != nil || status != http.StatusServiceUnavailable || !strings.Contains(answer, m.texts[0]) {
					t.Fatalf("the member is answered with %d (%v); wanted 503 and her words kept in the form", status, err)
				}
			}
			if res, err := http.Get(in.ops + "/readyz"); err != nil || res.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("the operator is told that the server is ready")
			}
			end()

			if page, err := m.page(ctx); err != nil || strings.Contains(page, m.texts[0]) {
				t.Errorf("what was refused is in the conversation (%v)", err)
			}
			ref, err := m.report(ctx)
			if err != nil {
				t.Fatal(err)
			}
			told(t, in.cases(), []string{ref}, 2)
			in.unreadable(m.texts...)
		})
	}
}

// until leads a member to the question that offers a choice.
func (in *installation) until(ctx context.Context, m *member, choice string) string {
	in.t.Helper()
	for range 20 {
		html, err := m.page(ctx)
		if err != nil {
			in.t.Fatal(err)
		}
		if strings.Contains(html, `value="`+choice+`"`) {
			return html
		}
		field, _ := m.next(html)
		if err := m.say(ctx, html, field); err != nil {
			in.t.Fatal(err)
		}
	}
	in.t.Fatalf("the interview does not come to %s", choice)
	return ""
}
