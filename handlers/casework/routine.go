package casework

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"

	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/plan"
	"tillit/handlers/wire"
	"tillit/store/cases"
)

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

// readRoutine reads a routine; nil is one that this program cannot work by.
func readRoutine(packed []byte) (*plan.Routine, error) {
	folder, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return nil, errRoutine
	}
	size := uint64(0)
	for _, f := range folder.File {
		if size += f.UncompressedSize64; size > largestRoutine || f.UncompressedSize64 > largestRoutine {
			return nil, errRoutine
		}
	}
	r, wrong := plan.Load(folder, acts.Vocabulary())
	if len(wrong) > 0 {
		return nil, nil
	}
	return r, nil
}

// calendarOf is a routine's calendar, with the days on which this office is closed.
func (c *Client) calendarOf(r *plan.Routine) plan.Calendar {
	return r.Calendar(c.Zone(), c.roster.Closed)
}

// routineOf is a routine by its version; nil for one that this program cannot read.
func (c *Client) routineOf(ctx context.Context, version string) (*plan.Routine, error) {
	c.mu.Lock()
	r, known := c.routines[version]
	c.mu.Unlock()
	if known {
		return r, nil
	}
	var answer wire.RoutineAnswer
	err := c.call(ctx, http.MethodGet, "/v1/routines/"+url.PathEscape(version), nil, &answer)
	if err != nil && !errors.Is(err, ErrUnknown) {
		return nil, err
	}
	if err == nil {
		if r, err = readRoutine(answer.Zip); err != nil || r != nil && r.Version() != version {
			return nil, errRoutine
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.routines[version] = r
	return r, nil
}
