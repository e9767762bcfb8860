package tillit_test

import (
	"os/exec"
	"strings"
	"testing"
)

// imports says what each package may import of ours, and why. A package that is
// not in the table fails the test: a new one is a decision.
var imports = []struct {
	pkg, may, why string
}{
	{"tillit/intake", "", "the vocabulary and the pure interview: no clock, no network, no disk"},
	{"tillit/store", "intake store/seal store/mailbox store/terms store/migrations", "one SQLite file of sealed things"},
}

// TestDaemonCannotOpen holds promise 2 in the import graph: what opens a case is
// no dependency of the server.
func TestDaemonCannotOpen(t *testing.T) {
	for _, dep := range deps(t, "./cmd/tillitd") {
		if dep == "tillit/store/unseal" || strings.HasPrefix(dep, "tillit/handlers/casework") || dep == "tillit/handlers/desk" {
			t.Errorf("tillitd depends on %s, which opens cases", dep)
		}
	}
}

func TestImports(t *testing.T) {
	for _, row := range imports {
		t.Run(row.pkg, func(t *testing.T) {
			may := map[string]bool{row.pkg: true}
			for _, m := range strings.Fields(row.may) {
				may["tillit/"+m] = true
			}
			for _, dep := range deps(t, row.pkg) {
				if strings.HasPrefix(dep, "tillit/") && !may[dep] {
					t.Errorf("%s imports %s; it is %s", row.pkg, dep, row.why)
				}
			}
		})
	}
}

func deps(t *testing.T, pkg string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", pkg).Output()
	if err != nil {
		t.Fatalf("go list -deps %s: %v", pkg, err)
	}
	return strings.Fields(string(out))
}
