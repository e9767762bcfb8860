package tillit_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// imports says what each package may import of ours, and what it promises that
// makes it so. A package that is not here fails the test: a new one is a
// decision, and so is a new arrow.
var imports = []struct{ pkg, may, promise string }{
	{"intake/hosts", "", "compares names of hosts as the standards do: pure"},
	{"intake/filenames", "", "makes names of files fit: pure"},
	{"intake/pictures", "", "says whether a file tells where it was made: pure"},
	{"intake/names", "", "finds who may be meant in a text: pure, and decides nothing"},
	{"intake/ago", "", "reads how long ago something was: pure, and guesses nothing"},
	{"intake", "intake/ago intake/names", "the vocabulary and the pure interview: no clock, no network, no disk"},
	{"intake/crisis", "", "finds words of who may need help now: pure, and diagnoses nobody"},
	{"intake/words", "", "says what people are told, in each language"},
	{"store/seal", "", "seals, and opens only the server's own boxes"},
	{"store/unseal", "store/seal", "opens what seal made; never in the server"},
	{"store/mailbox", "store/seal", "one box of letters to a reporter"},
	{"store/cases", "intake", "what a case consists of: plain values and one type for each body; no SQLite"},
	{"store", "intake store/cases store/mailbox store/seal", "one SQLite file of sealed things"},
	{"store/storetest", "store store/cases store/seal store/unseal", "a store to test against"},
	{"bot", "intake intake/crisis intake/filenames intake/pictures intake/words store store/cases", "conversations, whatever the channel"},
	{"bot/bottest", "bot intake store/cases", "what every channel must pass"},
	{"bot/bottest/walk", "bot bot/bottest handlers handlers/routine/acts handlers/routine/party intake store store/cases store/storetest", "people who wander through a talk on a channel, and an oracle that knows what they wrote where"},
	{"bot/bottest/faults", "", "how a network's stand-in fails on purpose"},
	{"bot/console", "bot intake", "the channel in a terminal"},
	{"bot/network", "bot intake", "what channels over a network share; knows none by name"},
	{"bot/mattermost", "bot bot/network intake intake/words", "the channel on Mattermost"},
	{"bot/mattermost/standin", "bot/bottest/faults", "a Mattermost server in the test's own process, strict"},
	{"bot/telegram", "bot bot/network intake intake/words", "the channel on Telegram"},
	{"bot/telegram/standin", "bot/bottest/faults", "Telegram's API in the test's own process, strict"},
	{"bot/web", "bot intake/hosts intake intake/words intake/pictures", "the channel in a browser"},
	{"bot/pages", "bot bot/web intake store store/mailbox", "the pages on a bot and a store"},
	{"bot/web/visitor", "", "a person with a browser and no script, who knows the members' pages by their forms"},
	{"bot/web/webtest", "", "a real browser for tests of pages"},
	{"handlers", "handlers/routine handlers/routine/plan intake store/cases store/seal", "who handles: the organisation, its keys and its words"},
	{"handlers/routine", "handlers/routine/plan intake store/cases", "how the office works a case: acts, and what both ends hold them to; pure"},
	{"handlers/routine/acts", "handlers/routine handlers/routine/plan intake intake/words store/cases", "what handlers do, a file each with its words"},
	{"handlers/routine/party", "", "the routine that Tillit comes with: data"},
	{"handlers/routine/plan", "", "what must be done, until when and by whom, from a folder and a log: pure"},
	{"handlers/wire", "store/cases", "what desk and office API say to each other, as plain values"},
	{"handlers/office", "handlers handlers/routine handlers/wire intake/hosts intake store store/cases store/seal", "the office API: hands out sealed things, opens none"},
	{"handlers/chat", "bot handlers handlers/routine handlers/routine/acts intake intake/words store store/cases", "the office's bot: notices without content, and handlers' words in chat"},
	{"handlers/clocks", "handlers handlers/routine/plan store store/cases", "rings what is due, once; opens nothing"},
	{"handlers/casework", "handlers handlers/routine handlers/routine/acts handlers/routine/plan handlers/wire intake intake/filenames intake/words store/cases store/seal store/unseal", "the handler's side of the office API: opens and checks"},
	{"handlers/desk", "intake/hosts intake/pictures handlers/casework handlers/routine handlers/routine/acts handlers/routine/plan intake intake/names intake/words store/cases", "pages over casework, on the handler's own machine"},
	{"handlers/handlerstest", "bot bot/pages bot/web bot/web/visitor handlers handlers/casework handlers/office handlers/routine handlers/routine/acts handlers/routine/party handlers/routine/plan intake store store/cases store/seal store/storetest", "a whole office for tests, whose cases are told by a reporter; no product imports it"},
	{"cmd/internal/setup", "handlers store/seal", "makes keys and files"},
	{"cmd/internal/door", "", "serves a listener to whoever comes, so many at once, and nobody by being slow"},
	{"cmd/internal/daemon", "cmd/internal/door bot bot/console bot/mattermost bot/network bot/pages bot/telegram bot/web handlers handlers/chat handlers/clocks handlers/office handlers/routine/acts handlers/routine/party handlers/routine/plan intake/hosts intake store store/cases store/seal", "puts the server together"},
	{"cmd/internal/house", "bot/web/visitor handlers/casework handlers/routine handlers/routine/acts", "the cases of the demo, as data, told as people would"},
	{"cmd/internal/words", "", "prints all that people read in a language, for a native reader"},
	{"cmd/tillitd", "cmd/internal/daemon cmd/internal/setup store", "the server's command"},
	{"cmd/tillit", "cmd/internal/house cmd/internal/setup handlers handlers/casework handlers/desk handlers/routine handlers/routine/acts handlers/routine/plan intake intake/words store/cases store/seal", "the handler's command, and the demo, whose server is tillitd"},
}

