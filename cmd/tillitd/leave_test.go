package main_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/store/cases"
)

// fill has n people tell a case that both handlers can open, while no server runs.
func (in *installation) fill(n int) {
	in.t.Helper()
	o := handlerstest.New(in.t, handlerstest.Options{Dir: in.dir})
	for i := range n {
		o.Report(fmt.Sprint("person ", i), "canary-fjell")
	}
	o.Stop()
}

// epochs counts cases by the number of their key, while no server runs.
func (in *installation) epochs() map[int]int {
	in.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(in.data, "tillit.db"))
	if err != nil {
		in.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT epoch, count(*) FROM cases GROUP BY epoch")
	if err != nil {
		in.t.Fatal(err)
	}
	defer rows.Close()
	out := map[int]int{}
	for rows.Next() {
		var epoch, n int
		if err := rows.Scan(&epoch, &n); err != nil {
			in.t.Fatal(err)
		}
		out[epoch] = n
	}
	if err := rows.Err(); err != nil {
		in.t.Fatal(err)
	}
	return out
}

// TestKilledWhileSomebodyLeaves kills the server again and again while it makes new
// keys for a handler who left. In the end each case has one new key and is whole.
func TestKilledWhileSomebodyLeaves(t *testing.T) {
	const n = 40
	in := install(t)
	in.fill(n)
	path := filepath.Join(in.dir, "organisation.toml")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	siv, err := casework.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	after := strings.Replace(string(before), "id = \"jonas\"\n", "id = \"jonas\"\nleft = \"2020-01-02\"\n", 1) +
		"[[handlers]]\nid = \"siv\"\nname = \"Siv A.\"\n" + siv.Public()
	in.write("organisation.toml", []byte(after))
	if _, err := build(); err != nil {
		t.Fatal(err)
	}
	between := 0
	for wait := 40 * time.Millisecond; ; wait += 20 * time.Millisecond {
		if err := in.begin(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(wait)
		in.kill()
		got := in.epochs()
		if got[2] > 0 && got[1] > 0 {
			between++
		}
		if got[1]+got[2] != n {
			t.Fatalf("the cases by number of their key: %v", got)
		}
		if got[2] == n || wait > 5*time.Second {
			break
		}
	}
	if between == 0 {
		t.Error("no kill came between two cases: this proves nothing")
	}
	in.start()
	all := in.cases()
	if len(all) != n {
		t.Errorf("%d cases are in the queue, want %d", len(all), n)
	}
	for _, c := range all {
		last, told := c.Entries[len(c.Entries)-1], 0
		for _, e := range c.Entries {
			if e.Event == string(cases.EventEpoch) {
				told++
			}
		}
		if len(c.Faults) > 0 || c.Closed > 0 || told != 1 || last.Event != string(cases.EventEpoch) || last.Text.Reveal() != "Jonas T." {
			t.Errorf("%s: %v, %d entries, %d closed", c.Ref, c.Faults, len(c.Entries), c.Closed)
		}
	}
	if page, err := in.as(siv).Queue(t.Context(), casework.Query{}); err != nil || len(page.Cases) > 0 {
		t.Errorf("who came later finds %d cases, %v", len(page.Cases), err)
	}
	in.kill()
	if got := in.epochs(); got[2] != n {
		t.Errorf("after one more start the cases by number of their key: %v", got)
	}
}
