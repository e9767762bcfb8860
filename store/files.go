package store

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"tillit/store/cases"
)

// This file takes files in. One that comes lies outside the log until all of it is here,
// under a key that nobody keeps, so that nothing is left of what is refused or breaks off.

// FileLimits are how much of files is taken, in bytes; 0 is no limit.
type FileLimits struct {
	Case int64 // in one case, with all else that its reporter has said there
	All  int64 // in the whole store, with all else that is in it
	Free int64 // left free on the disk: words are taken below that, too
}

// partSize is how much of a file one entry holds. Until it has come it is in memory, and
// so are what it is sealed to and the row.
const (
	partSize  = 256 << 10
	partHolds = 4 * partSize
)

// holdFor is how long a file waits for memory.
const holdFor = 10 * time.Second

// hold takes memory for a file that comes; it is [ErrBusy] where too many come at once.
func (s *Store) hold(ctx context.Context) (release func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, holdFor)
	defer cancel()
	if s.Slow.Acquire(ctx, partHolds) != nil {
		return nil, ErrBusy
	}
	return func() { s.Slow.Release(partHolds) }, nil
}

// storeFiles takes files into the active room, part by part, when all of them are here.
// The parts of a file mean nothing until the entry that names it is written; those entries
// are returned, to be written together with the event that brought the files: what is
// brought again is then named once.
func (s *Store) storeFiles(ctx context.Context, c Change, lookup []byte) (named []Entry, ids []string, err error) {
	if len(c.Files) == 0 {
		return nil, nil, nil
	}
	find := func(ctx context.Context, q querier) (room, error) {
		r, err := s.route(ctx, q, lookup)
		if err == nil {
			err = s.into(ctx, q, &r, c.Into)
		}
		if err == nil && r.room.ref == "" {
			err = ErrUnknown
		}
		return r.room, err
	}
	r, err := find(ctx, s.read)
	if err != nil {
		return nil, nil, classify(err)
	}
	release, err := s.hold(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer release()
	there, err := s.filesOf(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	var here []*spool
	defer func() {
		for _, sp := range here {
			err = errors.Join(err, sp.close())
		}
	}()
	for _, f := range c.Files {
		sp, err := s.spool(f, &there)
		if sp != nil {
			here = append(here, sp)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	for i, f := range c.Files {
		entry, err := s.storeFile(ctx, f, here[i], find)
		if err != nil {
			return nil, nil, err
		}
		named, ids = append(named, entry), append(ids, f.ID)
	}
	return named, ids, nil
}

// storeFile writes a file's parts and returns the entry that names it.
func (s *Store) storeFile(ctx context.Context, f FilePart, from *spool, find func(context.Context, querier) (room, error)) (Entry, error) {
	sum, parts := sha256.New(), []int64(nil)
	err := from.each(func(piece []byte) error {
		sum.Write(piece)
		var at int64
		err := s.append(ctx, find, []Entry{{cases.FilePart{ID: f.ID, Part: len(parts) + 1, Data: piece}}}, func(_ *transaction, r room) error {
			at = r.seq - 1
			return nil
		})
		parts = append(parts, at)
		return err
	})
	if err != nil {
		return Entry{}, err
	}
	return Entry{cases.File{ID: f.ID, Name: f.Name, MediaType: f.Type, Size: from.size, SHA256: sum.Sum(nil), Source: f.Source, NoPlace: f.NoPlace, Parts: parts}}, nil
}

// taken is how much there is of files.
type taken struct{ inCase, inAll int64 }

// filesOf is how much there is before some come.
func (s *Store) filesOf(ctx context.Context, r room) (there taken, err error) {
	var pages, free int64
	err = errors.Join(
		s.read.QueryRowContext(ctx, "SELECT coalesce(sum(length(data)), 0) FROM entries WHERE case_id = ?", r.id).Scan(&there.inCase),
		s.read.QueryRowContext(ctx, "PRAGMA page_count").Scan(&pages),
		s.read.QueryRowContext(ctx, "PRAGMA freelist_count").Scan(&free))
	there.inCase = there.inCase / 4 * 3 // a file lies there as base64
	there.inAll = (pages - free) * pageSize
	return there, classify(err)
}

// more counts what comes, as long as there is room for it.
func (s *Store) more(there *taken, n int64) error {
	there.inCase, there.inAll = there.inCase+n, there.inAll+n
	switch l := s.Files; {
	case l.Case > 0 && there.inCase > l.Case:
		return ErrFull
	case l.All > 0 && there.inAll > l.All, l.Free > 0 && s.free() < l.Free:
		return ErrNoRoom
	}
	return nil
}

// free is how much of the disk we may still write to; what cannot be asked is not full.
func (s *Store) free() int64 {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(s.Dir, &disk); err != nil {
		return math.MaxInt64
	}
	return int64(disk.Bavail) * int64(disk.Bsize)
}

// spool is a file that has come, in a file of ours that no folder names and whose key is
// here alone: when it is closed, or we die, nothing of it is left.
type spool struct {
	file   *os.File
	sealed cipher.AEAD
	size   int64
}

// spool takes a file as it comes.
func (s *Store) spool(f FilePart, there *taken) (*spool, error) {
	if err := s.more(there, 0); err != nil {
		return nil, err
	}
	in, err := f.Open()
	if err != nil {
		return nil, errors.New("reading a file: it cannot be opened")
	}
	defer in.Close()
	sp, err := s.newSpool()
	if err != nil {
		return sp, err
	}
	buf := make([]byte, partSize)
	defer clear(buf)
	for {
		n, err := fill(in, buf)
		if err != nil && !errors.Is(err, io.EOF) {
			return sp, errors.New("reading a file: it broke off")
		}
		if full := s.more(there, int64(n)); full != nil {
			return sp, full
		}
		if bad := sp.write(buf[:n]); bad != nil {
			return sp, bad
		}
		switch {
		case err == nil:
		case sp.size == 0:
			return sp, ErrEmpty
		default:
			return sp, nil
		}
	}
}

// Names of what lies in the folder for a moment only: a file that comes, and a copy of the
// store while a backup is made.
const (
	spoolName    = "incoming-*"
	snapshotName = "backup-*"
)

// dropLeft takes away what a crash left in such a moment. The first is empty, the other
// could hold what is destroyed afterwards.
func (s *Store) dropLeft() error {
	var errs []error
	for _, name := range []string{spoolName, snapshotName} {
		left, err := filepath.Glob(filepath.Join(s.Dir, name))
		errs = append(errs, err)
		for _, path := range left {
			errs = append(errs, os.RemoveAll(path))
		}
	}
	return errors.Join(errs...)
}

// noRoom is why a file could not be put down for the moment.
func noRoom(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return ErrNoRoom
	}
	return fmt.Errorf("%w: a file cannot be put down", ErrUnavailable)
}

func (s *Store) newSpool() (*spool, error) {
	file, err := os.CreateTemp(s.Dir, spoolName)
	if err != nil {
		return nil, noRoom(err)
	}
	key := make([]byte, chacha20poly1305.KeySize)
	_, _ = rand.Read(key) // never fails
	sealed, err := chacha20poly1305.New(key)
	clear(key)
	return &spool{file: file, sealed: sealed}, errors.Join(err, os.Remove(file.Name()))
}

// nonce is of the piece that begins at some place of the file.
func (p *spool) nonce(at int64) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, 4), uint64(at))
}

