package plan

import (
	"io/fs"
	"time"
)

// This file stands for what the engine does not have yet.

// Load will read a folder.
func Load(fs.FS, Vocabulary) (*Routine, []Problem) { return nil, nil }

// State will be how far a case is.
type State struct{}

func (r *Routine) Begin(Facts, Calendar) *State  { return nil }
func (s *State) Clone() *State                   { return nil }
func (s *State) May(Done) error                  { return nil }
func (s *State) Apply(Done) error                { return nil }
func (s *State) Learn([]string, bool, time.Time) {}
func (s *State) Leave(string)                    {}
func (s *State) Steps(time.Time) []Step          { return nil }
func (s *State) Phase() string                   { return "" }
func (s *State) Clocks() []Clock                 { return nil }
func (s *State) Asked() []Asked                  { return nil }

// Problem is one thing to mend.
type Problem struct {
	File string
	Line int
	Text string
}
