package unseal_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"tillit/store/seal"
	"tillit/store/unseal"
)

func identity(t testing.TB) *age.HybridIdentity {
	t.Helper()
	i, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// at is where the test's entry lies; row is the same as the store's row has it.
func at() seal.Context {
	return seal.Context{V: 1, Case: "T-4K7Q2X", Room: "R", Epoch: 1, Seq: 2, Kind: "reporter",
		At: time.Date(2026, 11, 24, 9, 41, 7, 5, time.UTC), Prev: bytes.Repeat([]byte{7}, 32)}
}

func row() seal.Context {
	c := at()
	c.At = seal.Hour(c.At)
	return c
}

const body = `{"type":"answer","text":"ord-7f3a"}`

func entry(t testing.TB, key *age.HybridIdentity) []byte {
	t.Helper()
	file, err := seal.Entry(key.Recipient().String(), at(), []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func to(t testing.TB, key *age.HybridIdentity, text string) []byte {
	t.Helper()
	file, err := seal.To(key.Recipient().String(), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// refused holds that nothing is handed out with the error, and nothing in it.
func refused(t *testing.T, name string, got []byte, err, want error) {
	t.Helper()
	if !errors.Is(err, want) || got != nil {
		t.Errorf("%s: %d bytes and %v, want nothing and %v", name, len(got), err, want)
	}
	if err != nil && strings.Contains(err.Error(), "ord-7f3a") {
		t.Errorf("%s: the error holds what was opened", name)
	}
}

func TestAnEntryOpensInItsPlaceOnly(t *testing.T) {
	key := identity(t)
	file := entry(t, key)
	for _, zone := range []*time.Location{time.UTC, time.FixedZone("", 2*3600)} {
		c := row()
		c.At = c.At.In(zone)
		got, when, err := unseal.Entry(key, file, c)
		if err != nil || string(got) != body || !when.Equal(at().At) {
			t.Fatalf("it comes back as %d bytes of %v, %v", len(got), when, err)
		}
	}
	for name, change := range map[string]func(*seal.Context){
		"case": func(c *seal.Context) { c.Case = "T-4K7Q2Y" }, "room": func(c *seal.Context) { c.Room = "S" },
		"case and room": func(c *seal.Context) { c.Case, c.Room = c.Case+c.Room, "" },
		"epoch":         func(c *seal.Context) { c.Epoch = 2 }, "seq": func(c *seal.Context) { c.Seq = 1 },
		"kind": func(c *seal.Context) { c.Kind = "office" }, "hour before": func(c *seal.Context) { c.At = c.At.Add(-time.Hour) },
		"hour after": func(c *seal.Context) { c.At = c.At.Add(time.Hour) }, "prev": func(c *seal.Context) { c.Prev = bytes.Repeat([]byte{8}, 32) },
		"no prev": func(c *seal.Context) { c.Prev = nil },
	} {
		c := row()
		change(&c)
		got, _, err := unseal.Entry(key, file, c)
		refused(t, "another "+name, got, err, unseal.ErrMoved)
	}
	got, _, err := unseal.Entry(identity(t), file, row())
	refused(t, "another key", got, err, unseal.ErrNotYours)
}

// TestWhatIsNoEntryIsRefused seals to the room what is no entry of version 1.
// Anybody who knows the public key can do that.
func TestWhatIsNoEntryIsRefused(t *testing.T) {
	key := identity(t)
	next := at()
	next.V = 2
	v2, err := seal.Entry(key.Recipient().String(), next, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{
		"version 2": v2, "empty": to(t, key, ""), "no JSON": to(t, key, "ord-7f3a"), "half": to(t, key, `{"v":1,"body":"ord-7f3a`),
		"a list": to(t, key, `["ord-7f3a"]`), "wrong type": to(t, key, `{"v":"ord-7f3a"}`), "nothing in it": to(t, key, `{}`),
		"two of them": to(t, key, `{} {}`), "deep": to(t, key, strings.Repeat("[", 1<<20)), "bad time": to(t, key, `{"at":"ord-7f3a"}`),
	}
	for name, file := range files {
		got, _, err := unseal.Entry(key, file, row())
		refused(t, name, got, err, unseal.ErrMoved)
	}
}

// TestAChangedEntryIsRefused changes a bit of every byte of the file, cuts it at
// every length, and makes it longer.
func TestAChangedEntryIsRefused(t *testing.T) {
	key := identity(t)
	file := entry(t, key)
	step := 1
	if testing.Short() {
		step = 7
	}
	try := func(name string, i int, bad []byte) {
		t.Helper()
		got, _, err := unseal.Entry(key, bad, row())
		if got != nil || !errors.Is(err, unseal.ErrNotYours) && !errors.Is(err, unseal.ErrMoved) {
			t.Fatalf("%s %d: %v", name, i, err)
		}
	}
	for i := 0; i < len(file); i += step {
		bad := bytes.Clone(file)
		bad[i] ^= 1 << (i % 8)
		try("a bit of byte", i, bad)
		try("cut to", i, file[:i])
	}
	for _, n := range []int{1, 16, 64 << 10} {
		try("longer by", n, append(bytes.Clone(file), make([]byte, n)...))
	}
	try("twice", 2, append(bytes.Clone(file), file...))
}

// TestHostileSizesCostNoMemory holds that a file of any size is refused before
// it is opened, also one that would open: sealed by somebody with the public key,
// good JSON first, then spaces without end.
func TestHostileSizesCostNoMemory(t *testing.T) {
	key := identity(t)
	big, err := seal.Entry(key.Recipient().String(), at(), append(append([]byte(`"`), bytes.Repeat([]byte{'x'}, 9<<20)...), '"'))
	if err != nil {
		t.Fatal(err)
	}
	small := string(entryText(t, key))
	spaces := to(t, key, small+strings.Repeat(" ", 24<<20))
	header := append([]byte("age-encryption.org/v1\n"), bytes.Repeat([]byte("-> mlkem768x25519 AAAA\nAAAA\n"), 1<<20)...)
	for name, file := range map[string][]byte{"a huge body": big, "spaces without end": spaces, "a huge header": header} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, _, err := unseal.Entry(key, file, row())
		runtime.ReadMemStats(&after)
		refused(t, name, got, err, unseal.ErrTooBig)
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%s: %d bytes of memory for a file of %d", name, n, len(file))
		}
	}
}

// entryText is the plaintext of a good entry, by way of the real one.
func entryText(t *testing.T, key *age.HybridIdentity) []byte {
	t.Helper()
	r, err := age.Decrypt(bytes.NewReader(entry(t, key)), key)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := out.ReadFrom(r); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestAWrapOpensForItsRoomOnly(t *testing.T) {
	maren := identity(t)
	made, err := seal.NewRoom("T-4K7Q2X", "R", 1, map[string]string{"maren": maren.Recipient().String()}, 1)
	if err != nil {
		t.Fatal(err)
	}
	wrap := made.Wraps["maren"]
	key, err := unseal.Wrap(wrap, maren, "T-4K7Q2X", "R", 1)
	if err != nil || key.Recipient().String() != made.Public {
		t.Fatalf("it does not open: %v", err)
	}
	for _, c := range []struct {
		name, ref, room string
		epoch           int
		wrap            []byte
		key             *age.HybridIdentity
		want            error
	}{
		{"another case", "T-4K7Q2Y", "R", 1, wrap, maren, unseal.ErrMoved},
		{"another room", "T-4K7Q2X", "S", 1, wrap, maren, unseal.ErrMoved},
		{"another epoch", "T-4K7Q2X", "R", 2, wrap, maren, unseal.ErrMoved},
		{"another handler", "T-4K7Q2X", "R", 1, wrap, identity(t), unseal.ErrNotYours},
		{"a decoy", "T-4K7Q2X", "R", 1, made.Decoys[0], maren, unseal.ErrNotYours},
		{"nothing", "T-4K7Q2X", "R", 1, nil, maren, unseal.ErrNotYours},
		{"no key in it", "T-4K7Q2X", "R", 1, to(t, maren, "# tillit room-key v1 case=T-4K7Q2X room=R epoch=1\nord-7f3a\n"), maren, unseal.ErrMoved},
		{"only a key in it", "T-4K7Q2X", "R", 1, to(t, maren, maren.String()), maren, unseal.ErrMoved},
		{"too big", "T-4K7Q2X", "R", 1, to(t, maren, strings.Repeat(" ", 9<<20)), maren, unseal.ErrTooBig},
	} {
		got, err := unseal.Wrap(c.wrap, c.key, c.ref, c.room, c.epoch)
		if got != nil || !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "ord-7f3a") {
			t.Errorf("%s: the error holds what was opened", c.name)
		}
	}
	for i := 0; i < len(wrap); i += 11 {
		bad := bytes.Clone(wrap)
		bad[i] ^= 1 << (i % 8)
		for _, bad := range [][]byte{bad, wrap[:i]} {
			if _, err := unseal.Wrap(bad, maren, "T-4K7Q2X", "R", 1); err == nil {
				t.Fatalf("changed at %d, or cut there, it opens", i)
			}
		}
	}
}

// recorded is the case of the test vectors: fixed, so that what the fuzzer learns
// of it stays true.
func recorded(t testing.TB) (handler, room *age.HybridIdentity, wrap, file []byte, row seal.Context) {
	t.Helper()
	read := func(name string) []byte {
		raw, err := os.ReadFile(filepath.Join("..", "testdata", "format", name))
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	var v struct {
		Entry struct {
			Case, Room, Prev string
			At               time.Time
		}
	}
	if err := json.Unmarshal(read("vectors.json"), &v); err != nil {
		t.Fatal(err)
	}
	prev, err := hex.DecodeString(v.Entry.Prev)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := age.ParseIdentities(bytes.NewReader(read("handler.key")))
	if err != nil {
		t.Fatal(err)
	}
	handler, wrap = ids[0].(*age.HybridIdentity), read("wrap.age")
	if room, err = unseal.Wrap(wrap, handler, v.Entry.Case, v.Entry.Room, 1); err != nil {
		t.Fatal(err)
	}
	return handler, room, wrap, read("entry.age"),
		seal.Context{V: 1, Case: v.Entry.Case, Room: v.Entry.Room, Epoch: 1, Seq: 1, Kind: "reporter", At: v.Entry.At, Prev: prev}
}

// FuzzEntry offers files to a reader's program: it never panics, and opens
// nothing but the one that was sealed.
func FuzzEntry(f *testing.F) {
	_, room, _, good, row := recorded(f)
	f.Add(good, int64(1), "reporter")
	f.Add(good[:len(good)-1], int64(1), "reporter")
	f.Add(to(f, room, "{}"), int64(1), "reporter")
	f.Add([]byte("age-encryption.org/v1\n-> mlkem768x25519 AAAA\n\n--- AAAA\n"), int64(0), "")
	f.Fuzz(func(t *testing.T, file []byte, seq int64, kind string) {
		c := row
		c.Seq, c.Kind = seq, kind
		got, _, err := unseal.Entry(room, file, c)
		if mine := bytes.Equal(file, good) && seq == 1 && kind == "reporter"; (err == nil) != mine || (got != nil) != mine {
			t.Errorf("%d bytes come out, %v", len(got), err)
		}
	})
}

// FuzzInside offers what somebody with the public key could seal: whatever lies
// inside, nothing panics, and what opens says that it belongs here.
func FuzzInside(f *testing.F) {
	_, room, _, _, row := recorded(f)
	good, err := json.Marshal(struct {
		seal.Context
		Body json.RawMessage `json:"body"`
	}{row, json.RawMessage(body)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"v":1,"case":"T-4K7Q2X","at":"2026-11-24T09:41:07.25Z"}`))
	f.Add([]byte("# tillit room-key v1 case=T-4K7Q2X room=R epoch=1\nAGE-SECRET-KEY-PQ-1\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		file := to(t, room, string(text))
		got, at, err := unseal.Entry(room, file, row)
		if err != nil {
			refused(t, "what lies inside", got, err, unseal.ErrMoved)
		} else if !seal.Hour(at).Equal(seal.Hour(row.At)) || !bytes.Contains(text, []byte(row.Room)) && !bytes.Contains(text, []byte(`\u`)) {
			t.Errorf("%d bytes come out of another place", len(got))
		}
		if _, err := unseal.Wrap(file, room, row.Case, row.Room, 1); err == nil && !bytes.Contains(text, []byte("AGE-SECRET-KEY-PQ-1")) {
			t.Error("a room's key comes out of something that holds none")
		}
	})
}

// FuzzWrap offers wraps: only the recorded one opens.
func FuzzWrap(f *testing.F) {
	handler, _, good, _, row := recorded(f)
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Fuzz(func(t *testing.T, wrap []byte) {
		_, err := unseal.Wrap(wrap, handler, row.Case, row.Room, 1)
		if mine := bytes.Equal(wrap, good); (err == nil) != mine {
			t.Errorf("a wrap that is not ours: %v", err)
		}
	})
}
