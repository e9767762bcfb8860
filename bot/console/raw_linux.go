package console

import (
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// raw takes a terminal's lines out of the system's hands, and leaves it the rest: Ctrl-C,
// and how what is written is set.
func raw(fd int) (*term.State, error) {
	was, err := term.GetState(fd)
	if err != nil {
		return nil, err
	}
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return nil, err
	}
	t.Iflag &^= unix.ICRNL | unix.INLCR | unix.ISTRIP | unix.IXON
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.IEXTEN
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return was, unix.IoctlSetTermios(fd, unix.TCSETS, t)
}
