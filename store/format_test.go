package store_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"tillit/intake"
	"tillit/store"
	"tillit/store/mailbox"
	"tillit/store/seal"
	"tillit/store/unseal"
)

const formats = "../docs/FORMAT.md"

// inHex is bytes that the vectors write in hex.
type inHex []byte

func (h *inHex) UnmarshalText(text []byte) error {
	raw, err := hex.DecodeString(string(text))
	*h = raw
	return err
}

// vectors is testdata/format/vectors.json. It was made once; nothing here makes
// it anew.
type vectors struct {
	Frame struct {
		Domain string
		Fields []string
		Bytes  inHex
	}
	Padding [][2]int
	Entry   struct {
		V          int
		Case, Room string
		Epoch      int
		Seq        int64
		Kind       string
		At         time.Time
		Prev       inHex
		Body       json.RawMessage
	}
	Chain struct {
		Public, Hour                             string
		Genesis, SHA256, Hash, Signed, Signature inHex
	}
	ServerKey struct {
		File    string
		Root    inHex
		Derived map[string]inHex
		SignsAs inHex `json:"signs_as"`
	} `json:"server_key"`
	Lookup []struct {
		Domain string
		Fields []string
		Hash   inHex
	}
	Box struct {
		Purpose, Table, Row, Column, Plain string
		Associated, Box                    inHex
	}
	Copy struct {
		Cookie, Secret, Public, Wrapped, Place inHex
		Lines                                  string
	}
	Code struct {
		Typed, Digits                 string
		Salt, Lookup, Secret, Wrapped inHex
	}
}

func golden(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "format", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func readVectors(t testing.TB) (v vectors, keys *seal.ServerKeys) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(golden(t, "vectors.json")))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	keys, err := seal.ParseServerKeys([]byte(v.ServerKey.File))
	if err != nil {
		t.Fatal(err)
	}
	return v, keys
}

func fieldsOf(texts []string) (out [][]byte) {
	for _, s := range texts {
		out = append(out, []byte(s))
	}
	return out
}

// same wants bytes to be what the vectors say.
func same(t *testing.T, name string, got, want []byte) {
	t.Helper()
	if len(want) == 0 || !bytes.Equal(got, want) {
		t.Errorf("%s is %x, the vectors say %x", name, got, want)
	}
}

