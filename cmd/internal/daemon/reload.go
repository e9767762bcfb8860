package daemon

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"tillit/handlers"
)

// reloaded is what the server says of the organisation file as it is on the disk.
type reloaded struct {
	Sum      []byte   `json:"sum"`      // of the file
	Problems []string `json:"problems"` // because of which it is not taken in
	Warnings []string `json:"warnings"`
	Changes  []string `json:"changes"` // what is other than now; none is that nothing is
	Done     bool     `json:"done"`    // it counts

	next *handlers.Roster
}

var (
	errProblems = errors.New("the organisation file has faults; the server keeps what it has")
	errMoved    = errors.New("the organisation file is another one than was shown; nothing was changed")
)

// Reload takes in the organisation file as it is on the disk, without a look at it
// before: what a signal asks for. What comes of it is in the log.
func (d *Daemon) Reload(ctx context.Context) {
	_, _ = d.reload(ctx, nil)
}

// preview says what [Daemon.Reload] would change, and changes nothing.
func (d *Daemon) preview(ctx context.Context) (reloaded, error) {
	d.reloading.Lock()
	defer d.reloading.Unlock()
	return d.compare(ctx)
}

// reload takes in the organisation file; with a sum only if it is that file. Who left is
// signed out at once and holds no key of an open case when it returns; one that fails
// there has signed them out, and the next start goes on. A file with faults is not
// taken in, and the log says so.
func (d *Daemon) reload(ctx context.Context, sum []byte) (reloaded, error) {
	d.reloading.Lock()
	defer d.reloading.Unlock()
	r, err := d.compare(ctx)
	switch {
	case err != nil:
		d.log.Error("organisation file; the server keeps what it has", "err", err)
		return r, err
	case sum != nil && string(sum) != string(r.Sum):
		return r, errMoved
	case len(r.Problems) > 0:
		return r, errProblems
	}
	for _, w := range r.Warnings {
		d.log.Warn("organisation file", "problem", w)
	}
	for _, c := range r.Changes {
		d.log.Info("organisation file", "change", c)
	}
	d.roster.Put(r.next.Settle(d.roster.Now()))
	if d.ringer != nil {
		d.ringer.Use(d.told())
	}
	if err := d.settle(ctx); err != nil {
		d.log.Error("organisation file: it is taken in, and who left may hold keys until the next start", "err", err)
		return r, err
	}
	r.Done = true
	d.log.Info("the organisation file is taken in")
	return r, nil
}

// settle brings what is stored to the organisation as it is now.
func (d *Daemon) settle(ctx context.Context) error {
	if err := d.leave(ctx); err != nil {
		return err
	}
	if d.chat != nil {
		if err := d.chat.Forget(ctx); err != nil {
			return fmt.Errorf("letting go of old chats: %w", err)
		}
	}
	return d.learn(ctx)
}

// compare reads the file and says what is other in it.
func (d *Daemon) compare(ctx context.Context) (r reloaded, err error) {
	path := d.conf.path(d.conf.Organisation)
	data, err := os.ReadFile(path)
	if err != nil {
		return r, fmt.Errorf("reading the organisation file: %w", err)
	}
	sum := sha256.Sum256(data)
	r.Sum = sum[:]
	next, problems := handlers.ParseRoster(path, data, columns(d.conf.networks)...)
	if next != nil {
		routine := d.routines.Current
		problems = slices.Concat(problems, next.PromiseFaults(routine), next.Unfilled(routine), next.Warnings(routine.Apart(), d.now()))
	}
	for _, p := range problems {
		if p.Warning {
			r.Warnings = append(r.Warnings, p.String())
		} else {
			r.Problems = append(r.Problems, p.String())
		}
	}
	if next == nil {
		d.keeps(r)
		return r, nil
	}
	r.next = next
	diff := d.roster.Now().Diff(next)
	for _, h := range diff.Missing {
		r.Problems = append(r.Problems, fmt.Sprintf("%s:1: %s was here and is not in the file any more; put the block back, with left = \"…\" in it", path, called(h)))
	}
	d.keeps(r)
	r.Changes, err = d.changes(ctx, diff, next)
	return r, err
}

// keeps says in the log why a file is not taken in.
func (d *Daemon) keeps(r reloaded) {
	for _, p := range r.Problems {
		d.log.Error("organisation file; the server keeps what it has", "problem", p)
	}
}

// changes says what a difference means, also for the cases that are open.
func (d *Daemon) changes(ctx context.Context, diff handlers.Diff, next *handlers.Roster) (lines []string, err error) {
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for _, h := range diff.Comes {
		if _, outside := next.Guest(h.ID); outside {
			say("comes: %s, from outside; holds a key only when given one", called(h))
		} else {
			say("comes: %s; gets a key of what is begun from now on, and of older reports only when given one", called(h))
		}
	}
	for _, h := range diff.Back {
		say("comes back: %s; gets a key of what is begun from now on, and of older reports only when given one", called(h))
	}
	for _, h := range diff.Leaves {
		open, alone, err := d.store.Holds(ctx, h.ID, next.Own())
		if err != nil {
			return nil, fmt.Errorf("looking for the cases of who leaves: %w", err)
		}
		say("leaves: %s; is signed out at once, and the key ends in %s", called(h), count(open, "open case"))
		if alone > 0 {
			say("leaves: %s; nobody else of the office can open %d of these: the external receiver gets the next key, and what was written before opens with the recovery key only", called(h), alone)
		}
	}
	if len(diff.Leaves) > 0 {
		say("every open case gets a new key")
	}
	for _, h := range diff.Rekeyed {
		say("another key: %s; the old one signs in no more, and colleagues give access anew", called(h))
	}
	for _, p := range diff.Named {
		say("name: reporters can keep out %s", p.Name)
	}
	for _, p := range diff.Unnamed {
		say("name: reporters find no more %s", p.Name)
	}
	if len(diff.Parts) > 0 {
		say("changed: %s", strings.Join(diff.Parts, ", "))
	}
	if len(diff.Settled) > 0 {
		say("at the next start only: %s", strings.Join(diff.Settled, ", "))
	}
	return lines, nil
}

func called(h handlers.Handler) string {
	if strings.HasPrefix(h.ID, "#") {
		return "the external receiver"
	}
	return h.ID + " (" + h.Name + ")"
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
