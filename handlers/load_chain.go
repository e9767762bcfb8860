package handlers

import (
	"fmt"
	"slices"
	"strings"
)

// This file reads those who are no handlers: people from outside who can be given a key,
// the posts of the chain that a report goes up, the control organ; and who stands in for
// whom.

// post is a block [[chain]].
type post struct {
	person
	Post   string `toml:"post"`
	Person string `toml:"person"` // id of somebody who stands elsewhere in the file
	Reach  string `toml:"reach"`
}

// control is the block [control].
type control struct {
	person
	Person string `toml:"person"`
	Reach  string `toml:"reach"`
}

// outside reads people from outside.
func (c *checker) outside(f file, r *Roster) {
	for i, p := range f.Outside {
		at := fmt.Sprintf("outside.%d", i)
		c.id(at, p.person, "somebody from outside")
		c.county(at, p.County, r.Counties)
		c.noHandler(at, p.Name, "somebody from outside", r)
		h := c.keyed(at, p, p.ID+" from outside")
		if p.Left == "" {
			r.Guests = append(r.Guests, h)
			continue
		}
		c.left(at+".left", p.Left, r.Zone)
		r.Left = append(r.Left, h)
	}
}

// noHandler holds that one person is not there twice, once with a key and once without:
// who is kept out under one id would be told under the other.
func (c *checker) noHandler(at, name, who string, r *Roster) {
	for _, h := range r.Handlers {
		if strings.EqualFold(strings.TrimSpace(h.Name), strings.TrimSpace(name)) {
			c.problem(at+".name", "%s is handler %s as well; name one person once, and elsewhere by their id", who, h.ID)
		}
	}
}

// chain reads who holds the posts. Who stands elsewhere in the file is named by id; who
// does not has a block of their own, with an id that stays theirs.
func (c *checker) chain(f file, r *Roster) {
	own := map[string]Handler{}
	for i, p := range f.Chain {
		at := fmt.Sprintf("chain.%d", i)
		if p.Person == "" {
			own[p.ID] = c.named(at, p.person, p.Reach, r)
		}
	}
	for i, p := range f.Chain {
		at := fmt.Sprintf("chain.%d", i)
		c.post(at, p, r)
		h, left := own[p.ID], p.Left != ""
		if p.Person != "" {
			h, left = c.refers(at, p.person, p.Person, own, r), false
			if p.Reach != "" {
				h.Reach = p.Reach
			}
		}
		switch {
		case left:
			c.left(at+".left", p.Left, r.Zone)
			r.Left = append(r.Left, h)
		case h.ID != "":
			r.chain = append(r.chain, Post{Post: p.Post, County: p.County, Handler: h})
		}
	}
}

// named reads somebody who holds no key and stands nowhere else.
func (c *checker) named(at string, p person, reach string, r *Roster) Handler {
	c.id(at, p, "somebody without a key")
	c.noHandler(at, p.Name, p.ID, r)
	h := c.person(at, p, p.ID)
	h.Reach = reach
	return h
}

// refers finds whom a block names by id, and holds that it says nothing else of them.
func (c *checker) refers(at string, p person, id string, own map[string]Handler, r *Roster) Handler {
	if p.ID+p.Name+p.Left != "" || p.Role != nil || len(p.Nicknames) > 0 {
		c.problem(at+".person", "person = %q names somebody who stands elsewhere; say the rest there", id)
	}
	if h, ok := r.Handler(id); ok {
		return h
	}
	if h, ok := own[id]; ok {
		return h
	}
	c.problem(at+".person", "there is nobody here with the id %q", id)
	return Handler{}
}

// post holds that a block names a post, and one post has one person, but for those of a
// county.
func (c *checker) post(at string, p post, r *Roster) {
	c.county(at, p.County, r.Counties)
	switch {
	case !slices.Contains(posts, p.Post):
		c.problem(at+".post", "post must be one of %s", strings.Join(posts, ", "))
	case p.Post == CountySecretary && p.County == "":
		c.problem(at+".county", "a county secretary needs a county")
	case p.Post != CountySecretary && slices.ContainsFunc(r.chain, func(o Post) bool { return o.Post == p.Post }) && p.Left == "":
		c.problem(at+".post", "post %s has two people", p.Post)
	}
}

// control reads the control organ: somebody who is told when the office lets a day pass,
// and so nobody of the office, nor anybody who can be given a key.
func (c *checker) control(f file, r *Roster) {
	if f.Control == nil {
		return
	}
	p, at := *f.Control, "control"
	own := map[string]Handler{}
	for _, o := range r.chain {
		own[o.ID] = o.Handler
	}
	if p.Person == "" {
		r.control = c.named(at, p.person, p.Reach, r)
	} else if r.control = c.refers(at, p.person, p.Person, own, r); r.control.Key != "" {
		c.problem(at+".person", "the control organ must be nobody who works with cases or can be given a key; leave [control] out, and it is the external receiver")
	}
	if p.Left != "" {
		c.problem(at+".left", "the control organ does not leave; put another in their place")
	}
	if p.Reach != "" {
		r.control.Reach = p.Reach
	}
}

// deputies holds that who stands in for somebody works here.
func (c *checker) deputies(f file, r *Roster) {
	for i, p := range f.Handlers {
		at := fmt.Sprintf("handlers.%d.deputy", i)
		_, works := find(r.Handlers, p.Deputy)
		switch {
		case p.Deputy == "" || p.Left != "":
		case p.Deputy == p.ID:
			c.problem(at, "handler %s cannot be their own deputy", p.ID)
		case !works:
			c.problem(at, "the deputy of handler %s must be a handler who works here, and %q is none", p.ID, p.Deputy)
		}
	}
}
