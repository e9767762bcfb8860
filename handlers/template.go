package handlers

import (
	_ "embed"
	"os"
)

//go:embed organisation.toml
var template []byte

// WriteRoster writes a commented organisation file to fill in. It never
// overwrites: a roster decides who can read.
func WriteRoster(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.Write(template); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
