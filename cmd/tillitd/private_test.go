package main_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tillit/store/seal"
)

// loosely runs the server's command as a shell that shares everything would.
func (in *installation) loosely(args ...string) *exec.Cmd {
	in.t.Helper()
	path, err := build()
	if err != nil {
		in.t.Fatal(err)
	}
	return exec.Command("sh", append([]string{"-c", `umask 000; exec "$@"`, "sh", path, "--config", filepath.Join(in.dir, "tillit.toml")}, args...)...)
}

// loose lists what others than its owner can reach under some folders.
func loose(t *testing.T, dirs ...string) (found []string) {
	t.Helper()
	for _, dir := range dirs {
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return nil // it is not there yet, or not any more
			}
			if info, err := d.Info(); err == nil && info.Mode().Perm()&0o077 != 0 {
				found = append(found, path+" is "+info.Mode().String())
			}
			return nil
		})
	}
	return found
}

// TestNobodyElseReachesWhatTheServerMakes: from the first byte, whatever umask it was
// started with; also a backup, and what it is while it is made.
func TestNobodyElseReachesWhatTheServerMakes(t *testing.T) {
	in := install(t)
	out := filepath.Join(in.dir, "backups")
	if err := os.Mkdir(out, 0o700); err != nil {
		t.Fatal(err)
	}
	looking, stop := sync.WaitGroup{}, make(chan struct{})
	var seen []string
	looking.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(200 * time.Microsecond):
				seen = append(seen, loose(t, in.data, out)...)
			}
		}
	})
	cmd := in.loosely("serve")
	cmd.Stdout, cmd.Stderr = in, in
	if err := in.run(cmd); err != nil {
		t.Fatal(err)
	}
	in.answers()
	if said, err := in.loosely("backup", filepath.Join(out, "copy.db")).CombinedOutput(); err != nil {
		t.Errorf("backup: %v\n%s", err, said)
	}
	if said, err := in.loosely("check").CombinedOutput(); err != nil {
		t.Errorf("check, while the server runs: %v\n%s", err, said)
	}
	if said, err := in.loosely("restore", filepath.Join(out, "copy.db"), filepath.Join(out, "restored")).CombinedOutput(); err != nil || len(said) > 0 {
		t.Errorf("restore: %v\n%s", err, said)
	}
	in.kill()
	close(stop)
	looking.Wait()
	if seen = append(seen, loose(t, in.data, out)...); len(seen) > 0 {
		t.Errorf("others could reach %d times, first: %s", len(seen), seen[0])
	}
	for _, name := range []string{"tillit.db", "tillit.db-wal", "lock", "sets"} {
		if _, err := os.Stat(filepath.Join(in.data, name)); err != nil {
			t.Errorf("nothing is proved of %s: %v", name, err)
		}
	}
}

// TestALooserFolderIsRefused: by all that would work with it, with the words that mend
// it, which do.
func TestALooserFolderIsRefused(t *testing.T) {
	in := install(t)
	in.fill(1)
	for _, name := range []string{".", "tillit.db", "sets"} {
		path := filepath.Join(in.data, name)
		if err := os.MkdirAll(path, 0o700); err != nil && name != "tillit.db" {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o750); err != nil {
			t.Fatal(err)
		}
		mend := ""
		for _, command := range []string{"serve", "check", "verify"} {
			said, err := in.loosely(command).CombinedOutput()
			_, after, ok := strings.Cut(string(said), "; run: ")
			if err == nil || !ok {
				t.Errorf("%s with a looser %s: %v\n%s", command, name, err, said)
			}
			mend, _, _ = strings.Cut(after, "\n")
		}
		if said, err := exec.Command("sh", "-c", mend).CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", mend, err, said)
		}
		if said, err := in.loosely("check").CombinedOutput(); err != nil {
			t.Errorf("%q mends nothing: %v\n%s", mend, err, said)
		}
	}
}

// TestAnotherServersDataIsRefused: by serve, check and restore, in one sentence; a
// restore that has no key to look at says so.
func TestAnotherServersDataIsRefused(t *testing.T) {
	in := install(t)
	in.fill(1)
	copied, restored := filepath.Join(in.dir, "copy.db"), filepath.Join(in.dir, "restored")
	if said, err := in.loosely("backup", copied).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	in.write("server.key", seal.GenerateServerKey(time.Now()))
	for _, args := range [][]string{{"serve"}, {"check"}, {"verify"}, {"restore", copied, restored}} {
		said, err := in.loosely(args...).CombinedOutput()
		if err == nil || !strings.Contains(string(said), "is not the one that the database was made with: put back the key that was") {
			t.Errorf("%s: %v\n%s", args[0], err, said)
		}
	}
	if _, err := os.Stat(restored); err == nil {
		t.Error("what was refused is restored")
	}
	if err := os.Remove(filepath.Join(in.dir, "tillit.toml")); err != nil {
		t.Fatal(err)
	}
	if said, err := in.loosely("restore", copied, restored).CombinedOutput(); err != nil || !strings.HasPrefix(string(said), "not compared with the server key (") {
		t.Errorf("restore without a configuration: %v\n%s", err, said)
	}
}
