package standin

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"time"
)

// kept is how long the network keeps an update.
const kept = 24 * time.Hour

// getUpdates confirms what stands before the offset, and answers with what
// waits. A second poller ends the first one's call with a conflict.
func (s *Server) getUpdates(ctx context.Context, p params) (any, *refusal) {
	offset, no := p.number("offset", 0)
	limit, no2 := p.number("limit", 100)
	timeout, no3 := p.number("timeout", 0)
	if no != nil || no2 != nil || no3 != nil || limit < 1 || limit > 100 {
		return nil, bad("wrong getUpdates parameters")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hook.url != "" {
		return nil, &refusal{code: http.StatusConflict, says: "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"}
	}
	if s.poller != nil {
		close(s.poller)
	}
	me := make(chan struct{})
	s.poller = me
	defer func() {
		if s.poller == me {
			s.poller = nil
		}
	}()
	s.updates = slices.DeleteFunc(s.updates, func(u *update) bool {
		return offset > 0 && u.id < offset || s.now().Sub(u.at) > kept
	})
	s.ring()
	end := time.After(time.Duration(min(timeout, 50)) * time.Second)
	for len(s.updates) == 0 {
		changed := s.changed
		s.mu.Unlock()
		ended := false
		select {
		case <-changed:
		case <-me:
			s.mu.Lock()
			return nil, &refusal{code: http.StatusConflict, says: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"}
		case <-end:
			ended = true
		case <-ctx.Done():
			ended = true
		case <-s.done:
			ended = true
		}
		s.mu.Lock()
		if ended {
			break
		}
	}
	out := []any{}
	for _, u := range s.updates[:min(len(s.updates), int(limit))] {
		u.offered++
		out = append(out, u.raw)
	}
	return out, nil
}

// hook is where the network brings updates by itself.
type hook struct {
	url, secret string
	elsewhere   bool
	failed      string
}

var secretToken = regexp.MustCompile(`^[A-Za-z0-9_-]{0,256}$`)

func (s *Server) setWebhook(p params) (any, *refusal) {
	u, err := url.Parse(p["url"])
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, bad("bad webhook: An HTTPS URL must be provided for webhook")
	}
	if !secretToken.MatchString(p["secret_token"]) {
		return nil, bad("secret token contains unallowed characters")
	}
	first := s.hook.url == "" || s.hook.elsewhere
	s.hook = hook{url: p["url"], secret: p["secret_token"]}
	if first {
		s.working.Go(s.bring)
	}
	return true, nil
}

func (s *Server) deleteWebhook(p params) (any, *refusal) {
	s.hook = hook{}
	if p["drop_pending_updates"] == "true" {
		s.updates = nil
	}
	s.ring()
	return true, nil
}

func (s *Server) getWebhookInfo(params) (any, *refusal) {
	return map[string]any{
		"url": s.hook.url, "has_custom_certificate": false, "pending_update_count": len(s.updates),
		"last_error_message": s.hook.failed,
	}, nil
}

// bring delivers updates to the webhook, one after another, until each is answered
// with a 2xx.
func (s *Server) bring() {
	for {
		s.mu.Lock()
		h, changed := s.hook, s.changed
		var next *update
		if len(s.updates) > 0 {
			next = s.updates[0]
			next.offered++
		}
		s.mu.Unlock()
		if h.url == "" || h.elsewhere {
			return
		}
		if next == nil {
			select {
			case <-changed:
			case <-s.done:
				return
			}
			continue
		}
		ok := s.post(h, next)
		s.mu.Lock()
		if ok {
			s.updates = slices.DeleteFunc(s.updates, func(u *update) bool { return u == next })
			s.hook.failed = ""
		} else {
			s.hook.failed = "Wrong response from the webhook"
		}
		s.ring()
		s.mu.Unlock()
		select {
		case <-s.done:
			return
		case <-time.After(map[bool]time.Duration{true: 0, false: 10 * time.Millisecond}[ok]):
		}
	}
}

func (s *Server) post(h hook, u *update) bool {
	to := h.url
	if s.Reach != nil {
		to = s.Reach(h.url)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(u.raw))
	if err != nil {
		return false
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Telegram-Bot-Api-Secret-Token", h.secret)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	res.Body.Close()
	return res.StatusCode/100 == 2
}
