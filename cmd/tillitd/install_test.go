package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"tillit/handlers"
	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/intake"
	"tillit/store/seal"
)

// The tests in this folder drive the built server from outside, as its members,
// its office and its machine do. TILLIT_TILLITD names a release build to test;
// without it they build an ordinary one. With it, nothing may be skipped.
var (
	buildDir string
	build    = sync.OnceValues(func() (string, error) {
		if release() != "" {
			return filepath.Abs(release())
		}
		path := filepath.Join(buildDir, "tillitd")
		cmd := exec.Command("go", "build", "-o", path, ".")
		cmd.Stderr = os.Stderr
		return path, cmd.Run()
	})
)

// release is asked for late: what is read before the tests begin is no reason for
// go test to run them anew.
func release() string { return os.Getenv("TILLIT_TILLITD") }

func TestMain(m *testing.M) {
	var err error
	if buildDir, err = os.MkdirTemp("", "tillitd-test-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(buildDir)
	os.Exit(code)
}

// missing skips a test that this machine cannot run, unless a release is tested.
func missing(t *testing.T, what string) {
	t.Helper()
	if release() != "" {
		t.Fatalf("needs %s", what)
	}
	t.Skipf("needs %s; .ci/run installs it", what)
}

// installation is a folder as an organisation has it, and the process over it.
type installation struct {
	t                *testing.T
	dir, data        string
	web, office, ops string // base addresses
	identity         *age.HybridIdentity
	key, second      *casework.Key // of the handlers
	flags            []string      // of serve

	mu  sync.Mutex
	cmd *exec.Cmd
	log bytes.Buffer // everything the process wrote, over all its lives
}

const organisation = `name = "Eksempelforbundet"
time_zone = "Europe/Oslo"
language = "nb"
[[handlers]]
id = "maren"
name = "Maren V."
role = "rådgiver"
county = ""
key = %q
sign = %q
[[handlers]]
id = "jonas"
name = "Jonas T."
role = "assisterende sekretær"
county = ""
key = %q
sign = %q
[external]
name = "Ekstern mottaker"
key = %q
sign = %q
[recovery]
key = %q
kept = "2-of-3"
`

// install makes an installation in temporary folders. It is not started.
func install(t *testing.T) *installation {
	t.Helper()
	in := &installation{t: t, dir: t.TempDir()}
	in.data = filepath.Join(in.dir, "data")
	var fields []any
	for i, name := range []string{"maren", "jonas", "external", "recovery"} {
		key, err := casework.NewKey()
		if err != nil {
			t.Fatal(err)
		}
		if fields = append(fields, key.Recipient()); name != "recovery" {
			fields = append(fields, handlers.SignKeyString(key.SignPublic()))
		}
		if i == 1 {
			in.second = key
		}
		if i == 0 {
			in.key = key
			in.identity = identityOf(t, key)
		}
	}
	in.write("organisation.toml", fmt.Appendf(nil, organisation, fields...))
	in.write("server.key", seal.GenerateServerKey(time.Now()))
	ports := freePorts(t, 3)
	in.write("tillit.toml", fmt.Appendf(nil, "[web]\nlisten = %q\n[office]\nlisten = %q\n[operator]\nlisten = %q\n", ports[0], ports[1], ports[2]))
	in.web, in.office, in.ops = "http://"+ports[0], "http://"+ports[1], "http://"+ports[2]
	t.Cleanup(in.kill)
	return in
}

// identityOf reads back what a handler's key file holds.
func identityOf(t *testing.T, key *casework.Key) *age.HybridIdentity {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := casework.WriteKey(path, key, intake.Private{}); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(raw) {
		if line = bytes.TrimSpace(line); bytes.HasPrefix(line, []byte("AGE-SECRET-KEY-PQ-")) {
			identity, err := age.ParseHybridIdentity(string(line))
			if err != nil {
				t.Fatal(err)
			}
			return identity
		}
	}
	t.Fatal("no identity in the key file")
	return nil
}

func (in *installation) write(name string, content []byte) {
	if err := os.WriteFile(filepath.Join(in.dir, name), content, 0o600); err != nil {
		in.t.Fatal(err)
	}
}

// freePorts returns addresses that nobody listens on now, and that the system gives to
// nobody who asks for any port or connects: a server that is killed and started again must
// find its own free, while other tests connect by the hundred.
func freePorts(t testing.TB, n int) (addresses []string) {
	t.Helper()
	for tries := 0; len(addresses) < n; tries++ {
		ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(20_000)))
		if err != nil {
			if tries < 1000 {
				continue
			}
			t.Fatal(err)
		}
		defer ln.Close()
		addresses = append(addresses, ln.Addr().String())
	}
	return addresses
}

// start runs the server and returns when it answers.
func (in *installation) start() {
	in.t.Helper()
	if err := in.tryStart(); err != nil {
		in.t.Fatalf("%v\n%s", err, in.output())
	}
}

func (in *installation) tryStart() error {
	if err := in.begin(); err != nil {
		return err
	}
	return in.answering()
}

// answers waits until the server does.
func (in *installation) answers() {
	in.t.Helper()
	if err := in.answering(); err != nil {
		in.t.Fatalf("%v\n%s", err, in.output())
	}
}

func (in *installation) answering() error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		if res, err := http.Get(in.ops + "/healthz"); err == nil {
			res.Body.Close()
			return nil
		}
		time.Sleep(2 * time.Millisecond)
	}
	return errors.New("the server did not start")
}

// begin runs the server and does not wait for it.
func (in *installation) begin() error {
	path, err := build()
	if err != nil {
		return err
	}
	cmd := exec.Command(path, append([]string{"serve", "--config", filepath.Join(in.dir, "tillit.toml")}, in.flags...)...)
	cmd.Stdout, cmd.Stderr = in, in
	return in.run(cmd)
}

// run starts a process that [installation.kill] ends.
func (in *installation) run(cmd *exec.Cmd) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	in.mu.Lock()
	in.cmd = cmd
	in.mu.Unlock()
	return nil
}

// kill ends the process as a power cut would end it: it is not asked.
func (in *installation) kill() {
	in.mu.Lock()
	cmd := in.cmd
	in.cmd = nil
	in.mu.Unlock()
	if cmd != nil {
		_ = cmd.Process.Kill() // It may have been killed by a fault already.
		_ = cmd.Wait()
	}
}

func (in *installation) pid() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.cmd.Process.Pid
}

// Write takes what the process prints.
func (in *installation) Write(p []byte) (int, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.log.Write(p)
}

func (in *installation) output() string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.log.String()
}

// desk signs in as the first handler.
func (in *installation) desk() *handlerstest.Desk {
	in.t.Helper()
	return in.as(in.key)
}

// as signs in with a key.
func (in *installation) as(key *casework.Key) *handlerstest.Desk {
	in.t.Helper()
	c, err := handlerstest.SignIn(in.t.Context(), casework.Config{Server: in.office, Key: key})
	if err != nil {
		in.t.Fatal(err)
	}
	return c
}

// cases opens every case in the queue.
func (in *installation) cases() (all []*casework.Case) {
	in.t.Helper()
	desk := in.desk()
	var q casework.Query
	for {
		page, err := desk.Queue(in.t.Context(), q)
		if err != nil {
			in.t.Fatal(err)
		}
		for _, row := range page.Cases {
			c, err := desk.Case(in.t.Context(), row.Ref)
			if err != nil {
				in.t.Fatal(err)
			}
			all = append(all, c)
		}
		if page.Next == "" {
			return all
		}
		q.Page = page.Next
	}
}
