package plan

import (
	"maps"
	"slices"
	"strings"
)

// The words of the table [act] that are no duties.
const (
	lead     = "lead"
	whoAny   = "any"
	whoOwner = "owner"
	whoOther = "other"
	whoSeat  = "seat"
	control  = "control"
)

// effects are what an act may do; those of the second list are written with a name.
var (
	plainEffects = []string{"worse", "named", "due", "second", "waive", "duty", "level", "key", "epoch", "recuse", "case", "room", "open", "close", "keep", "shred"}
	namedEffects = []string{"out", "ask", "open", "again", "lead"}
)

// acts reads the table [act], and compares it with what the program declares.
func (l *load) acts() {
	for _, name := range inOrder(l, "act", l.file.Act) {
		act, ok := l.act(name, l.file.Act[name])
		if !ok {
			continue
		}
		l.r.acts = append(l.r.acts, act)
		if l.vocab.Acts != nil {
			l.compare(act)
		}
	}
	if len(l.file.Act) == 0 {
		l.faultf("act", "there are no acts")
	}
}

func (l *load) act(name string, row []string) (Act, bool) {
	key := "act." + name
	if len(row) != 3 && len(row) != 4 || !isName(name) {
		l.faultf(key, "an act has a name and three or four columns: who, fields, effects, kind")
		return Act{}, false
	}
	act := Act{Name: name, Who: strings.Fields(row[0]), Effects: strings.Fields(row[2]), Kind: "work"}
	if len(row) == 4 && row[3] != "" {
		act.Kind = row[3]
	}
	for _, who := range act.Who {
		if !slices.Contains(l.file.Duties, who) && !slices.Contains([]string{whoAny, whoOwner, whoOther, whoSeat, control}, who) {
			l.faultf(key, "nobody is %q", who)
		}
	}
	if len(act.Who) == 0 {
		l.faultf(key, "nobody may do it")
	}
	for _, text := range strings.Fields(row[1]) {
		f := Field{Name: strings.TrimRight(text, "!?*"), Required: strings.HasSuffix(text, "!"), Several: strings.HasSuffix(text, "*")}
		if !isName(f.Name) || len(text) != len(f.Name)+1 || slices.ContainsFunc(act.Fields, func(g Field) bool { return g.Name == f.Name }) {
			l.faultf(key, "%q is no field: a name, once, with ! or ? or *", text)
		}
		act.Fields = append(act.Fields, f)
	}
	for _, effect := range act.Effects {
		head, arg, named := strings.Cut(effect, ":")
		if named && (!slices.Contains(namedEffects, head) || arg == "") || !named && !slices.Contains(plainEffects, head) {
			l.faultf(key, "there is no effect %q", effect)
		}
	}
	seat := act.Kind == whoSeat && slices.Equal(act.Who, []string{whoSeat})
	if l.vocab.Kinds != nil && !slices.Contains(l.vocab.Kinds, act.Kind) && !seat {
		l.faultf(key, "there is no kind %q", act.Kind)
	}
	return act, true
}

// compare holds a row to the declaration: it may narrow who does the act, and nothing
// else.
func (l *load) compare(row Act) {
	key := "act." + row.Name
	declared, known := find(l.vocab.Acts, func(a Act) bool { return a.Name == row.Name })
	if !known && slices.Equal(row.Who, []string{whoSeat}) {
		return // what the person concerned says is no act of a handler
	}
	if !known {
		l.faultf(key, "the program has no act %q", row.Name)
		return
	}
	for _, who := range row.Who {
		anybody := slices.Contains(declared.Who, whoAny) && slices.Contains(l.file.Duties, who)
		if !anybody && !slices.Contains(declared.Who, who) {
			l.faultf(key, "%s may not do it: the program declares %s", who, strings.Join(declared.Who, " "))
		}
	}
	if !slices.Equal(row.Fields, declared.Fields) {
		l.faultf(key, "its fields are declared as %q", fieldsText(declared.Fields))
	}
	if !maps.Equal(setOf(row.Effects), setOf(declared.Effects)) {
		l.faultf(key, "its effects are declared as %q", strings.Join(declared.Effects, " "))
	}
	if row.Kind != declared.Kind {
		l.faultf(key, "its kind is declared as %q", declared.Kind)
	}
}

// fieldsText writes fields as the table does.
func fieldsText(fields []Field) string {
	var all []string
	for _, f := range fields {
		sign := "?"
		switch {
		case f.Several:
			sign = "*"
		case f.Required:
			sign = "!"
		}
		all = append(all, f.Name+sign)
	}
	return strings.Join(all, " ")
}

func setOf(list []string) map[string]bool {
	set := map[string]bool{}
	for _, s := range list {
		set[s] = true
	}
	return set
}