func expand(t *testing.T, key, salt []byte, info string) []byte {
	t.Helper()
	out, err := hkdf.Key(sha256.New, key, salt, info, 32)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestVectorsOfFramesAndPadding(t *testing.T) {
	v, _ := readVectors(t)
	same(t, "the frame", seal.Frame(v.Frame.Domain, fieldsOf(v.Frame.Fields)...), v.Frame.Bytes)
	if len(v.Padding) < 10 {
		t.Errorf("%d vectors of padding", len(v.Padding))
	}
	for _, p := range v.Padding {
		if got := len(seal.Pad(make([]byte, max(p[0]-1, 0)))); got != p[1] {
			t.Errorf("%d bytes are padded to %d, the vectors say %d", p[0], got, p[1])
		}
	}
}

func TestVectorsOfTheServerKey(t *testing.T) {
	v, keys := readVectors(t)
	for purpose, want := range v.ServerKey.Derived {
		same(t, "the key for "+purpose, expand(t, v.ServerKey.Root, nil, "tillit/server/1/"+purpose), want)
	}
	same(t, "the pepper", keys.Pepper(), v.ServerKey.Derived["pepper"])
	same(t, "the public key", keys.Public(), v.ServerKey.SignsAs)
	same(t, "the key for sign", ed25519.NewKeyFromSeed(v.ServerKey.Derived["sign"]).Public().(ed25519.PublicKey), v.ServerKey.SignsAs)
	for _, l := range v.Lookup {
		same(t, "the look-up of a "+l.Domain, keys.Lookup(l.Domain, fieldsOf(l.Fields)...), l.Hash)
	}
	at := seal.Place{Table: v.Box.Table, Row: v.Box.Row, Column: v.Box.Column}
	same(t, "a box's associated data", seal.Frame("tillit/box/1/"+v.Box.Purpose, []byte(at.Table), []byte(at.Row), []byte(at.Column)), v.Box.Associated)
	got, err := keys.Unbox(v.Box.Purpose, at, v.Box.Box)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the box's content", got, []byte(v.Box.Plain))
}

// TestVectorsOfAnEntry opens the recorded wrap and entry, checks the chain, and
// holds that the entry's plaintext is written down to the byte.
func TestVectorsOfAnEntry(t *testing.T) {
	v, keys := readVectors(t)
	ids, err := age.ParseIdentities(bytes.NewReader(golden(t, "handler.key")))
	if err != nil {
		t.Fatal(err)
	}
	e := v.Entry
	room, err := unseal.Wrap(golden(t, "wrap.age"), ids[0].(*age.HybridIdentity), e.Case, e.Room, e.Epoch)
	if err != nil {
		t.Fatal(err)
	}
	if room.Recipient().String() != v.Chain.Public {
		t.Error("the wrap opens to another room's key")
	}
	data := golden(t, "entry.age")
	at := seal.Context{V: e.V, Case: e.Case, Room: e.Room, Epoch: e.Epoch, Seq: e.Seq, Kind: e.Kind, At: e.At, Prev: e.Prev}
	body, when, err := unseal.Entry(room, data, at)
	if err != nil || !when.Equal(e.At) {
		t.Fatalf("the entry: %v, %v", when, err)
	}
	var want bytes.Buffer
	if err := json.Compact(&want, e.Body); err != nil {
		t.Fatal(err)
	}
	same(t, "the body", body, want.Bytes())
	same(t, "the genesis", seal.Genesis(e.Case, e.Room, e.Epoch, v.Chain.Public), v.Chain.Genesis)
	same(t, "what came before the first entry", e.Prev, v.Chain.Genesis)
	sum := sha256.Sum256(data)
	same(t, "the file's hash", sum[:], v.Chain.SHA256)
	if hour := seal.Hour(e.At).Format(time.RFC3339); hour != v.Chain.Hour {
		t.Errorf("the hour is %s, the vectors say %s", hour, v.Chain.Hour)
	}
	same(t, "the step", seal.Step(at, data, nil), v.Chain.Hash)
	same(t, "what is signed", seal.Signed(v.Chain.Hash), v.Chain.Signed)
	same(t, "the signature", keys.Sign(v.Chain.Hash), v.Chain.Signature)
}

func TestVectorsOfBindings(t *testing.T) {
	_, keys := readVectors(t)
	var all []struct {
		Domain string
		Fields []string
		Hash   inHex
	}
	if err := json.Unmarshal(golden(t, "bind.json"), &all); err != nil {
		t.Fatal(err)
	}
	for _, b := range all {
		same(t, "the binding "+b.Domain, keys.Bind(b.Domain, fieldsOf(b.Fields)...), b.Hash)
	}
}

func TestVectorsOfATurn(t *testing.T) {
	v, _ := readVectors(t)
	var turn struct {
		Epoch      int
		Prev, Turn inHex
	}
	if err := json.Unmarshal(golden(t, "turn.json"), &turn); err != nil {
		t.Fatal(err)
	}
	same(t, "the last entry", v.Chain.Hash, turn.Prev)
	same(t, "the turn", seal.Turn(v.Entry.Case, v.Entry.Room, turn.Epoch, v.Chain.Public, turn.Prev), turn.Turn)
}

func TestVectorsOfTheCopyAndTheCode(t *testing.T) {
	v, keys := readVectors(t)
	same(t, "the browser's secret", expand(t, v.Copy.Cookie, nil, "tillit/web/mailbox/1"), v.Copy.Secret)
	key, err := mailbox.OpenKey(v.Copy.Wrapped, v.Copy.Secret)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := key.Open(v.Copy.Place, golden(t, "letter"))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the letter", lines, []byte(v.Copy.Lines))
	again, err := mailbox.Seal(v.Copy.Public, v.Copy.Place, lines)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := key.Open(v.Copy.Place, again); err != nil {
		t.Errorf("the public half is another mailbox's: %v", err)
	}

	own, err := key.Open(v.Copy.Place, golden(t, "own-letter"))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the letter of her own", own, []byte(v.Copy.Lines))

	digits, ok := store.ReadCode(intake.NewPrivate(v.Code.Typed))
	if !ok || digits != v.Code.Digits {
		t.Error("the typed code is read as something else")
	}
	same(t, "the salt", keys.Lookup("code-salt")[:16], v.Code.Salt)
	s, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	lookup, secret, err := s.CodeRoot(t.Context(), digits)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the code's look-up", lookup, v.Code.Lookup)
	same(t, "the code's secret", secret, v.Code.Secret)
	if key, err = mailbox.OpenKey(v.Code.Wrapped, secret); err != nil {
		t.Fatal(err)
	}
	if lines, err = key.Open(v.Copy.Place, golden(t, "letter")); err != nil || string(lines) != v.Copy.Lines {
		t.Errorf("the code opens another copy: %v", err)
	}
}

// TestTheDocumentShowsTheVectors compares each line under the marker in the
// document with the file, by its name.
func TestTheDocumentShowsTheVectors(t *testing.T) {
	doc, err := os.ReadFile(formats)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(golden(t, "vectors.json"), &all); err != nil {
		t.Fatal(err)
	}
	_, list, ok := strings.Cut(string(doc), "<!-- vectors -->\n")
	if !ok {
		t.Fatal("the document has no list of vectors")
	}
	shown := map[string]bool{}
	for line := range strings.Lines(list) {
		if !strings.HasPrefix(line, "    ") {
			break
		}
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		var at any = all
		for part := range strings.SplitSeq(name, ".") {
			object, _ := at.(map[string]any)
			at = object[part]
		}
		if at != value {
			t.Errorf("the document says %s = %s, the file %v", name, value, at)
		}
		shown[strings.SplitN(name, ".", 2)[0]] = true
	}
	for _, section := range []string{"frame", "chain", "server_key", "box", "copy", "code"} {
		if !shown[section] {
			t.Errorf("the document shows nothing of %s", section)
		}
	}
	files, err := os.ReadDir(filepath.Join("testdata", "format"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.Contains(string(doc), "| `"+f.Name()+"` |") {
			t.Errorf("the document does not say what %s holds", f.Name())
		}
	}
}

// TestEveryDomainIsWrittenDown finds the domain strings in the code, and wants
// each in the document: who writes another reader must know them all.
func TestEveryDomainIsWrittenDown(t *testing.T) {
	doc, err := os.ReadFile(formats)
	if err != nil {
		t.Fatal(err)
	}
	domain := regexp.MustCompile(`"(tillit/[a-z/-]+/[0-9]+(?:/[a-z-]*)?)"`)
	place := regexp.MustCompile(`(?:Box|Unbox|Lookup|Bind)\("([a-z-]+)"`)
	found := 0
	quote := map[*regexp.Regexp]string{place: "`"} // a purpose is a common word
	err = filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, re := range []*regexp.Regexp{domain, place} {
			for _, m := range re.FindAllSubmatch(raw, -1) {
				found++
				if q := quote[re]; !strings.Contains(string(doc), q+string(m[1])+q) {
					t.Errorf("%s: %s is not in the document", filepath.ToSlash(path), m[1])
				}
			}
		}
		return err
	})
	if err != nil || found < 25 {
		t.Errorf("%d domains in the code, %v", found, err)
	}
}

