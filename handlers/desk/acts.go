package desk

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"tillit/handlers/casework"
	"tillit/handlers/routine"
	"tillit/handlers/routine/plan"
)

// actsView is the page of all acts of a case.
type actsView struct {
	Ref, Of string
	Groups  []actGroup
}

// actGroup are the acts that belong together: those that can be done, and those that
// cannot now, each with why.
type actGroup struct {
	ID, Title string
	Can, Not  []actLine
}

// actLine is an act in a list.
type actLine struct {
	Title, Hint, Link string
	To, Class         string // where it goes, in words and as a sign
	No                *refusal
}

// The groups that are no phases of the routine.
const (
	groupNow    = "now"    // what does an open step of the handler's
	groupAlways = "always" // what belongs to no phase
	groupKeys   = "keys"   // who can open the case
)

// actsPage shows all acts, those too that are refused now.
func (d *Desk) actsPage(w http.ResponseWriter, r *http.Request) {
	cs, err := d.cfg.Work.Case(r.Context(), r.PathValue("ref"))
	if cs == nil || err != nil && !errors.Is(err, casework.ErrTampered) {
		d.fail(w, r, err, cs)
		return
	}
	v := d.view(r, "acts")
	where := d.cfg.Work.Where(cs, v.Now)
	v.D = actsView{Ref: cs.Ref, Of: plain(cs.Title().Reveal()), Groups: d.groupsOf(v, cs, where)}
	d.hide(w, *r.URL)
	d.show(w, http.StatusOK, "acts", v)
}

func (d *Desk) groupsOf(v view, cs *casework.Case, w casework.Where) []actGroup {
	ids := []string{groupNow}
	if w.Routine != nil {
		for _, p := range w.Routine.Phases() {
			ids = append(ids, p.Name)
		}
	}
	ids = append(ids, groupAlways, groupKeys)
	groups := make([]actGroup, len(ids))
	for i, id := range ids {
		groups[i] = actGroup{ID: id, Title: v.groupTitle(w, id)}
	}
	for _, o := range d.offers(v, cs) {
		if elsewhere(o) {
			continue
		}
		g := &groups[slices.Index(ids, groupOf(w, o))]
		line := actLine{Title: v.act(o.Act, "title"), Hint: sentence(v.act(o.Act, "hint")), Link: actPath(cs.Ref, o.Act), Class: class(o.Act, cs)}
		line.To = v.goesTo(o.Act, line.Class)
		if o.Why == nil {
			g.Can = append(g.Can, line)
			continue
		}
		if line.No = d.refused(v, cs.Ref, w, o.Why); line.No == nil {
			line.No = &refusal{Said: v.T("form.tampered")}
		}
		g.Not = append(g.Not, line)
	}
	return slices.DeleteFunc(groups, func(g actGroup) bool { return len(g.Can)+len(g.Not) == 0 })
}

// elsewhere are acts that are done elsewhere than in a case, and those that another routine
// has, so that nothing in this case ever needs them.
func elsewhere(o casework.Offer) bool {
	var no *plan.Refusal
	return slices.Contains(o.Act.Effects, "case") || errors.As(o.Why, &no) && no.Key == plan.RefusedAct ||
		o.Act.Kind == routine.KindRestate
}

// groupOf is where an act stands: with what is to be done now, else with the phase whose
// steps it ends.
func groupOf(w casework.Where, o casework.Offer) string {
	mine := slices.ContainsFunc(w.Open, func(t casework.Task) bool { return t.Mine && t.Act == o.Act })
	if o.Why == nil && (mine || o.Act.Kind == routine.KindSecond) {
		return groupNow
	}
	if o.Act.Kind == routine.KindKeys {
		return groupKeys
	}
	if w.Routine == nil {
		return groupAlways
	}
	for _, s := range w.Routine.Steps() {
		if slices.ContainsFunc(s.By, func(by string) bool { name, _, _ := strings.Cut(by, "/"); return name == o.Act.Name }) {
			return s.Phase
		}
	}
	return groupAlways
}

func (v view) groupTitle(w casework.Where, id string) string {
	if key := "acts." + id; v.Has(key) {
		return v.T(key)
	}
	return v.routine(w, "phase", id)
}

// goesTo says in words where what stands in an act goes.
func (v view) goesTo(a *routine.Act, class string) string {
	switch {
	case mayWait(a) && slices.Contains(a.Effects, "second"):
		return v.T("acts.asks")
	case class == "out":
		return v.T("act.goes")
	case class == "seat":
		return v.T("act.told")
	case class == "inside":
		return v.T("act.stays")
	}
	return ""
}

// sentence is the first one of a text. One does not end within brackets, where words are
// cut short.
func sentence(text string) string {
	for i := range text {
		if before := text[:i]; strings.HasPrefix(text[i:], ". ") && strings.Count(before, "(") == strings.Count(before, ")") {
			return before + "."
		}
	}
	return text
}
