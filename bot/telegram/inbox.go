package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"tillit/bot"
	"tillit/bot/network"
)

// inbox holds the updates that are here and not yet confirmed. It keeps order
// inside a chat, lets no chat wait for another, and says up to where everything
// is stored.
type inbox struct {
	*network.Inbox
	t    *Telegram
	asks bool // for updates; otherwise they are brought, and a failure is answered

	mu      sync.Mutex
	busy    map[int64]*update
	done    map[int64]bool // stored, not confirmed
	lanes   map[string][]*update
	fetches map[int64]*fetch // by update
	changed chan struct{}
}

// mostInAlbum is Telegram's own limit.
const mostInAlbum = 10

func newInbox(ctx context.Context, t *Telegram, deliver func(context.Context, bot.Event) error) *inbox {
	return &inbox{
		Inbox: network.NewInbox(ctx, channelName, t.Log, t.Now, deliver), t: t, asks: t.Webhook == "", changed: make(chan struct{}, 1),
		busy: map[int64]*update{}, done: map[int64]bool{}, lanes: map[string][]*update{}, fetches: map[int64]*fetch{},
	}
}

// offset is the first update that is not stored, or one after the last; 0 when
// there is nothing to confirm. Ids are not compared with those of an earlier time:
// after a quiet week they begin anew, anywhere.
func (in *inbox) offset() (offset int64, busy bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for id := range in.busy {
		if offset == 0 || id < offset {
			offset = id
		}
	}
	if len(in.busy) > 0 {
		return offset, true
	}
	for id := range in.done {
		offset = max(offset, id+1)
	}
	return offset, false
}

// confirmed forgets what Telegram no longer offers.
func (in *inbox) confirmed(offset int64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for id := range in.done {
		if id < offset {
			delete(in.done, id)
		}
	}
}

