package daemon

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"filippo.io/age"

	"tillit/store/cases"
)

// quarantine keeps what a network brought and nobody here can read: a file of its
// own, sealed to the recovery key alone. Whom it is about is not known, so no
// handler gets it by guess. It is on disk when this returns nil.
func (d *Daemon) quarantine(_ context.Context, raw []byte) (err error) {
	var to age.Recipient
	for _, r := range d.roster.Now().Recipients() {
		if r.ID == cases.Recovery {
			if to, err = age.ParseHybridRecipient(r.Key); err != nil {
				return errors.New("sealing for recovery: its key does not parse")
			}
		}
	}
	if to == nil {
		return errors.New("sealing for recovery: there is no recovery key")
	}
	dir := filepath.Join(d.conf.path(d.conf.Data), "quarantine")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the quarantine folder: %w", err)
	}
	name := filepath.Join(dir, rand.Text())
	if err := sealTo(name+".part", raw, to); err != nil {
		return errors.Join(err, os.Remove(name+".part"))
	}
	if err := os.Rename(name+".part", name+".age"); err != nil {
		return fmt.Errorf("keeping in quarantine: %w", err)
	}
	return syncDir(dir)
}

func sealTo(path string, raw []byte, to age.Recipient) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("keeping in quarantine: %w", err)
	}
	w, err := age.Encrypt(f, to)
	if err == nil {
		_, err = w.Write(raw)
		err = errors.Join(err, w.Close())
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("keeping in quarantine: %w", err)
	}
	return nil
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("keeping in quarantine: %w", err)
	}
	return errors.Join(f.Sync(), f.Close())
}
