package standin

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/mattermost/mattermost/server/public/model"
)

const (
	mostOnPage  = 200  // more is cut to this without a word
	mostSince   = 1000 // and which ones is anybody's guess
	pendingTime = 30 * time.Second
)

// keep runs with mu held: it stores a post.
func (s *Server) keep(c *channel, post *model.Post) *stored {
	kept := &stored{Post: post.Clone(), actions: map[string]*model.PostAction{}}
	kept.Id = model.NewId()
	kept.CreateAt = s.now()
	kept.UpdateAt, kept.PendingPostId = kept.CreateAt, ""
	s.written(kept)
	if root := s.posts[kept.RootId]; root != nil {
		root.UpdateAt = kept.CreateAt // an answer changes the time of what it answers
	}
	c.posts = append(c.posts, kept)
	c.lastAt = kept.CreateAt
	s.posts[kept.Id] = kept
	return kept
}

// written runs with mu held: the server keeps what the buttons of a post carry to
// itself, and what the bot wrote is looked at as the app shows it.
func (s *Server) written(post *stored) {
	attached := post.Attachments()
	if len(attached) > 0 {
		post.AddProp(model.PostPropsAttachments, attached)
	}
	for _, a := range attached {
		for _, b := range a.Actions {
			post.actions[b.Id] = &model.PostAction{Id: b.Id, Name: b.Name, Type: b.Type, Integration: b.Integration}
			b.Integration = nil // never shown to an app
		}
	}
	if post.UserId == s.BotID {
		if _, problem := Render(post.Message); problem != "" {
			s.problems = append(s.problems, problem)
		}
	}
}

// posted runs with mu held: it tells the websockets.
func (s *Server) posted(c *channel, post *stored, mentions ...string) {
	data := map[string]any{"post": s.encode(post), "channel_type": string(c.kind), "channel_name": c.name, "sender_name": "@somebody"}
	if len(mentions) > 0 {
		data["mentions"] = encode(mentions)
	}
	s.emit(c, model.WebsocketEventPosted, data)
}

// encode runs with mu held: a post as the API shows it, with its files.
func (s *Server) encode(post *stored) string { return encode(s.show(post)) }

func (s *Server) show(post *stored) *model.Post {
	shown := post.Clone()
	if len(post.FileIds) > 0 {
		shown.Metadata = &model.PostMetadata{}
		if post.Metadata != nil {
			shown.Metadata.Embeds = post.Metadata.Embeds
		}
		for _, id := range post.FileIds {
			if f := s.files[id]; f != nil && !f.gone {
				info := f.info
				shown.Metadata.Files = append(shown.Metadata.Files, &info)
			}
		}
	}
	return shown
}

// thread runs with mu held: a post with all that answers it.
func (s *Server) thread(root *stored) *model.PostList {
	l := model.NewPostList()
	for _, post := range s.posts {
		if post.DeleteAt == 0 && (post.Id == root.Id || post.RootId == root.Id) {
			l.AddPost(s.show(post))
			l.AddOrder(post.Id)
		}
	}
	return l
}

func encode(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("standin: encoding: %v", err))
	}
	return string(raw)
}

// actionID is what the server's own route takes.
var actionID = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// create is POST /posts, with mu held. The empty id says that it was there already.
func (s *Server) create(post *model.Post) (*stored, *refusal) {
	c := s.channels[post.ChannelId]
	switch {
	case c == nil || !slices.Contains(c.members, s.BotID):
		return nil, &refusal{http.StatusForbidden, "You do not have the appropriate permissions."}
	case c.closedAt > 0:
		return nil, &refusal{http.StatusBadRequest, "You can not post to an archived channel."}
	case utf8.RuneCountInString(post.Message) > s.Longest:
		return nil, &refusal{http.StatusBadRequest, "Post Message property is longer than the maximum permitted length: " + post.Message}
	case post.Message == "" && len(post.FileIds) == 0:
		return nil, &refusal{http.StatusBadRequest, "Invalid or missing message."}
	}
	if root := s.posts[post.RootId]; post.RootId != "" && (root == nil || root.DeleteAt > 0 || root.ChannelId != post.ChannelId || root.RootId != "") {
		return nil, &refusal{http.StatusBadRequest, "Invalid RootId parameter."}
	}
	if no := invalid(post); no != nil {
		return nil, no
	}
	if known, ok := s.pending[post.PendingPostId]; ok && post.PendingPostId != "" && time.Since(known.at) < pendingTime-s.ahead {
		return s.posts[known.post], nil
	}
	post.UserId, post.Id = s.BotID, ""
	id := post.PendingPostId
	kept := s.keep(c, post)
	if id != "" {
		s.pending[id] = pending{kept.Id, time.Now()}
	}
	s.posted(c, kept)
	return kept, nil
}

// invalid is what the server has against the buttons of a post.
func invalid(post *model.Post) *refusal {
	for _, a := range post.Attachments() {
		for _, b := range a.Actions {
			if !actionID.MatchString(b.Id) || b.Name == "" || b.Integration == nil || b.Integration.URL == "" {
				return &refusal{http.StatusBadRequest, "Invalid action."}
			}
		}
	}
	return nil
}

// list is GET /channels/{id}/posts, with mu held.
func (s *Server) list(c *channel, q url.Values) *model.PostList {
	all := slices.DeleteFunc(slices.Clone(c.posts), func(p *stored) bool { return p.DeleteAt > 0 })
	slices.SortStableFunc(all, func(a, b *stored) int { return int(b.CreateAt - a.CreateAt) }) // newest first
	size, _ := strconv.Atoi(q.Get("per_page"))
	if size <= 0 {
		size = 60
	}
	size = min(size, mostOnPage)
	n, _ := strconv.Atoi(q.Get("page"))
	switch {
	case q.Get("since") != "":
		since, _ := strconv.ParseInt(q.Get("since"), 10, 64)
		all = slices.DeleteFunc(slices.Clone(c.posts), func(p *stored) bool { return p.UpdateAt <= since })
		if len(all) > mostSince {
			rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			all = all[:mostSince]
		}
		size, n = len(all), 0
	case q.Get("after") != "":
		// A post that is not there any more compares with nothing.
		anchor := s.posts[q.Get("after")]
		all = slices.DeleteFunc(all, func(p *stored) bool { return anchor == nil || p.CreateAt <= anchor.CreateAt })
		slices.Reverse(all)
		all = all[min(n*size, len(all)):]
		all = all[:min(size, len(all))]
		slices.Reverse(all)
		n = 0
	case q.Get("before") != "":
		anchor := s.posts[q.Get("before")]
		all = slices.DeleteFunc(all, func(p *stored) bool { return anchor == nil || p.CreateAt >= anchor.CreateAt })
	}
	all = all[min(n*size, len(all)):]
	all = all[:min(size, len(all))]
	l := model.NewPostList()
	for _, p := range all {
		l.Order = append(l.Order, p.Id)
		l.Posts[p.Id] = s.show(p)
		if root := s.posts[p.RootId]; root != nil { // it comes along, and is not in the order
			l.Posts[root.Id] = s.show(root)
		}
	}
	return l
}
