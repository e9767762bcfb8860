package store

import (
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"tillit/intake"
	"tillit/store/cases"
	"tillit/store/mailbox"
	"tillit/store/seal"
)

// The benchmarks of this file print what docs/PERFORMANCE.md shows. Each runs its
// contestants in turn, five times, and takes the best of each: a noisy machine
// slows them alike.
const rounds = 5

// bench is a store with conversations that have a room and a copy.
type bench struct {
	*Store
	b     testing.TB
	talks []intake.ConversationID
	at    []int64          // the version that each conversation is at
	keys  []intake.Private // what opens each one's copy
}

// benchOffice is four handlers, the external receiver and recovery, as in the demo.
var benchOffice = []string{"maren", "jonas", "siv", "hakon", cases.External, cases.Recovery}

var benchRecipients = sync.OnceValue(func() (out []cases.Recipient) {
	for _, id := range benchOffice {
		key, err := age.GenerateHybridIdentity()
		if err != nil {
			panic(err)
		}
		out = append(out, cases.Recipient{ID: id, Key: key.Recipient().String()})
	}
	return out
})

func newBench(b testing.TB, talks int) *bench {
	b.Helper()
	keys, err := seal.ParseServerKeys(seal.GenerateServerKey(time.Now()))
	if err != nil {
		b.Fatal(err)
	}
	s, err := Open(b.Context(), Options{Dir: b.TempDir(), Keys: keys})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	w := &bench{Store: s, b: b}
	for range talks {
		w.open()
	}
	return w
}

// open begins a conversation and answers C0.
func (w *bench) open() {
	w.b.Helper()
	id := intake.NewConversationID(rand.Text())
	secret := rand.Text() + rand.Text()
	public, wrapped, err := mailbox.New([]byte(secret))
	if err != nil {
		w.b.Fatal(err)
	}
	_, err = w.Apply(w.b.Context(), Change{
		Channel: "web", Conversation: id, Address: intake.NewAddress(id.Reveal()), State: benchState,
		Mailbox: &Mailbox{Public: public, Wrapped: wrapped}, Open: &OpenRoom{Recipients: benchRecipients()},
		Entries: []Entry{benchEntry}, Lines: benchLines, Expires: time.Now().Add(14 * 24 * time.Hour),
	})
	if err != nil {
		w.b.Fatal(err)
	}
	w.talks, w.at, w.keys = append(w.talks, id), append(w.at, 1), append(w.keys, intake.NewPrivate(secret))
}

// What one answer of 262 bytes brings along, eight of which are the 2.1 kB of a
// whole report: an entry, the person's own line and the next question.
var (
	benchWords = strings.Repeat("Det var på middagen etter møtet. ", 8)[:262]
	benchState = []byte(strings.Repeat("s", 300))
	benchEntry = Entry{cases.Answer{Lang: "nb", Question: "A1", Asked: "Hva skjedde?", Text: intake.NewPrivate(benchWords)}}
	benchLines = []Line{{Body: quoted(benchWords), Mine: true}, {Body: quoted(strings.Repeat("Når skjedde det? ", 40))}}
)

func quoted(text string) []byte {
	raw, _ := json.Marshal(map[string]string{"text": text})
	return raw
}

func (w *bench) answer(talk int) Change {
	return Change{
		Channel: "web", Conversation: w.talks[talk], Expect: w.at[talk], Event: rand.Text(),
		Address: intake.NewAddress("address"), State: benchState, Entries: []Entry{benchEntry}, Lines: benchLines,
		Expires: time.Now().Add(14 * 24 * time.Hour), Secret: w.keys[talk],
	}
}

// sealed is one answer through the front door.
func (w *bench) sealed(talk int) error {
	_, err := w.Apply(w.b.Context(), w.answer(talk))
	w.at[talk]++
	return err
}

// unsealed is the same answer with sealing left out: every look-up, box, hash and
// row is there, but entry, signature and copy were sealed before.
func (w *bench) unsealed(talk int, entry row, letter copyRow) error {
	ctx, c := w.b.Context(), w.answer(talk)
	lookup := w.lookupConversation(c.Channel, c.Conversation)
	event := w.Keys.Lookup("event", []byte(c.Channel), []byte(c.Event))
	p, err := w.begin(ctx, c, lookup, event)
	if err != nil {
		return err
	}
	r := p.was.room
	entry.Seq, entry.Prev = r.seq, r.head
	entry.hash = seal.Step(entry.Context, entry.data, nil)
	p.rows, p.head, p.sealed = []row{entry}, entry.hash, []copyRow{letter}
	if err := w.do(ctx, p.write); err != nil {
		return err
	}
	w.at[talk]++
	return w.after(ctx, c, p)
}

// cipher is what sealing one answer costs, without a store.
func (w *bench) cipher(was route, c Change) (prepared, error) {
	p := prepared{s: w.Store, c: c, lookup: was.lookup, was: was}
	var err error
	if p.rows, p.head, err = w.sealAll(was.room, c.Entries); err != nil {
		return p, err
	}
	return p, p.sealLines()
}

