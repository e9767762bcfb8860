package handlerstest

import (
	"crypto/ed25519"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"tillit/bot"
	"tillit/bot/pages"
	"tillit/bot/web"
	"tillit/handlers"
	"tillit/handlers/office"
	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/party"
	"tillit/handlers/routine/plan"
	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
)

// questions and phrases are read once: they never change.
var questions = sync.OnceValue(intake.Default)

var phrases = sync.OnceValue(func() *bot.Phrases {
	p, err := bot.LoadPhrases()
	if err != nil {
		panic(err)
	}
	return p
})

// Party is the routine that Tillit comes with.
var Party = sync.OnceValue(func() *plan.Routine {
	v := acts.Vocabulary()
	v.Questions, v.Flags = questions().Choices(), questions().Flags()
	r, faults := handlers.LoadRoutine(party.Files, v)
	if r == nil {
		panic(faults)
	}
	return r
})

const keep = 30 * 24 * time.Hour

// takeOver begins the routine of a case from before it.
func (o *Office) takeOver(old store.Old) cases.Start {
	return o.Routines.Opening(o.Roster).TakeOver(o.Bot.Known(old), old.Facts, o.Clock.Now())
}

// opening tells a test what reports begin from.
type opening struct {
	handlers.Opening
	began func(cases.Start)
}

func (o opening) Begin(r cases.Report) cases.Start {
	start := o.Opening.Begin(r)
	if o.began != nil {
		o.began(start)
	}
	return start
}

// working is the office as it is now, and how it begins to work a report.
func (o *Office) working() func() (bot.Office, bot.Routine) {
	current, opens := o.current, handlers.PerRoster(o.Routines.Opening)
	return func() (bot.Office, bot.Routine) {
		r := current.Now()
		return r, opening{opens(r), o.Began}
	}
}

// bot, pages and office are wired as the daemon does it.
func (o *Office) bot() *bot.Bot {
	return bot.New(bot.Config{
		Store: o.Store, Current: o.working(), Set: questions(), Phrases: phrases(),
		Org: o.Roster.Org, Zone: o.Roster.Zone, Lang: o.Roster.Lang,
		Values: map[string]string{"emergency": "112", "doctor": "116 117", "police": "02800", "max": "20 MB"},
		Keep:   keep, Backups: keep, Now: o.Clock.Now, Random: o.Random, Log: o.Log,
	})
}

func (o *Office) pages() *web.Web {
	return pages.New(pages.Config{Store: o.Store, Bot: o.Bot, Set: questions(), Phrases: phrases(), Backups: keep},
		web.Config{Org: o.Roster.Org, Zone: o.Roster.Zone, DefaultLang: o.Roster.Lang, Keep: keep, Now: o.Clock.Now, Log: o.Log})
}

func (o *Office) office() http.Handler {
	signing := o.Server.Public()
	if o.Signing != nil {
		signing = ed25519.PublicKey(o.Signing)
	}
	c := office.Config{
		Store: o.Store, Roster: o.current, Routines: o.Routines, Signing: signing, Log: o.Log, Now: o.Clock.Now, Certificate: o.Certificate, Render: o.Render,
	}
	if o.Hasty {
		c.Refuse, c.Limit, c.Acts = -1, rate.Inf, rate.Inf
	}
	return office.New(c)
}

// Render makes of a reply what its reporter gets.
func (o *Office) Render(reporter store.Idle, words cases.Outgoing) (line, notice store.Line, err error) {
	return o.Bot.Reply(reporter, words)
}
