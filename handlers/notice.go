package handlers

import (
	"time"

	"tillit/store/cases"
)

// spread is how long an ordinary notice may wait, so that its moment does not
// tell a watcher who has just written.
const spread = 15 * time.Minute

// Notices plans one content-free notice for each handler who can open a case.
// Keep is what [Roster.Keep] answered; urgent notices leave at once, others
// within a quarter of an hour. Random returns a number in [0, n).
func (r *Roster) Notices(keep []string, kind string, urgent bool, now time.Time, random func(n int64) int64) []cases.Notice {
	var notices []cases.Notice
	for _, id := range keep {
		if _, ok := r.Handler(id); !ok { // recovery reads no notices
			continue
		}
		after := now.UTC()
		if !urgent {
			after = after.Add(time.Duration(random(int64(spread))))
		}
		notices = append(notices, cases.Notice{Handler: id, Kind: kind, After: after, Urgent: urgent})
	}
	return notices
}
