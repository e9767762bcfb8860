package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/mailbox"
	"tillit/store/seal"
	"tillit/store/storetest"
)

// bound are the tables in which something decides.
var bound = []string{"cases", "epochs", "wraps", "conversations", "seats", "outbox", "copies", "codes", "said", "entries"}

// putBack makes the tables what they were in an untouched ledger.
func (l *ledger) putBack(from *ledger) {
	l.t.Helper()
	statements := []string{"ATTACH '" + filepath.Join(from.dir, "tillit.db") + "' AS was"}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(from.dir, "tillit.db"))
	if err != nil {
		l.t.Fatal(err)
	}
	defer db.Close()
	for _, table := range bound {
		var columns string
		if err := db.QueryRow("SELECT group_concat(name) FROM pragma_table_info(?)", table).Scan(&columns); err != nil {
			l.t.Fatal(err)
		}
		statements = append(statements, "DELETE FROM "+table, fmt.Sprintf("INSERT INTO %s (%s) SELECT %[2]s FROM was.%[1]s", table, columns))
	}
	l.alter(statements...)
}

// TestWhoeverWritesTheFileDecidesNothing: each attack is refused for those whom it is
// about, the others go on, verify names it, the operator is told once; and when it is
// put back, all is as before.
func TestWhoeverWritesTheFileDecidesNothing(t *testing.T) {
	thief, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	theirs, _, err := mailbox.New([]byte(strings.Repeat("t", 32)))
	if err != nil {
		t.Fatal(err)
	}
	l := newLedger(t)
	lin, kari, nils := l.id("lin"), l.id("kari"), l.id("nils")
	swap := func(table, columns, a, b string) []string {
		both := fmt.Sprintf("SELECT %s FROM %s WHERE ", columns, table)
		return []string{
			"CREATE TEMP TABLE x AS " + both + a,
			fmt.Sprintf("UPDATE %s SET (%s) = (%s) WHERE %s", table, columns, both+b, a),
			fmt.Sprintf("UPDATE %s SET (%s) = (SELECT * FROM x) WHERE %s", table, columns, b),
		}
	}
	forgedLetter := func(l *ledger) string {
		lookup := l.keys.Lookup("conversation", []byte("test"), []byte("lin"))
		db, err := sql.Open("sqlite", "file:"+filepath.Join(l.dir, "tillit.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		var public []byte
		if err := db.QueryRow("SELECT mailbox FROM conversations WHERE lookup = ?", lookup).Scan(&public); err != nil {
			t.Fatal(err)
		}
		data, err := mailbox.Seal(public, lookup, []byte(`[{"Body":"ImZyYSBrb250b3JldCI="}]`))
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("x'%x'", data)
	}
	ofCase := func(name string) string { return "case_id = " + l.caseID(name) }
	for name, a := range map[string]struct {
		do            []string
		refused, goes string
	}{
		"a key of the thief's": {[]string{"UPDATE cases SET public = '" + thief.Recipient().String() + "' WHERE id = " + l.caseID("lin")},
			"lin answers, the office answers lin, maren opens lin's", "kari answers, nils sends, the office answers kari, lines are sent"},
		"a key of the thief's, and all that can be computed": {[]string{fmt.Sprintf("UPDATE cases SET public = '%s', epoch = 3, genesis = x'%x' WHERE id = %s",
			thief.Recipient(), seal.Genesis(l.refs["lin"], "x", 3, thief.Recipient().String()), l.caseID("lin")),
			"INSERT INTO epochs (case_id, epoch, public) SELECT id, 2, public FROM cases WHERE id = " + l.caseID("lin")},
			"lin answers, the office answers lin, maren opens lin's, maren's queue", "kari answers, nils sends"},
		"a copy of the thief's": {[]string{fmt.Sprintf("UPDATE conversations SET mailbox = x'%x' WHERE id = %s", theirs, lin)},
			"lin answers, the office answers lin, lin reads", "kari answers, nils sends, maren's queue"},
		"the copies of two": {swap("conversations", "mailbox, wrapped", "id = "+lin, "id = "+nils),
			"lin answers, nils sends, the office answers lin", "kari answers"},
		"the seats of two": {swap("seats", "case_id", "conversation_id = "+lin, "conversation_id = "+nils),
			"lin answers, nils sends, the office answers lin", "kari answers"},
		"the seats of two, with what binds them": {swap("seats", "conversation_id, bound", ofCase("lin"), ofCase("nils")),
			"lin answers, nils sends, the office answers lin", "kari answers"},
		"the numbers of two cases": {[]string{"UPDATE cases SET id = -1 WHERE id = " + l.caseID("lin"), "UPDATE cases SET id = (SELECT min(case_id) FROM seats) WHERE id = " + l.caseID("nils"),
			"UPDATE cases SET id = (SELECT max(case_id) FROM seats WHERE conversation_id = " + nils + ") WHERE id = -1"},
			"lin answers, nils sends, the office answers lin", "kari answers"},
		"the names of two conversations": {[]string{"CREATE TEMP TABLE x AS SELECT id, lookup FROM conversations", "UPDATE conversations SET lookup = x'00' WHERE id = " + lin,
			"UPDATE conversations SET lookup = (SELECT lookup FROM x WHERE x.id <> conversations.id AND NOT EXISTS (SELECT 1 FROM conversations c WHERE c.lookup = x.lookup)) WHERE id = " + nils,
			"UPDATE conversations SET lookup = (SELECT x.lookup FROM x WHERE NOT EXISTS (SELECT 1 FROM conversations c WHERE c.lookup = x.lookup)) WHERE lookup = x'00'"},
			"lin answers, nils sends, the office answers lin", "kari answers"},
		"which of her cases she writes in": {[]string{"UPDATE seats SET active = 1 - active WHERE conversation_id = " + kari},
			"kari answers, kari adds to the first, the office answers kari", "lin answers, nils sends, lin reads"},
		"which of her cases she writes in, as it was": {[]string{"UPDATE seats SET (active, bound) = (SELECT active, bound FROM old.seats o WHERE o.id = seats.id) WHERE " + ofCase("kari"),
			"UPDATE seats SET active = 0 WHERE " + ofCase("kari, new")},
			"kari answers, the office answers kari", "lin answers, nils sends"},
		"an older key, with what binds it": {[]string{"UPDATE cases SET (epoch, public, next_seq, head, bound) = (SELECT epoch, public, next_seq, head, bound FROM old.cases o WHERE o.id = cases.id) WHERE id = " + l.caseID("lin"),
			"DELETE FROM epochs WHERE " + ofCase("lin")},
			"lin answers, the office answers lin, maren opens lin's, maren's queue", "kari answers, nils sends"},
		"an older key, with its wraps": {[]string{"UPDATE cases SET (epoch, public, next_seq, head, bound) = (SELECT epoch, public, next_seq, head, bound FROM old.cases o WHERE o.id = cases.id) WHERE id = " + l.caseID("lin"),
			"DELETE FROM epochs WHERE " + ofCase("lin"), "DELETE FROM wraps WHERE " + ofCase("lin"), "INSERT INTO wraps SELECT * FROM old.wraps WHERE " + ofCase("lin")},
			"lin answers, the office answers lin", "kari answers, nils sends"},
		"a wrap that was destroyed": {[]string{"CREATE TEMP TABLE x AS SELECT * FROM old.wraps WHERE recipient NOT IN (SELECT recipient FROM main.wraps) AND " + ofCase("lin"),
			"UPDATE wraps SET (recipient, data, bound) = (SELECT recipient, data, bound FROM x) WHERE recipient NOT IN (SELECT recipient FROM old.wraps) AND epoch = 1 AND " + ofCase("lin")},
			"maren lets the external receiver read lin's", "nils sends, kari answers"},
		"a wrap that was destroyed, beside": {[]string{"INSERT INTO wraps (case_id, epoch, recipient, staged, data, bound) SELECT case_id, epoch, recipient, staged, data, bound FROM old.wraps WHERE recipient NOT IN (SELECT recipient FROM main.wraps) AND " + ofCase("lin")},
			"maren lets the external receiver read lin's", "nils sends, kari answers"},
		"who is kept out, as it was": {[]string{"UPDATE cases SET facts = (SELECT facts FROM old.cases o WHERE o.id = cases.id) WHERE id = " + l.caseID("nils")},
			"nils sends, nils keeps somebody out", "lin answers, kari answers"},
		"who is kept out, as it was, with what binds it": {[]string{"UPDATE cases SET (facts, bound) = (SELECT facts, bound FROM old.cases o WHERE o.id = cases.id) WHERE id = " + l.caseID("nils")},
			"nils sends, nils keeps somebody out", "lin answers, kari answers"},
		"who is kept out, as it was, before entries that are there": {[]string{"UPDATE cases SET (facts, next_seq, head, bound) = (SELECT facts, next_seq, head, bound FROM old.cases o WHERE o.id = cases.id) WHERE id = " + l.caseID("nils")},
			"nils sends, nils keeps somebody out", "lin answers, kari answers"},
		"a wrap that is hidden while somebody is kept out": {[]string{"UPDATE wraps SET case_id = " + l.caseID("lin") + " WHERE " + ofCase("nils")},
			"nils sends", "kari answers"},
		"a code that was replaced": {[]string{"UPDATE codes SET (lookup, wrapped, bound) = (SELECT lookup, wrapped, bound FROM old.codes)"},
			"somebody has lin's code, somebody has lin's older code", "lin answers, lin reads, kari answers"},
		"a code that leads elsewhere": {[]string{"UPDATE codes SET conversation_id = " + kari + ", wrapped = x''"},
			"somebody has lin's code", "lin answers, kari answers"},
		"lines to another chat": {[]string{"UPDATE outbox SET conversation_id = " + nils + " WHERE conversation_id = " + kari + " AND held = 0"},
			"lines are sent", "lin answers, kari answers, nils sends"},
		"a message that nobody asked for": {[]string{"UPDATE outbox SET held = 0, at = 0"},
			"lines are sent, kari is told that something waits", "lin answers, lin reads, kari answers"},
		"a letter in the office's name": {[]string{"INSERT INTO copies (conversation_id, held, data) VALUES (" + lin + ", 0, " + forgedLetter(l) + ")"},
			"", "lin reads, lin answers"},
		"a letter in the office's name, that waits": {[]string{"INSERT INTO copies (conversation_id, held, data, bound) SELECT " + lin + ", 1, " + forgedLetter(l) + ", bound FROM copies"},
			"", "lin reads, lin answers"},
		"a letter in another's place": {[]string{"UPDATE copies SET data = " + forgedLetter(l) + " WHERE id = (SELECT min(id) FROM copies)"},
			"lin reads", "lin answers, kari answers"},
		"the letters in another order": {[]string{"UPDATE copies SET id = -id"},
			"lin reads", "lin answers, kari answers"},
		"a letter twice": {[]string{"INSERT INTO copies (conversation_id, held, data, bound) SELECT conversation_id, held, data, bound FROM copies WHERE held = 0"},
			"", "lin reads, lin answers"},
		"a letter that is taken away": {[]string{"DELETE FROM copies WHERE id = (SELECT min(id) FROM copies)"},
			"lin reads", "lin answers, kari answers"},
	} {
		t.Run(name, func(t *testing.T) {
			now := l.fork()
			now.t = t
			now.alter(a.do...)
			told := 0
			one := func(use string, refused bool) {
				at, log := now.fork(), &syncBuffer{}
				s, err := store.Open(t.Context(), store.Options{Dir: at.dir, Keys: at.keys, Log: slog.New(slog.NewTextHandler(log, nil))})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				for range 2 {
					err = uses[use](at, s, newFiler(t, s, at.who))
					if !refused {
						break
					}
				}
				if isRefused(err) != refused || !refused && err != nil {
					t.Errorf("%s: %v", use, err)
				}
				told += strings.Count(log.String(), "changed outside the server")
				if lines := strings.Count(log.String(), "\n"); lines > 4 {
					t.Errorf("the operator is told %d lines: %s", lines, log.String())
				}
			}
			for use := range strings.SplitSeq(a.refused, ", ") {
				if use != "" {
					one(use, true)
				}
			}
			for use := range strings.SplitSeq(a.goes, ", ") {
				one(use, false)
			}
			if told == 0 {
				t.Error("the operator is told nothing")
			}
			now.with(func(s *store.Store, _ *filer) {
				if faults, err := s.Verify(t.Context(), storetest.Nobody); err != nil || len(faults) == 0 {
					t.Errorf("verify says %v, %v", faults, err)
				}
				// What the clock does is not stopped by it.
				if err := s.Expire(t.Context()); err != nil {
					t.Error(err)
				}
				if _, err := s.Lapsed(t.Context()); err != nil {
					t.Error(err)
				}
			})
			now.putBack(l)
			now.with(func(s *store.Store, f *filer) {
				if faults, err := s.Verify(t.Context(), storetest.Nobody); err != nil || len(faults) > 0 {
					t.Errorf("put back, verify says %v, %v", faults, err)
				}
				for _, use := range []string{"lin answers", "lin reads", "kari answers", "nils sends", "lines are sent", "somebody has lin's code"} {
					if err := uses[use](now, s, f); err != nil {
						t.Errorf("put back, %s: %v", use, err)
					}
				}
			})
		})
	}
}

// TestNothingToldLaterIsTheThiefs looks in the file, after it was told, for what the
// thief's keys open.
func TestNothingToldLaterIsTheThiefs(t *testing.T) {
	l := newLedger(t)
	thief, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	secret := []byte(strings.Repeat("t", 32))
	public, wrapped, err := mailbox.New(secret)
	if err != nil {
		t.Fatal(err)
	}
	l.alter("UPDATE cases SET public = '"+thief.Recipient().String()+"'", fmt.Sprintf("UPDATE conversations SET mailbox = x'%x'", public))
	l.with(func(s *store.Store, f *filer) {
		for name, use := range uses {
			if err := use(l, s, f); errors.Is(err, store.ErrUnavailable) && !errors.Is(err, store.ErrForged) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := s.NewEpochs(t.Context(), f.leave("jonas")); err != nil {
			t.Errorf("a start with it: %v", err)
		}
	})
	key, err := mailbox.OpenKey(wrapped, secret)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(l.dir, "tillit.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT data, x'' FROM entries UNION ALL SELECT data, x'' FROM wraps UNION ALL SELECT l.data, v.lookup FROM copies l JOIN conversations v ON v.id = l.conversation_id")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range all(t, rows) {
		if _, err := age.Decrypt(bytes.NewReader(row[0]), thief); err == nil {
			t.Error("an entry or a wrap is sealed to the thief")
		}
		if _, err := key.Open(row[1], row[0]); err == nil {
			t.Error("a letter is sealed to the thief")
		}
	}
}

// TestWhoLeftIsSeenToWhateverTheTableSays: one who leaves and can write the file says
// beforehand that it was done, and their key opens nothing told later all the same.
func TestWhoLeftIsSeenToWhateverTheTableSays(t *testing.T) {
	dir, keys, who := t.TempDir(), storetest.Keys(t), storetest.NewPeople(t)
	s := reopen(t, dir, keys)
	f := newFiler(t, s, who)
	ref := f.open("lin")
	f.send("lin", "maren", "jonas", cases.Recovery)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	tamper(t, dir, fmt.Sprintf("INSERT INTO leavers VALUES (x'%x', 9223372036854775807)", keys.Lookup("handler", []byte("jonas"))))
	s = storetest.Open(t, dir, keys)
	f.s = s
	for range 2 { // and not again at the next start
		if err := s.NewEpochs(t.Context(), f.leave("jonas")); err != nil {
			t.Fatal(err)
		}
	}
	room, err := s.Read(t.Context(), "maren", ref, 0, nil)
	if err != nil || room.Epoch != 2 {
		t.Errorf("the case has key %d, %v; want the second", room.Epoch, err)
	}
	if _, err := s.Read(t.Context(), "jonas", ref, 0, nil); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("who left gets %v", err)
	}
}

// TestBindingsMoveAlong: bindings move along where a copy goes on in
// another browser, and with the code that leads there.
func TestBindingsMoveAlong(t *testing.T) {
	l := newLedger(t)
	l.with(func(s *store.Store, f *filer) {
		other := []byte(strings.Repeat("o", 32))
		for _, to := range []string{"phone", "laptop"} {
			if err := s.UseCode(t.Context(), l.code, "test", intake.NewConversationID(to), other); err != nil {
				t.Fatal(err)
			}
			if err := f.try(to, store.Change{Entries: []store.Entry{body("x")}, Lines: []store.Line{{Body: []byte(`"x"`)}}, Release: true}); err != nil {
				t.Fatal(err)
			}
			if err := uses["the office answers lin"](l, s, f); err != nil {
				t.Fatal(err)
			}
		}
		c, err := s.Copy(t.Context(), "test", intake.NewConversationID("laptop"), other, 0)
		if err != nil || len(c.Lines) != 8 || c.Unread != 1 {
			t.Errorf("the copy has %d lines, %d unread, %v", len(c.Lines), c.Unread, err)
		}
		if faults, err := s.Verify(t.Context(), storetest.Nobody); err != nil || len(faults) > 0 {
			t.Errorf("verify says %v, %v", faults, err)
		}
	})
}
