package seal_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/store/seal"
)

func serverKeys(t testing.TB) *seal.ServerKeys {
	t.Helper()
	return parse(t, seal.GenerateServerKey(time.Now()))
}

func parse(t testing.TB, file []byte) *seal.ServerKeys {
	t.Helper()
	k, err := seal.ParseServerKeys(file)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

var here = seal.Place{Table: "cases", Row: "T-4K7Q2X", Column: "facts"}

// TestABoxOpensInItsPlaceOnly also moves a letter from one field of the place to
// the next: the framing must tell them apart.
func TestABoxOpensInItsPlaceOnly(t *testing.T) {
	k := serverKeys(t)
	box := k.Box("status", here, []byte("waiting"))
	if got, err := k.Unbox("status", here, box); err != nil || string(got) != "waiting" {
		t.Fatalf("it comes back as %q, %v", got, err)
	}
	for name, at := range map[string]seal.Place{
		"table": {Table: "wraps", Row: here.Row, Column: here.Column}, "row": {Table: here.Table, Row: "T-4K7Q2Y", Column: here.Column},
		"column": {Table: here.Table, Row: here.Row, Column: "head"}, "none": {},
		"moved": {Table: here.Table + "T", Row: here.Row[1:], Column: here.Column},
	} {
		if _, err := k.Unbox("status", at, box); !errors.Is(err, seal.ErrBox) {
			t.Errorf("it opens with another %s: %v", name, err)
		}
	}
	for _, purpose := range []string{"", "cursor", "statu"} {
		if _, err := k.Unbox(purpose, here, box); !errors.Is(err, seal.ErrBox) {
			t.Errorf("it opens for %q: %v", purpose, err)
		}
	}
	if _, err := serverKeys(t).Unbox("status", here, box); !errors.Is(err, seal.ErrBox) {
		t.Errorf("another server's key opens it: %v", err)
	}
	if bytes.Equal(box, k.Box("status", here, []byte("waiting"))) {
		t.Error("the same words give the same box")
	}
}

func TestAChangedBoxIsRefused(t *testing.T) {
	k := serverKeys(t)
	box := k.Box("status", here, []byte("waiting"))
	for i := range box {
		for _, bit := range []byte{1, 0x80} {
			bad := bytes.Clone(box)
			bad[i] ^= bit
			if _, err := k.Unbox("status", here, bad); !errors.Is(err, seal.ErrBox) {
				t.Fatalf("a bit of byte %d is changed: %v", i, err)
			}
		}
		if _, err := k.Unbox("status", here, box[:i]); !errors.Is(err, seal.ErrBox) {
			t.Fatalf("cut to %d bytes: %v", i, err)
		}
	}
	if _, err := k.Unbox("status", here, append(bytes.Clone(box), 0)); !errors.Is(err, seal.ErrBox) {
		t.Errorf("a byte longer: %v", err)
	}
}

// TestABoxDoesNotShowHowLongItIs holds that a status is not told by its length.
func TestABoxDoesNotShowHowLongItIs(t *testing.T) {
	k := serverKeys(t)
	sizes := map[int]bool{}
	for n := range 511 {
		sizes[len(k.Box("status", here, make([]byte, n)))] = true
	}
	if len(sizes) != 1 {
		t.Errorf("up to 510 bytes give %d sizes of box, want one", len(sizes))
	}
}

// TestRotationKeepsWhatWas adds a key: old boxes open, new ones are under the new
// key, and neither look-ups nor the signature change.
func TestRotationKeepsWhatWas(t *testing.T) {
	now := time.Now()
	first, second := seal.GenerateServerKey(now), seal.GenerateServerKey(now)
	before := parse(t, first)
	after := parse(t, slices.Concat([]byte("# the keys\n\n"), first, second, []byte("\n")))
	box := before.Box("status", here, []byte("x"))
	if _, err := after.Unbox("status", here, box); err != nil {
		t.Errorf("an old box: %v", err)
	}
	fresh := after.Box("status", here, []byte("x"))
	if _, err := before.Unbox("status", here, fresh); !errors.Is(err, seal.ErrBox) {
		t.Errorf("a new box opens with the old key alone: %v", err)
	}
	if got, err := parse(t, second).Unbox("status", here, fresh); err != nil || string(got) != "x" {
		t.Errorf("a new box does not open with the new key: %v", err)
	}
	if !bytes.Equal(before.Lookup("x", []byte("y")), after.Lookup("x", []byte("y"))) || !before.Public().Equal(after.Public()) ||
		!bytes.Equal(before.Pepper(), after.Pepper()) {
		t.Error("look-ups, pepper or signature changed with a new key")
	}
}

func TestTwoKeysMayHaveOneID(t *testing.T) {
	first, second := seal.GenerateServerKey(time.Now()), seal.GenerateServerKey(time.Now())
	id := strings.Fields(string(first))[1]
	both := parse(t, []byte(string(first)+strings.Replace(string(second), strings.Fields(string(second))[1], id, 1)))
	if got, err := both.Unbox("status", here, both.Box("status", here, []byte("x"))); err != nil || string(got) != "x" {
		t.Errorf("its own box does not open: %v", err)
	}
}

func TestPurposesHaveKeysOfTheirOwn(t *testing.T) {
	k := serverKeys(t)
	seen := map[string]bool{}
	for _, hash := range [][]byte{
		k.Lookup("a"), k.Lookup("a", nil), k.Lookup("a", []byte("b")), k.Lookup("ab"), k.Lookup("a", []byte("b"), nil),
		k.Lookup("a", []byte("bc")), k.Lookup("a", []byte("b"), []byte("c")), k.Pepper(), serverKeys(t).Lookup("a"),
	} {
		if len(hash) != 32 || seen[string(hash)] {
			t.Errorf("a hash of %d bytes, or twice the same", len(hash))
		}
		seen[string(hash)] = true
	}
}

func TestASignatureIsOverItsStep(t *testing.T) {
	k := serverKeys(t)
	hash := bytes.Repeat([]byte{3}, 32)
	sig := k.Sign(hash)
	if !ed25519.Verify(k.Public(), seal.Signed(hash), sig) {
		t.Error("it does not verify")
	}
	other := bytes.Repeat([]byte{4}, 32)
	if ed25519.Verify(k.Public(), seal.Signed(other), sig) || ed25519.Verify(k.Public(), hash, sig) {
		t.Error("it verifies for another hash, or without its domain")
	}
}

func TestADamagedKeyFileIsRefusedWithoutShowingIt(t *testing.T) {
	good := strings.TrimSpace(string(seal.GenerateServerKey(time.Now())))
	f := strings.Fields(good)
	root, err := base64.StdEncoding.DecodeString(f[3])
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{
		"empty": "", "only words": "# nothing\n\n", "another tag": strings.Replace(good, "v1", "v2", 1), "no date": strings.Join([]string{f[0], f[1], f[3]}, " "),
		"short id": strings.Replace(good, f[1], f[1][2:], 1), "id no hex": strings.Replace(good, f[1], "zz"+f[1][2:], 1),
		"short key": strings.Replace(good, f[3], base64.StdEncoding.EncodeToString(root[1:]), 1), "no base64": strings.Replace(good, f[3], "*"+f[3][1:], 1),
		"one good, one not": good + "\n" + f[0] + " " + f[3],
	} {
		_, err := seal.ParseServerKeys([]byte(file))
		if err == nil {
			t.Errorf("%s: it is read", name)
		} else if strings.Contains(err.Error(), f[3][1:20]) || strings.Contains(err.Error(), hex.EncodeToString(root)[:20]) {
			t.Errorf("%s: the error shows the key", name)
		}
	}
}

// TestTheKeyDoesNotLieInTheDataFolder tries every way to write the same place.
func TestTheKeyDoesNotLieInTheDataFolder(t *testing.T) {
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	root := t.TempDir()
	t.Chdir(root)
	data, etc := filepath.Join(root, "data"), filepath.Join(root, "etc")
	for _, dir := range []string{filepath.Join(data, "deep"), etc, filepath.Join(root, "data2")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	put := func(path string, mode os.FileMode) {
		if err := os.WriteFile(path, seal.GenerateServerKey(time.Now()), mode); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, path string) {
		if err := os.Symlink(to, path); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"data/server.key", "data/..key", "data/deep/server.key", "etc/server.key", "data2/server.key"} {
		put(path, 0o600)
	}
	put("etc/open.key", 0o640)
	link(data, "etc/link")
	link(filepath.Join(data, "server.key"), "etc/linked.key")
	link(etc, "data/out")
	for _, c := range []struct {
		path, dir string
		ok        bool
	}{
		{"etc/server.key", "data", true}, {filepath.Join(etc, "server.key"), "data", true}, {"etc/server.key", data, true},
		{"data2/server.key", data, true}, {"etc/server.key", "not-yet", true}, {"data/out/server.key", "data", true},
		{"data/server.key", "data", false}, {filepath.Join(data, "server.key"), "data", false}, {"data/server.key", data, false},
		{"data/..key", "data", false}, {"data/deep/server.key", "data", false}, {"data/server.key", "etc/link", false},
		{"etc/linked.key", "data", false}, {"etc/link/server.key", "data", false}, {"etc/open.key", "data", false},
		{"etc/missing.key", "data", false}, {"", "data", false},
	} {
		if _, err := seal.LoadServerKeys(c.path, c.dir); (err == nil) != c.ok {
			t.Errorf("key %q with the data in %q: %v", c.path, c.dir, err)
		}
	}
	if _, err := seal.LoadServerKeys("", data); err == nil || !strings.Contains(err.Error(), "credential server.key") {
		t.Errorf("without a file and a credential it says %v; want where a key may be", err)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", etc)
	if _, err := seal.LoadServerKeys("", data); err != nil {
		t.Errorf("the credential: %v", err)
	}
}

// FuzzUnbox offers boxes to the recorded key: nothing panics, and only the
// recorded one opens.
func FuzzUnbox(f *testing.F) {
	raw, err := os.ReadFile("../testdata/format/vectors.json")
	if err != nil {
		f.Fatal(err)
	}
	var v struct {
		ServerKey struct{ File string } `json:"server_key"`
		Box       struct{ Box, Plain string }
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		f.Fatal(err)
	}
	box, err := hex.DecodeString(v.Box.Box)
	if err != nil {
		f.Fatal(err)
	}
	k := parse(f, []byte(v.ServerKey.File))
	f.Add(box, "status", here.Table, here.Row, here.Column)
	f.Add(box[:28], "status", here.Table, here.Row, here.Column)
	f.Add([]byte{}, "", "", "", "")
	f.Fuzz(func(t *testing.T, b []byte, purpose, table, row, column string) {
		at := seal.Place{Table: table, Row: row, Column: column}
		got, err := k.Unbox(purpose, at, b)
		mine := bytes.Equal(b, box) && purpose == "status" && at == here
		if (err == nil) != mine || mine && string(got) != v.Box.Plain {
			t.Errorf("%d bytes come out, %v", len(got), err)
		}
		if plain, ok := seal.Unpad(b); ok && !bytes.Equal(seal.Pad(plain), b) {
			t.Error("padding comes off that Pad did not put on")
		}
	})
}

// FuzzServerKeys offers key files: what is read opens its own boxes.
func FuzzServerKeys(f *testing.F) {
	f.Add(seal.GenerateServerKey(time.Now()))
	f.Add([]byte("tillit-server-key-v1 00000000 2026-11-24 AAAA\n#\n\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		k, err := seal.ParseServerKeys(file)
		if err != nil {
			return
		}
		if got, err := k.Unbox("x", here, k.Box("x", here, []byte("y"))); err != nil || string(got) != "y" {
			t.Errorf("a key file that is read opens nothing: %v", err)
		}
	})
}
