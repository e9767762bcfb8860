package mattermost

import (
	"context"
	"embed"

	"tillit/intake/words"

	"github.com/mattermost/mattermost/server/public/model"
)

//go:embed words/*.toml
var wordFiles embed.FS

// in returns the words for a language as Mattermost names it.
func (m *Mattermost) in(code string) *words.Lang { return m.words.In(m.words.Match(m.Lang, code)) }

// refuseGroup says in a chat of several, below what was written, that this is no
// place for it. Nothing of what was written there is looked at or kept.
func (m *Mattermost) refuseGroup(ctx context.Context, chat, person, root string) {
	who := m.about(ctx, person)
	if who.bot || !m.told.May(chat, m.Now()) || m.Pace.Turn(ctx, chat, m.Now) != nil {
		return
	}
	// A line that does not arrive is not missed.
	_, _ = m.attempt(ctx, &model.Post{ChannelId: chat, RootId: root, Message: plain(m.in(who.locale).Say("group"))})
}