// take puts an update into its chat's lane, unless it is here already. It returns
// the update as it is being worked on, nil when it is done or has no id.
func (in *inbox) take(raw json.RawMessage) *update {
	u, ok := readUpdate(raw)
	if !ok {
		in.t.Log.Error("telegram: something arrived that is no update; it is left out")
		return nil
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if old := in.busy[u.id]; old != nil || in.done[u.id] {
		return old
	}
	if !in.Enter() {
		close(u.ended)
		return u
	}
	defer in.Leave()
	in.busy[u.id] = u
	lane, running := in.lanes[u.chat]
	in.lanes[u.chat] = append(lane, u)
	if !running {
		in.Go(func() { in.run(u.chat) })
	}
	return u
}

// rest waits until something is stored, when something is being stored.
func (in *inbox) rest(ctx context.Context) {
	if _, busy := in.offset(); !busy {
		return
	}
	select {
	case <-ctx.Done():
	case <-in.changed:
		network.Rest(ctx, hurry)
	case <-time.After(glance):
	}
}

// run works through a chat's lane until it is empty.
func (in *inbox) run(chat string) {
	for {
		group := in.next(chat)
		if group == nil {
			return
		}
		in.finish(chat, group, in.handle(group))
	}
}

// next is the first update of a lane, or the whole album that it begins. It
// removes an empty lane.
func (in *inbox) next(chat string) []*update {
	for n := 0; ; {
		in.mu.Lock()
		lane := in.lanes[chat]
		if len(lane) == 0 {
			delete(in.lanes, chat)
			in.mu.Unlock()
			return nil
		}
		group := album(lane)
		in.mu.Unlock()
		whole := lane[0].album == "" || len(group) < len(lane) || len(group) == mostInAlbum || len(group) == n
		if whole || !in.asks || in.Ctx.Err() != nil {
			return group
		}
		n = len(group)
		network.Rest(in.Ctx, in.t.album)
	}
}

// album is the updates at the head of a lane that came as one.
func album(lane []*update) []*update {
	n := 1
	for n < len(lane) && lane[0].album != "" && lane[n].album == lane[0].album {
		n++
	}
	return lane[:n:n]
}

// finish takes a group off its lane. When it is not stored, the rest of the lane
// goes with it, so that order is kept when all of it is offered again.
func (in *inbox) finish(chat string, group []*update, stored bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	lane := in.lanes[chat]
	gone := len(group)
	if !stored {
		gone = len(lane)
	}
	for _, u := range lane[:gone] {
		if stored && in.asks {
			in.done[u.id] = true
		}
		// What was asked for and is not stored stays: the offset must not pass it.
		if stored || !in.asks {
			delete(in.busy, u.id)
		}
		u.stored = stored
		close(u.ended)
	}
	in.lanes[chat] = lane[gone:]
	select {
	case in.changed <- struct{}{}:
	default:
	}
}

// handle delivers a group until it is stored. It gives up only when the channel
// stops, or when the network brings updates by itself and will again.
func (in *inbox) handle(group []*update) bool {
	first := group[0]
	for _, u := range group {
		// What is said in a group is not kept, read or unread.
		if u.unread && (u.private || u.chat == "") && !in.quarantine(u) {
			return false
		}
	}
	if first.query != "" {
		defer in.answer(first.query)()
	}
	if !first.private {
		in.t.refuseGroup(in.Work, first)
		return true
	}
	in.t.Pace.Heard(first.chat, first.query != "", in.t.Now())
	files := newFetch(in.Work, in.t)
	defer in.brings(group, files)()
	began := in.t.Now()
	err := in.Store(func() (bot.Event, bool) { return in.t.event(group, files) }, files.Files, func() error {
		switch {
		case !in.asks:
			return errNotNow
		case in.t.Now().Sub(began) > poisonedAfter && in.Stores(began): // it is not the store that fails, but this update
			return errPoisoned
		}
		return nil
	})
	if errors.Is(err, errPoisoned) {
		return in.setAside(group)
	}
	return err == nil
}

// full is how many updates may be stored behind one that is not, before that one goes
// without its files: Telegram hands out so many at once, and confirms none of them.
const full = window - 10

// brings notes what is brought for a group, until the returned function is called.
func (in *inbox) brings(group []*update, files *fetch) func() {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, u := range group {
		in.fetches[u.id] = files
	}
	return func() {
		in.mu.Lock()
		defer in.mu.Unlock()
		files.end()
		for _, u := range group {
			delete(in.fetches, u.id)
		}
	}
}

// hurry lets no file that is slow keep everybody from being heard: who sent it is told, and
// can send it again.
func (in *inbox) hurry() {
	in.mu.Lock()
	defer in.mu.Unlock()
	first := int64(0)
	for id := range in.busy {
		if first == 0 || id < first {
			first = id
		}
	}
	stored := 0
	for id := range in.done {
		if id > first {
			stored++
		}
	}
	if files := in.fetches[first]; files != nil && stored >= full {
		files.hurry()
	}
}

// poisonedAfter is how long one chat may fail while others are stored, before it
// is set aside: what is not confirmed takes up room in the window.
const poisonedAfter = 15 * time.Minute

// What ends the attempts to store a group.
var (
	errNotNow   = errors.New("not stored: the network brings it again")
	errPoisoned = errors.New("not stored, though others are")
)

// setAside puts what cannot be stored into quarantine, so that the others go on.
func (in *inbox) setAside(group []*update) bool {
	for _, u := range group {
		if !in.quarantine(u) {
			return false
		}
	}
	return true
}

// quarantine keeps an update that could not be handled, until that is on disk.
func (in *inbox) quarantine(u *update) bool {
	again := network.NewPatience(100*time.Millisecond, 15*time.Second)
	for try := 0; in.t.Quarantine != nil; try++ {
		err := in.t.Quarantine(in.Work, u.raw)
		if err == nil {
			in.t.Log.Error("telegram: one update could not be handled; it is kept sealed, and the others go on")
			return true
		}
		if try == 0 {
			in.t.Log.Error("telegram: one update could not be handled, nor kept sealed; it is not confirmed", "err", err)
		}
		if !in.asks || in.Ctx.Err() != nil {
			return false
		}
		network.Rest(in.Ctx, again.Next())
	}
	in.t.Log.Error("telegram: one update could not be handled and is lost; the others go on")
	return true
}

// answerWithin is how long a press may turn on a person's screen while it is
// being stored.
const answerWithin = 2 * time.Second

// answer ends the turning of a pressed button: when the returned function is
// called, or when storing takes too long.
func (in *inbox) answer(query string) func() {
	now := sync.OnceFunc(func() { in.Go(func() { in.t.answerPress(in.Work, query) }) })
	late := time.AfterFunc(answerWithin, now)
	return func() {
		late.Stop()
		now()
	}
}
