package handlers

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"filippo.io/age"
)

// This file reads what the organisation file says of a person.

// worker reads a handler.
func (c *checker) worker(at string, p worker, r *Roster) Handler {
	c.id(at, p.person, "a handler")
	c.county(at, p.County, r.Counties)
	h := c.keyed(at, p.keyed, "handler "+p.ID)
	h.Rights, h.Deputy, h.Away = p.Rights, p.Deputy, c.away(at+".away", p.Away)
	for _, right := range p.Rights {
		switch {
		case right == "close":
			c.problem(at+".rights", "right \"close\" means nothing yet, because no case can be closed; leave it out of handler %s", p.ID)
		case !slices.Contains(knownRights, right):
			c.problem(at+".rights", "unknown right %q; there are %s", right, strings.Join(knownRights, ", "))
		}
	}
	return h
}

// id holds that an id is one, and is one person's alone: who is kept out of a case, and
// who did what, is told by it as long as the case is there.
func (c *checker) id(at string, p person, what string) {
	switch {
	case !handlerID.MatchString(p.ID):
		c.problem(at+".id", "%s needs an id of small letters, digits and hyphens", what)
	case c.ids[p.ID]:
		c.problem(at+".id", "id %q is used twice", p.ID)
	}
	c.ids[p.ID] = true
}

func (c *checker) county(at, county string, counties []string) {
	if county != "" && !slices.Contains(counties, county) {
		c.problem(at+".county", "county %q is not among counties", county)
	}
}

// person reads what is said of anybody.
func (c *checker) person(at string, p person, who string) Handler {
	if strings.TrimSpace(p.Name) == "" {
		c.problem(at+".name", "%s has no name", who)
	}
	c.called(at, p, who)
	return Handler{ID: p.ID, Name: p.Name, Role: c.role(at+".role", p.Role, who), Nicknames: p.Nicknames, County: p.County,
		Accounts: c.accounts(at, p, who), at: at}
}

// keyed reads somebody who can hold a key.
func (c *checker) keyed(at string, p keyed, who string) Handler {
	h := c.person(at, p.person, who)
	h.Key = p.Key
	c.recipient(at+".key", p.Key, who)
	var err error
	if h.Sign, err = ParseSignKey(p.Sign); err != nil {
		c.problem(at+".sign", "sign key of %s: %v", who, err)
	} else {
		c.once(at+".sign", p.Sign, who)
	}
	for _, text := range p.Before {
		key, err := ParseSignKey(text)
		if err != nil {
			c.problem(at+".sign_before", "an earlier sign key of %s: %v", who, err)
			continue
		}
		c.once(at+".sign_before", text, who)
		h.Before = append(h.Before, key)
	}
	return h
}

// called checks what a person is found by in the words of a reporter.
func (c *checker) called(at string, p person, who string) {
	if strings.ContainsAny(p.Name, ",(;–") {
		c.warning(at+".name", "name of %s has more than a name in it; what follows is not looked for, so write it in role", who)
	}
	for i, nick := range p.Nicknames {
		switch {
		case !strings.ContainsFunc(nick, unicode.IsLetter) || utf8.RuneCountInString(nick) < 2:
			c.problem(at+".nicknames", "nickname %d of %s needs two letters or more", i+1, who)
		case utf8.RuneCountInString(nick) > 40:
			c.problem(at+".nicknames", "nickname %d of %s is longer than anybody writes", i+1, who)
		case slices.ContainsFunc(p.Nicknames[:i], func(o string) bool { return strings.EqualFold(o, nick) }):
			c.problem(at+".nicknames", "%s has the nickname %q twice", who, nick)
		}
	}
}

// accounts reads where the office's bots write to somebody: by the account's own
// number or id, since a name can be taken over by somebody else.
func (c *checker) accounts(at string, p person, who string) map[string]string {
	accounts := map[string]string{}
	for _, n := range c.networks {
		said, there := p.accounts[n.Name]
		if !there {
			continue
		}
		account, err := n.Account(said)
		switch {
		case err != nil:
			c.problem(at+"."+n.Name, "%s of %s %v", n.Name, who, err)
		case account != "":
			accounts[n.Name] = account
			c.once(at+"."+n.Name, n.Name+" "+account, who)
		}
	}
	return accounts
}

// left holds that the day on which somebody left is one that has come: they are out
// from the next start, whatever the day is.
func (c *checker) left(at, day string, zone *time.Location) {
	if zone == nil {
		zone = time.UTC
	}
	date, err := time.ParseInLocation(time.DateOnly, day, zone)
	switch {
	case err != nil:
		c.problem(at, "left must be a day such as \"2026-11-30\"")
	case date.After(time.Now()):
		c.problem(at, "left is a day to come; write it when the day is there")
	}
}

func (c *checker) recipient(at, key, who string) {
	if _, err := age.ParseHybridRecipient(key); err != nil {
		c.problem(at, "key of %s is not a whole age1pq1 line from tillit keygen", who)
		return
	}
	c.once(at, key, who)
}

func (c *checker) once(at, key, who string) {
	if other, taken := c.keys[key]; taken {
		what := "key"
		if network, _, ok := strings.Cut(key, " "); ok {
			what = network + " account"
		}
		c.problem(at, "%s has the %s of %s", who, what, other)
		return
	}
	c.keys[key] = who
}