func TestImports(t *testing.T) {
	lines := list(t, "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./...")
	for _, line := range lines {
		fields := strings.Fields(line)
		pkg, of := strings.CutPrefix(fields[0], "tillit/")
		if !of {
			continue // The module's root holds only this test.
		}
		i := slices.IndexFunc(imports, func(row struct{ pkg, may, promise string }) bool { return row.pkg == pkg })
		if i < 0 {
			t.Errorf("%s is not in the table of packages", pkg)
			continue
		}
		for _, imported := range fields[1:] {
			dep, ours := strings.CutPrefix(imported, "tillit/")
			if ours && !slices.Contains(strings.Fields(imports[i].may), dep) {
				t.Errorf("%s imports %s, but it is: %s", pkg, dep, imports[i].promise)
			}
		}
	}
	if len(lines) != len(imports)+1 {
		t.Errorf("the table has %d packages, the module %d", len(imports), len(lines)-1)
	}
}

// TestDaemonCannotOpen holds promise 2 in the import graph: what opens a case is
// no dependency of the server.
func TestDaemonCannotOpen(t *testing.T) {
	for _, dep := range list(t, "-deps", "./cmd/tillitd") {
		switch strings.TrimPrefix(dep, "tillit/") {
		case "store/unseal", "handlers/casework", "handlers/desk":
			t.Errorf("tillitd depends on %s, which opens cases", dep)
		}
	}
}

// TestDeskNeedsNoDatabase keeps SQLite, the networks and the server's ways out of
// what holds private keys, the handlers' pages and their program: they know a case
// only through the office API. The demo visits the members' pages as anybody does.
func TestDeskNeedsNoDatabase(t *testing.T) {
	for _, pkg := range []string{"./handlers/desk", "./cmd/tillit"} {
		for _, dep := range list(t, "-deps", pkg) {
			switch dep, ours := strings.CutPrefix(dep, "tillit/"); {
			case ours && (dep == "store" || dep == "bot" || strings.HasPrefix(dep, "bot/") && dep != "bot/web/visitor" || dep == "handlers/office" || dep == "handlers/chat" || dep == "cmd/internal/daemon"),
				slices.ContainsFunc([]string{"modernc.org/", "database/sql", "github.com/go-telegram/", "github.com/mattermost/", "github.com/gorilla/"},
					func(prefix string) bool { return strings.HasPrefix(dep, prefix) }):
				t.Errorf("%s depends on %s", pkg, dep)
			}
		}
	}
}

func list(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list %s: %v", strings.Join(args, " "), err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// TestTheDesignNamesWhatThereIs compares docs/DESIGN.md with the house: a library
// without its reason, or a package without its promise, fails here.
func TestTheDesignNamesWhatThereIs(t *testing.T) {
	raw, err := os.ReadFile("docs/DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(raw)
	for _, mod := range list(t, "-m", "-f", "{{if not (or .Indirect .Main)}}{{.Path}}{{end}}", "all") {
		name := strings.TrimPrefix(mod, "github.com/chromedp/") // the two are one
		if name != "" && !strings.Contains(doc, name) {
			t.Errorf("no reason is given for %s", mod)
		}
	}
	for _, row := range imports {
		if !strings.HasPrefix(row.pkg, "cmd/") && !strings.Contains(doc, "`"+row.pkg+"`") {
			t.Errorf("the table of packages has no %s", row.pkg)
		}
	}
}
