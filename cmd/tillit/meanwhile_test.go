package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/intake"
)

// answers is what somebody types, a line at each read, with what happens before it.
type answers []struct {
	before func()
	line   string
}

// Read implements [io.Reader].
func (a *answers) Read(p []byte) (int, error) {
	next := (*a)[0]
	*a = (*a)[1:]
	next.before()
	return copy(p, next.line), nil
}

// TestWhatCameMeanwhileIsSaidBeforeItIsSent: the reporter writes between the preview and the
// yes. It is said, and asked again; a second yes sends, once.
func TestWhatCameMeanwhileIsSaidBeforeItIsSent(t *testing.T) {
	o := handlerstest.New(t)
	ref := o.File("lin", handlerstest.Answers{"A1": {"It was at the dinner."}})
	lin := o.Reporter("lin")
	key := filepath.Join(t.TempDir(), "maren.key")
	if err := casework.WriteKey(key, o.People[0].Key, intake.Private{}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	typed := answers{
		{func() { lin.Says("There is more.") }, "yes\n"},
		{func() {
			if lin.Waits() {
				t.Error("it was sent over what came")
			}
		}, "yes\n"},
	}
	c := root("en")
	c.SetArgs([]string{"--server", o.API.URL, "--key", key, "reply", ref, "-m", "Thank you."})
	c.SetIn(&typed)
	c.SetOut(&out)
	if err := c.ExecuteContext(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if got := out.String(); strings.Count(got, "This goes to the reporter") != 2 || !strings.Contains(got, "something new has come in "+ref) {
		t.Errorf("it says %s", got)
	}
	if got := lin.Opens(); strings.Count(got, "Thank you.") != 1 {
		t.Errorf("she reads %q", got)
	}
}
