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
	"tillit/handlers/office"
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

const keep = 30 * 24 * time.Hour

// bot, pages and office are wired as the daemon does it.
func (o *Office) bot() *bot.Bot {
	return bot.New(bot.Config{
		Store: o.Store, Office: o.Roster, Set: questions(), Phrases: phrases(),
		Org: o.Roster.Org, Zone: o.Roster.Zone, Lang: o.Roster.Lang, Terms: bot.Terms(o.Roster.Promises),
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
		Store: o.Store, Roster: o.Roster, Signing: signing, Log: o.Log, Now: o.Clock.Now, Certificate: o.Certificate, Render: o.Render,
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
