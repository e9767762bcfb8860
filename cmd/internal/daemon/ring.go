package daemon

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tillit/bot"
	"tillit/handlers"
	"tillit/handlers/chat"
	"tillit/handlers/clocks"
	"tillit/store"
)

// ring lets the clocks of cases ring until ctx is done. The office's bot may be nil.
func (d *Daemon) ring(ctx context.Context, office *chat.Office) error {
	c := clocks.Config{
		Store: d.store, Office: clocks.Office{Roster: d.roster, Routines: d.routines}, Now: d.now, Log: d.log,
		Late: func(reporter store.Idle, l clocks.Late) (words, notice store.Line, err error) {
			return d.bot.Late(reporter, bot.Late(l))
		},
	}
	if office != nil {
		for _, n := range office.Networks {
			c.Office.Networks = append(c.Office.Networks, n.Name)
		}
	}
	if d.conf.AtOnce {
		c.Look = 100 * time.Millisecond
	}
	return clocks.New(c).Run(ctx)
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
