package casework

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"

	"tillit/handlers"
	"tillit/intake"
	"tillit/store/seal"
)

// ErrPassphrase says that a key file needs another passphrase, ErrNoKey that it is none.
var (
	ErrPassphrase = errors.New("the key file does not open with this passphrase")
	ErrNoKey      = errors.New("no key in the key file")
)

// Key is a handler's private key: an age identity, and the sign key that is
// derived from it. It shows nothing of itself.
type Key struct {
	identity *age.HybridIdentity
	sign     ed25519.PrivateKey
}

// NewKey makes a key.
func NewKey() (*Key, error) {
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		return nil, err
	}
	return keyOf(identity)
}

func keyOf(identity *age.HybridIdentity) (*Key, error) {
	seed, err := hkdf.Key(sha256.New, []byte(identity.String()), nil, "tillit/sign-key/1", ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	return &Key{identity: identity, sign: ed25519.NewKeyFromSeed(seed)}, nil
}

// String hides the key.
func (*Key) String() string { return "[key]" }

// GoString hides the key.
func (*Key) GoString() string { return "[key]" }

// Recipient returns the public age line.
func (k *Key) Recipient() string { return k.identity.Recipient().String() }

// Sign returns the public sign key as the organisation file has it.
func (k *Key) Sign() string { return handlers.SignKeyString(k.SignPublic()) }

// Fingerprint returns what is read aloud.
func (k *Key) Fingerprint() string { return handlers.Fingerprint(k.Recipient(), k.SignPublic()) }

// SignPublic returns the public half of the key that signs in.
func (k *Key) SignPublic() ed25519.PublicKey { return k.sign.Public().(ed25519.PublicKey) }

// SignAct signs what its owner does to a case, and nothing else: the signature has a
// domain of its own.
func (k *Key) SignAct(at seal.Context, by string, data, mark []byte) seal.Signature {
	sum := sha256.Sum256(data)
	return seal.Signature{By: by, Mark: mark, Sig: ed25519.Sign(k.sign, seal.ActBytes(at, by, "", sum[:], mark))}
}

// Public returns the public lines, for the organisation file.
func (k *Key) Public() string {
	return "key = \"" + k.Recipient() + "\"\nsign = \"" + k.Sign() + "\"\n# fingerprint: " + k.Fingerprint() + "\n"
}

// WriteKey writes a key file for its owner only, and never over another. With a
// passphrase the stock age program opens it too.
func WriteKey(path string, k *Key, passphrase intake.Private) error {
	text := "# tillit handler key\n# " + strings.ReplaceAll(strings.TrimSpace(k.Public()), "\n", "\n# ") + "\n" + k.identity.String() + "\n"
	data := []byte(text)
	if !passphrase.IsZero() {
		var err error
		if data, err = lock(data, passphrase); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

func lock(data []byte, passphrase intake.Private) ([]byte, error) {
	recipient, err := age.NewScryptRecipient(passphrase.Reveal())
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	armored := armor.NewWriter(&out)
	w, err := age.Encrypt(armored, recipient)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(data)
	return out.Bytes(), errors.Join(err, w.Close(), armored.Close())
}

// ReadKey reads a key file. Ask is called for the passphrase if there is one.
func ReadKey(path string, ask func() (intake.Private, error)) (*Key, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte(armor.Header)) {
		if data, err = unlock(data, ask); err != nil {
			return nil, err
		}
	}
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		identity, err := age.ParseHybridIdentity(line)
		if err != nil {
			break // the error may hold the line
		}
		return keyOf(identity)
	}
	return nil, ErrNoKey
}

func unlock(data []byte, ask func() (intake.Private, error)) ([]byte, error) {
	if ask == nil {
		return nil, ErrPassphrase
	}
	passphrase, err := ask()
	if err != nil {
		return nil, err
	}
	identity, err := age.NewScryptIdentity(passphrase.Reveal())
	if err != nil {
		return nil, ErrPassphrase
	}
	r, err := age.Decrypt(armor.NewReader(bytes.NewReader(data)), identity)
	if err != nil {
		return nil, ErrPassphrase
	}
	return io.ReadAll(r)
}
