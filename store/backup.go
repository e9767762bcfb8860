package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"tillit/store/seal"
)

// Backup writes a consistent, compact copy of the store in a data folder, also while
// a server writes to it. It needs no key and the copy holds none, so what it has of
// staged keys and addresses stays boxed. The copy is made beside the store first: what it
// goes to may be slow, and nothing can be destroyed while the store is read.
func Backup(ctx context.Context, dir, path string) error {
	if _, err := os.Stat(filepath.Join(dir, fileName)); err != nil {
		return fmt.Errorf("there is no store to copy: %w", err)
	}
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s exists; a backup never overwrites", path)
	}
	snapshot, err := os.MkdirTemp(dir, snapshotName)
	if err != nil {
		return fmt.Errorf("making room for the copy: %w", err)
	}
	defer os.RemoveAll(snapshot)
	from := filepath.Join(snapshot, fileName)
	if _, err := makeFile(from); err != nil {
		return err
	}
	if err := copyTo(ctx, dir, from); err != nil {
		return classify(err)
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.RemoveAll(snapshot); err != nil { // from now on nothing is left of it, whatever happens
		return err
	}
	tmp := path + ".partial"
	if err := os.Remove(tmp); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := stream(ctx, in, tmp); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	return errors.Join(os.Rename(tmp, path), syncFile(filepath.Dir(path)))
}

// stream writes to a new file of ours alone, and syncs it.
func stream(ctx context.Context, in io.Reader, to string) error {
	if _, err := makeFile(to); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	for err == nil && ctx.Err() == nil {
		_, err = io.CopyN(out, in, 1<<20)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	} else {
		err = errors.Join(err, ctx.Err())
	}
	return errors.Join(err, out.Sync(), out.Close())
}

// copyTo has a connection of its own: a query-only one refuses to make a file,
// and the writer's would keep everybody waiting.
func copyTo(ctx context.Context, dir, path string) error {
	db, err := sql.Open("sqlite", dsn(dir))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", path)
	return errors.Join(err, db.Close())
}

// Restore puts a backup into an empty data folder. It is [ErrOtherKey], and nothing is
// written, when the backup was made under another server key; keys is nil where that
// cannot be looked at now, and then the server's start does.
func Restore(ctx context.Context, path, dir string, keys *seal.ServerKeys) error {
	if keys != nil {
		if err := checkFile(ctx, path, keys); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	to := filepath.Join(dir, fileName)
	if _, err := os.Lstat(to); err == nil {
		return fmt.Errorf("%s exists; restore fills an empty folder only", to)
	}
	in, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("reading the backup: %w", err)
	}
	defer in.Close()
	out, err := os.OpenFile(to+".partial", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	if err := walMode(to + ".partial"); err != nil {
		return err
	}
	return errors.Join(os.Rename(to+".partial", to), syncFile(dir))
}

// walMode gives a copy the journal that the store runs with; VACUUM INTO does not
// take it along.
func walMode(path string) error {
	db, err := sql.Open("sqlite", address(path))
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	var ok string
	if err := db.QueryRow("PRAGMA quick_check").Scan(&ok); err != nil || ok != "ok" {
		return errors.New("the backup is damaged")
	}
	_, err = db.Exec("PRAGMA journal_mode=WAL")
	return err
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
