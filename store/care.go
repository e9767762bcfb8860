package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite"
)

// This file is how the store looks after its own file: room on a full disk, no
// writing into a damaged file, and a copy before its form changes.

const (
	ballastName = "ballast"
	ballastSize = 8 << 20
)

// ErrDamaged is an [ErrUnavailable] that does not pass: a page of the file is not
// what was written. The store writes no more, so that what is whole stays so.
var ErrDamaged = fmt.Errorf("%w: the database is damaged; stop, and restore a backup", ErrUnavailable)

// SQLite's codes for a disk without room, for a file that is not whole, and for a row
// that is there already.
const (
	codeFull       = 13
	codeCorrupt    = 11
	codeConstraint = 19
	codeNotADB     = 26
)

func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// care looks at how a transaction ended; only the writer calls it. A full disk
// gives the ballast's room back, so that what people send next is kept while the
// operator makes more; a damaged page ends all writing.
func (s *Store) care(err error) {
	switch code(err) {
	case codeFull:
		if os.Remove(filepath.Join(s.Dir, ballastName)) == nil {
			s.Log.Error("the disk is full; the ballast was given up, make room now", "bytes", ballastSize)
		}
	case codeCorrupt, codeNotADB:
		if !s.damaged.Swap(true) {
			s.Log.Error("the database is damaged; nothing more is written, restore a backup", "code", code(err))
		}
	}
}

// fillBallast makes the ballast where it is missing and the disk has much more
// room than that. It is filled with bytes: a hole would hold no room.
func (s *Store) fillBallast() error {
	path := filepath.Join(s.Dir, ballastName)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(s.Dir, &disk); err != nil || disk.Bavail*uint64(disk.Bsize) < 8*ballastSize {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, ballastSize))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// beforeMigrating keeps a copy of a file whose form is about to change. It is in
// the data folder until done is called, which destroys it: it may hold keys that
// are destroyed in the file afterwards.
func (s *Store) beforeMigrating(ctx context.Context) (done func() error, err error) {
	path := filepath.Join(s.Dir, "before-migration.db")
	if _, err := os.Stat(path); err == nil {
		return nil, fmt.Errorf("%s lies beside the database: an earlier change of its form failed; put it in the place of %s, or delete it if you know that the database is whole", path, fileName)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if _, err := makeFile(path); err != nil {
		return nil, err
	}
	if _, err := s.write.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return nil, fmt.Errorf("copying the database before its form changes: %w", errors.Join(err, os.Remove(path)))
	}
	if err := syncFile(path); err != nil {
		return nil, err
	}
	return func() error { return os.Remove(path) }, nil
}
