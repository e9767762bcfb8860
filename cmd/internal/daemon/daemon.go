// Package daemon wires the server: store, bot, channels, office API. It holds public
// keys and the server key, and nothing in it can open a filed case.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"tillit/bot"
	"tillit/bot/console"
	"tillit/handlers"
	"tillit/handlers/chat"
	"tillit/handlers/clocks"
	"tillit/handlers/office"
	"tillit/handlers/routine/plan"
	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/seal"
)

// Daemon is a server that is open but not yet serving.
type Daemon struct {
	conf     Config
	log      *slog.Logger
	now      func() time.Time // of everything that the server does
	store    *store.Store
	roster   *handlers.Current
	keys     *seal.ServerKeys
	phrases  *bot.Phrases
	set      *intake.Set
	routines *handlers.Routines
	bot      *bot.Bot
	aparts   map[string]*apart // by network
	begun    atomic.Int64      // talks on the web since start
	chat     *chat.Office      // nil where there is none
	ringer   *clocks.Ringer    // nil until it serves

	slow, quick *semaphore.Weighted // memory for who is waited for, and to make pages in

	reloading sync.Mutex // held by who takes in the organisation file
}

// Open reads everything, refuses what is wrong, finishes destruction that a
// crash interrupted, and leaves a daemon that only has to serve.
func Open(ctx context.Context, conf Config, log *slog.Logger) (*Daemon, error) {
	d := &Daemon{conf: conf, log: log, now: conf.Now, aparts: map[string]*apart{}}
	if d.now == nil {
		d.now = time.Now
	}
	memory := conf.shared()
	d.slow, d.quick = semaphore.NewWeighted(memory/4*3), semaphore.NewWeighted(memory/4)
	var err error
	if d.set, err = currentSet(conf); err != nil {
		return nil, err
	}
	org, err := roster(conf, log)
	if err != nil {
		return nil, err
	}
	d.roster = handlers.NewCurrent(org)
	routine, err := currentRoutine(conf, d.set, org.Zone)
	if err == nil {
		err = promised(org, routine, log)
	}
	if err != nil {
		return nil, err
	}
	if d.phrases, err = bot.LoadPhrases(); err != nil {
		return nil, err
	}
	if d.keys, err = seal.LoadServerKeys(conf.path(conf.ServerKey), conf.path(conf.Data)); err != nil {
		return nil, fmt.Errorf("loading the server key: %w", err)
	}
	if !seal.SecretMemory() {
		log.Warn("this build does not wipe case keys from memory; build tillitd with GOEXPERIMENT=runtimesecret")
	}
	if d.set.HelpLinesStale(d.now()) {
		log.Warn("the help lines were checked more than 180 days ago; call each of them and set the date anew")
	}
	if err := store.Private(conf.path(conf.Data)); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(conf.path(conf.Data), 0o700); err != nil {
		return nil, fmt.Errorf("making the data folder: %w", err)
	}
	older, err := sets.all(filepath.Join(conf.path(conf.Data), setsFolder), d.set, log)
	if err != nil {
		return nil, fmt.Errorf("keeping the questions: %w", err)
	}
	if d.routines, err = keptRoutines(filepath.Join(conf.path(conf.Data), routinesFolder), routine, log); err != nil {
		return nil, fmt.Errorf("keeping the routine: %w", err)
	}
	d.store, err = store.Open(ctx, store.Options{Dir: conf.path(conf.Data), Keys: d.keys, Log: log, Zone: org.Zone, Now: d.now, Slow: d.slow, Quick: d.quick,
		Files: store.FileLimits{Case: conf.Files.TalkMB << 20, All: conf.Files.AllGB << 30, Free: conf.Files.FreeMB << 20}})
	if err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	via, err := conf.via()
	if err != nil {
		return nil, errors.Join(err, d.store.Close())
	}
	var random func(int64) int64
	if conf.AtOnce {
		random = func(int64) int64 { return 0 }
	}
	d.bot = bot.New(bot.Config{
		Store: d.store, Current: d.working(), Set: d.set, Older: older, Phrases: d.phrases,
		Org: org.Org, Zone: org.Zone, Lang: conf.Language,
		Values: map[string]string{
			"emergency": "112", "doctor": "116 117", "police": "02800",
			"max": fmt.Sprintf("%d MB", conf.Web.MaxMB),
		},
		Keep: days(conf.KeepUnsent), Memory: d.slow, Files: conf.Files.Talk, Cases: conf.NewReports, Starts: conf.NewInChats, Backups: days(conf.KeepBackups), Shown: true, Via: via, Page: conf.Web.page(), Now: d.now, Random: random, Log: log,
	})
	return d, nil
}

