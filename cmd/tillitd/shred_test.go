package main_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	_ "modernc.org/sqlite"
)

// TestKilledAtEachStepOfADestruction kills the server at every write, sync and
// truncation that a deletion consists of. If the deletion was decided, it is
// complete before the server listens again; if not, the same form completes it.
func TestKilledAtEachStepOfADestruction(t *testing.T) {
	in := install(t)
	in.killedAtEachStep(destruction{
		begin: func(ctx context.Context, m *member) (html, form string) {
			in.until(ctx, m, "A2.~skip")
			return in.press(ctx, m, "delete", "delete_yes"), "choice=delete_yes"
		},
		gone:   func(wraps [][]byte) [][]byte { return wraps },
		answer: http.StatusConflict,
	})
}

// TestKilledAtEachStepOfKeepingSomebodyOut does the same when a report is sent and
// Jonas is kept out of it: his wrap is gone, and those of the others are there.
func TestKilledAtEachStepOfKeepingSomebodyOut(t *testing.T) {
	in := install(t)
	in.killedAtEachStep(destruction{
		begin: func(ctx context.Context, m *member) (html, form string) {
			in.until(ctx, m, "A3.send_now")
			in.press(ctx, m, "A3.send_now", "H4.ok")
			in.press(ctx, m, "H4.ok", "H5.send")
			html = in.press(ctx, m, "H5.send", "R.status")
			ref := in.query(in.data, "SELECT ref FROM cases ORDER BY id DESC LIMIT 1")
			return html, "choice=out:jonas@" + string(ref[0])
		},
		gone: func(wraps [][]byte) (gone [][]byte) {
			now := in.wraps()
			for _, w := range wraps {
				if !slices.ContainsFunc(now, func(n []byte) bool { return bytes.Equal(n, w) }) {
					gone = append(gone, w)
				}
			}
			if len(gone) != 1 || len(now) != 2*len(wraps) {
				t.Errorf("%d of %d wraps are gone, and %d are there", len(gone), len(wraps), len(now))
			}
			return gone
		},
		answer: http.StatusSeeOther,
	})
}

// destruction is one that a form of a page leads to.
type destruction struct {
	begin  func(ctx context.Context, m *member) (html, form string) // comes to the form
	gone   func(wraps [][]byte) [][]byte                            // of the wraps before, those that it destroys
	answer int                                                      // to the same form, when it is done
}

func (in *installation) killedAtEachStep(d destruction) {
	in.t.Helper()
	in.start()
	ctx, cancel := context.WithTimeout(in.t.Context(), 4*time.Minute)
	defer cancel()
	pending, steps := 0, 0
	for _, call := range []string{"pwrite64", "fsync,fdatasync", "ftruncate"} {
		for n := 1; n <= 20; n++ {
			m := newMember(in.web, "words that are taken back")
			html, form := d.begin(ctx, m)
			wraps := in.wraps()
			if len(wraps) == 0 {
				in.t.Fatal("there are no wraps: nothing to destroy")
			}

			end := in.fault(fmt.Sprintf("%s:signal=SIGKILL:when=%d", call, n))
			_, _, err := m.post(ctx, talkOf(html), form)
			if err == nil {
				end()
				in.gone(d.gone(wraps), call, n)
				break // It has fewer calls of this kind than n.
			}
			steps++
			in.kill()
			end()
			decided := in.decided()
			in.start()
			if decided {
				pending++
				in.gone(d.gone(wraps), call, n)
			}
			if status, _, err := m.post(ctx, talkOf(html), form); err != nil || status != http.StatusSeeOther && status != d.answer {
				in.t.Errorf("killed at %s %d: the same form is answered with %d (%v)", call, n, status, err)
			}
			in.gone(d.gone(wraps), call, n)
		}
	}
	in.t.Logf("killed at %d steps, %d of them after the decision", steps, pending)
	if steps < 5 || pending < 2 {
		in.t.Errorf("killed at %d steps, %d of them after the decision: this proves too little", steps, pending)
	}
}

// press presses a button and returns the page that offers what follows it.
func (in *installation) press(ctx context.Context, m *member, press, choice string) string {
	in.t.Helper()
	html, err := m.page(ctx)
	if err == nil {
		err = m.say(ctx, html, "choice="+press)
	}
	if err != nil {
		in.t.Fatal(err)
	}
	return in.until(ctx, m, choice)
}

// query asks the database, beside the server or in a copy.
func (in *installation) query(dir, query string) (values [][]byte) {
	in.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "tillit.db")+"?mode=ro")
	if err != nil {
		in.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(in.t.Context(), query)
	if err != nil {
		in.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var v []byte
		if err := rows.Scan(&v); err != nil {
			in.t.Fatal(err)
		}
		values = append(values, v)
	}
	if err := rows.Err(); err != nil {
		in.t.Fatal(err)
	}
	return values
}

// wraps returns the wraps of the youngest case.
func (in *installation) wraps() [][]byte {
	return in.query(in.data, "SELECT data FROM wraps WHERE case_id = (SELECT max(id) FROM cases)")
}

// decided reports whether a killed server had committed a destruction that it
// had not finished. It looks at a copy: opening a database recovers it.
func (in *installation) decided() bool {
	in.t.Helper()
	dir := in.t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(in.data)); err != nil {
		in.t.Fatal(err)
	}
	return len(in.query(dir, "SELECT hour FROM shreds")) > 0
}

// gone fails where any part of a wrap is left in any byte on disk.
func (in *installation) gone(wraps [][]byte, call string, n int) {
	in.t.Helper()
	err := filepath.WalkDir(in.data, func(path string, d fs.DirEntry, err error) error {
		if err != nil && !errors.Is(err, fs.ErrNotExist) || err == nil && !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a server that has just started renames what it writes for reload
		}
		for _, w := range wraps {
			for at := 256; at+32 <= len(w); at += 32 {
				if bytes.Contains(raw, w[at:at+32]) {
					in.t.Errorf("killed at %s %d: a wrap's bytes %d to %d of %d are in %s", call, n, at, at+32, len(w), d.Name())
					return nil
				}
			}
		}
		return err
	})
	if err != nil {
		in.t.Fatal(err)
	}
}
