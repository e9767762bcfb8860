package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/mailbox"
	"tillit/store/seal"
	"tillit/store/storetest"
)

// ledger is a folder in which people have told, been answered and left, and which an
// attacker writes to while no server runs.
type ledger struct {
	t      *testing.T
	dir    string
	keys   *seal.ServerKeys
	who    *storetest.People
	secret []byte // of lin's browser
	code   intake.Private
	older  intake.Private // the code that it replaced
	refs   map[string]string
	old    string // the same file before jonas left, nils kept maren out, and lin had another code
}

// newLedger has lin on a page with a copy, a message that waits and a code; kari in a
// chat with two cases, one of them sent, and a message that waits; nils with a report
// that is not sent. jonas has left since lin's was.
func newLedger(t *testing.T) *ledger {
	t.Helper()
	l := &ledger{t: t, dir: t.TempDir(), keys: storetest.Keys(t), who: storetest.NewPeople(t), secret: bytes.Repeat([]byte("s"), 32), refs: map[string]string{}}
	s := reopen(t, l.dir, l.keys)
	f := newFiler(t, s, l.who)
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	public, wrapped, err := mailbox.New(l.secret)
	ok(err)
	held, line := store.Line{Body: []byte(`"waits"`), AwaitsPickup: true}, store.Line{Body: []byte(`"line"`)}
	f.apply("lin", store.Change{Mailbox: &store.Mailbox{Public: public, Wrapped: wrapped}, Lines: []store.Line{{Body: []byte(`"mine"`), Mine: true}, line}})
	l.refs["lin"] = f.open("lin")
	f.send("lin", "maren", "jonas", cases.Recovery)
	ok(s.Reply(t.Context(), "maren", l.refs["lin"], held, line))
	used, err := s.NewCode(t.Context(), "test", intake.NewConversationID("lin"), l.secret)
	ok(err)
	l.older = used
	l.refs["kari"] = f.open("kari", "jonas")
	l.refs["nils"] = f.open("nils")
	l.old = filepath.Join(t.TempDir(), "old.db")
	ok(store.Backup(t.Context(), l.dir, l.old))
	l.code, err = s.NewCode(t.Context(), "test", intake.NewConversationID("lin"), l.secret)
	ok(err)
	f.apply("nils", store.Change{Exclude: &store.Exclude{Out: []string{cases.External}}})
	f.apply("kari", store.Change{Said: []string{"message"}, Entries: []store.Entry{body("more")}})
	f.send("kari", "maren", cases.Recovery)
	l.refs["kari, new"] = f.open("kari")
	ok(s.Reply(t.Context(), "maren", l.refs["kari"], held, line))
	ok(s.NewEpochs(t.Context(), f.leave("jonas")))
	if faults, err := s.Verify(t.Context(), storetest.Nobody); err != nil || len(faults) > 0 {
		t.Fatal(faults, err)
	}
	ok(s.Close())
	return l
}

// fork is the same folder once more, as far as a server needs it.
func (l *ledger) fork() *ledger {
	l.t.Helper()
	to := *l
	to.dir = l.t.TempDir()
	raw, err := os.ReadFile(filepath.Join(l.dir, "tillit.db"))
	if err == nil {
		err = os.WriteFile(filepath.Join(to.dir, "tillit.db"), raw, 0o600)
	}
	if err = errors.Join(err, os.Link(filepath.Join(l.dir, "ballast"), filepath.Join(to.dir, "ballast"))); err != nil {
		l.t.Fatal(err)
	}
	return &to
}

// alter writes to the file as who has nothing but the file, and older copies of it, does.
func (l *ledger) alter(statements ...string) {
	l.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(l.dir, "tillit.db"))
	if err != nil {
		l.t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	statements = append([]string{"PRAGMA foreign_keys = 0", "ATTACH '" + l.old + "' AS old"}, statements...)
	for _, q := range statements {
		if _, err := db.Exec(q); err != nil {
			l.t.Fatalf("%s: %v", q, err)
		}
	}
}

// id is a subquery for a person's conversation.
func (l *ledger) id(person string) string {
	return fmt.Sprintf("(SELECT id FROM conversations WHERE lookup = x'%x')", l.keys.Lookup("conversation", []byte("test"), []byte(person)))
}

func (l *ledger) caseID(name string) string {
	return "(SELECT id FROM cases WHERE ref = '" + l.refs[name] + "')"
}

