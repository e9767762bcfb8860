package store_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"tillit/intake"
	"tillit/store"
	"tillit/store/storetest"
	"tillit/store/unseal"
)

// frozen is a database as an older version left it, with what opens it: lin on a page
// with two messages read and one that waits, kari in a chat, nils with a report that is
// not sent, and jonas, who has left. It was made once, by that version.
type frozen struct {
	ServerKey    string `json:"server_key"`
	Secret, Code string
	Refs         map[string]string
	Maren, Jonas string
}

// thaw unpacks a frozen database.
func thaw(t *testing.T, name string) (*ledger, frozen) {
	t.Helper()
	about, err := os.ReadFile(filepath.Join("testdata", "frozen", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var f frozen
	if err := json.Unmarshal(about, &f); err != nil {
		t.Fatal(err)
	}
	packed, err := os.Open(filepath.Join("testdata", "frozen", name+".db.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	in, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	l := &ledger{t: t, dir: t.TempDir(), keys: parseKeys(t, f.ServerKey), who: storetest.NewPeople(t), secret: []byte(f.Secret), code: intake.NewPrivate(f.Code), refs: f.Refs}
	l.old = filepath.Join(t.TempDir(), "old.db")
	for _, path := range []string{filepath.Join(l.dir, "tillit.db"), l.old} {
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return l, f
}

// TestAnOlderDatabaseIsBound: everything in it works as before, and is bound.
func TestAnOlderDatabaseIsBound(t *testing.T) {
	l, about := thaw(t, "0007")
	key, err := age.ParseHybridIdentity(about.Maren)
	if err != nil {
		t.Fatal(err)
	}
	for start := range 2 {
		l.with(func(s *store.Store, f *filer) {
			if faults, err := s.Verify(t.Context(), storetest.Nobody); err != nil || len(faults) > 0 {
				t.Errorf("start %d: verify says %v, %v", start, faults, err)
			}
			for _, ref := range []string{l.refs["lin"], l.refs["kari"]} {
				room, err := s.Read(t.Context(), "maren", ref, 0, nil)
				if err != nil {
					t.Fatal(err)
				}
				opened, err := unseal.Wrap(room.Wrap, key, ref, room.Case.Room, room.Epoch)
				if err != nil || room.Epoch != 2 || opened.Recipient().String() != room.Public {
					t.Errorf("the key of %s: epoch %d, %v", ref, room.Epoch, err)
				}
			}
			c, err := s.Copy(t.Context(), "test", intake.NewConversationID("lin"), l.secret, 0)
			var said []string
			for _, line := range c.Lines {
				said = append(said, string(line.Body))
			}
			if want := `"mine" "a line" "Kanari-æøå-7f3a/9" "a line" "words that wait" "a line" "a line"`; err != nil || c.Unread != 2 || strings.Join(said, " ") != want {
				t.Errorf("the copy says %s, %d wait, %v", strings.Join(said, " "), c.Unread, err)
			}
		})
	}
	l.with(func(s *store.Store, f *filer) {
		for _, use := range []string{"lin answers", "kari answers", "the office answers lin", "the office answers kari", "nils sends"} {
			if err := uses[use](l, s, f); err != nil {
				t.Errorf("%s: %v", use, err)
			}
		}
		if ref, err := s.Said(t.Context(), "test", intake.NewConversationID("kari"), "message 1"); err != nil || ref != l.refs["kari"] {
			t.Errorf("the message went into %q, %v", ref, err)
		}
		if err := s.UseCode(t.Context(), l.code, "test", intake.NewConversationID("phone"), bytes.Repeat([]byte("p"), 32)); err != nil {
			t.Errorf("the code: %v", err)
		}
		if err := f.try("kari", store.Change{Release: true}); err != nil {
			t.Error(err)
		}
		if faults, err := s.Verify(t.Context(), storetest.Nobody); err != nil || len(faults) > 0 {
			t.Errorf("after it was used, verify says %v, %v", faults, err)
		}
	})
}

// TestAnOlderDatabaseIsNotBelieved: what its signed log does not bear out is not bound,
// and the rest is.
func TestAnOlderDatabaseIsNotBelieved(t *testing.T) {
	thief, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	of := func(l *ledger) string { return " WHERE id = " + l.caseID("lin") }
	for name, do := range map[string]func(*ledger) []string{
		"a key of the thief's": func(l *ledger) []string {
			return []string{"UPDATE cases SET public = '" + thief.Recipient().String() + "'" + of(l)}
		},
		"the old key again": func(l *ledger) []string {
			return []string{"UPDATE cases SET epoch = 1, public = (SELECT public FROM epochs WHERE case_id = cases.id)" + of(l), "DELETE FROM epochs WHERE case_id = " + l.caseID("lin")}
		},
		"a next key, unsigned": func(l *ledger) []string {
			return []string{"INSERT INTO epochs (case_id, epoch, public) SELECT id, 2, public FROM cases" + of(l), "UPDATE cases SET epoch = 3, public = '" + thief.Recipient().String() + "'" + of(l)}
		},
		"another case's key": func(l *ledger) []string {
			return []string{"UPDATE cases SET public = (SELECT public FROM cases b WHERE b.ref = '" + l.refs["kari"] + "')" + of(l)}
		},
		"its end is gone": func(l *ledger) []string {
			return []string{"DELETE FROM entries WHERE seq = (SELECT max(seq) FROM entries WHERE case_id = " + l.caseID("lin") + ") AND case_id = " + l.caseID("lin")}
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, _ := thaw(t, "0007")
			l.alter(do(l)...)
			l.with(func(s *store.Store, f *filer) {
				for _, use := range []string{"lin answers", "the office answers lin"} {
					if err := uses[use](l, s, f); !isRefused(err) {
						t.Errorf("%s: %v", use, err)
					}
				}
				for _, use := range []string{"kari answers", "the office answers kari", "nils sends"} {
					if err := uses[use](l, s, f); err != nil {
						t.Errorf("%s: %v", use, err)
					}
				}
				faults, err := s.Verify(t.Context(), storetest.Nobody)
				if err != nil || len(faults) == 0 {
					t.Errorf("verify says %v, %v", faults, err)
				}
				for _, fault := range faults {
					if !strings.HasPrefix(fault, l.refs["lin"]) {
						t.Errorf("verify names another: %s", fault)
					}
				}
			})
		})
	}
}

// TestADatabaseThatIsMadeToLookOlderIsRefused: taking the bindings away, and all that says
// that there were any, has nothing bound anew.
func TestADatabaseThatIsMadeToLookOlderIsRefused(t *testing.T) {
	unsaid := "DELETE FROM meta WHERE name IN ('bound', 'key')"
	older := []string{unsaid, "DELETE FROM goose_db_version WHERE version_id >= 8", "DROP TABLE acts", "DROP TABLE rung", "DROP TABLE certificates",
		"ALTER TABLE entries DROP COLUMN v", "ALTER TABLE entries DROP COLUMN taken", "ALTER TABLE entries DROP COLUMN signed", "ALTER TABLE entries DROP COLUMN act"}
	empty := []string{unsaid}
	for _, table := range bound[:len(bound)-1] {
		older = append(older, "ALTER TABLE "+table+" DROP COLUMN bound")
		empty = append(empty, "UPDATE "+table+" SET bound = x''")
	}
	for name, do := range map[string][]string{"the form from before": older, "no bindings": empty} {
		t.Run(name, func(t *testing.T) {
			l := newLedger(t)
			l.alter(do...)
			l.with(func(s *store.Store, f *filer) {
				for use, try := range uses {
					if err := try(l, s, f); !isRefused(err) {
						t.Errorf("%s: %v", use, err)
					}
				}
				faults, err := s.Verify(t.Context(), storetest.Nobody)
				if err != nil || len(faults) < len(l.refs) {
					t.Errorf("verify says %v, %v", faults, err)
				}
			})
		})
	}
}

// TestTheFrozenKeyIsItsOwn, though the database says nothing of it.
func TestTheFrozenKeyIsItsOwn(t *testing.T) {
	l, _ := thaw(t, "0007")
	if err := store.CheckKey(t.Context(), l.dir, l.keys); err != nil {
		t.Error(err)
	}
	if err := store.CheckKey(t.Context(), l.dir, storetest.Keys(t)); !errors.Is(err, store.ErrOtherKey) {
		t.Errorf("another key: %v", err)
	}
}
