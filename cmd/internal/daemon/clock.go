package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
)

// Clock is a clock that stands at the moment that a file holds, in RFC 3339, and tells
// the real time while the file is not there. Whoever moves it puts another file in its
// place. It is an error if the file holds something else when it is first read.
func Clock(file string) (now func() time.Time, err error) {
	if _, err := readMoment(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return func() time.Time {
		if at, err := readMoment(file); err == nil {
			return at
		}
		return time.Now()
	}, nil
}

func readMoment(file string) (time.Time, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the clock: %w", err)
	}
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(string(raw)))
	if err != nil {
		return at, fmt.Errorf("reading the clock: %s holds no moment such as 2026-11-27T14:30:00Z", file)
	}
	return at, nil
}
