//go:build unix

package setup

import "syscall"

// KeepPrivate has everything that this process makes from now on be its owner's
// alone, from the first byte. A program calls it before anything else: the umask is
// the whole process's.
func KeepPrivate() { syscall.Umask(0o077) }