// with runs the server over the folder for a while.
func (l *ledger) with(use func(s *store.Store, f *filer)) {
	l.t.Helper()
	s := reopen(l.t, l.dir, l.keys)
	f := newFiler(l.t, s, l.who)
	use(s, f)
	if err := s.Close(); err != nil {
		l.t.Error(err)
	}
}

// try is [filer.apply] that returns what is refused.
func (f *filer) try(person string, c store.Change) error {
	c.Channel, c.Conversation, c.Address = "test", intake.NewConversationID(person), intake.NewAddress("a")
	conv, err := f.s.Conversation(f.t.Context(), "test", c.Conversation)
	if err != nil {
		return err
	}
	c.Expect, c.State = conv.Version, []byte("{}")
	_, err = f.s.Apply(f.t.Context(), c)
	return err
}

var errHidden = errors.New("it is left out")

// uses are what people and the server do, each with the error that says that it was
// refused or left out.
var uses = map[string]func(*ledger, *store.Store, *filer) error{
	"lin answers": func(_ *ledger, _ *store.Store, f *filer) error {
		return f.try("lin", store.Change{Entries: []store.Entry{body("told later")}})
	},
	"kari answers": func(_ *ledger, _ *store.Store, f *filer) error {
		return f.try("kari", store.Change{Entries: []store.Entry{body("told later")}})
	},
	"kari adds to the first": func(l *ledger, _ *store.Store, f *filer) error {
		return f.try("kari", store.Change{Entries: []store.Entry{body("told later")}, Into: l.refs["kari"]})
	},
	"kari changes a message": func(l *ledger, s *store.Store, f *filer) error {
		ref, err := s.Said(f.t.Context(), "test", intake.NewConversationID("kari"), "message")
		if err == nil && ref != l.refs["kari"] {
			err = errHidden
		}
		return err
	},
	"nils keeps somebody out": func(_ *ledger, _ *store.Store, f *filer) error {
		return f.try("nils", store.Change{Exclude: &store.Exclude{Out: []string{"maren"}}})
	},
	"maren lets the external receiver read lin's": func(l *ledger, s *store.Store, f *filer) error {
		room, err := s.Read(f.t.Context(), "maren", l.refs["lin"], 0, nil)
		if err != nil {
			return err
		}
		return s.PutWrap(f.t.Context(), "maren", l.refs["lin"], map[int][]byte{1: room.Earlier[0].Wrap, 2: room.Wrap}, cases.External, f.all)
	},
	"nils sends": func(_ *ledger, _ *store.Store, f *filer) error {
		return f.try("nils", store.Change{Submit: &store.Submit{Keep: []string{"maren"}, Status: "waiting"}})
	},
	"the office answers lin": func(l *ledger, s *store.Store, f *filer) error {
		return s.Reply(f.t.Context(), "maren", l.refs["lin"], store.Line{Body: []byte(`"x"`), AwaitsPickup: true}, store.Line{})
	},
	"the office answers kari": func(l *ledger, s *store.Store, f *filer) error {
		return s.Reply(f.t.Context(), "maren", l.refs["kari"], store.Line{Body: []byte(`"x"`), AwaitsPickup: true}, store.Line{})
	},
	"maren opens lin's": func(l *ledger, s *store.Store, f *filer) error {
		_, err := s.Read(f.t.Context(), "maren", l.refs["lin"], 0, nil)
		return err
	},
	"maren's queue": func(l *ledger, s *store.Store, f *filer) error {
		rows, _, err := s.Queue(f.t.Context(), "maren", store.QueueQuery{})
		if err == nil && len(rows) != 2 {
			err = errHidden
		}
		return err
	},
	"lin reads": func(l *ledger, s *store.Store, f *filer) error {
		c, err := s.Copy(f.t.Context(), "test", intake.NewConversationID("lin"), l.secret, 0)
		if err == nil && (len(c.Lines) != 4 || c.Unread != 1) {
			err = errHidden
		}
		return err
	},
	"kari is told that something waits": func(l *ledger, s *store.Store, f *filer) error {
		c, err := s.Conversation(f.t.Context(), "test", intake.NewConversationID("kari"))
		if err == nil && c.Unread != 1 {
			err = errHidden
		}
		return err
	},
	"lines are sent": func(l *ledger, s *store.Store, f *filer) error {
		sent := 0
		for range 10 {
			due, err := s.Lease(f.t.Context(), "test", 8, time.Minute)
			if err != nil || len(due) == 0 {
				break
			}
			for _, d := range due {
				if err := s.Delivered(f.t.Context(), d.ID); err != nil {
					return err
				}
				sent++
			}
		}
		if sent != linesDue {
			return errHidden
		}
		return nil
	},
	"somebody has lin's code": func(l *ledger, s *store.Store, f *filer) error {
		_, err := s.FindCode(f.t.Context(), l.code, "test", intake.NewConversationID("lin's phone"))
		return err
	},
	"somebody has lin's older code": func(l *ledger, s *store.Store, f *filer) error {
		_, err := s.FindCode(f.t.Context(), l.older, "test", intake.NewConversationID("lin's phone"))
		return err
	},
}

