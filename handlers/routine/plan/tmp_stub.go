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

func (s *State) Offers(act, by string) error { return nil }
func (s *State) Level() string               { return "" }
func (s *State) Lock() string                { return "" }
func (s *State) Outcome() string             { return "" }
func (s *State) End() string                 { return "" }
func (s *State) Closed() bool                { return false }
func (s *State) Hold() bool                  { return false }
func (s *State) Duties() map[string]string   { return nil }

// OwnerDaemon is who owns what the server does by itself.
const OwnerDaemon = "daemon"
