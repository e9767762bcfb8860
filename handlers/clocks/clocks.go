// Package clocks rings: who must know it is told that a day of a case comes near, is here
// or has passed, and a reporter that a promise to her was not kept. Each ring happens once,
// whatever happens to the server meanwhile; after downtime a clock rings once for all that
// was missed. Only people who hold a key of the case are told, and the control organ; all
// that they are told is a reference and a day.
//
// When a clock rings follows from the facts of its case, the routine and the calendar, and
// is stored nowhere: the package keeps in memory when each case is looked at next. Whether
// it rings is decided on the case as it is in the transaction that tells of it, so that an
// act which came before it counts.
package clocks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"tillit/handlers"
	"tillit/store"
)

// Store is what ringing needs of the store.
type Store interface {
	Clocks(ctx context.Context, f func(store.Clocked)) error
	ClocksOf(ctx context.Context, refs []string, f func(store.Clocked)) error
	Watch(f func(refs []string))
	Ring(ctx context.Context, refs []string, decide func(*store.Ringing) (store.Rang, error)) error
}

// Config is all that a [Ringer] is made of; nothing is ambient.
type Config struct {
	Store  Store
	Office Office
	// Late makes what a reporter gets when a promise was not kept.
	Late func(reporter store.Idle, l Late) (words, notice store.Line, err error)
	Look time.Duration // how long it sleeps at most; zero is a minute
	Now  func() time.Time
	Log  *slog.Logger
}

// Office is who is told, and by which routine.
type Office struct {
	Roster   *handlers.Roster
	Routines *handlers.Routines
	Networks []string // on which the office's bot writes to people
}

// Ringer lets clocks ring. Its methods are safe for concurrent use, but for [Ringer.Tick],
// which one goroutine calls at a time.
type Ringer struct {
	Config
	wake chan struct{}

	mu      sync.Mutex
	book    *book           // made of the office
	changed map[string]bool // cases that may have changed since they were looked at
	all     bool            // every case may have

	queue  queue     // when each case is looked at next; [Ringer.Tick]'s own
	looked time.Time // when that was last done
}

// New makes a ringer. From then on it is told what changes in the store.
func New(c Config) *Ringer {
	c.Look = cmp.Or(c.Look, longestWait)
	r := &Ringer{Config: c, wake: make(chan struct{}, 1), book: newBook(c.Office), changed: map[string]bool{}, all: true}
	c.Store.Watch(r.change)
	return r
}

// change notes which cases are to be looked at anew; nil is all of them. The store's
// writer calls it, so it does no more than that.
func (r *Ringer) change(refs []string) {
	r.mu.Lock()
	r.all = r.all || refs == nil
	for _, ref := range refs {
		r.changed[ref] = true
	}
	r.mu.Unlock()
	r.poke()
}

// Use takes in a changed organisation file. Every case is looked at anew: its days may be
// others now, and whom they tell.
func (r *Ringer) Use(o Office) {
	book := newBook(o)
	r.mu.Lock()
	r.book, r.all = book, true
	r.mu.Unlock()
	r.poke()
}

func (r *Ringer) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

const (
	// longestWait bounds a sleep, so that a machine whose time is set, or that was asleep
	// itself, is noticed.
	longestWait = time.Minute
	// again is when what failed is tried again.
	again = time.Minute
	// batch is how many cases ring in one transaction: others write between two.
	batch = 50
)

// Run rings until ctx is done. A fault is said and tried again.
func (r *Ringer) Run(ctx context.Context) error {
	for {
		if err := r.Tick(ctx); err != nil && ctx.Err() == nil {
			r.Log.Error("clocks cannot ring; it is tried again", "err", err)
		}
		wait := r.Look
		if at, some := r.queue.first(); some {
			wait = min(wait, max(0, at.Sub(r.Now())))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-r.wake:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// Tick lets ring what is due. It is safe to call at any time, and whoever is interrupted in
// it rings the rest at the next call.
func (r *Ringer) Tick(ctx context.Context) error {
	now := r.Now()
	book, refs, all := r.take()
	if err := r.look(ctx, book, refs, all, now); err != nil {
		r.giveBack(refs, all)
		return fmt.Errorf("reading clocks: %w", err)
	}
	r.looked = now
	var errs []error
	for some := range slices.Chunk(r.queue.due(now), batch) {
		if err := r.ring(ctx, book, some, now); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// take is what is to be looked at anew.
func (r *Ringer) take() (book *book, refs []string, all bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for ref := range r.changed {
		refs = append(refs, ref)
	}
	clear(r.changed)
	all, r.all = r.all, false
	return r.book, refs, all
}

// giveBack keeps it for the next time.
func (r *Ringer) giveBack(refs []string, all bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = r.all || all
	for _, ref := range refs {
		r.changed[ref] = true
	}
}

// look works out when cases are to be looked at next.
func (r *Ringer) look(ctx context.Context, book *book, refs []string, all bool, now time.Time) error {
	var mu sync.Mutex
	var silent time.Time
	found := make(map[string]time.Time, len(refs))
	see := func(c store.Clocked) {
		when, missed := book.next(c, now)
		mu.Lock()
		defer mu.Unlock()
		if found[c.Ref] = when; silent.IsZero() || !missed.IsZero() && missed.Before(silent) {
			silent = missed
		}
	}
	switch {
	case all:
		if err := r.Store.Clocks(ctx, see); err != nil {
			return err
		}
		r.queue.replace(found)
	case len(refs) > 0:
		if err := r.Store.ClocksOf(ctx, refs, see); err != nil {
			return err
		}
		for _, ref := range refs {
			r.queue.set(ref, found[ref])
		}
	}
	r.gap(silent, all, now)
	return nil
}

// gap says that no clock could ring for a while: the server was down, or its machine
// asleep. What was missed then rings now, or when the office opens.
func (r *Ringer) gap(missed time.Time, all bool, now time.Time) {
	if !r.looked.IsZero() && now.Sub(r.looked) > grace {
		missed = r.looked
	} else if !r.looked.IsZero() || !all {
		return
	}
	if !missed.IsZero() && now.Sub(missed) > grace {
		r.Log.Warn("no clock rang for a while; each that should have rings once, in office hours unless it is urgent",
			"from", missed.UTC().Truncate(time.Minute), "until", now.UTC().Truncate(time.Minute))
	}
}

// ring lets some cases ring, in one transaction, and notes when they are looked at next.
func (r *Ringer) ring(ctx context.Context, book *book, refs []string, now time.Time) error {
	next := map[string]time.Time{}
	err := r.Store.Ring(ctx, refs, func(c *store.Ringing) (store.Rang, error) {
		bell := bell{book: book, c: c, now: now, late: r.Late}
		rang, err := bell.ring()
		if next[c.Ref] = bell.next; err != nil {
			next[c.Ref] = now.Add(again)
			return store.Rang{}, fmt.Errorf("ringing a case: %w", err)
		}
		return rang, nil
	})
	if err != nil {
		for _, ref := range refs {
			next[ref] = now.Add(again)
		}
	}
	for _, ref := range refs {
		r.queue.set(ref, next[ref]) // what is gone, or not what it was, is not looked at any more
	}
	return err
}
