// Package storetest opens real stores for tests, with keys of made-up people, and
// looks for what must not be readable on disk.
package storetest

import (
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"tillit/store"
	"tillit/store/seal"
)

// People are made-up recipients with their private keys.
type People struct {
	t          testing.TB
	mu         sync.Mutex
	identities map[string]*age.HybridIdentity
}

// Identity returns a person's private key, made at the first call.
func (p *People) Identity(name string) *age.HybridIdentity {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if i, ok := p.identities[name]; ok {
		return i
	}
	i, err := age.GenerateHybridIdentity()
	if err != nil {
		p.t.Fatal(err)
	}
	p.identities[name] = i
	return i
}

// Key returns a person's public key.
func (p *People) Key(name string) string { return p.Identity(name).Recipient().String() }

// New opens a fresh store in a temporary folder, closed at the end of the test.
func New(t testing.TB) (*store.Store, *People) {
	t.Helper()
	return Open(t, t.TempDir(), Keys(t)), NewPeople(t)
}

// NewPeople makes recipients, for a store that a test opens itself.
func NewPeople(t testing.TB) *People {
	return &People{t: t, identities: map[string]*age.HybridIdentity{}}
}

// Keys makes a server key.
func Keys(t testing.TB) *seal.ServerKeys {
	t.Helper()
	keys, err := seal.ParseServerKeys(seal.GenerateServerKey(time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// Open opens a store in a folder, closed at the end of the test.
func Open(t testing.TB, dir string, keys *seal.ServerKeys) *store.Store {
	t.Helper()
	return OpenWith(t, store.Options{Dir: dir, Keys: keys})
}

// OpenWith opens a store, closed at the end of the test.
func OpenWith(t testing.TB, o store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
