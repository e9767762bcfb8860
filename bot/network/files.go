package network

import (
	"errors"
	"io"

	"tillit/bot"
)

// ErrNoFile says that a file does not come. It holds nothing of where it lies.
var ErrNoFile = errors.New("the file does not come")

// Files keeps account of the files that a network hands out one by one: which of an
// event's files came, which may still come, and which the event must go without, over
// the attempts at storing it. One attempt runs at a time.
type Files struct {
	tries int
	lost  map[string]bot.Unkept // given up
	fresh map[string]bot.Unkept // not come in this attempt: why, empty when it may yet
}

// NewFiles gives a file up after so many attempts in which it did not come.
func NewFiles(tries int) *Files {
	return &Files{tries: tries, lost: map[string]bot.Unkept{}, fresh: map[string]bot.Unkept{}}
}

// Lost says why an event goes without a file.
func (f *Files) Lost(id string) (why bot.Unkept, lost bool) {
	why, lost = f.lost[id]
	return why, lost
}

// Missing notes that a file has not come, and why; an empty reason may pass.
func (f *Files) Missing(id string, why bot.Unkept) { f.fresh[id] = why }

// Failed takes note after an attempt, counted from 0, that stored nothing. It
// reports whether the next one is without a file that this one was with.
func (f *Files) Failed(try int) bool {
	changed := false
	for id, why := range f.fresh {
		if why == "" && try+1 >= f.tries {
			why = bot.UnkeptFile
		}
		if why != "" {
			f.lost[id], changed = why, true
		}
	}
	clear(f.fresh)
	return changed
}

// Bring reads a file on its way, which is missing until its last byte has come and
// too large above most. Closing it ends the call that brings it.
func (f *Files) Bring(id string, body io.ReadCloser, most int64, end func()) io.ReadCloser {
	f.Missing(id, "")
	return &file{f, id, body, most, end}
}

type file struct {
	of   *Files
	id   string
	body io.ReadCloser
	left int64
	end  func()
}

// Read implements [io.Reader]. Its errors hold no address.
func (a *file) Read(p []byte) (int, error) {
	n, err := a.body.Read(p)
	if a.left -= int64(n); a.left < 0 {
		a.of.Missing(a.id, bot.UnkeptSize)
		return 0, ErrNoFile
	}
	switch {
	case errors.Is(err, io.EOF):
		delete(a.of.fresh, a.id)
		return n, io.EOF
	case err != nil:
		return n, ErrNoFile
	}
	return n, nil
}

// Close implements [io.Closer].
func (a *file) Close() error {
	a.end()
	return a.body.Close()
}
