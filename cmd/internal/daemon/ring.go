package daemon

import (
	"fmt"
	"slices"
	"time"

	"tillit/bot"
	"tillit/handlers"
	"tillit/handlers/clocks"
	"tillit/store"
)

// openRinger makes what lets the clocks of cases ring.
func (d *Daemon) openRinger() *clocks.Ringer {
	c := clocks.Config{
		Store: d.store, Office: d.told(), Now: d.now, Log: d.log,
		Late: func(reporter store.Idle, l clocks.Late) (words, notice store.Line, err error) {
			return d.bot.Late(reporter, bot.Late(l))
		},
	}
	if d.conf.AtOnce {
		c.Look = 100 * time.Millisecond
	}
	return clocks.New(c)
}

// told is who is told of clocks, by the organisation as it is now.
func (d *Daemon) told() clocks.Office {
	o := clocks.Office{Roster: d.roster.Now(), Routines: d.routines}
	if d.chat != nil {
		for _, n := range d.chat.Networks {
			o.Networks = append(o.Networks, n.Name)
		}
	}
	return o
}

// checkRung names who is to be told when a day passes, and has no account to which the
// office's bot could write.
func checkRung(conf Config, roster *handlers.Roster, say func(problem bool, line string)) {
	if roster == nil {
		return
	}
	var networks []string
	for _, a := range conf.accounts {
		if token, err := conf.token(a); a.office && err == nil && !token.IsZero() {
			networks = append(networks, a.of.Name)
		}
	}
	reached := func(h handlers.Handler) bool {
		return slices.ContainsFunc(networks, func(n string) bool { return h.Accounts[n] != "" })
	}
	if c := roster.Control(); !reached(c) {
		say(false, fmt.Sprintf("the control organ (%s) has no account that the office's bot writes to; when it should be told, all who hold a key are told to tell it", c.Name))
	}
	var told []string
	for _, h := range roster.Handlers {
		if deputy, ok := roster.Deputy(h.ID); ok && !reached(deputy) && !slices.Contains(told, deputy.ID) {
			told = append(told, deputy.ID)
			say(false, fmt.Sprintf("%s stands in for others, and has no account that the office's bot writes to; when they should be told, all who hold a key are", deputy.ID))
		}
	}
}
