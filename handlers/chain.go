package handlers

import (
	"slices"
	"time"
)

// The posts that a report goes up: from the nearest leader to the secretary of the
// county, and to the party centrally.
const (
	CountySecretary         = "county_secretary"
	AssistantPartySecretary = "assistant_party_secretary"
	PartySecretary          = "party_secretary"
)

// posts are all of them, in that order.
var posts = []string{CountySecretary, AssistantPartySecretary, PartySecretary}

// Post is who holds a post. They may be a handler. Who is none holds no key, and is
// told no more than that there is a case.
type Post struct {
	Post   string
	County string // of a county secretary; of the others where they sit, if that is said
	Handler
}

// Posts are all posts, in the order in which a report goes up.
func (r *Roster) Posts() []Post {
	up := slices.Clone(r.chain)
	slices.SortStableFunc(up, func(a, b Post) int { return slices.Index(posts, a.Post) - slices.Index(posts, b.Post) })
	return up
}

// Chain is who a report of a county goes up to, without those whom its reporter keeps
// out: the county's secretary, then the party centrally. Without a county, the party.
func (r *Roster) Chain(county string, out ...string) []Post {
	return slices.DeleteFunc(r.Posts(), func(p Post) bool {
		return p.Post == CountySecretary && p.County != county || slices.Contains(out, p.ID)
	})
}

// Control is who is told when the office lets a day pass. It is the external receiver
// where the file names nobody, and where the reporter keeps out whom it names: the notice
// would tell them that a case exists.
func (r *Roster) Control(out ...string) Handler {
	if r.control.ID == "" || slices.Contains(out, r.control.ID) {
		return r.External
	}
	return r.control
}

// Written are all whom the office's bot writes to: who can hold a key, and the control
// organ, who is told without one.
func (r *Roster) Written() []Handler {
	all := r.Readers()
	if _, known := find(all, r.control.ID); r.control.ID != "" && !known {
		all = append(all, r.control)
	}
	return all
}

// Somebody finds one of them by id.
func (r *Roster) Somebody(id string) (Handler, bool) { return find(r.Written(), id) }

// Deputy is who stands in for a handler, by the file.
func (r *Roster) Deputy(id string) (Handler, bool) {
	h, _ := find(r.Handlers, id)
	return find(r.Handlers, h.Deputy)
}

// Away reports whether a handler is away on a day, or works here no more.
func (r *Roster) Away(id string, at time.Time) bool {
	h, ok := r.Handler(id)
	return !ok || slices.ContainsFunc(h.Away, func(s Span) bool { return s.Has(at.In(r.Zone).Format(time.DateOnly)) })
}

// Instead is whom to ring for somebody on a day: them, or while they are away or may not
// be told the nearest deputy of a deputy who is here and may. False is nobody, and then
// it is the lead's to be told.
func (r *Roster) Instead(id string, at time.Time, may func(id string) bool) (Handler, bool) {
	for range len(r.Handlers) + 1 { // deputies may stand in a circle
		if h, ok := r.Handler(id); ok && !r.Away(id, at) && may(id) {
			return h, true
		}
		next, ok := r.Deputy(id)
		if !ok {
			break
		}
		id = next.ID
	}
	return Handler{}, false
}
