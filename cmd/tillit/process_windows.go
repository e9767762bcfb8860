package main

import (
	"os"
	"syscall"
)

// ownGroup puts a child into a group of its own, so that Ctrl-C reaches it through us and
// not twice.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// interrupt ends a child: here nobody can ask one that has no window of ours. Its store is
// whole whenever that is.
func interrupt(p *os.Process) error { return p.Kill() }
