package standin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mattermost/mattermost/server/public/model"
	"golang.org/x/time/rate"

	"tillit/bot/bottest/faults"
)

// refusal is the API's no. Its words repeat what it was given, as the real ones may.
type refusal struct {
	status int
	says   string
}

func (s *Server) serve(rw http.ResponseWriter, r *http.Request) {
	path, ok := strings.CutPrefix(r.URL.Path, "/api/v4/")
	if !ok {
		http.NotFound(rw, r)
		return
	}
	parts := strings.Split(path, "/")
	name := callName(r, parts)
	s.mu.Lock()
	s.calls[name]++
	if s.limiter == nil && s.PerSecond > 0 {
		s.limiter = rate.NewLimiter(s.PerSecond, 3)
	}
	limited := s.limiter != nil && !s.limiter.Allow()
	s.mu.Unlock()
	if limited {
		tooMany(rw, time.Second)
		return
	}
	fault, faulty := s.Faults.Next(name)
	if faulty {
		time.Sleep(fault.Delay)
	}
	if faulty && !fault.After {
		fail(rw, fault)
		return
	}
	if name == "websocket" {
		s.socket(rw, r)
		return
	}
	if kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " "); !strings.EqualFold(kind, "Bearer") || !s.takes(token) {
		refuse(rw, refusal{http.StatusUnauthorized, "Invalid or expired session, please login again."})
		return
	}
	if name == "file" {
		s.file(rw, parts[1], faulty)
		return
	}
	answer, no := s.call(name, parts, r)
	if name == "members" && s.Between != nil {
		s.Between()
	}
	switch {
	case faulty:
		fail(rw, fault) // the work is done, and nobody is told
	case no != nil:
		refuse(rw, *no)
	default:
		rw.Header().Set("Content-Type", "application/json")
		body := encode(answer)
		if _, list := answer.(*model.PostList); list && s.Twist != nil {
			body = s.Twist(body)
		}
		_, _ = rw.Write([]byte(body)) // Whoever went away learns nothing.
	}
}

// takes reports whether a token is the bot's. For a bot that is deactivated none is.
func (s *Server) takes(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.users[s.BotID].DeleteAt == 0 && (token == s.Token || slices.Contains(s.tokens, token))
}

// AnotherToken gives the bot one more token; the one before stays good.
func (s *Server) AnotherToken() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = append(s.tokens, model.NewId())
	return s.tokens[len(s.tokens)-1]
}

// NewToken gives the bot another token; the one before is refused from now on.
func (s *Server) NewToken() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Token = model.NewId()
}

func tooMany(rw http.ResponseWriter, after time.Duration) {
	rw.Header().Set("X-Ratelimit-Reset", fmt.Sprint(max(1, int(after.Seconds()))))
	rw.WriteHeader(http.StatusTooManyRequests)
	_, _ = rw.Write([]byte("limit exceeded")) // plain text, as it is
}

func fail(rw http.ResponseWriter, f faults.Fault) {
	switch {
	case f.Status == 0 && f.Body == "":
		faults.Break(rw)
	case f.Status == http.StatusTooManyRequests:
		tooMany(rw, f.RetryAfter)
	case f.Body != "":
		rw.WriteHeader(max(f.Status, http.StatusOK))
		_, _ = rw.Write([]byte(f.Body))
	default:
		refuse(rw, refusal{f.Status, f.Says})
	}
}

func refuse(rw http.ResponseWriter, no refusal) {
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(no.status)
	_, _ = rw.Write([]byte(encode(map[string]any{"id": "api.standin", "message": no.says, "status_code": no.status, "request_id": model.NewId()})))
}

// callName is how faults and counts name a call.
func callName(r *http.Request, parts []string) string {
	q := r.URL.Query()
	switch parts[0] {
	case "users":
		switch {
		case len(parts) > 2:
			return "channels"
		case len(parts) > 1 && parts[1] == "me":
			return "me"
		}
		return "users"
	case "channels":
		for _, by := range []string{"after", "before", "since"} {
			if q.Get(by) != "" {
				return by
			}
		}
		switch {
		case len(parts) > 1 && parts[1] == "direct":
			return "direct"
		case len(parts) == 2:
			return "channel"
		case parts[len(parts)-1] == "members":
			return "members"
		}
		return "read"
	case "posts":
		switch {
		case r.Method == http.MethodDelete:
			return "delete"
		case r.Method == http.MethodPut:
			return "patch"
		case r.Method == http.MethodGet && parts[len(parts)-1] == "thread":
			return "thread"
		case r.Method == http.MethodGet:
			return "post"
		}
		return "posts"
	case "files":
		if len(parts) > 2 {
			return "info"
		}
		return "file"
	}
	return parts[0]
}

