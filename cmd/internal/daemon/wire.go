package daemon

import (
	"context"
	"encoding/pem"
	"net/http"
	"os"

	"golang.org/x/time/rate"

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
		Secure: d.conf.Web.Secure || d.conf.Web.Cert != "", Hosts: hostNames(d.conf.Web.Hosts), Leave: d.conf.Web.Leave, Log: d.log,
		Slow: d.slow, Quick: d.quick, ClientHeader: d.conf.Web.Client, Starts: web.Pace{Client: d.conf.Web.Starts, All: d.conf.Web.StartsAll},
		MaxFile: d.conf.Web.MaxMB << 20, Org: d.roster.Now().Org, Zone: d.roster.Now().Zone, DefaultLang: d.conf.Language, Now: d.now, Keep: days(d.conf.KeepUnsent),
	})
}

func (d *Daemon) office() http.Handler {
	return office.New(office.Config{
		Store: d.store, Roster: d.roster, Routines: d.routines, Signing: d.keys.Public(), Log: d.log,
		Render: d.render, Now: d.now, Hosts: hostNames(d.conf.Office.Hosts), Certificate: d.proxied(),
		Tries: rate.Limit(d.conf.Office.Failed) / 60,
	})
}

// proxied is the certificate that desks see of a proxy in front of the office, read anew
// each time: it is renewed while we run. Nil is that there is none.
func (d *Daemon) proxied() func() []byte {
	path := d.conf.path(d.conf.Office.Proxy)
	if path == "" {
		return nil
	}
	return func() []byte {
		raw, err := os.ReadFile(path)
		if err != nil {
			d.log.Error("the certificate of the office's proxy cannot be read; nobody can sign in", "err", err)
			return nil
		}
		for block, rest := pem.Decode(raw); block != nil; block, rest = pem.Decode(rest) {
			if block.Type == "CERTIFICATE" {
				return block.Bytes // the leaf stands first
			}
		}
		d.log.Error("the file of the office's proxy holds no certificate; nobody can sign in")
		return nil
	}
}

// render makes what a reporter gets of words of the office.
func (d *Daemon) render(reporter store.Idle, words cases.Outgoing) (line, notice store.Line, err error) {
	return d.bot.Reply(reporter, words)
}
