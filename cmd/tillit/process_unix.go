//go:build unix

package main

import (
	"os"
	"syscall"
)

// ownGroup puts a child into a group of its own, so that Ctrl-C reaches it through us and
// not twice.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// interrupt asks a child to end.
func interrupt(p *os.Process) error { return p.Signal(os.Interrupt) }
