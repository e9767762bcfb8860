package network

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// Refused is a network's no, without its words: they may repeat ours.
type Refused struct {
	By   string // "Telegram"
	Call string
	Kind string
}

// Error implements error.
func (e *Refused) Error() string { return fmt.Sprintf("%s refuses %s: %s", e.By, e.Call, e.Kind) }

// Kinds of refusal that decide something.
const (
	RefusedToken = "the token"
	RefusedOther = "bad request"
)

// IsRefused reports whether an error is a refusal of that kind.
func IsRefused(err error, kind string) bool {
	var no *Refused
	return errors.As(err, &no) && no.Kind == kind
}

// Troubles tells the operator what is wrong, once for each trouble, and when it is over.
// It is safe for concurrent use.
type Troubles struct {
	name   string
	log    *slog.Logger
	now    func() time.Time
	mu     sync.Mutex
	said   map[string]trouble // by what was being done
	health Health
	doubts int // how often in a row the token was refused
}

type trouble struct {
	says string
	at   time.Time
}

// remindAfter is when a trouble that goes on is told again.
const remindAfter = time.Hour

// NewTroubles makes them for a channel; name begins what the log says.
func NewTroubles(name string, log *slog.Logger, now func() time.Time) *Troubles {
	return &Troubles{name: name, log: log, now: now, said: map[string]trouble{}}
}

// Tell says what is wrong, when it is something else than before, and each hour for as long as
// it lasts. What is being done tells apart what can be in trouble on its own; it may be empty.
// A token that is refused is told of when that is sure.
func (t *Troubles) Tell(doing, says string, err error) {
	t.mu.Lock()
	at := t.now()
	if IsRefused(err, RefusedToken) {
		if t.doubts++; t.doubts < sureAfter {
			t.mu.Unlock()
			return
		}
		if t.health.Refused.IsZero() {
			t.health.Refused = at
		}
	}
	if t.health.Trouble.IsZero() {
		t.health.Trouble = at
	}
	was := t.said[doing]
	told := was.says == says && at.Sub(was.at) < remindAfter
	if !told {
		t.said[doing] = trouble{says, at}
	}
	t.mu.Unlock()
	if !told {
		t.log.Error(t.name+": "+says, of(doing)...)
	}
}

// Health is how a channel is: when the network last answered what is new, when it last took
// what was said, and since when it is in trouble, or refuses us. Zero is never, or not.
type Health struct{ Heard, Said, Trouble, Refused time.Time }

// Heard notes that the network has answered what is new.
func (t *Troubles) Heard() { t.note(func(h *Health, at time.Time) { h.Heard = at }) }

// Said notes that the network took what was said.
func (t *Troubles) Said() { t.note(func(h *Health, at time.Time) { h.Said = at }) }

func (t *Troubles) note(what func(*Health, time.Time)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	what(&t.health, t.now())
	t.doubts = 0 // whoever answers knows us
	t.health.Refused = time.Time{}
}

// Health is how the channel is now.
func (t *Troubles) Health() Health {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.health
}

// Over says that a trouble is over, if there was one.
func (t *Troubles) Over(doing, says string) {
	t.mu.Lock()
	was := t.said[doing].says
	if delete(t.said, doing); len(t.said) == 0 {
		t.health.Trouble = time.Time{}
	}
	t.mu.Unlock()
	if was != "" {
		t.log.Info(t.name+": "+says, of(doing)...)
	}
}

func of(doing string) []any {
	if doing == "" {
		return nil
	}
	return []any{"doing", doing}
}

// Known is what is remembered of people or chats, as much as is worth the memory: what
// was asked for longest ago is forgotten. It is safe for concurrent use.
type Known[V any] struct{ *lru.Cache[string, V] }

// NewKnown remembers so many.
func NewKnown[V any](most int) Known[V] {
	c, err := lru.New[string, V](most)
	if err != nil {
		panic("remembering a number below one")
	}
	return Known[V]{c}
}

// Told are the chats of several in which somebody was told that they are no place for
// it. It is safe for concurrent use.
type Told struct {
	mu   sync.Mutex
	when Known[time.Time]
}

const (
	// tellAgain is how long a chat of several is left alone after it has been told.
	tellAgain = time.Hour
	// mostTold bounds what is remembered of them.
	mostTold = 1024
)

// NewTold knows of none.
func NewTold() *Told { return &Told{when: NewKnown[time.Time](mostTold)} }

// May reports whether a chat may be told now, and takes it for told.
func (t *Told) May(chat string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if when, ok := t.when.Get(chat); ok && now.Sub(when) < tellAgain {
		return false
	}
	t.when.Add(chat, now)
	return true
}
