package mattermost

import (
	"net/http"
	"time"
)

// Stored lets tests see whether a post of a chat is behind the place up to which
// the chat counts as read. What is being stored is not.
func (m *Mattermost) Stored(person, post string) bool {
	m.mu.Lock()
	in := m.inbox
	m.mu.Unlock()
	if in == nil {
		return false
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, c := range in.chats {
		if c.person != person || !c.turn.TryLock() {
			continue
		}
		defer c.turn.Unlock()
		for _, s := range c.place.Done {
			if s.ID == post {
				return true
			}
		}
	}
	return false
}

// Idle reports whether nothing waits to be read.
func (m *Mattermost) Idle() bool {
	m.mu.Lock()
	in := m.inbox
	m.mu.Unlock()
	if in == nil {
		return false
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, c := range in.chats {
		if c.asked || c.read {
			return false
		}
	}
	return true
}

// Bounds reports whether the answer of a call is bounded beneath the library.
func Bounds(url string) bool {
	c := &careful{&calm{now: time.Now}, answers{}}
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		panic(err)
	}
	res, err := c.RoundTrip(r)
	if err != nil {
		panic(err)
	}
	_, is := res.Body.(*bounded)
	return is
}

type answers struct{}

func (answers) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}
