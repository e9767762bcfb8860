package standin

import (
	"net/http"
	"reflect"
	"slices"
	"unicode/utf8"

	"github.com/mattermost/mattermost/server/public/model"
)

// patch is PUT /posts/{id}/patch, with mu held. What is not named stays; the
// properties are replaced all together. A post that is gone is refused like one of
// somebody else's, as the real server does.
func (s *Server) patch(id string, p model.PostPatch) (*stored, *refusal) {
	post := s.posts[id]
	forbidden := &refusal{http.StatusForbidden, "You do not have the appropriate permissions."}
	switch {
	case post == nil || post.DeleteAt > 0, post.UserId != s.BotID, !slices.Contains(s.Roles["channel_user"], "edit_post"):
		return nil, forbidden
	case !slices.Contains(s.channels[post.ChannelId].members, s.BotID):
		return nil, forbidden
	}
	next := &stored{Post: post.Clone(), actions: map[string]*model.PostAction{}}
	next.Patch(&p)
	if utf8.RuneCountInString(next.Message) > s.Longest {
		return nil, &refusal{http.StatusBadRequest, "Post Message property is longer than the maximum permitted length: " + next.Message}
	}
	if no := invalid(next.Post); p.Props != nil && no != nil {
		return nil, no
	}
	at := s.keepVersion(post)
	next.UpdateAt = at
	if next.Message != post.Message || p.Props != nil && !sameButtons(post, next) {
		next.EditAt = at // the same again is no edit, and a version all the same
	}
	s.written(next)
	if p.Props == nil {
		next.actions = post.actions
	}
	*post = *next
	s.edited(post)
	return post, nil
}

// sameButtons reports whether two versions of a post have the same buttons, also in
// what nobody's app is shown.
func sameButtons(was, is *stored) bool {
	buttons := map[string]*model.PostAction{}
	for _, a := range is.Attachments() {
		for _, b := range a.Actions {
			buttons[b.Id] = &model.PostAction{Id: b.Id, Name: b.Name, Type: b.Type, Integration: b.Integration}
		}
	}
	return reflect.DeepEqual(was.actions, buttons)
}

// keepVersion runs with mu held: the network keeps the text of a post that is about
// to change as a row of its own. It returns the time of the change.
func (s *Server) keepVersion(post *stored) int64 {
	at := s.now()
	was := &stored{Post: post.Clone()}
	was.Id, was.OriginalId, was.DeleteAt, was.UpdateAt = model.NewId(), post.Id, at, at
	c := s.channels[post.ChannelId]
	c.posts = append(c.posts, was)
	s.posts[was.Id] = was
	return at
}

// edited runs with mu held: it tells the websockets.
func (s *Server) edited(post *stored) {
	s.emit(s.channels[post.ChannelId], model.WebsocketEventPostEdited, map[string]any{"post": s.encode(post)})
}

// Versions are the texts that a post had before, oldest first.
func (s *Server) Versions(id string) (texts []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	post := s.posts[id]
	for _, p := range s.channels[post.ChannelId].posts {
		if p.OriginalId == id {
			shown, _ := Render(p.Message)
			texts = append(texts, shown)
		}
	}
	return texts
}