// working is the office as it is now, and how it begins to work a report.
func (d *Daemon) working() func() (bot.Office, bot.Routine) {
	opens := handlers.PerRoster(d.routines.Opening)
	return func() (bot.Office, bot.Routine) {
		r := d.roster.Now()
		return r, opens(r)
	}
}

// learn reads who holds which case while the first pages are served already. Who asks
// before it is done waits for it.
func (d *Daemon) learn(ctx context.Context) error {
	var ids []string
	for _, to := range d.roster.Now().Recipients() {
		if to.ID != cases.Recovery { // nobody signs in with it
			ids = append(ids, to.ID)
		}
	}
	if err := d.store.Learn(ctx, ids...); err != nil && ctx.Err() == nil {
		d.log.Warn("reading who holds which case", "err", err)
	}
	debug.FreeOSMemory() // reading that, the routine and the words took more than they leave
	return nil
}

// Close closes the store. Call it after [Daemon.Serve] has returned.
func (d *Daemon) Close() error { return d.store.Close() }

// Serve listens on all of it until ctx is done. Who left the office holds no key
// of an open case any more when it begins to listen, and a routine works each open case.
func (d *Daemon) Serve(ctx context.Context) error {
	more, err := d.begin(ctx)
	if err != nil {
		return err
	}
	pages := d.web()
	channels := []bot.Channel{pages}
	var services []service
	services = []service{
		{"web", d.conf.Web.Listen, pages},
		{"office", d.conf.Office.Listen, d.office()},
		{"operator", d.conf.Operator, operator(d.store.Writable, func() []line { return healths(services, d.now()) })},
	}
	for _, a := range d.conf.accounts {
		if a.office {
			continue
		}
		ch, err := d.conf.open(a, d)
		if err != nil {
			return fmt.Errorf("opening %s: %w", a.of.Title, err)
		}
		if ch != nil {
			channels, services = append(channels, ch), append(services, service{a.called(), a.table.Common().Listen, ch})
		}
	}
	services = append(services, more...)
	if d.conf.Console {
		channels = append(channels, console.New(os.Stdin, os.Stdout))
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return d.learn(ctx) })
	for _, s := range services {
		if s.listen.Address == "" {
			continue
		}
		ln, err := d.conf.listen(s.listen)
		if err != nil {
			return fmt.Errorf("listening for %s: %w", s.name, err)
		}
		d.log.Info("listening", "for", s.name, "on", describe(ln))
		g.Go(func() error { return serve(ctx, ln, s) })
	}
	courier := &bot.Courier{Outbox: d.store, Channels: map[string]bot.Channel{}, Now: d.now, Log: d.log}
	for _, ch := range channels {
		courier.Channels[ch.Name()] = ch
	}
	if d.chat != nil {
		for _, ch := range d.chat.Channels() {
			courier.Channels[ch.Name()] = ch
		}
		g.Go(func() error { return d.chat.Run(ctx) })
	}
	if err := d.missing(ctx, courier.Channels); err != nil {
		return err
	}
	g.Go(func() error { return courier.Run(ctx) })
	g.Go(func() error { return d.bot.Run(ctx, channels...) })
	g.Go(func() error { return d.expire(ctx) })
	g.Go(func() error { return d.ringer.Run(ctx) })
	g.Go(func() error { return d.serveControl(ctx) })
	return g.Wait()
}

