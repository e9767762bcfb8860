package seal_test

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"tillit/store/seal"
)

func identity(t testing.TB) *age.HybridIdentity {
	t.Helper()
	i, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// plaintext opens an age file without the code that Tillit opens with.
func plaintext(t *testing.T, file []byte, key *age.HybridIdentity) []byte {
	t.Helper()
	r, err := age.Decrypt(bytes.NewReader(file), key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func someContext() seal.Context {
	return seal.Context{V: 1, Case: "T-4K7Q2X", Room: "R", Epoch: 1, Seq: 2, Kind: "reporter",
		At: time.Date(2026, 11, 24, 9, 41, 7, 123456789, time.UTC), Prev: bytes.Repeat([]byte{7}, 32)}
}

func bodyOf(text string) []byte {
	raw, err := json.Marshal(map[string]string{"type": "answer", "text": text})
	if err != nil {
		panic(err)
	}
	return raw
}

// TestAnEntryIsItsContextAndItsBody reads an entry as anybody would who has
// docs/FORMAT.md and a key.
func TestAnEntryIsItsContextAndItsBody(t *testing.T) {
	key, at := identity(t), someContext()
	file, err := seal.Entry(key.Recipient().String(), at, bodyOf("hei"))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"v":1,"case":"T-4K7Q2X","room":"R","epoch":1,"seq":2,"kind":"reporter","at":"2026-11-24T09:41:07.123456789Z",` +
		`"prev":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=","body":{"text":"hei","type":"answer"}}`
	if got := plaintext(t, file, key); string(got) != want+strings.Repeat(" ", 512-len(want)) {
		t.Errorf("inside lies %q", got)
	}
}

func TestAnEntryThatIsNoJSONIsRefused(t *testing.T) {
	_, err := seal.Entry(identity(t).Recipient().String(), someContext(), []byte(`{"secret-word`))
	if err == nil || strings.Contains(err.Error(), "secret-word") {
		t.Errorf("got %v", err)
	}
}

// TestLengthsTellOnlyTheStep seals every length that falls into the steps, and
// wants one length of file for each step.
func TestLengthsTellOnlyTheStep(t *testing.T) {
	key := identity(t)
	public := key.Recipient().String()
	lengths := map[int]int{} // of files, with the step that they hold
	for n := 0; n <= 3800; n += 13 {
		file, err := seal.Entry(public, someContext(), bodyOf(strings.Repeat("x", n)))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := lengths[len(file)]; !ok {
			lengths[len(file)] = len(plaintext(t, file, key))
		}
	}
	var steps []int
	for _, n := range lengths {
		steps = append(steps, n)
	}
	slices.Sort(steps)
	if !slices.Equal(steps, []int{512, 1024, 2048, 4096}) {
		t.Errorf("the steps are %v", steps)
	}
}

// TestAboveTheStepsSizesAreFew holds the few sizes that Padmé allows between
// two powers of two, and that it adds no more than an eighth.
func TestAboveTheStepsSizesAreFew(t *testing.T) {
	sizes := map[int]bool{}
	for n := 4096; n < 8192; n++ {
		size := len(seal.Pad(make([]byte, n-1)))
		sizes[size] = true
		if size < n || (size-n)*8 > n {
			t.Fatalf("%d bytes become %d", n, size)
		}
	}
	if len(sizes) != 17 {
		t.Errorf("%d sizes between 4096 and 8192, want 17", len(sizes))
	}
	for n, want := range map[int]int{4097: 4352, 100_000: 100_352, 1 << 20: 1 << 20, 1<<20 + 1: 1<<20 + 1<<15, 1_400_000: 1_409_024} {
		if got := len(seal.Pad(make([]byte, n-1))); got != want {
			t.Errorf("%d bytes become %d, want %d", n, got, want)
		}
	}
}

func TestPaddingComesOff(t *testing.T) {
	for _, n := range []int{0, 1, 510, 511, 512, 513, 4094, 4095, 4096, 100_000} {
		for _, last := range []byte{0, 0x80, 'x'} {
			plain := bytes.Repeat([]byte{last}, n)
			padded := seal.Pad(plain)
			if got, ok := seal.Unpad(padded); !ok || !bytes.Equal(got, plain) {
				t.Errorf("%d bytes of %#x do not come back", n, last)
			}
			for _, bad := range [][]byte{padded[:len(padded)-1], append(bytes.Clone(padded), 0), append(bytes.Clone(padded), 0x80)} {
				if _, ok := seal.Unpad(bad); ok {
					t.Errorf("padding of another length than ours comes off (%d bytes of %#x)", n, last)
				}
			}
		}
	}
	for _, bad := range [][]byte{nil, make([]byte, 512), bytes.Repeat([]byte{1}, 512)} {
		if _, ok := seal.Unpad(bad); ok {
			t.Errorf("%d bytes without an end come off", len(bad))
		}
	}
}

func TestARoomsKeyIsWrappedForEachAndForNobodyElse(t *testing.T) {
	maren, jonas := identity(t), identity(t)
	room, err := seal.NewRoom("T-4K7Q2X", "R", 1, map[string]string{"maren": maren.Recipient().String(), "jonas": jonas.Recipient().String()}, 2)
	if err != nil {
		t.Fatal(err)
	}
	text := plaintext(t, room.Wraps["maren"], maren)
	head, line, _ := strings.Cut(string(text), "\n")
	key, err := age.ParseHybridIdentity(strings.TrimSuffix(line, "\n"))
	if head != "# tillit room-key v1 case=T-4K7Q2X room=R epoch=1" || err != nil || key.Recipient().String() != room.Public {
		t.Fatalf("a wrap begins with %q; %v", head, err)
	}
	if !bytes.Equal(text, plaintext(t, room.Wraps["jonas"], jonas)) {
		t.Error("the two hold different keys")
	}
	if _, err := age.Decrypt(bytes.NewReader(room.Wraps["jonas"]), maren); err == nil {
		t.Error("a wrap opens for another")
	}
	late, err := seal.Decoy("T-4K7Q2X", "R", 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(room.Decoys) != 2 {
		t.Errorf("%d decoys, want 2", len(room.Decoys))
	}
	for i, decoy := range append(room.Decoys, late) {
		if len(decoy) != len(room.Wraps["maren"]) || !bytes.HasPrefix(decoy, room.Wraps["maren"][:40]) {
			t.Errorf("decoy %d is told from a wrap: %d bytes, not %d", i, len(decoy), len(room.Wraps["maren"]))
		}
		if _, err := age.Decrypt(bytes.NewReader(decoy), maren, jonas); err == nil {
			t.Errorf("decoy %d opens", i)
		}
	}
}

// TestOnlyHybridRecipientsAreSealedTo refuses keys that a quantum computer reads.
func TestOnlyHybridRecipientsAreSealedTo(t *testing.T) {
	classic, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	good := identity(t).Recipient().String()
	for _, key := range []string{"", classic.Recipient().String(), good[:len(good)-1], good + "q", strings.ToUpper(good[:20]) + good[20:]} {
		if _, err := seal.To(key, []byte("x")); err == nil {
			t.Errorf("sealed to a recipient of %d letters that is none of ours", len(key))
		}
		if _, err := seal.NewRoom("T-4K7Q2X", "R", 1, map[string]string{"maren": key}, 0); err == nil {
			t.Errorf("made a room for a recipient of %d letters that is none of ours", len(key))
		}
	}
}

// TestEveryFieldCounts changes one field at a time and wants another hash: what
// is not in the hash could be changed unseen.
func TestEveryFieldCounts(t *testing.T) {
	seen := map[string]string{}
	note := func(name string, hash []byte) {
		t.Helper()
		if other, ok := seen[string(hash)]; ok {
			t.Errorf("%s and %s have one hash", name, other)
		}
		seen[string(hash)] = name
	}
	at, data := someContext(), []byte("age file")
	note("as it is", seal.Step(at, data, nil))
	for name, change := range map[string]func(*seal.Context){
		"case": func(c *seal.Context) { c.Case += "X" }, "room": func(c *seal.Context) { c.Room += "X" },
		"case and room": func(c *seal.Context) { c.Case, c.Room = c.Case+"R", "" },
		"epoch":         func(c *seal.Context) { c.Epoch++ }, "seq": func(c *seal.Context) { c.Seq++ },
		"kind": func(c *seal.Context) { c.Kind = "office" }, "hour": func(c *seal.Context) { c.At = c.At.Add(time.Hour) },
		"prev": func(c *seal.Context) { c.Prev = c.Prev[1:] },
	} {
		c := at
		change(&c)
		note(name, seal.Step(c, data, nil))
	}
	note("data", seal.Step(at, []byte("age filf"), nil))
	within := at
	within.At = at.At.Add(10 * time.Minute).In(time.FixedZone("", 3600))
	if !bytes.Equal(seal.Step(within, data, nil), seal.Step(at, data, nil)) {
		t.Error("the minute or the zone is in the hash; the row does not have them")
	}
	note("genesis", seal.Genesis("a", "b", 1, "c"))
	note("genesis: case", seal.Genesis("x", "b", 1, "c"))
	note("genesis: room", seal.Genesis("a", "x", 1, "c"))
	note("genesis: epoch", seal.Genesis("a", "b", 2, "c"))
	note("genesis: key", seal.Genesis("a", "b", 1, "x"))
	note("genesis: moved", seal.Genesis("ab", "", 1, "c"))
}
