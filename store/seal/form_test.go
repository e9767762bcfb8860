package seal_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"tillit/store/seal"
)

func someKey(t testing.TB) string {
	t.Helper()
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return id.Recipient().String()
}

// TestWhatIsSealedHereIsWellFormed: what the producer makes is taken, of each size.
func TestWhatIsSealedHereIsWellFormed(t *testing.T) {
	key := someKey(t)
	at := seal.Context{V: seal.Version, Case: "T-4K7Q2X", Room: "R", Epoch: 1, Seq: 1, Kind: "office", At: time.Unix(0, 0)}
	for _, n := range []int{0, 100, 600, 3000, 5000, 60_000, 64 << 10, 70_000, 200_000} {
		data, err := seal.Entry(key, at, []byte(`"`+strings.Repeat("x", n)+`"`))
		if err != nil {
			t.Fatal(err)
		}
		if err := seal.WellFormed(data); err != nil {
			t.Errorf("an entry of %d bytes is refused", n)
		}
	}
	k := seal.KeyFile{Case: "T-4K7Q2X", Room: "R", Epoch: 12}
	room, err := seal.NewRoom(k.Case, k.Room, k.Epoch, map[string]string{"maren": key}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrap := range [][]byte{room.Wraps["maren"], room.Decoys[0]} {
		if err := seal.WellFormedWrap(k, wrap); err != nil {
			t.Error("a wrap is refused")
		}
		if seal.WellFormedWrap(seal.KeyFile{Case: k.Case, Room: k.Room, Epoch: 1}, wrap) == nil {
			t.Error("a wrap of another length is taken")
		}
	}
}

// TestWhatIsNotSealedHereIsRefused: bytes of a colleague's own making.
func TestWhatIsNotSealedHereIsRefused(t *testing.T) {
	key := someKey(t)
	good, err := seal.Entry(key, seal.Context{V: 2, Case: "T-4K7Q2X", Room: "R"}, []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	x25519, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	to := func(recipients ...age.Recipient) []byte {
		var out bytes.Buffer
		w, err := age.Encrypt(&out, recipients...)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(make([]byte, 512))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	one, err := age.ParseHybridRecipient(key)
	if err != nil {
		t.Fatal(err)
	}
	unpadded, err := seal.To(key, make([]byte, 513))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"nothing": nil, "one byte": []byte("x"), "zeros": make([]byte, 3000), "cut": good[:len(good)-1], "longer": append(bytes.Clone(good), 0),
		"another kind of key": to(x25519.Recipient()), "two recipients": to(one, one), "no padding": unpadded,
		"only a header": good[:bytes.Index(good, []byte("\n---"))], "armoured": []byte("-----BEGIN AGE ENCRYPTED FILE-----\n"),
		"an endless header": []byte("age-encryption.org/v1\n-> mlkem768x25519 x\n" + strings.Repeat("A", 9000)),
	} {
		if seal.WellFormed(data) == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func FuzzWellFormed(f *testing.F) {
	f.Add([]byte("age-encryption.org/v1\n-> mlkem768x25519 x\nAA\n--- x\n"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_ = seal.WellFormed(data)
		_ = seal.WellFormedWrap(seal.KeyFile{Case: "T-4K7Q2X"}, data)
	})
}
