package daemon

import (
	"tillit/bot/mattermost"
	"tillit/bot/network"
	"tillit/bot/telegram"
	"tillit/handlers"
)

// networks are those that members and handlers may write through, besides our own pages
// and the terminal. A new one is its folder in bot and a line here. The list stands
// here and not in bot, because each of them imports bot.
var networks = []network.Network{telegram.Network, mattermost.Network}

// columns are the networks as the organisation file knows them.
func columns(all []network.Network) (columns []handlers.Network) {
	for _, n := range all {
		columns = append(columns, handlers.Network{Name: n.Name, Account: n.Account})
	}
	return columns
}
