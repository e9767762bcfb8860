package console

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/chzyer/readline"
	"golang.org/x/term"
)

// liner reads lines however long they are.
type liner struct {
	next func() (string, error)
	out  io.Writer // where to write while a line is being typed
	// prompts says that it shows by itself where to type.
	prompts bool
	end     func() // gives the terminal back as it was
}

// newLiner reads from a terminal character by character, since the system cuts a line that
// it edits itself at 4,095 bytes and says nothing; from anything else it just reads.
func newLiner(in io.Reader, out io.Writer) liner {
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		if l, err := edited(f, out); err == nil {
			return l
		}
	}
	lines := bufio.NewReader(in)
	return liner{out: out, end: func() {}, next: func() (string, error) {
		line, err := lines.ReadString('\n')
		if line != "" {
			err = nil
		}
		return strings.TrimRight(line, "\r\n"), err
	}}
}

// edited reads from a terminal, which is out of the system's hands until it ends: between
// two lines it would cut what is pasted.
func edited(f *os.File, out io.Writer) (liner, error) {
	fd := int(f.Fd())
	was, err := raw(fd)
	if err != nil {
		return liner{}, err
	}
	end := func() { _ = term.Restore(fd, was) } // the process ends; nobody to tell
	still := func() error { return nil }
	rl, err := readline.NewEx(&readline.Config{
		Prompt: "> ", Stdin: f, Stdout: out, Stderr: out, HistoryLimit: -1, DisableAutoSaveHistory: true, ForceUseInteractive: true,
		FuncIsTerminal: func() bool { return true }, FuncMakeRaw: still, FuncExitRaw: still,
		FuncGetWidth: func() int {
			if w, _, err := term.GetSize(fd); err == nil && w > 0 {
				return w
			}
			return 80
		},
	})
	if err != nil {
		end()
		return liner{}, err
	}
	return liner{out: rl.Stdout(), prompts: true, end: end, next: func() (string, error) {
		line, err := rl.Readline()
		if errors.Is(err, readline.ErrInterrupt) { // where the system does not make a signal of it
			err = interrupt()
		}
		return line, err
	}}, nil
}

// interrupt is Ctrl-C: it ends the program as elsewhere.
func interrupt() error {
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Signal(os.Interrupt) // where there is no such thing, the input has ended
	}
	return io.EOF
}
