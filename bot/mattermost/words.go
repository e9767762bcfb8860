package mattermost

import (
	"context"
	"embed"
	"time"

	"tillit/intake/words"

	"github.com/mattermost/mattermost/server/public/model"
)

//go:embed words/*.toml
var wordFiles embed.FS

// in returns the words for a language as Mattermost names it.
func (m *Mattermost) in(code string) *words.Lang { return m.words.In(m.words.Match(m.Lang, code)) }

// groupsAgain is how long a chat of several is left alone after it has been told.
const groupsAgain = time.Hour

// refuseGroup says in a chat of several, below what was written, that this is no
// place for it. Nothing of what was written there is looked at or kept.
func (m *Mattermost) refuseGroup(ctx context.Context, chat, person, root string) {
	who := m.about(ctx, person)
	if who.bot || !m.mayTellGroup(chat) || m.pace(chat) != nil {
		return
	}
	// A line that does not arrive is not missed.
	_, _ = m.attempt(ctx, &model.Post{ChannelId: chat, RootId: root, Message: plain(m.in(who.locale).Say("group"))})
}

func (m *Mattermost) mayTellGroup(chat string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.Now()
	if told, ok := m.refused[chat]; ok && now.Sub(told) < groupsAgain {
		return false
	}
	if len(m.refused) >= mostKnown {
		clear(m.refused)
	}
	m.refused[chat] = now
	return true
}