func (p *spool) write(piece []byte) error {
	if len(piece) == 0 {
		return nil
	}
	if _, err := p.file.Write(p.sealed.Seal(nil, p.nonce(p.size), piece, nil)); err != nil {
		return noRoom(err)
	}
	p.size += int64(len(piece))
	return nil
}

// each gives back what was written, a part at a time.
func (p *spool) each(tell func(piece []byte) error) error {
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	buf := make([]byte, partSize+p.sealed.Overhead())
	for at := int64(0); at < p.size; {
		n := min(p.size-at, partSize)
		if _, err := io.ReadFull(p.file, buf[:n+int64(p.sealed.Overhead())]); err != nil {
			return errors.New("reading a file back: it is not there")
		}
		piece, err := p.sealed.Open(buf[:0], p.nonce(at), buf[:n+int64(p.sealed.Overhead())], nil)
		if err != nil {
			return errors.New("reading a file back: it was changed")
		}
		err = tell(piece)
		clear(piece)
		if err != nil {
			return err
		}
		at += n
	}
	return nil
}

func (p *spool) close() error { return p.file.Close() }

// fill reads until buf is full, and says with io.EOF that in has ended. [io.ReadFull] is
// not it: its word for an end before buf is full, io.ErrUnexpectedEOF, is also what a
// connection says that broke off, and what came of that is no whole file.
func fill(in io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var m int
		m, err = in.Read(buf[n:])
		n += m
	}
	return n, err
}