// linesDue is how many lines of a ledger wait to be sent.
const linesDue = 4

// decisions say of each column whether it decides to whom something is sealed or shown.
// Those that do are bound; how is an SQL expression that changes it, and refused is what
// is then not done. The others say why they do not.
var decisions = map[string]struct{ how, refused, why string }{
	"cases.ref":              {how: "substr(ref, 1, 7) || CASE WHEN ref LIKE '%2' THEN '3' ELSE '2' END", refused: "lin answers"},
	"cases.room":             {how: "room || 'x'", refused: "lin answers, kari answers"},
	"cases.epoch":            {how: "epoch + 1", refused: "lin answers, maren's queue"},
	"cases.public":           {how: "(SELECT public FROM cases b WHERE b.id <> cases.id LIMIT 1)", refused: "lin answers, kari answers, the office answers lin, maren opens lin's"},
	"cases.genesis":          {how: "randomblob(32)", refused: "lin answers"},
	"cases.next_seq":         {how: "next_seq + 1", refused: "lin answers"},
	"cases.head":             {how: "randomblob(32)", refused: "lin answers"},
	"cases.sent":             {how: "CASE sent WHEN 0 THEN 3600 ELSE 0 END", refused: "lin answers, nils sends, maren's queue"},
	"cases.closed":           {how: "1 - closed", refused: "lin answers, maren's queue"},
	"cases.facts":            {how: "(SELECT facts FROM old.cases o WHERE o.id = cases.id)", refused: "lin answers, nils sends, maren's queue"},
	"cases.bound":            {how: "randomblob(80)", refused: "lin answers, maren's queue"},
	"epochs.case_id":         {how: "(SELECT max(id) FROM cases)", refused: "maren opens lin's"},
	"epochs.epoch":           {how: "epoch + 1", refused: "maren opens lin's"},
	"epochs.public":          {how: "(SELECT public FROM cases LIMIT 1)", refused: "maren opens lin's"},
	"epochs.bound":           {how: "randomblob(32)", refused: "maren opens lin's"},
	"wraps.case_id":          {how: "(SELECT id FROM cases b WHERE b.id <> case_id ORDER BY b.id LIMIT 1)", refused: "nils sends"},
	"wraps.epoch":            {how: "epoch + 1", refused: "nils sends"},
	"wraps.recipient":        {how: "randomblob(32)", refused: "nils sends, maren opens lin's, maren's queue"},
	"wraps.staged":           {how: "1 - staged", refused: "nils sends, maren's queue"},
	"wraps.bound":            {how: "randomblob(32)", refused: "nils sends, maren opens lin's, maren's queue"},
	"conversations.lookup":   {how: "randomblob(32)", refused: "the office answers lin, the office answers kari, lines are sent, somebody has lin's code"},
	"conversations.channel":  {how: "channel || 'x'", refused: "lin answers, lines are sent, lin reads"},
	"conversations.version":  {how: "version + 1", refused: "lin answers"},
	"conversations.state":    {how: "(SELECT state FROM conversations b WHERE b.id <> conversations.id LIMIT 1)", refused: "lin answers"},
	"conversations.mailbox":  {how: "CASE WHEN mailbox IS NULL THEN randomblob(1216) END", refused: "lin answers, kari answers, the office answers lin, the office answers kari"},
	"conversations.wrapped":  {how: "randomblob(72)", refused: "lin answers, lin reads"},
	"conversations.bound":    {how: "randomblob(72)", refused: "lin answers, lin reads"},
	"seats.conversation_id":  {how: "(SELECT id FROM conversations b WHERE b.id <> conversation_id ORDER BY b.id LIMIT 1)", refused: "lin answers, kari answers, the office answers lin, the office answers kari"},
	"seats.case_id":          {how: "(SELECT id FROM cases b WHERE b.id <> case_id ORDER BY b.id LIMIT 1)", refused: "lin answers, kari answers, the office answers lin"},
	"seats.role":             {how: "role || 'x'", refused: "lin answers"},
	"seats.active":           {how: "1 - active", refused: "lin answers, kari answers, the office answers lin, kari adds to the first"},
	"seats.bound":            {how: "randomblob(32)", refused: "lin answers, the office answers lin"},
	"outbox.conversation_id": {how: "(SELECT id FROM conversations b WHERE b.id <> conversation_id ORDER BY b.id LIMIT 1)", refused: "lines are sent, kari is told that something waits"},
	"outbox.held":            {how: "1 - held", refused: "lines are sent, kari is told that something waits"},
	"outbox.key":             {how: "key || 'x'", refused: "lines are sent, kari is told that something waits"},
	"outbox.bound":           {how: "randomblob(32)", refused: "lines are sent, kari is told that something waits"},
	"copies.conversation_id": {how: "(SELECT id FROM conversations b WHERE b.id <> conversation_id ORDER BY b.id LIMIT 1)", refused: "lin reads"},
	"copies.held":            {how: "1 - held", refused: "lin reads"},
	"copies.data":            {how: "CAST(substr(data, 1, length(data) - 1) || x'ff' AS BLOB)", refused: "lin reads"},
	"copies.bound":           {how: "randomblob(40)", refused: "lin reads"},
	"codes.lookup":           {how: "randomblob(32)", refused: "somebody has lin's code"},
	"codes.conversation_id":  {how: "(SELECT id FROM conversations b WHERE b.id <> conversation_id ORDER BY b.id LIMIT 1)", refused: "somebody has lin's code"},
	"codes.wrapped":          {how: "x''", refused: "somebody has lin's code"},
	"codes.expires":          {how: "expires + 99999999999", refused: "somebody has lin's code"},
	"codes.bound":            {how: "randomblob(32)", refused: "somebody has lin's code"},
	"said.message":           {how: "randomblob(32)", refused: "kari changes a message"},
	"said.conversation_id":   {how: "(SELECT id FROM conversations b WHERE b.id <> conversation_id ORDER BY b.id LIMIT 1)", refused: "kari changes a message"},
	"said.case_id":           {how: "(SELECT id FROM cases b WHERE b.id <> case_id ORDER BY b.id LIMIT 1)", refused: "kari changes a message"},
	"said.bound":             {how: "randomblob(32)", refused: "kari changes a message"},

	"meta.name":                   {why: "names marks of the server's own"},
	"meta.value":                  {why: "the key's mark is made of the key; without the other, what is not bound is looked at again, and refused"},
	"cases.id":                    {why: "nothing is bound to the number of a row; who points to it is checked by name"},
	"cases.channel":               {why: "is a word in the queue; where answers go is the conversation's"},
	"cases.due":                   {why: "orders the queue"},
	"cases.open":                  {why: "follows from sent and closed"},
	"epochs.id":                   {why: "a number"},
	"leavers.handler":             {why: "who still holds a key is found by what they hold"},
	"leavers.upto":                {why: "the same"},
	"wraps.id":                    {why: "a number"},
	"wraps.data":                  {why: "a box for this recipient while staged; then the desk compares the key in it with the log"},
	"entries.id":                  {why: "a number"},
	"entries.case_id":             {why: "the chain binds it, and desks check"},
	"entries.seq":                 {why: "the chain"},
	"entries.v":                   {why: "the chain"},
	"entries.epoch":               {why: "the chain"},
	"entries.kind":                {why: "the chain"},
	"entries.hour":                {why: "the chain"},
	"entries.prev":                {why: "the chain"},
	"entries.hash":                {why: "the chain"},
	"entries.sig":                 {why: "the chain"},
	"entries.data":                {why: "the chain"},
	"entries.signed":              {why: "the chain"},
	"entries.taken":               {why: "a hash in the chain, bound to its entry; it opens nothing"},
	"entries.act":                 {why: "a box for this entry, and its sum in the chain"},
	"acts.id":                     {why: "at most an act is taken twice or not"},
	"acts.case_id":                {why: "the same"},
	"acts.hour":                   {why: "the same"},
	"conversations.id":            {why: "nothing is bound to the number of a row"},
	"conversations.address":       {why: "a box for this conversation, whose name on its network it is"},
	"conversations.expires":       {why: "when something is destroyed; whoever writes the file can destroy"},
	"seats.id":                    {why: "a number"},
	"events.channel":              {why: "what is stored already; at most an event is taken twice or not"},
	"events.event":                {why: "the same"},
	"events.at":                   {why: "the same"},
	"cursors.lookup":              {why: "how far a network was read"},
	"cursors.value":               {why: "a box for that"},
	"outbox.id":                   {why: "an order"},
	"outbox.at":                   {why: "when"},
	"outbox.lease":                {why: "when"},
	"outbox.tries":                {why: "how often"},
	"outbox.data":                 {why: "a box for this key, which is bound"},
	"copies.id":                   {why: "an order, which the binding has as well"},
	"messages.id":                 {why: "an order"},
	"messages.conversation_id":    {why: "what is taken back in a chat; at most the wrong messages of ours"},
	"messages.hour":               {why: "when"},
	"messages.key":                {why: "the box's place"},
	"messages.data":               {why: "a box"},
	"said.id":                     {why: "a number"},
	"codes.id":                    {why: "a number"},
	"access.id":                   {why: "an order"},
	"access.case_id":              {why: "whose box it is, which opens for this case alone"},
	"access.data":                 {why: "a box for this case"},
	"marks.case_id":               {why: "what counts as unread"},
	"marks.handler":               {why: "the same"},
	"marks.seq":                   {why: "the same"},
	"notices.id":                  {why: "an order"},
	"notices.case_id":             {why: "what goes with the case"},
	"notices.handler":             {why: "whose box it is, which opens for this handler alone"},
	"notices.data":                {why: "a box for this handler"},
	"certificates.id":             {why: "random"},
	"certificates.data":           {why: "a box that only the server writes; it opens nothing"},
	"rung.case_id":                {why: "whose box it is, which opens for this case alone"},
	"rung.data":                   {why: "a box for this case; at most what has rung rings once more"},
	"shreds.id":                   {why: "a number"},
	"shreds.hour":                 {why: "when"},
	"goose_db_version.id":         {why: "which form the file has"},
	"goose_db_version.version_id": {why: "the same"},
	"goose_db_version.is_applied": {why: "the same"},
	"goose_db_version.tstamp":     {why: "the same"},
	"sqlite_sequence.name":        {why: "counts goose's rows"},
	"sqlite_sequence.seq":         {why: "the same"},
}

