package casework

import "tillit/store/cases"

// takeBack lets go of what the reporter took back, also where this machine has it open: the
// log names it, after it was said. That an entry is empty is then no fault.
func (o *opened) takeBack() {
	taken := map[int64]bool{}
	for _, e := range o.entries {
		line, ok := e.body.(cases.Log)
		if !ok || line.Event != cases.EventTakenBack {
			continue
		}
		for _, seq := range line.Of {
			taken[seq] = taken[seq] || seq < e.Seq
		}
	}
	for i := range o.entries {
		e := &o.entries[i]
		if !taken[e.Seq] || e.Kind != cases.EntryReporter || e.closed && (e.Sum == nil || o.keys[e.Epoch] == nil) {
			continue
		}
		if e.closed {
			e.closed = false
			o.closed--
		}
		e.body = cases.Taken{}
	}
}
