//go:build !linux

package console

import "golang.org/x/term"

// raw takes a terminal out of the system's hands.
func raw(fd int) (*term.State, error) { return term.MakeRaw(fd) }
