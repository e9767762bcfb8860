// Package setup makes the files that an installation begins with: commented,
// and complete enough that a check says what is left to fill in.
package setup

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"tillit/handlers"
	"tillit/store/seal"
)

//go:embed tillit.toml
var config []byte

// Init fills a folder with a configuration, an organisation file and a server
// key. It never overwrites: a file that exists is an error, and nothing of what
// was there is touched.
func Init(dir string, now time.Time) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the folder: %w", err)
	}
	return errors.Join(
		Write(filepath.Join(dir, "tillit.toml"), config),
		handlers.WriteRoster(filepath.Join(dir, "organisation.toml")),
		Write(filepath.Join(dir, "server.key"), seal.GenerateServerKey(now)),
	)
}

// Write makes a new file that only its owner reads.
func Write(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("making a file: %w", err)
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}
