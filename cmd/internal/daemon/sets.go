package daemon

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"tillit/intake"
)

// setsFolder holds, in the data folder, every question set that interviews began
// in here, each in a folder named by its version. An interview ends in the version
// that it began in, whatever has become of the files since.
const setsFolder = "sets"

// currentSet is the set that new interviews begin in.
func currentSet(conf Config) (*intake.Set, error) {
	if conf.Questions == "" {
		return intake.Default(), nil
	}
	set, err := intake.Load(os.DirFS(conf.path(conf.Questions)))
	if err != nil {
		return nil, fmt.Errorf("%w; tillitd check lists all", err)
	}
	return set, nil
}

// keptSets keeps the current set before its first use and returns all that were
// kept, by version. A folder that is not what its name says is left out and said
// loudly: interviews in it begin anew, with their sealed answers.
func keptSets(dir string, current *intake.Set, log *slog.Logger) (map[string]*intake.Set, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := keepSet(dir, current); err != nil {
		return nil, err
	}
	folders, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	kept := map[string]*intake.Set{}
	for _, f := range folders {
		if strings.HasPrefix(f.Name(), ".") {
			continue // was being made when the server died
		}
		set, err := intake.LoadKept(os.DirFS(filepath.Join(dir, f.Name())))
		if err != nil || set.Version() != f.Name() {
			log.Error("a kept question set is damaged; interviews that began in it begin anew", "version", f.Name())
			continue
		}
		kept[set.Version()] = set
	}
	return kept, nil
}

// keepSet writes a set's files, whole or not at all.
func keepSet(dir string, set *intake.Set) error {
	to := filepath.Join(dir, set.Version())
	if had, err := intake.LoadKept(os.DirFS(to)); err == nil && had.Version() == set.Version() {
		return nil
	}
	tmp, err := os.MkdirTemp(dir, ".new-")
	if err != nil {
		return err
	}
	for name, data := range set.Files() {
		if err := writeSynced(filepath.Join(tmp, name), data); err != nil {
			return errors.Join(err, os.RemoveAll(tmp))
		}
	}
	// What stands there, if anything, is damaged.
	if err := errors.Join(os.RemoveAll(to), syncFolder(tmp), os.Rename(tmp, to)); err != nil {
		return errors.Join(err, os.RemoveAll(tmp))
	}
	return syncFolder(dir)
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
