package casework

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"

	"github.com/gofrs/flock"
)

// head is the last entry of a room that this machine has seen.
type head struct {
	Ref  string `json:"ref"`
	Seq  int64  `json:"seq"`
	Hash []byte `json:"hash"`
	// Whole says that every entry up to it opened here.
	Whole bool `json:"whole,omitempty"`
}

// memory is what a desk remembers between runs: public facts to compare with,
// never anything readable of a case. The desk and the commands share its file.
type memory struct {
	path string
	mu   sync.Mutex

	Server string          `json:"server"` // fingerprint first met
	Heads  map[string]head `json:"heads"`  // by room
}

func newMemory(path string) *memory {
	return &memory{path: path, Heads: map[string]head{}}
}

func remember(path string) (*memory, error) {
	m := newMemory(path)
	return m, m.catchUp()
}

// catchUp takes over what other programs on this machine have seen meanwhile.
// Nothing is ever forgotten by it.
func (m *memory) catchUp() error {
	if m.path == "" {
		return nil
	}
	data, err := os.ReadFile(m.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	// A file that does not read is not silently begun anew: that would forget
	// the heads that a cut log must be compared with.
	other := newMemory("")
	if err := json.Unmarshal(data, other); err != nil {
		return err
	}
	if other.Server != "" {
		m.Server = other.Server
	}
	for room, h := range other.Heads {
		m.see(room, h)
	}
	return nil
}

// see remembers a head unless a later one is known: two readers may end in
// another order than they began.
func (m *memory) see(room string, h head) {
	if h.Seq > m.Heads[room].Seq {
		m.Heads[room] = h
	}
}

// change alters the memory and writes it whole: a new file over the old one.
func (m *memory) change(do func()) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.path == "" {
		do()
		return nil
	}
	lock := flock.New(m.path+".lock", flock.SetPermissions(0o600))
	if err := lock.Lock(); err != nil {
		return err
	}
	defer func() { _ = lock.Close() }() // what was written under it stands
	if err := m.catchUp(); err != nil {
		return err
	}
	do()
	return m.write()
}

func (m *memory) write() error {
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(m.path), ".heads-*") // 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), m.path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// heads returns what has been seen up to now.
func (m *memory) heads() (map[string]head, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	err := m.catchUp()
	return maps.Clone(m.Heads), err
}
