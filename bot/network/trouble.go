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
	name string
	log  *slog.Logger
	mu   sync.Mutex
	said map[string]string // by what was being done
}

// NewTroubles makes them for a channel; name begins what the log says.
func NewTroubles(name string, log *slog.Logger) *Troubles {
	return &Troubles{name: name, log: log, said: map[string]string{}}
}

// Tell says what is wrong, when it is something else than before. What is being done
// tells apart what can be in trouble on its own; it may be empty.
func (t *Troubles) Tell(doing, says string) {
	t.mu.Lock()
	told := t.said[doing] == says
	t.said[doing] = says
	t.mu.Unlock()
	if !told {
		t.log.Error(t.name+": "+says, of(doing)...)
	}
}

// Over says that a trouble is over, if there was one.
func (t *Troubles) Over(doing, says string) {
	t.mu.Lock()
	was := t.said[doing]
	delete(t.said, doing)
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
