package standin

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/mattermost/mattermost/server/public/model"
)

// Group is a chat of several, with the bot in it.
func (s *Server) Group(kind model.ChannelType, people ...*Person) (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &channel{id: model.NewId(), name: model.NewId(), kind: kind, members: []string{s.BotID}}
	for _, p := range people {
		c.members = append(c.members, p.ID)
	}
	s.channels[c.id] = c
	return c.id
}

// Join puts somebody into a chat of several, Leave takes them out again. Without a
// person it is the bot.
func (s *Server) Join(channel string, people ...*Person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channel]
	for _, id := range s.ids(people) {
		if !slices.Contains(c.members, id) {
			c.members = append(c.members, id)
		}
	}
}

// Leave takes people out of a chat of several; without a person, the bot.
func (s *Server) Leave(channel string, people ...*Person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ids := s.channels[channel], s.ids(people)
	c.members = slices.DeleteFunc(c.members, func(id string) bool { return slices.Contains(ids, id) })
}

func (s *Server) ids(people []*Person) (ids []string) {
	if len(people) == 0 {
		return []string{s.BotID}
	}
	for _, p := range people {
		ids = append(ids, p.ID)
	}
	return ids
}

// Archive closes a chat of several.
func (s *Server) Archive(channel string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channels[channel].closedAt = s.now()
}

// Share connects a chat of several with another server.
func (s *Server) Share(channel string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channels[channel].shared = true
}

// Convert makes a chat of several of another kind.
func (s *Server) Convert(channel string, kind model.ChannelType) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channels[channel].kind = kind
}

// room is GET /channels/{id} and what lies below, with mu held: only for who is in it.
func (s *Server) room(id string) (*channel, *refusal) {
	c := s.channels[id]
	switch {
	case c == nil:
		return nil, &refusal{http.StatusNotFound, "Unable to find the existing channel."}
	case !slices.Contains(c.members, s.BotID):
		return nil, &refusal{http.StatusForbidden, "You do not have the appropriate permissions."}
	}
	return c, nil
}

// members is a page of GET /channels/{id}/members, with mu held: in the order of
// their ids, and more than a page is cut without a word.
func (s *Server) members(c *channel, q url.Values) model.ChannelMembers {
	size, _ := strconv.Atoi(q.Get("per_page"))
	if size <= 0 {
		size = 60
	}
	size = min(size, mostOnPage)
	n, _ := strconv.Atoi(q.Get("page"))
	ids := slices.Sorted(slices.Values(c.members))
	ids = ids[min(n*size, len(ids)):]
	out := model.ChannelMembers{}
	for _, id := range ids[:min(size, len(ids))] {
		out = append(out, model.ChannelMember{ChannelId: c.id, UserId: id, Roles: "channel_user"})
	}
	return out
}
