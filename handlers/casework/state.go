package casework

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// head is the last entry of a room that this machine has seen.
type head struct {
	Seq  int64  `json:"seq"`
	Hash []byte `json:"hash"`
}

// memory is what a desk remembers between runs: public facts to compare with,
// never anything readable of a case.
type memory struct {
	path string
	mu   sync.Mutex

	Server string            `json:"server"` // fingerprint first met
	Heads  map[string]head   `json:"heads"`  // by room
	Keys   map[string]string `json:"keys"`   // colleague → key first met
}

func remember(path string) (*memory, error) {
	m := &memory{path: path, Heads: map[string]head{}, Keys: map[string]string{}}
	if path == "" {
		return m, nil
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return nil, err
	}
	// A file that does not read is not silently begun anew: that would forget
	// the heads that a cut log must be compared with.
	return m, json.Unmarshal(data, m)
}

// change alters the memory and writes it whole: a new file over the old one.
func (m *memory) change(do func()) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	do()
	if m.path == "" {
		return nil
	}
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

func (m *memory) head(room string) (head, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h, ok := m.Heads[room]
	return h, ok
}
