package mattermost

import (
	"encoding/json"
	"slices"

	"github.com/mattermost/mattermost/server/public/model"
)

// place is how far a chat was read. It is committed with each post, and holds ids
// and times of the network's clock, no words.
type place struct {
	After   string `json:"after,omitempty"`    // the post to go on after
	AfterAt int64  `json:"after_at,omitempty"` // when it was written; everything up to then is stored
	Done    []seen `json:"done,omitempty"`     // what is stored after it, oldest first
	Changed int64  `json:"changed,omitempty"`  // up to when changes of posts were looked for
	Changes []seen `json:"changes,omitempty"`  // those stored in the window before that, and later
}

// seen is a post or a change of one, and when it happened.
type seen struct {
	ID string `json:"id"`
	At int64  `json:"at"`
}

const (
	// window is how far back is always read again, in milliseconds: what was written
	// on another node of the network can appear behind what is already read.
	window = 60_000
	// mostDone bounds what is carried along.
	mostDone = 64
)

// readPlace reads what [place.encode] made. What cannot be read is no place: the
// chat is read from its beginning, and what is stored is known by its id.
func readPlace(raw []byte) place {
	var p place
	if json.Unmarshal(raw, &p) != nil || p.After != "" && !model.IsValidId(p.After) {
		return place{}
	}
	return p
}

func (p place) encode() []byte {
	raw, err := json.Marshal(p)
	if err != nil {
		panic("encoding a place: it holds only strings and numbers")
	}
	return raw
}

// has reports whether a post is stored, in some version.
func (p place) has(post *model.Post) bool {
	return p.AfterAt > 0 && post.CreateAt <= p.AfterAt || slices.ContainsFunc(p.Done, func(s seen) bool { return s.ID == post.Id })
}

// changed reports whether a change of a post is stored.
func (p place) changed(post *model.Post, at int64) bool {
	return at <= p.Changed-window || slices.Contains(p.Changes, seen{post.Id, at})
}

// last is when a post became what is stored of it, as far as that is known.
func (p place) last(post *model.Post) int64 {
	at := post.CreateAt
	for _, s := range p.Changes {
		if s.ID == post.Id {
			at = max(at, s.At)
		}
	}
	return at
}

// since is from when changes are to be asked for; 0 is never yet.
func (p place) since() int64 { return max(p.Changed-window, 0) }

// with is the place once a post is stored, too.
func (p place) with(post *model.Post) place {
	p.Done = insert(p.Done, seen{post.Id, post.CreateAt})
	if p.Changed == 0 { // Nothing is stored that could have changed earlier.
		p.Changed = post.CreateAt
	}
	if post.EditAt > 0 {
		p = p.withChange(post, post.EditAt)
	}
	for newest := p.Done[len(p.Done)-1].At; ; {
		// What was written in the same millisecond leaves together: what is asked for
		// is later than the post that is named.
		n := 1
		for n < len(p.Done) && p.Done[n].At == p.Done[0].At {
			n++
		}
		if n == len(p.Done) || len(p.Done) <= mostDone && p.Done[0].At > newest-window {
			break
		}
		p.After, p.AfterAt = p.Done[n-1].ID, p.Done[n-1].At
		p.Done = slices.Clone(p.Done[n:])
	}
	return p
}

// withChange is the place once a change of a post is stored, too.
func (p place) withChange(post *model.Post, at int64) place {
	p.Changes = insert(p.Changes, seen{post.Id, at})
	if len(p.Changes) > 4*mostDone {
		p.Changes = p.Changes[len(p.Changes)-4*mostDone:]
	}
	return p
}

// looked is the place once all changes up to a time are stored.
func (p place) looked(until int64) place {
	if until <= p.Changed {
		return p
	}
	p.Changed = until
	p.Changes = slices.DeleteFunc(slices.Clone(p.Changes), func(s seen) bool { return s.At <= until-window })
	return p
}

// insert puts a thing where it belongs by its time, once.
func insert(all []seen, s seen) []seen {
	if slices.Contains(all, s) {
		return all
	}
	at := len(all)
	for at > 0 && all[at-1].At > s.At {
		at--
	}
	return slices.Insert(slices.Clone(all), at, s)
}