// TestAReaderFromTheDocument opens the recorded case with no code of ours but
// age: what it does is what the document says, and no more.
func TestAReaderFromTheDocument(t *testing.T) {
	open := func(file []byte, identities string) string {
		t.Helper()
		ids, err := age.ParseIdentities(strings.NewReader(identities))
		if err != nil {
			t.Fatal(err)
		}
		r, err := age.Decrypt(bytes.NewReader(file), ids...)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if _, err := out.ReadFrom(r); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	v, _ := readVectors(t)
	room := open(golden(t, "wrap.age"), string(golden(t, "handler.key")))
	if want := "# tillit room-key v1 case=" + v.Entry.Case + " room=" + v.Entry.Room + " epoch=1\nAGE-SECRET-KEY-PQ-1"; !strings.HasPrefix(room, want) {
		t.Errorf("a wrap holds %d bytes that begin with something else", len(room))
	}
	var body bytes.Buffer
	if err := json.Compact(&body, v.Entry.Body); err != nil {
		t.Fatal(err)
	}
	want := `{"v":1,"case":"` + v.Entry.Case + `","room":"` + v.Entry.Room + `","epoch":1,"seq":1,"kind":"reporter","at":"` +
		v.Entry.At.Format(time.RFC3339Nano) + `","prev":"` + base64.StdEncoding.EncodeToString(v.Entry.Prev) + `","body":` + body.String() + "}"
	got := open(golden(t, "entry.age"), room)
	if got != want+strings.Repeat(" ", 512-len(want)) {
		t.Errorf("an entry holds %q, want %q and spaces up to 512", got, want)
	}
}
