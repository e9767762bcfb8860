package seal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/crypto/chacha20poly1305"
)

// serverKeyTag opens each line of a server key file.
const serverKeyTag = "tillit-server-key-v1"

// ErrBox says that a box does not open: another key, another place, or changed.
var ErrBox = errors.New("the box does not open")

// errNoServerKey is what an operator reads who runs a command in a shell while the
// key is a credential of the service.
var errNoServerKey = errors.New("server_key names no file, and there is no systemd credential server.key here")

// ServerKeys are the server's own keys. They protect what the server itself must
// use: addresses, cursors, texts on their way out, statuses. The newest boxes,
// every one opens. They are safe for concurrent use.
type ServerKeys struct {
	keys   []serverKey // newest last
	lookup []byte
	bind   []byte
	sign   ed25519.PrivateKey
}

type serverKey struct {
	id   [4]byte
	root []byte
}

// GenerateServerKey returns the content of a new server key file.
func GenerateServerKey(now time.Time) []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	id := make([]byte, 4)
	_, _ = rand.Read(id)
	return fmt.Appendf(nil, "%s %x %s %s\n", serverKeyTag, id, now.UTC().Format(time.DateOnly), base64.StdEncoding.EncodeToString(key))
}

// ParseServerKeys reads a server key file: one line per key, newest last. Look-up
// ids, bindings and the signature come from the oldest, so that adding a line changes
// none of them.
func ParseServerKeys(file []byte) (*ServerKeys, error) {
	k := &ServerKeys{}
	for n, line := range strings.Split(strings.TrimSpace(string(bytes.TrimSpace(file))), "\n") {
		f := strings.Fields(line)
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		var key serverKey
		if len(f) != 4 || f[0] != serverKeyTag {
			return nil, fmt.Errorf("line %d of the server key is not one of ours", n+1)
		}
		id, err := hex.DecodeString(f[1])
		root, err2 := base64.StdEncoding.DecodeString(f[3])
		if err != nil || err2 != nil || len(id) != 4 || len(root) != 32 {
			return nil, fmt.Errorf("line %d of the server key is damaged", n+1)
		}
		copy(key.id[:], id)
		key.root = root
		k.keys = append(k.keys, key)
	}
	if len(k.keys) == 0 {
		return nil, errors.New("the server key file is empty")
	}
	oldest := k.keys[0].root
	k.lookup = derive(oldest, "lookup")
	k.bind = derive(oldest, "bind")
	k.sign = ed25519.NewKeyFromSeed(derive(oldest, "sign"))
	return k, nil
}

// LoadServerKeys reads the server key: the systemd credential server.key when
// path is empty, otherwise a file that only its owner can read and that does not
// lie in the data folder, where a backup would take it along.
func LoadServerKeys(path, dataDir string) (*ServerKeys, error) {
	if path == "" {
		dir := os.Getenv("CREDENTIALS_DIRECTORY")
		if dir == "" {
			return nil, errNoServerKey
		}
		path = filepath.Join(dir, "server.key")
	} else {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("reading the server key: %w", err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			return nil, fmt.Errorf("others can read %s; make it 0600", path)
		}
		if inside(dataDir, path) {
			return nil, fmt.Errorf("%s lies in the data folder; backups would hold it", path)
		}
	}
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the server key: %w", err)
	}
	return ParseServerKeys(file)
}

// inside reports whether path lies in dir, however either is written: a relative
// path and a link are followed to where they lead. A folder that is not there yet
// holds nothing.
func inside(dir, path string) bool {
	var real [2]string
	for i, p := range []string{dir, path} {
		abs, err := filepath.Abs(p)
		if err != nil {
			return true
		}
		if real[i], err = filepath.EvalSymlinks(abs); err != nil {
			return false
		}
	}
	rel, err := filepath.Rel(real[0], real[1])
	return err != nil || rel != ".." && !strings.HasPrefix(rel, "../")
}

func derive(root []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, root, nil, "tillit/server/1/"+purpose, 32)
	if err != nil {
		panic("deriving a key of 32 bytes")
	}
	return key
}

// Lookup is the keyed hash under which a row is found without naming what it is.
func (k *ServerKeys) Lookup(domain string, fields ...[]byte) []byte {
	mac := hmac.New(sha256.New, k.lookup)
	mac.Write(Frame("tillit/lookup/1/"+domain, fields...))
	return mac.Sum(nil)
}

// Bind is the keyed hash that stands in a row beside what it is made of, so that only
// who holds the server key can change them together.
func (k *ServerKeys) Bind(domain string, fields ...[]byte) []byte {
	mac := hmac.New(sha256.New, k.bind)
	mac.Write(Frame("tillit/bind/1/"+domain, fields...))
	return mac.Sum(nil)
}

// Pepper is the secret half of a code look-up.
func (k *ServerKeys) Pepper() []byte { return derive(k.keys[0].root, "pepper") }

// Place is where a box lies; a box opens nowhere else.
type Place struct{ Table, Row, Column string }

func (p Place) ad(purpose string) []byte {
	return Frame("tillit/box/1/"+purpose, []byte(p.Table), []byte(p.Row), []byte(p.Column))
}

// Box seals bytes for the server's own later use, bound to a purpose and a place,
// and padded: a status or a name must not show by its length.
func (k *ServerKeys) Box(purpose string, at Place, plain []byte) []byte {
	key := k.keys[len(k.keys)-1]
	aead, err := chacha20poly1305.NewX(derive(key.root, "box/"+purpose))
	if err != nil {
		panic("a key of 32 bytes")
	}
	text := Pad(plain)
	out := make([]byte, 4+chacha20poly1305.NonceSizeX, 4+chacha20poly1305.NonceSizeX+len(text)+aead.Overhead())
	copy(out, key.id[:])
	_, _ = rand.Read(out[4:])
	return aead.Seal(out, out[4:], text, at.ad(purpose))
}

// Unbox opens what [ServerKeys.Box] made, in the same purpose and place only.
func (k *ServerKeys) Unbox(purpose string, at Place, box []byte) ([]byte, error) {
	if len(box) < 4+chacha20poly1305.NonceSizeX {
		return nil, ErrBox
	}
	for _, key := range k.keys {
		if !bytes.Equal(key.id[:], box[:4]) {
			continue
		}
		aead, err := chacha20poly1305.NewX(derive(key.root, "box/"+purpose))
		if err != nil {
			return nil, ErrBox
		}
		rest := box[4:]
		text, err := aead.Open(nil, rest[:chacha20poly1305.NonceSizeX], rest[chacha20poly1305.NonceSizeX:], at.ad(purpose))
		if err != nil {
			continue // two keys may have drawn one id
		}
		plain, ok := Unpad(text)
		if !ok {
			return nil, ErrBox
		}
		return plain, nil
	}
	return nil, ErrBox
}

// Sign signs a step of a chain.
func (k *ServerKeys) Sign(hash []byte) []byte { return ed25519.Sign(k.sign, Signed(hash)) }

// Public is the key that desks verify the chain with.
func (k *ServerKeys) Public() ed25519.PublicKey { return k.sign.Public().(ed25519.PublicKey) }
