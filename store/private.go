package store

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"tillit/store/seal"
)

// This file is about what lies in the data folder being ours: nobody else's to read,
// and made under the key that we hold.

// ErrOtherKey says that a database was made under another server key: nothing in it
// would open, and what was told from then on would be read by nobody.
var ErrOtherKey = errors.New("this server key is not the one that the database was made with: put back the key that was, whose copy lies apart from the backups, or name another data folder")

// Private refuses a folder that others than its owner can look into, or that holds
// anything that they can, and says what mends it. One that is not there is fine.
func Private(dir string) error {
	real, err := filepath.EvalSymlinks(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking at the data folder: %w", err)
	}
	return filepath.WalkDir(real, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path != real {
			return nil // it was passing, as a server makes and removes files
		}
		if err != nil {
			return fmt.Errorf("looking at the data folder: %w", err)
		}
		info, err := d.Info()
		if err != nil || !d.IsDir() && !d.Type().IsRegular() {
			return nil
		}
		if info.Mode().Perm()&0o077 != 0 {
			return fmt.Errorf("others can reach %s; run: chmod -R go= %s", path, real)
		}
		return nil
	})
}

// makeFile makes an empty file that nobody else can read, for SQLite to fill: it would
// make one as the process's umask allows, and takes the rights of its journals from it.
// fresh is false when there is one that holds something.
func makeFile(path string) (fresh bool, err error) {
	if info, err := os.Stat(path); err == nil {
		return info.Size() == 0, nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return false, fmt.Errorf("making the file: %w", err)
	}
	return true, f.Close()
}

// CheckKey returns [ErrOtherKey] when the database in a folder was made under another
// key. It changes nothing, and a server may be running.
func CheckKey(ctx context.Context, dir string, keys *seal.ServerKeys) error {
	path := filepath.Join(dir, fileName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return checkFile(ctx, path, keys)
}

func checkFile(ctx context.Context, path string, keys *seal.ServerKeys) error {
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("reading the database: %w", err)
	}
	how := "?mode=ro"
	if _, err := os.Stat(path + "-wal"); errors.Is(err, fs.ErrNotExist) {
		how += "&immutable=1" // otherwise SQLite would leave its journals beside it
	}
	db, err := sql.Open("sqlite", address(path)+how)
	if err != nil {
		return err
	}
	return errors.Join(keyFault(ctx, db, keys), db.Close())
}

// keyName is the row of meta that says which key a database was made under.
const keyName = "key"

func keyMark(keys *seal.ServerKeys) []byte { return keys.Bind("key") }

// keyFault compares a database with a key. One from before there was a mark must hold
// something that the key opens or has signed; an empty one is anybody's.
func keyFault(ctx context.Context, db *sql.DB, keys *seal.ServerKeys) error {
	var n int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE name = 'meta'").Scan(&n); err != nil || n == 0 {
		return classify(err)
	}
	var mark []byte
	err := db.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = ?", keyName).Scan(&mark)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return knownBy(ctx, db, keys)
	case err != nil:
		return classify(err)
	case !hmac.Equal(mark, keyMark(keys)):
		return ErrOtherKey
	}
	return nil
}

// sample is how many rows are tried before a key is called another one.
const sample = 50

func knownBy(ctx context.Context, db *sql.DB, keys *seal.ServerKeys) error {
	found := false
	for _, look := range []struct {
		query string
		ours  func(a, b []byte) bool
	}{
		{"SELECT hash, sig FROM entries LIMIT ?", func(hash, sig []byte) bool { return ed25519.Verify(keys.Public(), seal.Signed(hash), sig) }},
		{"SELECT lookup, state FROM conversations LIMIT ?", func(lookup, box []byte) bool {
			_, err := keys.Unbox("state", place("conversations", lookup, "state"), box)
			_, before := keys.Unbox("cursor", place("conversations", lookup, "state"), box)
			return err == nil || before == nil
		}},
	} {
		pairs, err := readPairs(ctx, db, look.query)
		if err != nil {
			return err
		}
		for _, p := range pairs {
			if look.ours(p[0], p[1]) {
				return nil
			}
			found = true
		}
	}
	if found {
		return ErrOtherKey
	}
	return nil
}

func readPairs(ctx context.Context, db *sql.DB, query string) (pairs [][2][]byte, err error) {
	rows, err := db.QueryContext(ctx, query, sample)
	if err != nil {
		return nil, classify(err)
	}
	defer rows.Close()
	for rows.Next() {
		var p [2][]byte
		if err := rows.Scan(&p[0], &p[1]); err != nil {
			return nil, classify(err)
		}
		pairs = append(pairs, p)
	}
	return pairs, classify(rows.Err())
}

// rememberKey writes which key the database was made under, once.
func (s *Store) rememberKey(ctx context.Context) error {
	_, err := s.write.ExecContext(ctx, "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING", keyName, keyMark(s.Keys))
	return err
}
