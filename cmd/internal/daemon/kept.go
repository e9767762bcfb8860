package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

// keeper keeps, in a folder of the data folder, every version of something that was ever
// in use here, each in a folder named by its version: question sets, whose interviews end
// in the version that they began in, and routines, by which cases are worked until they
// are destroyed.
type keeper[T any] struct {
	what    string // for people: what becomes of it where it is damaged
	load    func(fs.FS) (T, error)
	version func(T) string
	files   func(T) map[string][]byte
}

// all keeps the current one before its first use and returns all that were kept, by
// version. A folder that is not what its name says is left out and said loudly.
func (k keeper[T]) all(dir string, current T, log *slog.Logger) (map[string]T, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := k.keep(dir, current); err != nil {
		return nil, err
	}
	folders, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	kept := map[string]T{}
	for _, f := range folders {
		if strings.HasPrefix(f.Name(), ".") {
			continue // was being made when the server died
		}
		one, err := k.load(os.DirFS(filepath.Join(dir, f.Name())))
		if err != nil || k.version(one) != f.Name() {
			log.Error(k.what, "version", f.Name())
			continue
		}
		kept[f.Name()] = one
	}
	return kept, nil
}

// keep writes the files of one, whole or not at all.
func (k keeper[T]) keep(dir string, one T) error {
	to := filepath.Join(dir, k.version(one))
	if had, err := k.load(os.DirFS(to)); err == nil && k.version(had) == k.version(one) {
		return nil
	}
	tmp, err := os.MkdirTemp(dir, ".new-")
	if err != nil {
		return err
	}
	if err := writeFolder(tmp, k.files(one)); err != nil {
		return errors.Join(err, os.RemoveAll(tmp))
	}
	// What stands there, if anything, is damaged.
	if err := errors.Join(os.RemoveAll(to), syncFolder(tmp), os.Rename(tmp, to)); err != nil {
		return errors.Join(err, os.RemoveAll(tmp))
	}
	return syncFolder(dir)
}

// writeFolder writes files by their paths in a folder, and waits until they are on disk.
func writeFolder(dir string, files map[string][]byte) error {
	below := map[string]bool{}
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if !filepath.IsLocal(name) {
			return fmt.Errorf("a file cannot be kept under the name %q", name)
		}
		if in := filepath.Dir(path); in != dir {
			below[in] = true
			if err := os.MkdirAll(in, 0o700); err != nil {
				return err
			}
		}
		if err := writeSynced(path, data); err != nil {
			return err
		}
	}
	var errs []error
	for in := range below {
		errs = append(errs, syncFolder(in))
	}
	return errors.Join(errs...)
}

func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
