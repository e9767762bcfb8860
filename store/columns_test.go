package store_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tillit/store/mailbox"
	"tillit/store/seal"
	"tillit/store/storetest"
)

// column is a line of the document's table.
type column struct{ table, name, is, what string }

func documented(t *testing.T) (out []column) {
	t.Helper()
	doc, err := os.ReadFile(formats)
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| `([a-z0-9_]+)\\.([a-z_]+)` \\| (.*) \\| (.*) \\|$")
	for _, m := range row.FindAllStringSubmatch(string(doc), -1) {
		out = append(out, column{m[1], m[2], m[3], m[4]})
	}
	return out
}

// TestEveryColumnIsWrittenDown compares a database that has lived with the table
// in the document: no column is missing in either, and each is what it is said to
// be.
func TestEveryColumnIsWrittenDown(t *testing.T) {
	l := newLife(t)
	for _, step := range l.steps() {
		step()
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(l.dir, "tillit.db")+"?_query_only=1")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	written := documented(t)
	inDocument := map[string]bool{}
	for _, c := range written {
		if inDocument[c.table+"."+c.name] {
			t.Errorf("%s.%s stands in the document twice", c.table, c.name)
		}
		inDocument[c.table+"."+c.name] = true
	}
	names, err := db.Query("SELECT m.name || '.' || x.name FROM sqlite_schema m, pragma_table_xinfo(m.name) x WHERE m.type = 'table'")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range all(t, names) {
		if name := string(row[0]); !inDocument[name] {
			t.Errorf("%s does not stand in the document", name)
		} else {
			delete(inDocument, name)
		}
	}
	for name := range inDocument {
		t.Errorf("the document knows %s, the database does not", name)
	}
	if t.Failed() {
		return
	}
	c := checker{t: t, life: l, db: db, lookups: l.lookups()}
	for _, col := range written {
		c.check(col)
	}
}

