package daemon

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tillit/bot/network"
	"tillit/handlers"
	"tillit/handlers/chat"
)

// OfficeChat is what the office's own bot accounts have in common, through which
// handlers learn that something waits. They are others than the members'.
type OfficeChat struct {
	Desk       string `toml:"desk"`        // address of the handlers' desks, for links
	QuietFrom  int    `toml:"quiet_from"`  // hours in which only what is urgent rings;
	QuietUntil int    `toml:"quiet_until"` // equal is none
}

// batch is the least time between two words that a handler did not ask for.
const batch = 5 * time.Minute

func (o OfficeChat) validate() error {
	var errs []error
	if o.QuietFrom < 0 || o.QuietFrom > 23 || o.QuietUntil < 0 || o.QuietUntil > 23 {
		errs = append(errs, errors.New("[office_chat] quiet_from and quiet_until are hours, 0 to 23"))
	}
	if o.Desk != "" && network.CheckServer(o.Desk) != nil {
		errs = append(errs, errors.New("[office_chat] desk must be an address, as tillit desk prints it, without the link's end"))
	}
	return errors.Join(errs...)
}

// openOfficeChat makes the office's bot with all its accounts, if there are any, and
// returns what they are served on.
func (d *Daemon) openOfficeChat() ([]service, error) {
	var networks []chat.Network
	var services []service
	for _, a := range d.conf.accounts {
		if !a.office {
			continue
		}
		ch, err := d.conf.open(a, d)
		if err != nil {
			return nil, fmt.Errorf("opening %s: %w", a.called(), err)
		}
		if ch != nil {
			t := a.table.Common()
			networks = append(networks, chat.Network{Name: a.of.Name, Channel: ch, Words: chat.Words(t.Words), Operator: a.via(), Room: t.Room})
			services = append(services, service{a.called(), t.Listen, ch})
		}
	}
	if len(networks) == 0 {
		return nil, nil
	}
	between, look := batch, time.Duration(0)
	if d.conf.AtOnce {
		between, look = 0, 100*time.Millisecond
	}
	var err error
	d.chat, err = chat.New(chat.Config{
		Store: d.store, Roster: d.roster, Routines: d.routines, Networks: networks, Desk: strings.TrimSuffix(d.conf.OfficeChat.Desk, "/"),
		Quiet: [2]int{d.conf.OfficeChat.QuietFrom, d.conf.OfficeChat.QuietUntil}, Batch: between, Look: look, Now: d.now, Log: d.log,
		Render: d.render,
	})
	return services, err
}

// via names the networks that words of the office pass through before they reach a
// reporter, for each card.
func (c Config) via() (names []string, err error) {
	for _, a := range c.accounts {
		if !a.office {
			continue
		}
		switch token, err := c.token(a); {
		case err != nil:
			return nil, fmt.Errorf("the office's chat: %w", err)
		case !token.IsZero() && chat.Words(a.table.Common().Words) == chat.WordsChat:
			names = append(names, a.via())
		}
	}
	return names, nil
}

// checkOffice looks at what only an account of the office needs.
func (a botAccount) checkOffice(ctx context.Context, ch network.Channel, roster *handlers.Roster, say func(problem bool, line string)) {
	if room := a.table.Common().Room; room != "" {
		a.checkRoom(ctx, room, ch, roster, say)
	}
	none := 0
	for _, h := range people(roster) {
		if h.Accounts[a.of.Name] == "" {
			none++
		}
	}
	if none > 0 {
		say(false, fmt.Sprintf("%d of %d handlers have no %s account in the organisation file, and are told nothing there", none, len(roster.Handlers), a.of.Name))
	}
}

// checkRoom asks who is in the room. How many are not known is said, and never who.
func (a botAccount) checkRoom(ctx context.Context, room string, ch network.Channel, roster *handlers.Roster, say func(problem bool, line string)) {
	g, ok := ch.(chat.Gatherer)
	if !ok {
		say(true, "a room cannot be used there: this channel does not say who is in one")
		return
	}
	members, err := g.Members(ctx, room)
	if err != nil {
		say(true, "the room: "+err.Error())
		return
	}
	strangers := 0
	for _, account := range members {
		if roster == nil {
			break // that is said already
		}
		if _, known := roster.Account(a.of.Name, account); !known {
			strangers++
		}
	}
	switch {
	case len(members) == 0:
		say(false, "the room: nobody is in it")
	case strangers > 0:
		say(false, fmt.Sprintf("the room: %d of the %d in it are no handlers in the organisation file; nothing is told there while they are in it", strangers, len(members)))
	}
}

func people(r *handlers.Roster) []handlers.Handler {
	if r == nil {
		return nil
	}
	return r.Handlers
}