// begin does what must be done before anything is served, and holds back whoever wants
// another organisation file taken in meanwhile. It returns what the office's chat is
// served on.
func (d *Daemon) begin(ctx context.Context) ([]service, error) {
	d.reloading.Lock()
	defer d.reloading.Unlock()
	if err := d.leave(ctx); err != nil {
		return nil, err
	}
	opening := d.routines.Opening(d.roster.Now())
	err := d.store.TakeOver(ctx, func(old store.Old) cases.Start { return opening.TakeOver(d.bot.Known(old), old.Facts, d.now()) })
	if err != nil {
		return nil, fmt.Errorf("beginning the routine of older cases: %w", err)
	}
	more, err := d.openOfficeChat()
	if err == nil {
		d.ringer = d.openRinger()
	}
	return more, err
}

// leave ends the keys of those who left.
func (d *Daemon) leave(ctx context.Context) error {
	if err := d.store.NewEpochs(ctx, office.Leave(d.roster.Now())); err != nil {
		return fmt.Errorf("making new keys for who left: %w", err)
	}
	return nil
}

// missing says on which channels people wait that are not there any more.
func (d *Daemon) missing(ctx context.Context, there map[string]bot.Channel) error {
	waiting, err := d.store.Waiting(ctx)
	if err != nil {
		return fmt.Errorf("looking for lines that wait: %w", err)
	}
	for _, name := range waiting {
		if there[name] == nil {
			d.log.Warn("people wait for an answer on a channel that is not configured; it waits with them", "channel", name)
		}
	}
	return nil
}

const (
	// tickEvery is how often the bot looks at the clock.
	tickEvery = 10 * time.Minute
	// expireEvery is how many of those looks lead to destroying what has expired.
	expireEvery = 6
)

// expire does what is due by the clock: who must be told is told before the store
// destroys what has expired.
func (d *Daemon) expire(ctx context.Context) error {
	tick := time.NewTicker(tickEvery)
	for n := 0; ; n++ {
		if err := d.bot.Tick(ctx); err != nil && ctx.Err() == nil {
			d.log.Error("telling what is due", "err", err)
		}
		if n%expireEvery == 0 {
			if err := d.store.Expire(ctx); err != nil && ctx.Err() == nil {
				d.log.Error("destroying what has expired", "err", err)
			}
			d.yield(ctx)
		}
		select {
		case <-ctx.Done():
			tick.Stop()
			return nil
		case <-tick.C:
		}
	}
}

// mostEmpty is how many talks may lie there in which nothing is told yet. The
// pages ask nobody who they are, so anybody can begin as many as they like: the
// oldest yield, and nobody is turned away. It is some 40 MB, and a quarter of an
// hour's time to the first answer while someone begins ten in a second.
const mostEmpty = 10_000

// yieldEvery is how many new talks lead to a look at how many there are.
const yieldEvery = 500

func (d *Daemon) yield(ctx context.Context) {
	n, err := d.store.Yield(ctx, mostEmpty)
	if err != nil && ctx.Err() == nil {
		d.log.Error("making room for new talks", "err", err)
	}
	if n > 0 {
		d.log.Warn("very many talks are begun and not gone on with; the oldest gave way")
	}
}

func describe(ln net.Listener) string { return ln.Addr().Network() + " " + ln.Addr().String() }

// roster reads the organisation file and refuses one that has faults.
func roster(conf Config, log *slog.Logger) (*handlers.Roster, error) {
	r, problems := handlers.LoadRoster(conf.path(conf.Organisation), columns(conf.networks)...)
	if r == nil {
		return nil, fmt.Errorf("%d faults in the organisation file, the first is %s; tillitd check lists all", len(problems), problems[0])
	}
	for _, p := range problems {
		log.Warn("organisation file", "problem", p.String())
	}
	return r, nil
}

// promised refuses an organisation file that promises otherwise than the routine.
func promised(r *handlers.Roster, routine *plan.Routine, log *slog.Logger) error {
	for _, p := range r.PromiseFaults(routine) {
		if !p.Warning {
			return fmt.Errorf("the organisation file and the routine: %s; tillitd check lists all", p)
		}
		log.Warn("organisation file", "problem", p.String())
	}
	return nil
}