// raw is a group commit that does nothing but insert: the floor. It has a store's
// file and settings, and prepared statements.
type raw struct {
	*bench
	jobs                                chan *rawJob
	event, talk, room, entry, copy      *sql.Stmt
	state, hash, sig, entryData, letter []byte
}

type rawJob struct {
	talk int
	done chan error
}

func newRaw(b *testing.B, talks int, entry, letter []byte) *raw {
	w := &raw{bench: newBench(b, talks), jobs: make(chan *rawJob, 1024), entryData: entry, letter: letter,
		state: make([]byte, len(benchState)+44), hash: make([]byte, 32), sig: make([]byte, 64)}
	for _, q := range []struct {
		into *(*sql.Stmt)
		text string
	}{
		{&w.event, "INSERT INTO events VALUES (?, ?, ?) ON CONFLICT DO NOTHING"},
		{&w.talk, "UPDATE conversations SET version = version + 1, state = ?, expires = ? WHERE id = ?"},
		{&w.room, "UPDATE cases SET next_seq = ?, head = ? WHERE id = ?"},
		{&w.entry, "INSERT INTO entries (case_id, seq, epoch, kind, hour, prev, hash, sig, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"},
		{&w.copy, "INSERT INTO copies (conversation_id, held, data) VALUES (?, ?, ?)"},
	} {
		var err error
		if *q.into, err = w.tx.conn.PrepareContext(b.Context(), q.text); err != nil {
			b.Fatal(err)
		}
	}
	go w.run()
	b.Cleanup(func() { close(w.jobs) })
	return w
}

func (w *raw) run() {
	for first := range w.jobs {
		jobs := []*rawJob{first}
	gather:
		for len(jobs) < batch {
			select {
			case j, ok := <-w.jobs:
				if !ok {
					break gather
				}
				jobs = append(jobs, j)
			default:
				break gather
			}
		}
		err := w.insert(jobs)
		for _, j := range jobs {
			j.done <- err
		}
	}
}

func (w *raw) insert(jobs []*rawJob) error {
	return w.inTransaction(func(*transaction) error {
		for _, j := range jobs {
			id, event, hour := j.talk+1, make([]byte, 32), time.Now().Unix()
			_, _ = rand.Read(event)
			w.at[j.talk]++
			for _, do := range []struct {
				q    *sql.Stmt
				args []any
			}{
				{w.event, []any{"web", event, hour}},
				{w.talk, []any{w.state, hour, id}},
				{w.room, []any{w.at[j.talk] + 1, w.hash, id}},
				{w.entry, []any{id, w.at[j.talk], 1, "reporter", hour, w.hash, w.hash, w.sig, w.entryData}},
				{w.copy, []any{id, false, w.letter}},
			} {
				if _, err := do.q.Exec(do.args...); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (w *raw) put(talk int) error {
	j := &rawJob{talk, make(chan error, 1)}
	w.jobs <- j
	return <-j.done
}

// together runs do ops times with n in flight, each on its own conversation, and
// returns how many a second that was.
func together(b *testing.B, n, ops int, do func(talk int) error) float64 {
	b.Helper()
	var all sync.WaitGroup
	start := time.Now()
	for talk := range n {
		all.Go(func() {
			for range ops / n {
				if err := do(talk); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	return float64(ops/n*n) / time.Since(start).Seconds()
}

// BenchmarkApply sets answers a second through the store beside the same rows
// and bytes inserted raw, and beside what the cipher alone can do.
func BenchmarkApply(b *testing.B) {
	for _, n := range []int{1, 4, 16, 64} {
		b.Run(fmt.Sprintf("inflight=%d", n), func(b *testing.B) {
			whole, plain := newBench(b, n), newBench(b, n)
			r, err := plain.route(b.Context(), plain.read, plain.lookupConversation("web", plain.talks[0]))
			if err != nil {
				b.Fatal(err)
			}
			c := plain.answer(0)
			done, err := plain.cipher(r, c)
			if err != nil {
				b.Fatal(err)
			}
			floor := newRaw(b, n, done.rows[0].data, done.sealed[0].data)
			contest(b, []contestant{
				{"raw/s", func() float64 { return together(b, n, 1024, floor.put) }},
				{"unsealed/s", func() float64 {
					return together(b, n, 1024, func(talk int) error { return plain.unsealed(talk, done.rows[0], done.sealed[0]) })
				}},
				{"cipher/s", func() float64 {
					return together(b, n, 1024, func(int) error {
						_, err := plain.cipher(r, c)
						return err
					})
				}},
				{"sealed/s", func() float64 { return together(b, n, 1024, whole.sealed) }},
			})
		})
	}
}

type contestant struct {
	name string
	run  func() float64
}

// contest runs all in turn and reports the best of each, and how the later ones
// stand to the first.
func contest(b *testing.B, all []contestant) {
	best := make([]float64, len(all))
	for b.Loop() {
		for range rounds {
			for i, c := range all {
				best[i] = max(best[i], c.run())
			}
		}
	}
	for i, c := range all {
		b.ReportMetric(best[i], c.name)
		if i > 0 {
			b.ReportMetric(100*best[i]/best[0], strings.TrimSuffix(c.name, "/s")+"_%")
		}
	}
	b.ReportMetric(0, "ns/op")
}
