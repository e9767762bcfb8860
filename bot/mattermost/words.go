package mattermost

import (
	"context"
	"embed"
	"strings"
	"time"

	"tillit/bot/wordfile"

	"github.com/mattermost/mattermost/server/public/model"
)

//go:embed words/*.toml
var wordFiles embed.FS

// words are what only Mattermost needs to be told, in one language.
type words struct {
	Codes []string `toml:"codes"` // Mattermost's names of the language
	Group string   `toml:"group"` // the one line in a chat of several
	Again string   `toml:"again"` // a press was not kept
	Old   string   `toml:"old"`   // a button that is not known any more
}

func readWords() (map[string]words, error) { return wordfile.Read[words](wordFiles, "words") }

// in returns the words for a language as Mattermost names it.
func (m *Mattermost) in(code string) words {
	code, _, _ = strings.Cut(strings.ToLower(code), "-")
	for _, w := range m.words {
		for _, c := range w.Codes {
			if c == code {
				return w
			}
		}
	}
	if w, ok := m.words[m.Lang]; ok {
		return w
	}
	return m.words["nb"]
}

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
	_, _ = m.attempt(ctx, &model.Post{ChannelId: chat, RootId: root, Message: plain(m.in(who.locale).Group)})
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