// all reads rows of values as bytes.
func all(t *testing.T, rows *sql.Rows) (out [][]sql.RawBytes) {
	t.Helper()
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		row, targets := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
		for i := range row {
			targets[i] = &row[i]
		}
		if err := rows.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		for i := range row {
			row[i] = bytes.Clone(row[i])
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// lookups are the keyed hashes of all names that a life knows, by domain.
func (l *life) lookups() map[string]map[string]bool {
	out := map[string]map[string]bool{"conversation": {}, "event": {}, "handler": {}, "said": {}, "act": {}, "register": {}}
	add := func(domain string, fields ...string) {
		out[domain][string(l.keys.Lookup(domain, fieldsOf(fields)...))] = true
	}
	for _, person := range []string{"lin", "kari", "nils", "phone", "ane", "ida", "eva", "per"} {
		add("conversation", "test", name(person))
	}
	add("event", "test", name("e1"))
	add("said", string(l.keys.Lookup("conversation", fieldsOf([]string{"test", name("kari")})...)), canary)
	for _, h := range l.handlers {
		add("handler", h)
		add("act", h, l.ref, canary)
		add("register", h, canary)
	}
	return out
}

// checker holds a column's values to what the document says of them.
type checker struct {
	*life
	t       *testing.T
	db      *sql.DB
	lookups map[string]map[string]bool
}

var (
	boxedAt  = regexp.MustCompile("`([a-z]+)` at `([a-z]+)`( of the case)?")
	lookedUp = regexp.MustCompile("^look-up `([a-z]+)`(?: or `([a-z]+)`)?$")
)

func (c checker) check(col column) {
	c.t.Helper()
	at := regexp.MustCompile("^to .*").FindString(col.what)
	row, from := "NULL", col.table+" t"
	if m := boxedAt.FindStringSubmatch(col.what); m != nil && m[3] == "" {
		row = "t." + m[2]
	} else if m != nil {
		row, from = "c."+m[2], from+" JOIN cases c ON c.id = t.case_id"
	} else if col.table == "copies" && col.is == "sealed" {
		row, from = "v.lookup", from+" JOIN conversations v ON v.id = t.conversation_id"
	}
	staged := "0"
	if col.table == "wraps" {
		staged = "t.staged"
	}
	rows, err := c.db.Query(fmt.Sprintf("SELECT t.%s, %s, %s FROM %s WHERE t.%[1]s IS NOT NULL", col.name, row, staged, from))
	if err != nil {
		c.t.Fatal(err)
	}
	values := all(c.t, rows)
	if len(values) == 0 && col.table != "shreds" { // which is empty again at once
		c.t.Errorf("%s.%s is empty; nothing is proved of it", col.table, col.name)
	}
	for _, v := range values {
		fault := ""
		switch {
		case len(v[0]) == 0 && strings.Contains(col.what, "empty where "):
		case c.holdsCanary(v[0]):
			fault = "holds the canary"
		case col.is == "clear":
			fault = c.clear(col, v[0])
		case col.is == "hash":
			fault = c.hash(col, v[0])
		case col.is == "boxed":
			fault = c.boxed(col, v[0], v[1])
		case col.is == "sealed" && string(v[2]) == "1":
			fault = c.boxed(col, v[0], v[1])
		case col.is == "sealed":
			fault = c.sealed(at, v[0], v[1])
		default:
			fault = "is something else: " + col.is
		}
		if fault != "" {
			c.t.Errorf("%s.%s %s", col.table, col.name, fault)
			return
		}
	}
}

func (c checker) holdsCanary(value []byte) bool {
	for _, form := range storetest.Forms(canary) {
		if bytes.Contains(value, form) {
			return true
		}
	}
	return false
}

func (c checker) clear(col column, value []byte) string {
	if len(value) > 64 && !strings.Contains(col.what, "public key") {
		return fmt.Sprintf("is said to be clear and has %d bytes", len(value))
	}
	var n int64
	if _, err := fmt.Sscan(string(value), &n); strings.HasPrefix(col.what, "whole hour") && (err != nil || n%3600 != 0) {
		return "is no whole hour"
	}
	if strings.HasPrefix(col.what, "day of") && len(value) > 0 && !regexp.MustCompile(`^\d{4}-\d\d-\d\d$`).Match(value) {
		return "is no day"
	}
	return ""
}

func (c checker) hash(col column, value []byte) string {
	want := 32
	if col.what == "the server's signature" {
		want = 64
	}
	if m := regexp.MustCompile(`of (\d+) bytes$`).FindStringSubmatch(col.what); m != nil {
		_, _ = fmt.Sscan(m[1], &want)
	}
	if len(value) != want {
		return fmt.Sprintf("is a hash of %d bytes", len(value))
	}
	if m := lookedUp.FindStringSubmatch(col.what); m != nil && !c.lookups[m[1]][string(value)] && !c.lookups[m[2]][string(value)] {
		return "is no look-up of a " + m[1]
	}
	return ""
}

func (c checker) boxed(col column, value, row []byte) string {
	m := boxedAt.FindStringSubmatch(col.what)
	if m == nil {
		return "is boxed; the document does not say how"
	}
	_, err := c.keys.Unbox(m[1], seal.Place{Table: col.table, Row: string(row), Column: col.name}, value)
	if err != nil {
		return "is no box for " + m[1] + " in this place"
	}
	return ""
}

func (c checker) sealed(to string, value, row []byte) string {
	switch {
	case strings.HasPrefix(to, "to the room"), strings.HasPrefix(to, "to one recipient"):
		if !bytes.HasPrefix(value, []byte("age-encryption.org/v1\n-> mlkem768x25519 ")) || bytes.Count(value[:2000], []byte("\n-> ")) != 1 {
			return "is no age file to one hybrid recipient"
		}
	case strings.HasPrefix(to, "to the browser"):
		for _, secret := range c.secrets {
			if _, err := mailbox.OpenKey(value, secret); err == nil {
				return ""
			}
		}
		return "does not open with a browser's secret"
	case strings.HasPrefix(to, "to the code"):
		_, secret, err := c.s.CodeRoot(c.t.Context(), c.digits())
		if err != nil {
			return err.Error()
		}
		if _, err := mailbox.OpenKey(value, secret); err != nil {
			return "does not open with the code"
		}
	case strings.HasPrefix(to, "to the reporter's copy"):
		return c.letter(value, row)
	default:
		return "is sealed; the document does not say to whom"
	}
	return ""
}

func (c checker) letter(value, row []byte) string {
	var wrapped []byte
	if err := c.db.QueryRow("SELECT wrapped FROM conversations WHERE lookup = ?", row).Scan(&wrapped); err != nil {
		return err.Error()
	}
	key, err := mailbox.OpenKey(wrapped, c.secrets[1])
	if err != nil {
		return "belongs to a copy that does not open"
	}
	if _, err := key.Open(row, value); err != nil {
		return "is no letter to this copy"
	}
	return ""
}

// TestWrapsLookAlike holds that neither number nor length says who is kept out:
// each case has a row for every recipient and each of its keys, all of one size.
func TestWrapsLookAlike(t *testing.T) {
	l := newLife(t)
	for _, step := range l.steps() {
		step()
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(l.dir, "tillit.db")+"?_query_only=1")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT count(*), count(DISTINCT length(data)), count(DISTINCT staged), count(DISTINCT recipient) FROM wraps GROUP BY case_id, epoch ORDER BY epoch, case_id")
	if err != nil {
		t.Fatal(err)
	}
	found := all(t, rows)
	if len(found) != 9 { // one is not sent, so that it has one key only
		t.Errorf("%d keys of cases, want 9", len(found))
	}
	for i, r := range found {
		want := "5 1 1 5"
		if i >= 5 { // after somebody left
			want = "4 1 1 4"
		}
		if got := string(bytes.Join([][]byte{r[0], r[1], r[2], r[3]}, []byte(" "))); got != want {
			t.Errorf("rows, lengths, states and recipients of a key are %s, want %s", got, want)
		}
	}
}
