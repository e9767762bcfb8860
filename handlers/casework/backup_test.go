package casework_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"filippo.io/age"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/store/seal"
)

// keyWith is a handler's key and the age identity in it.
func keyWith(t *testing.T) (*casework.Key, *age.HybridIdentity) {
	t.Helper()
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "handler.key")
	if err := os.WriteFile(path, []byte(identity.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := casework.ReadKey(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return k, identity
}

// opens says whether an age file opens with a key.
func opens(data []byte, key age.Identity) bool {
	r, err := age.Decrypt(bytes.NewReader(data), key)
	if err != nil {
		return false
	}
	_, err = io.ReadAll(r)
	return err == nil
}

// values returns every value of every table of a database file, by "table.column".
func values(t *testing.T, path string) map[string][][]byte {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	columns, err := db.Query("SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'")
	if err != nil {
		t.Fatal(err)
	}
	var all [][2]string
	for columns.Next() {
		var c [2]string
		if err := columns.Scan(&c[0], &c[1]); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	if err := errors.Join(columns.Err(), columns.Close()); err != nil {
		t.Fatal(err)
	}
	out := map[string][][]byte{}
	for _, c := range all {
		rows, err := db.Query(fmt.Sprintf("SELECT CAST(%q AS BLOB) FROM %q ORDER BY rowid", c[1], c[0]))
		if err != nil {
			continue // a table of SQLite's own without row ids
		}
		for rows.Next() {
			var v []byte
			if err := rows.Scan(&v); err != nil {
				t.Fatal(err)
			}
			out[c[0]+"."+c[1]] = append(out[c[0]+"."+c[1]], v)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// openable counts the values of a file that a key opens as they lie there, and
// the wraps that it opens once the server's key took them out of their boxes.
func openable(t *testing.T, path string, server *seal.ServerKeys, key age.Identity) (plain, unboxed int) {
	t.Helper()
	all := values(t, path)
	if len(all["entries.data"]) == 0 || len(all["wraps.data"]) != 5 {
		t.Fatalf("%d entries and %d wraps are looked at", len(all["entries.data"]), len(all["wraps.data"]))
	}
	for _, column := range all {
		for _, v := range column {
			if opens(v, key) {
				plain++
			}
		}
	}
	for i, box := range all["wraps.data"] {
		at := seal.Place{Table: "wraps", Row: string(all["wraps.recipient"][i]), Column: "data"}
		if wrap, err := server.Unbox("staged", at, box); err == nil && opens(wrap, key) {
			unboxed++
		}
	}
	return plain, unboxed
}

// TestABackupDoesNotHelpWhoIsKeptOut makes a copy of the database while a key for
// jonas is staged, and one at each moment after.
func TestABackupDoesNotHelpWhoIsKeptOut(t *testing.T) {
	p := newOffice(t)
	var jonas, maren *age.HybridIdentity
	p.Person("jonas").Key, jonas = keyWith(t)
	p.Person("maren").Key, maren = keyWith(t)
	p.Restart() // reads the organisation anew
	want := func(when, path string, key age.Identity, plain, unboxed int) {
		t.Helper()
		if a, b := openable(t, path, p.Server, key); a != plain || b != unboxed {
			t.Errorf("%s: %d open as they lie, want %d; %d with the server's key, want %d", when, a, plain, b, unboxed)
		}
	}
	y := p.Reporter("y").Tell(handlerstest.Answers{"A1": {"om jonas", "mer"}, "A2": {"~skip"}})
	staged := p.Backup()
	want("staged, jonas", staged, jonas, 0, 1)
	want("staged, maren", staged, maren, 0, 1)
	raw, err := os.ReadFile(staged)
	if err != nil {
		t.Fatal(err)
	}
	entries := p.Count("SELECT count(*) FROM entries")
	if n := bytes.Count(raw, []byte("age-encryption.org/v1")); n != entries || n < 6 {
		t.Errorf("the backup holds %d age files in clear, want the %d entries", n, entries)
	}
	y.Tell(handlerstest.Answers{"E5": {"p:jonas"}})
	want("named, jonas", p.Backup(), jonas, 0, 1) // she may let him in again
	want("named, maren", p.Backup(), maren, 0, 1)
	ref := y.Send()
	want("sent, jonas", p.Backup(), jonas, 0, 0)
	want("sent, maren", p.Backup(), maren, 1, 0)

	// The office over the oldest copy serves what is staged to nobody.
	p.Restore(staged)
	for _, id := range []string{"jonas", "maren"} {
		c := p.Dial(id)
		page, err := c.Queue(t.Context(), casework.Query{})
		if err != nil || len(page.Cases) != 0 {
			t.Errorf("%s: %d cases, %v", id, len(page.Cases), err)
		}
		if _, err := c.Case(t.Context(), ref); !errors.Is(err, casework.ErrUnknown) {
			t.Errorf("%s: %v", id, err)
		}
	}
}
