package casework

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"

	"tillit/handlers/routine/plan"
	"tillit/handlers/wire"
	"tillit/intake/words"
	"tillit/store/cases"
)

// manual is a routine with what it says to people. The zero value is one that this
// program cannot work by.
type manual struct {
	plan  *plan.Routine
	words *words.Book
}

// errRoutine says that what the server sent is not the routine that was asked for.
var errRoutine = errors.New("the routine of this case is not the one that its log names")

// learnRoutines makes sure that the routines that a log names are on this machine. They
// are named by their hash, so that it does not matter who sends them. One that does not
// come leaves the case without its steps, which are said to be missing.
func (c *Client) learnRoutines(ctx context.Context, o *opened) error {
	o.routines, o.calendar = map[string]*plan.Routine{}, c.calendarOf
	for _, e := range o.entries {
		line, is := e.body.(cases.Log)
		if !is || line.Start == nil {
			continue
		}
		r, err := c.routineOf(ctx, line.Start.Routine)
		if err != nil {
			return err
		}
		if r != nil {
			o.routines[line.Start.Routine] = r
		}
	}
	return nil
}

// largestRoutine is how large a routine's folder is at most, unpacked.
const largestRoutine = 8 << 20

// readRoutine reads a routine.
func readRoutine(packed []byte) (manual, error) {
	folder, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return manual{}, errRoutine
	}
	size := uint64(0)
	for _, f := range folder.File {
		if size += f.UncompressedSize64; size > largestRoutine || f.UncompressedSize64 > largestRoutine {
			return manual{}, errRoutine
		}
	}
	r, wrong := plan.Load(folder, plan.Vocabulary{}) // as it was then: acts may have other fields since
	said, err := words.Read(folder, ".", "routine.toml")
	if len(wrong) > 0 || err != nil {
		return manual{}, nil
	}
	return manual{r, said}, nil
}

// calendarOf is a routine's calendar, with the days on which this office is closed.
func (c *Client) calendarOf(r *plan.Routine) plan.Calendar {
	return r.Calendar(c.Zone(), c.roster.Closed)
}

// routineOf is a routine by its version; nil for one that this program cannot read.
func (c *Client) routineOf(ctx context.Context, version string) (*plan.Routine, error) {
	c.mu.Lock()
	m, known := c.routines[version]
	c.mu.Unlock()
	if known {
		return m.plan, nil
	}
	var answer wire.RoutineAnswer
	err := c.call(ctx, http.MethodGet, "/v1/routines/"+url.PathEscape(version), nil, &answer)
	if err != nil && !errors.Is(err, ErrUnknown) {
		return nil, err
	}
	if err == nil {
		if m, err = readRoutine(answer.Zip); err != nil || m.plan != nil && m.plan.Version() != version {
			return nil, errRoutine
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.routines[version] = m
	return m.plan, nil
}

// wordsOf are what a routine says to people; nil for one that is not known here.
func (c *Client) wordsOf(r *plan.Routine) *words.Book {
	if r == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.routines[r.Version()].words
}

// Manual is a routine by its version, with what it says to people; nothing of one that
// this program cannot read or get.
func (c *Client) Manual(ctx context.Context, version string) Where {
	r, err := c.routineOf(ctx, version)
	if err != nil || r == nil {
		return Where{}
	}
	return Where{Routine: r, Words: c.wordsOf(r)}
}