// TestEveryColumnThatDecidesIsBound changes each alone, in every row: what it decides is
// not done, and verify names it. A column that is new needs a decision here.
func TestEveryColumnThatDecidesIsBound(t *testing.T) {
	l := newLedger(t)
	known := map[string]bool{}
	for _, c := range documented(t) {
		known[c.table+"."+c.name] = true
		if _, ok := decisions[c.table+"."+c.name]; !ok {
			t.Errorf("does %s.%s decide to whom something is sealed or shown?", c.table, c.name)
		}
	}
	for name, use := range uses {
		untouched := l.fork()
		untouched.with(func(s *store.Store, f *filer) {
			if err := use(untouched, s, f); err != nil && name != "somebody has lin's older code" {
				t.Errorf("%s, with nothing changed: %v", name, err)
			}
		})
	}
	tried := 0
	for column, d := range decisions {
		if !known[column] {
			t.Errorf("there is no column %s", column)
		}
		if d.how == "" || testing.Short() && tried > 10 { // others each time
			continue
		}
		tried++
		t.Run(column, func(t *testing.T) {
			table, name, _ := strings.Cut(column, ".")
			now := l.fork()
			now.t = t
			now.alter("UPDATE OR IGNORE " + table + " SET " + name + " = " + d.how)
			for use := range strings.SplitSeq(d.refused, ", ") {
				at := now.fork()
				at.with(func(s *store.Store, f *filer) {
					if uses[use] == nil {
						t.Fatalf("nobody does %q", use)
					}
					if err := uses[use](at, s, f); !isRefused(err) {
						t.Errorf("%s: %v", use, err)
					}
				})
			}
			now.with(func(s *store.Store, _ *filer) {
				if faults, err := s.Verify(t.Context(), storetest.Nobody); err != nil || len(faults) == 0 {
					t.Errorf("verify says %v, %v", faults, err)
				}
			})
		})
	}
}

func isRefused(err error) bool {
	return errors.Is(err, store.ErrForged) || errors.Is(err, errHidden) || errors.Is(err, store.ErrUnknown)
}
