package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// started is a program of ours that goes on until it is told to end.
type started struct {
	cmd   *exec.Cmd
	lines chan string
}

// start runs a command of ours; its temporary files lie in dir.
func start(t *testing.T, dir string, args ...string) *started {
	t.Helper()
	return startProgram(t, "tillit", dir, []string{serverEnv + "=" + tillitd(t)}, args...)
}

func startProgram(t *testing.T, program, dir string, env []string, args ...string) *started {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	s := &started{cmd: exec.CommandContext(ctx, program, args...), lines: make(chan string, 100)}
	s.cmd.Env = append(append(os.Environ(), "TMPDIR="+dir), env...)
	s.cmd.Stderr = os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(s.lines)
		for in := bufio.NewScanner(out); in.Scan(); {
			s.lines <- in.Text()
		}
	}()
	return s
}

// until returns what was printed up to a line that holds a word.
func (s *started) until(t *testing.T, word string) string {
	t.Helper()
	var all strings.Builder
	for line := range s.lines {
		fmt.Fprintln(&all, line)
		if strings.Contains(line, word) {
			return all.String()
		}
	}
	t.Fatalf("it ended before it said %q:\n%s", word, &all)
	return ""
}

// end interrupts the program as Ctrl-C does.
func (s *started) end(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Error(err)
	}
	for range s.lines { // to its end
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("it ends with %v", err)
	}
}

func get(t *testing.T, c *http.Client, url string) (int, string) {
	t.Helper()
	res, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// ports finds three free ports in a row.
func ports(t *testing.T) int {
	t.Helper()
	for range 100 {
		first, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := first.Addr().(*net.TCPAddr).Port
		free := port+2 < 65536
		for next := port + 1; free && next <= port+2; next++ {
			ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", next))
			if free = err == nil; free {
				ln.Close()
			}
		}
		first.Close()
		if free {
			return port
		}
	}
	t.Fatal("no three free ports in a row")
	return 0
}

// TestTheDemoSaysWhereThingsAre starts the demo and a desk beside it, follows each
// address that they print, and ends both.
func TestTheDemoSaysWhereThingsAre(t *testing.T) {
	dir, port := t.TempDir(), ports(t)
	demo := start(t, dir, "demo", "--port", fmt.Sprint(port), "--lang", "en")
	said := demo.until(t, "Ctrl-C")
	chat, deskAt, api := fmt.Sprintf("http://127.0.0.1:%d/", port), fmt.Sprintf("http://127.0.0.1:%d/", port+1), fmt.Sprintf("http://127.0.0.1:%d", port+2)
	for _, want := range []string{"Member's chat  " + chat, "Desk           " + deskAt, "Office API     " + api, "TILLIT_SERVER=" + api + " "} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
	for _, url := range []string{chat, api + "/v1/hello"} {
		if code, _ := get(t, http.DefaultClient, url); code != http.StatusOK {
			t.Errorf("%s answers %d", url, code)
		}
	}
	keys := regexp.MustCompile(`(?m)^  (/.*\.key)$`).FindAllStringSubmatch(said, -1)
	if len(keys) != 4 {
		t.Fatalf("it names %d key files:\n%s", len(keys), said)
	}
	works(t, said, deskAt)

	// A desk of one's own beside it, on an address that is free.
	own := start(t, dir, "desk", "--listen", "127.0.0.1:0", "--server", api, "--key", keys[1][1])
	works(t, own.until(t, "http://"), "http://127.0.0.1:")
	own.end(t)

	demo.end(t)
	for _, url := range []string{chat, deskAt, api} {
		if res, err := http.Get(url); err == nil {
			res.Body.Close()
			t.Errorf("%s answers after the end", url)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("the demo leaves %v, %v", left, err)
	}
}

// works follows the sign-in link that was printed, once.
func works(t *testing.T, said, at string) {
	t.Helper()
	link := regexp.MustCompile(`(?m)^  (http://\S+)$`).FindStringSubmatch(said)
	if link == nil || !strings.HasPrefix(link[1], at) {
		t.Fatalf("no sign-in link to %s:\n%s", at, said)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	if code, page := get(t, &http.Client{Jar: jar}, link[1]); code != http.StatusOK || !strings.Contains(page, "<form") {
		t.Errorf("the sign-in link answers %d", code)
	}
}

// TestADeskListensHereAlone tries addresses that other machines could reach.
func TestADeskListensHereAlone(t *testing.T) {
	dir, port := t.TempDir(), ports(t)
	demo := start(t, dir, "demo", "--port", fmt.Sprint(port))
	key := regexp.MustCompile(`(?m)^  (/.*\.key)$`).FindStringSubmatch(demo.until(t, "Ctrl-C"))[1]
	api := fmt.Sprintf("http://127.0.0.1:%d", port+2)
	for listen, want := range map[string]struct {
		code int
		said string
	}{
		"0.0.0.0:0":                         {2, "the desk listens on this machine alone; 0.0.0.0:0 is reachable from others"},
		"[::]:0":                            {2, "the desk listens on this machine alone"},
		":0":                                {2, "the desk listens on this machine alone"},
		"nowhere":                           {1, "the desk cannot listen at nowhere"},
		fmt.Sprintf("127.0.0.1:%d", port+1): {1, "address already in use"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		out, err := exec.CommandContext(ctx, "tillit", "desk", "--listen", listen, "--server", api, "--key", key).CombinedOutput()
		cancel()
		if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != want.code || !strings.Contains(string(out), want.said) {
			t.Errorf("%s: %v: %s", listen, err, out)
		}
	}
	demo.end(t)
}
