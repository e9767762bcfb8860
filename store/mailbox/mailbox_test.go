package mailbox_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"testing"

	"tillit/store/mailbox"
)

var (
	cookie = bytes.Repeat([]byte{1}, 32)
	code   = bytes.Repeat([]byte{2}, 32)
	place  = []byte("conversation 1")
	words  = []byte(`[{"Body":"hei"}]`)
)

// opened makes a mailbox under the cookie, puts a letter in, and opens its key.
func opened(t testing.TB) (public, wrapped, letter []byte, key *mailbox.Key) {
	t.Helper()
	public, wrapped, err := mailbox.New(cookie)
	if err != nil {
		t.Fatal(err)
	}
	if letter, err = mailbox.Seal(public, place, words); err != nil {
		t.Fatal(err)
	}
	if key, err = mailbox.OpenKey(wrapped, cookie); err != nil {
		t.Fatal(err)
	}
	return public, wrapped, letter, key
}

func TestALetterOpensInItsPlaceOnly(t *testing.T) {
	public, _, letter, key := opened(t)
	if got, err := key.Open(place, letter); err != nil || !bytes.Equal(got, words) {
		t.Fatalf("it comes back as %d bytes, %v", len(got), err)
	}
	for _, other := range [][]byte{nil, []byte("conversation 2"), append(bytes.Clone(place), 0)} {
		if _, err := key.Open(other, letter); !errors.Is(err, mailbox.ErrClosed) {
			t.Errorf("it opens elsewhere: %v", err)
		}
	}
	_, _, _, another := opened(t)
	if _, err := another.Open(place, letter); !errors.Is(err, mailbox.ErrClosed) {
		t.Errorf("another mailbox opens it: %v", err)
	}
	again, err := mailbox.Seal(public, place, words)
	if err != nil || bytes.Equal(again, letter) {
		t.Errorf("the same words give the same letter; %v", err)
	}
}

// TestTheOwnersLetter is as bound to its place as any other, opens beside them,
// and shows as little of its length.
func TestTheOwnersLetter(t *testing.T) {
	_, wrapped, letter, key := opened(t)
	own := key.Seal(place, words)
	again, err := mailbox.OpenKey(wrapped, cookie)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range [][]byte{own, letter, own} {
		if got, err := again.Open(place, l); err != nil || !bytes.Equal(got, words) {
			t.Fatalf("it comes back as %d bytes, %v", len(got), err)
		}
	}
	if _, err := again.Open([]byte("conversation 2"), own); !errors.Is(err, mailbox.ErrClosed) {
		t.Errorf("it opens elsewhere: %v", err)
	}
	_, _, _, another := opened(t)
	if _, err := another.Open(place, own); !errors.Is(err, mailbox.ErrClosed) {
		t.Errorf("another mailbox opens it: %v", err)
	}
	for i := range own {
		changed := bytes.Clone(own)
		changed[i] ^= 1
		if _, err := again.Open(place, changed); !errors.Is(err, mailbox.ErrClosed) {
			t.Fatalf("it opens with byte %d changed: %v", i, err)
		}
	}
	if a, b := key.Seal(place, words[:1]), key.Seal(place, words[:len(words)/2]); bytes.Equal(a, b) || len(a) != len(b) {
		t.Errorf("letters of %d and %d bytes show it", len(a), len(b))
	}
}

// TestTheCookieAndTheCodeOpenTheSame boxes the private half under both, and holds
// that neither opens the other's box.
func TestTheCookieAndTheCodeOpenTheSame(t *testing.T) {
	public, wrapped, letter, _ := opened(t)
	forCode, err := mailbox.Rewrap(wrapped, cookie, code)
	if err != nil {
		t.Fatal(err)
	}
	key, err := mailbox.OpenKey(forCode, code)
	if err != nil {
		t.Fatal(err)
	}
	later, err := mailbox.Seal(public, place, []byte("later"))
	if err != nil {
		t.Fatal(err)
	}
	for want, letter := range map[string][]byte{string(words): letter, "later": later} {
		if got, err := key.Open(place, letter); err != nil || string(got) != want {
			t.Errorf("with the code: %d bytes, %v", len(got), err)
		}
	}
	for name, c := range map[string]struct{ wrapped, secret []byte }{
		"the code on the cookie's": {wrapped, code}, "the cookie on the code's": {forCode, cookie},
		"nothing": {wrapped, nil}, "half a cookie": {wrapped, cookie[:31]}, "more than the cookie": {wrapped, append(bytes.Clone(cookie), 1)},
	} {
		if key, err := mailbox.OpenKey(c.wrapped, c.secret); key != nil || !errors.Is(err, mailbox.ErrClosed) {
			t.Errorf("%s opens it: %v", name, err)
		}
		if again, err := mailbox.Rewrap(c.wrapped, c.secret, []byte("mine")); again != nil || !errors.Is(err, mailbox.ErrClosed) {
			t.Errorf("%s boxes it anew: %v", name, err)
		}
	}
	if bytes.Contains(forCode, wrapped[24:56]) {
		t.Error("the two boxes of one key look alike")
	}
}

