package daemon

import (
	"context"
	"net/http"

	"tillit/bot/pages"
	"tillit/bot/web"
	"tillit/handlers/office"
	"tillit/store"
	"tillit/store/cases"
)

type service struct {
	name    string
	listen  Listen
	handler http.Handler
}

// web makes the member's pages.
func (d *Daemon) web() *web.Web {
	return pages.New(pages.Config{
		Store: d.store, Bot: d.bot, Set: d.set, Phrases: d.phrases, Backups: days(d.conf.KeepBackups),
		Begins: func() {
			if d.begun.Add(1)%yieldEvery == 0 {
				d.yield(context.Background())
			}
		},
	}, web.Config{
		Secure: d.conf.Web.Secure || d.conf.Web.Cert != "", Hosts: d.conf.Web.Hosts, Leave: d.conf.Web.Leave, Log: d.log,
		Slow: d.slow, Quick: d.quick,
		MaxFile: d.conf.Web.MaxMB << 20, Org: d.roster.Now().Org, Zone: d.roster.Now().Zone, DefaultLang: d.conf.Language, Now: d.now, Keep: days(d.conf.KeepUnsent),
	})
}

func (d *Daemon) office() http.Handler {
	return office.New(office.Config{
		Store: d.store, Roster: d.roster, Routines: d.routines, Signing: d.keys.Public(), Log: d.log,
		Render: d.render, Now: d.now,
	})
}

// render makes what a reporter gets of words of the office.
func (d *Daemon) render(reporter store.Idle, words cases.Outgoing) (line, notice store.Line, err error) {
	return d.bot.Reply(reporter, words)
}
