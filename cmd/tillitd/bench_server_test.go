package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"text/template"
	"time"

	"tillit/cmd/internal/setup"
	"tillit/handlers"
	"tillit/handlers/casework"
	"tillit/handlers/desk"
	"tillit/handlers/handlerstest"
	"tillit/store/seal"
)

// benchOffice are the people of the measured office: as many as in the demo.
var benchOffice = []string{"maren", "jonas", "siv", "hakon", "external", "recovery"}

var benchOrganisation = template.Must(template.New("").Parse(`name = "Eksempelforbundet"
time_zone = "Europe/Oslo"
language = "nb"
counties = ["Oslo"]
{{range slice . 0 4}}
[[handlers]]
id = "{{.ID}}"
name = "{{.ID}}"
role = "rådgiver"
county = ""
rights = ["assign", "export"]
key = "{{.Key}}"
sign = "{{.Sign}}"
{{end}}
[external]
name = "Ekstern mottaker"
key = "{{(index . 4).Key}}"
sign = "{{(index . 4).Sign}}"
[recovery]
key = "{{(index . 5).Key}}"
kept = "2-of-3"
`))

// house is an installation with the real release build of tillitd.
type house struct {
	b            testing.TB
	dir, program string
	web, office  string // addresses
	maren        *casework.Key
	process      *exec.Cmd
}

// newHouse builds the program as a release is built, and makes its folder.
func newHouse(b testing.TB) *house {
	b.Helper()
	h := &house{b: b, dir: b.TempDir(), web: freeAddress(b), office: freeAddress(b)}
	h.program = filepath.Join(h.dir, "tillitd")
	build := exec.Command("go", "build", "-trimpath", "-o", h.program, ".")
	build.Env = append(os.Environ(), "GOEXPERIMENT=runtimesecret", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("building: %v\n%s", err, out)
	}
	type person struct{ ID, Key, Sign string }
	var people []person
	for _, id := range benchOffice {
		key, err := casework.NewKey()
		if err != nil {
			b.Fatal(err)
		}
		if id == "maren" {
			h.maren = key
		}
		people = append(people, person{id, key.Recipient(), handlers.SignKeyString(key.SignPublic())})
	}
	var org bytes.Buffer
	if err := benchOrganisation.Execute(&org, people); err != nil {
		b.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"organisation.toml": org.Bytes(), "server.key": seal.GenerateServerKey(time.Now()),
		"tillit.toml": fmt.Appendf(nil, "[web]\nlisten = %q\n[office]\nlisten = %q\n[operator]\nlisten = \"\"\n", h.web, h.office),
	} {
		if err := setup.Write(filepath.Join(h.dir, name), content); err != nil {
			b.Fatal(err)
		}
	}
	return h
}

func freeAddress(b testing.TB) string {
	b.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// start runs the server and returns how long it took to the first page.
func (h *house) start() time.Duration {
	h.b.Helper()
	h.process = exec.Command(h.program, "serve", "--config", filepath.Join(h.dir, "tillit.toml"))
	log, err := os.OpenFile(filepath.Join(h.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		h.b.Fatal(err)
	}
	defer log.Close()
	h.process.Stderr = log
	began := time.Now()
	if err := h.process.Start(); err != nil {
		h.b.Fatal(err)
	}
	h.b.Cleanup(h.stop)
	for time.Since(began) < 20*time.Second {
		if res, err := http.Get("http://" + h.web + "/"); err == nil {
			_, _ = io.Copy(io.Discard, res.Body)
			res.Body.Close()
			return time.Since(began)
		}
		time.Sleep(time.Millisecond)
	}
	said, _ := os.ReadFile(log.Name()) // Without it there is still the fact.
	h.b.Fatalf("the server did not start: %s", said)
	return 0
}

// stop ends the server that start began.
func (h *house) stop() {
	if h.process == nil {
		return
	}
	p := h.process
	h.process = nil
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		h.b.Error(err)
	}
	if err := p.Wait(); err != nil {
		h.b.Error("the server ended with", err)
	}
}

// memory returns what the server's process holds now and at most so far, in MB.
func (h *house) memory() (now, peak float64) {
	h.b.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", h.process.Process.Pid))
	if err != nil {
		h.b.Skip("memory is read from /proc: ", err)
	}
	for line := range strings.Lines(string(raw)) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		kb, _ := strconv.ParseFloat(f[1], 64)
		switch f[0] {
		case "VmRSS:":
			now = kb / 1024
		case "VmHWM:":
			peak = kb / 1024
		}
	}
	return now, peak
}

// cpu returns what the server's process has worked so far.
func (h *house) cpu() time.Duration {
	h.b.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", h.process.Process.Pid))
	if err != nil {
		h.b.Skip("the time is read from /proc: ", err)
	}
	f := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+2:]))
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond // ticks of 1/100 s
}

// desk signs in as maren.
func (h *house) desk() *handlerstest.Desk {
	h.b.Helper()
	c, err := handlerstest.SignIn(context.Background(), casework.Config{Server: "http://" + h.office, Key: h.maren})
	if err != nil {
		h.b.Fatal(err)
	}
	return c
}

// openDesk serves maren's desk from this process, signs in, and returns what
// fetches one of its pages and says how long that took.
func (h *house) openDesk() func(path string) time.Duration {
	h.b.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	h.fatal(err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	host := ln.Addr().String()
	go func() { ended <- desk.Serve(ctx, desk.Config{Work: h.desk(), Host: host, Secret: "once"}, ln) }()
	h.b.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			h.b.Error(err)
		}
	})
	jar, err := cookiejar.New(nil)
	h.fatal(err)
	client := &http.Client{Jar: jar, Timeout: time.Minute, Transport: &http.Transport{}}
	h.b.Cleanup(client.CloseIdleConnections)
	fetch := func(method, path string, form url.Values) time.Duration {
		h.b.Helper()
		req, err := http.NewRequest(method, "http://"+host+path, strings.NewReader(form.Encode()))
		h.fatal(err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		began := time.Now()
		res, err := client.Do(req)
		h.fatal(err)
		defer res.Body.Close()
		page, err := io.ReadAll(res.Body)
		h.fatal(err)
		if res.StatusCode != http.StatusOK || path != "/in" && !report.Match(page) {
			h.b.Fatalf("%s %s: status %d, or no reference on it", method, path, res.StatusCode)
		}
		return time.Since(began)
	}
	fetch("POST", "/in", url.Values{"t": {"once"}})
	return func(path string) time.Duration { return fetch("GET", path, nil) }
}