// call does the work of a call.
func (s *Server) call(name string, parts []string, r *http.Request) (any, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	missing := &refusal{http.StatusNotFound, "Sorry, we could not find it."}
	switch name {
	case "me":
		u := *s.users[s.BotID]
		u.IsBot = !s.NotABot
		return u, nil
	case "users":
		if u := s.users[parts[1]]; u != nil {
			return u, nil
		}
		return nil, missing
	case "channels":
		return s.mine(), nil
	case "direct":
		var ids []string
		if json.NewDecoder(r.Body).Decode(&ids) != nil || len(ids) != 2 || s.users[ids[0]] == nil || s.users[ids[1]] == nil {
			return nil, &refusal{http.StatusBadRequest, "Invalid user."}
		}
		return s.describe(s.direct(ids[0], ids[1])), nil
	case "channel", "members":
		c, no := s.room(parts[1])
		if no != nil {
			return nil, no
		}
		if name == "members" {
			return s.members(c, r.URL.Query()), nil
		}
		return s.describe(c), nil
	case "read", "after", "before", "since":
		c := s.channels[parts[1]]
		if c == nil || !slices.Contains(c.members, s.BotID) {
			return nil, &refusal{http.StatusForbidden, "You do not have the appropriate permissions."}
		}
		return s.list(c, r.URL.Query()), nil
	case "posts":
		var post model.Post
		if json.NewDecoder(r.Body).Decode(&post) != nil {
			return nil, &refusal{http.StatusBadRequest, "Invalid post."}
		}
		kept, no := s.create(&post)
		if no != nil {
			return nil, no
		}
		shown := s.show(kept)
		shown.PendingPostId = post.PendingPostId
		return shown, nil
	case "patch":
		var p model.PostPatch
		if len(parts) != 3 || parts[2] != "patch" || json.NewDecoder(r.Body).Decode(&p) != nil {
			return nil, &refusal{http.StatusBadRequest, "Invalid post."}
		}
		post, no := s.patch(parts[1], p)
		if no != nil {
			return nil, no
		}
		return s.show(post), nil
	case "thread":
		root := s.posts[parts[1]]
		if root == nil || root.DeleteAt > 0 {
			return nil, missing
		}
		return s.thread(root), nil
	case "post", "delete":
		post := s.posts[parts[1]]
		if post == nil || post.DeleteAt > 0 {
			return nil, missing
		}
		if name == "post" {
			return s.show(post), nil
		}
		if post.UserId != s.BotID {
			return nil, &refusal{http.StatusForbidden, "You do not have the appropriate permissions."}
		}
		s.remove(post, s.BotID)
		return map[string]string{"status": "OK"}, nil
	case "info":
		if f := s.files[parts[1]]; f != nil && !f.gone {
			return f.info, nil
		}
		return nil, missing
	case "config":
		return map[string]string{"MaxPostSize": fmt.Sprint(s.Longest), "Version": "11.4.0"}, nil
	case "roles":
		var names []string
		if json.NewDecoder(r.Body).Decode(&names) != nil {
			return nil, missing
		}
		var roles []*model.Role
		for _, n := range names {
			roles = append(roles, &model.Role{Id: model.NewId(), Name: n, Permissions: s.Roles[n]})
		}
		return roles, nil
	}
	return nil, missing
}

// mine runs with mu held: the bot's chats, those of others too that hold it.
func (s *Server) mine() []*model.Channel {
	out := []*model.Channel{}
	for _, c := range s.channels {
		if slices.Contains(c.members, s.BotID) {
			out = append(out, s.describe(c))
		}
	}
	return out
}

func (s *Server) describe(c *channel) *model.Channel {
	shared := c.shared
	return &model.Channel{Id: c.id, Type: c.kind, Name: c.name, LastPostAt: c.lastAt, DeleteAt: c.closedAt, Shared: &shared}
}

// file hands out a file; broken halfway when a fault is planned.
func (s *Server) file(rw http.ResponseWriter, id string, broken bool) {
	s.mu.Lock()
	f := s.files[id]
	gone := f == nil || f.gone
	s.mu.Unlock()
	if gone {
		refuse(rw, refusal{http.StatusNotFound, "Unable to get the file info."})
		return
	}
	if broken {
		rw.Header().Set("Content-Length", fmt.Sprint(len(f.content)+1))
		_, _ = rw.Write(f.content[:len(f.content)/2])
		panic(http.ErrAbortHandler)
	}
	_, _ = rw.Write(f.content) // Whoever went away asks again.
}