func TestWhatIsChangedIsRefused(t *testing.T) {
	_, wrapped, letter, key := opened(t)
	for i := range wrapped {
		bad := bytes.Clone(wrapped)
		bad[i] ^= 1 << (i % 8)
		for _, bad := range [][]byte{bad, wrapped[:i], append(wrapped[:i:i], wrapped[min(i+1, len(wrapped)):]...)} {
			if _, err := mailbox.OpenKey(bad, cookie); !errors.Is(err, mailbox.ErrClosed) {
				t.Fatalf("the private half, changed at %d: %v", i, err)
			}
		}
	}
	for i := range letter {
		bad := bytes.Clone(letter)
		bad[i] ^= 1 << (i % 8)
		for _, bad := range [][]byte{bad, letter[:i]} {
			if _, err := key.Open(place, bad); !errors.Is(err, mailbox.ErrClosed) {
				t.Fatalf("a letter, changed at %d: %v", i, err)
			}
		}
	}
	for _, n := range []int{1, 16, 4096} {
		if _, err := key.Open(place, append(bytes.Clone(letter), make([]byte, n)...)); !errors.Is(err, mailbox.ErrClosed) {
			t.Errorf("a letter, longer by %d: %v", n, err)
		}
		if _, err := mailbox.OpenKey(append(bytes.Clone(wrapped), make([]byte, n)...), cookie); !errors.Is(err, mailbox.ErrClosed) {
			t.Errorf("the private half, longer by %d: %v", n, err)
		}
	}
}

// TestALetterDoesNotShowHowLongItIs holds that a "yes" is not told from a "no",
// nor a short answer from a longer one.
func TestALetterDoesNotShowHowLongItIs(t *testing.T) {
	public, _, _, _ := opened(t)
	sizes := map[int]bool{}
	for n := 0; n < 4096; n += 31 {
		letter, err := mailbox.Seal(public, place, make([]byte, n))
		if err != nil {
			t.Fatal(err)
		}
		sizes[len(letter)] = true
	}
	if len(sizes) != 4 {
		t.Errorf("%d sizes of letter, want 4 steps", len(sizes))
	}
}

// TestAPublicKeyThatIsNoneIsRefused is about the row: whoever can write the
// database can put anything there.
func TestAPublicKeyThatIsNoneIsRefused(t *testing.T) {
	public, _, _, _ := opened(t)
	for _, bad := range [][]byte{nil, {}, public[1:], append(bytes.Clone(public), 0), bytes.Repeat([]byte{0xff}, len(public))} {
		if letter, err := mailbox.Seal(bad, place, words); err == nil {
			t.Errorf("sealed %d bytes to a key of %d that is none", len(letter), len(bad))
		}
	}
}

// TestAHugeLetterCostsItsOwnSize holds that a letter that does not open takes no
// more memory than a few times its length, and its length is the row's.
func TestAHugeLetterCostsItsOwnSize(t *testing.T) {
	_, _, letter, key := opened(t)
	huge := append(bytes.Clone(letter), make([]byte, 16<<20)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := key.Open(place, huge)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; err == nil || n > 3*uint64(len(huge)) {
		t.Errorf("%v, with %d bytes of memory", err, n)
	}
}

// FuzzLetter offers letters, places, boxes and secrets to the recorded copy:
// nothing panics, and only what was put in comes out.
func FuzzLetter(f *testing.F) {
	raw, err := os.ReadFile("../testdata/format/vectors.json")
	if err != nil {
		f.Fatal(err)
	}
	var v struct {
		Copy struct{ Secret, Wrapped, Place, Lines string }
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		f.Fatal(err)
	}
	inHex := func(s string) []byte {
		raw, err := hex.DecodeString(s)
		if err != nil {
			f.Fatal(err)
		}
		return raw
	}
	wrapped, secret, place := inHex(v.Copy.Wrapped), inHex(v.Copy.Secret), inHex(v.Copy.Place)
	letter, err := os.ReadFile("../testdata/format/letter")
	if err != nil {
		f.Fatal(err)
	}
	key, err := mailbox.OpenKey(wrapped, secret)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(letter, place, wrapped, secret)
	f.Add(letter[:1120], place, wrapped[:24], code)
	f.Add([]byte{}, []byte{}, []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, sealed, at, box, given []byte) {
		got, err := key.Open(at, sealed)
		if mine := bytes.Equal(sealed, letter) && bytes.Equal(at, place); (err == nil) != mine || mine && string(got) != v.Copy.Lines {
			t.Errorf("%d bytes come out of a letter, %v", len(got), err)
		}
		_, err = mailbox.OpenKey(box, given)
		if mine := bytes.Equal(box, wrapped) && bytes.Equal(given, secret); (err == nil) != mine {
			t.Errorf("a private half: %v", err)
		}
	})
}
