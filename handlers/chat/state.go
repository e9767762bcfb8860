package chat

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// state is what is remembered of a handler's chat: boxed by the store, never in
// clear. Fields are added, never renamed.
type state struct {
	V    int    `json:"v"`
	Lang string `json:"lang,omitempty"`
	// Told are the notices that were told, with the second from which they counted.
	Told   map[string]int64 `json:"told,omitempty"`
	Posts  []post           `json:"posts,omitempty"` // oldest first
	Last   int64            `json:"last,omitempty"`  // when a notice was told last, in unix seconds
	Draft  *draft           `json:"draft,omitempty"`
	Answer *answer          `json:"answer,omitempty"`
	Remind int64            `json:"remind,omitempty"` // when a word was asked for, in unix seconds
}

// post is a message with notices that stands in a chat.
type post struct {
	ID    string `json:"id"`
	At    int64  `json:"at"`
	Sent  string `json:"sent,omitempty"` // what the network calls it
	Items []item `json:"items"`
	More  int    `json:"more,omitempty"` // how many it tells of besides, by their number alone
}

// item is one notice, as it was last shown.
type item struct {
	Ref  string `json:"ref"`
	Kind string `json:"kind"`
	Day  string `json:"day,omitempty"`
	By   string `json:"by,omitempty"` // who had the case then
	// Keyless is a case that they are told of and cannot open.
	Keyless bool `json:"keyless,omitempty"`
}

// draft is a reply that was shown and not sent: the only words of a handler that
// are kept, for as long as the preview is good.
type draft struct {
	ID   string `json:"id"`
	Ref  string `json:"ref"`
	Text string `json:"text"`
	At   int64  `json:"at"`
	// Entries is how many the case had when the words were shown.
	Entries int64 `json:"entries,omitempty"`
}

// Format implements [fmt.Formatter] and hides the words.
func (draft) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[private]")) }

// answer says that the next words are a reply to show.
type answer struct {
	Ref string `json:"ref"`
	At  int64  `json:"at"`
}

const (
	// draftFor is how long a preview is good.
	draftFor = 30 * time.Minute
	// postsFor is how long a message is kept true, and mostPosts how many.
	postsFor  = 14 * 24 * time.Hour
	mostPosts = 20
	// toldFor is how long a notice is remembered, and how old one may be to be told.
	toldFor = 30 * 24 * time.Hour
)

var errState = errors.New("decoding a handler's chat: not one of ours")

func decodeState(raw []byte) (state, error) {
	if len(raw) == 0 {
		return state{V: 1, Told: map[string]int64{}}, nil
	}
	var s state
	if err := json.Unmarshal(raw, &s); err != nil || s.V != 1 {
		return state{}, errState // the cause may quote words
	}
	if s.Told == nil {
		s.Told = map[string]int64{}
	}
	return s, nil
}

func (s state) encode() []byte {
	raw, err := json.Marshal(s)
	if err != nil {
		panic("encoding a state: it holds only strings and numbers")
	}
	return raw
}

// copy shares nothing with s that a decision changes.
func (s state) copy() state {
	s.Told, s.Posts = maps.Clone(s.Told), slices.Clone(s.Posts)
	for i := range s.Posts {
		s.Posts[i].Items = slices.Clone(s.Posts[i].Items)
	}
	return s
}

// age lets go of what has lasted long enough, and reports whether there was any.
func (s *state) age(now time.Time) bool {
	old := len(s.Told) + len(s.Posts)
	if s.Draft != nil && now.Unix()-s.Draft.At > int64(draftFor.Seconds()) {
		s.Draft, old = nil, -1
	}
	if s.Answer != nil && now.Unix()-s.Answer.At > int64(draftFor.Seconds()) {
		s.Answer, old = nil, -1
	}
	maps.DeleteFunc(s.Told, func(_ string, at int64) bool { return at < now.Add(-toldFor).Unix() })
	s.Posts = slices.DeleteFunc(s.Posts, func(p post) bool { return p.At < now.Add(-postsFor).Unix() })
	s.Posts = s.Posts[max(0, len(s.Posts)-mostPosts):]
	return old != len(s.Told)+len(s.Posts)
}
