package handlers

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"tillit/handlers/routine/plan"
)

// Role is what somebody is in the organisation, by language; under "" stands what those
// read whose language has none. Nil is no role.
type Role map[string]string

// In is the role as a language says it.
func (r Role) In(lang string) string { return cmp.Or(r[lang], r[""]) }

// role reads a role: one text for all, or one in each language. The file's own language
// is read by those whose language is missing.
func (c *checker) role(at string, of any, who string) Role {
	switch said := of.(type) {
	case nil:
		return nil
	case string:
		if said == "" {
			return nil
		}
		return Role{"": said}
	case map[string]any:
		return c.roleByLanguage(at, said, who)
	}
	c.problem(at, "role of %s must be a text, or one in each of %s", who, strings.Join(plan.Languages, ", "))
	return nil
}

func (c *checker) roleByLanguage(at string, said map[string]any, who string) Role {
	r := Role{}
	for _, lang := range slices.Sorted(maps.Keys(said)) {
		text, is := said[lang].(string)
		switch {
		case !slices.Contains(plan.Languages, lang):
			c.problem(at, "role of %s is in %q, which is not spoken here; there are %s", who, lang, strings.Join(plan.Languages, ", "))
		case !is:
			c.problem(at, "role of %s in %s must be a text", who, lang)
		case text != "":
			r[lang] = text
		}
	}
	missing := slices.DeleteFunc(slices.Clone(plan.Languages), func(lang string) bool { return r[lang] != "" })
	for _, lang := range append([]string{c.own}, plan.Languages...) {
		r[""] = cmp.Or(r[""], r[lang])
	}
	switch {
	case r[""] == "":
		return nil
	case len(missing) > 0:
		c.warning(at, "role of %s is missing in %s; who reads that sees %q", who, strings.Join(missing, " and "), r[""])
	}
	return r
}
