package bot

import (
	"sync"

	"golang.org/x/time/rate"

	"tillit/intake"
)

type laneKey struct {
	channel string
	id      intake.ConversationID
}

// lanes hands out one lane per conversation, so that two events of one person
// never run at once and those of different persons never wait for each other.
type lanes struct {
	mu  sync.Mutex
	all map[laneKey]*lane
}

// idleLanes is how many lanes may rest before full ones are dropped: a lane
// that nobody is in and whose pace has recovered holds nothing worth keeping.
const idleLanes = 4096

func newLanes() *lanes { return &lanes{all: map[laneKey]*lane{}} }

// enter waits for the conversation's turn. Each enter is followed by a leave.
func (ls *lanes) enter(k laneKey) *lane {
	ls.mu.Lock()
	l, ok := ls.all[k]
	if !ok {
		if len(ls.all) >= idleLanes {
			ls.sweep()
		}
		l = &lane{key: k, turn: make(chan struct{}, 1), pace: rate.NewLimiter(pacePerSec, paceBurst)}
		ls.all[k] = l
	}
	l.users++
	ls.mu.Unlock()
	l.turn <- struct{}{}
	return l
}

func (ls *lanes) leave(l *lane) {
	<-l.turn
	ls.mu.Lock()
	l.users--
	ls.mu.Unlock()
}

// sweep runs with mu held.
func (ls *lanes) sweep() {
	for k, l := range ls.all {
		if l.users == 0 && l.pace.Tokens() >= paceBurst {
			delete(ls.all, k)
		}
	}
}
