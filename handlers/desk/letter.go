package desk

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/routine"
	"tillit/intake"
)

// This file puts letters of the case's routine into forms, in the reporter's language.
// What is known is filled in; every other hole stays in sight as [what belongs there].

// letterField is the field of an act that a letter is put into, and fromLetter the one
// of the form that chooses a letter where the act itself does not.
const (
	letterField = "text"
	fromLetter  = "letter_from"
)

// lettersOf says which letters an act sends, by what is filled in. An act that is not
// here sends the handler's own words, for which any letter can be chosen.
var lettersOf = map[string]func(v view, t turn) []string{
	"feedback": func(_ view, t turn) []string { return t.form.get("letter") },
	"inform": func(_ view, t turn) []string {
		var all []string
		for _, what := range t.form.get("what") {
			if what == "police" && t.cs != nil && (slices.Contains(t.cs.Flags, "MINOR15") || slices.Contains(t.cs.Flags, "MINOR18")) {
				what = "police_young"
			}
			all = append(all, what)
		}
		return all
	},
	"answer_withdrawal": func(_ view, t turn) []string { return prefixed("withdrawal_", t.form.get("granted")) },
	"minutes":           func(view, turn) []string { return []string{"minutes"} },
	"disclose":          func(view, turn) []string { return []string{"told_b"} },
	"answer_access":     func(view, turn) []string { return []string{"access"} },
	"extend_access":     func(view, turn) []string { return []string{"access_more"} },
	"second":            secondLetter,
}

func prefixed(prefix string, all []string) []string {
	var out []string
	for _, s := range all {
		if s != "" {
			out = append(out, prefix+s)
		}
	}
	return out
}

// secondLetter is what leaves when a colleague agrees to what was asked: the reason why
// a day is moved.
func secondLetter(_ view, t turn) []string {
	if q, asked := t.question(); asked && q.Act != nil && slices.Contains(q.Act.Effects, "due") {
		return []string{"extend"}
	}
	return nil
}

// lettersFor are the letters that can be put into the form of an act.
func (v view) lettersFor(t turn) []string {
	if t.where.Routine == nil || t.a.To == routine.Inside && t.a.Kind != routine.KindAsk {
		return nil
	}
	if _, own := lettersOf[t.a.Name]; own {
		return []string{t.a.Name}
	}
	return v.anyLetter(t)
}

// anyLetter are all letters that a reporter may get and no other act sends.
func (v view) anyLetter(t turn) []string {
	var all []string
	for _, l := range t.where.Routine.Letters() {
		reaches := slices.Contains(l.To, "r") || slices.Contains(l.To, "a") || slices.Contains(l.To, "seat")
		theirs := slices.ContainsFunc(t.where.Routine.Acts(), func(a planAct) bool { return endsWith(t.where, &routine.Act{Name: a.Name}, l.Name) })
		if reaches && !theirs && !slices.Contains(ownLetters, l.Name) {
			all = append(all, l.Name)
		}
	}
	return all
}

// ownLetters are those that only their own act, or the server, sends.
var ownLetters = []string{"late", "extend", "access", "access_more", "withdrawal_yes", "withdrawal_no", "minutes", "police", "police_young", "evidence", "help"}

// chosenLetters are the names of the letters that a form asks for.
func (v view) chosenLetters(t turn) []string {
	if names, own := lettersOf[t.a.Name]; own {
		return names(v, t)
	}
	return []string{t.from}
}

// letter are the letters that belong to a form as it is filled in, ready to be looked
// through; false where none is chosen yet.
func (d *Desk) letter(v view, t turn) (text string, ok bool) {
	if t.where.Routine == nil || t.cs == nil {
		return "", false
	}
	lang := d.words.Match(v.ID(), t.cs.Lang)
	var all []string
	for _, name := range v.chosenLetters(t) {
		if raw, there := t.where.Routine.LetterText(name, lang); there {
			all = append(all, d.filled(v, t, lang, strings.TrimSpace(raw)))
		}
	}
	return strings.Join(all, "\n\n"), len(all) > 0
}

// hole is one, with the full stop behind it: one stands there once.
var hole = regexp.MustCompile(`\{([a-z][a-z_]*)\}\.?`)

// filled fills the holes of a letter: with a part that several letters share, with what
// is known of the case, else with what belongs there in brackets.
func (d *Desk) filled(v view, t turn, lang, text string) string {
	known := d.known(v, t, lang)
	var fill func(text string, depth int) string
	fill = func(text string, depth int) string {
		return hole.ReplaceAllStringFunc(text, func(match string) string {
			name, stop, _ := strings.Cut(match[1:], "}")
			if t.where.Words != nil && depth == 0 && t.where.Words.In(lang).Has("part."+name) {
				return fill(t.where.Words.In(lang).Say("part."+name), 1) + stop
			}
			if value := known[name]; value != "" {
				return strings.TrimSuffix(value, stop) + stop
			}
			if label := v.Label("hole", name); label != name {
				return "[" + label + "]" + stop
			}
			return "[" + strings.ReplaceAll(name, "_", " ") + "]" + stop
		})
	}
	return fill(text, 0)
}

// known is what letters can say of a case by themselves, by the name of the hole.
func (d *Desk) known(v view, t turn, lang string) map[string]string {
	in := d.words.In(lang)
	day := func(text string) string {
		at, err := time.ParseInLocation(time.DateOnly, text, v.Now.Location())
		if err != nil {
			return ""
		}
		return in.Day(at)
	}
	var open []string
	for _, h := range t.cs.CanOpen {
		if h.Name != "" {
			open = append(open, plain(h.Name))
		}
	}
	minor := slices.Contains(t.cs.Flags, "MINOR15") || slices.Contains(t.cs.Flags, "MINOR18")
	known := map[string]string{
		"contact": plain(v.Me.Name), "name": plain(v.Me.Name), "who": plain(v.Me.Name), "org": plain(d.cfg.Work.Org()),
		"who_can_open": in.List(open), "who_reads": in.List(open),
		"lines": strings.Join(intake.Default().HelpLines(lang, minor), "\n"),
	}
	for _, task := range slices.Concat(t.where.Open, t.where.Waiting) {
		if task.Words && task.HasDue && task.Ladder == "limit" {
			known["result_by"] = in.Day(task.Due.Time)
		}
	}
	known["measures"] = told(t.cs, "measure", "what", "; ")
	known["action"] = told(t.cs, "close", "action", "; ")
	known["protection"] = told(t.cs, "close", "protection", "; ")
	if q, asked := t.question(); asked {
		if e, found := entryOf(t.cs, q.Seq); found {
			known["reason"] = first(e.Values["reason"])
			known["new_day"] = day(first(e.Values["until"]))
		}
	}
	return known
}

// told is what was filled in of an act, each time that it was done.
func told(cs *casework.Case, act, field, between string) string {
	var all []string
	for _, e := range cs.Entries {
		if text := first(e.Values[field]); e.Act == act && text != "" {
			all = append(all, text)
		}
	}
	return strings.Join(all, between)
}

func first(all []intake.Private) string {
	if len(all) == 0 {
		return ""
	}
	return all[0].Reveal()
}

// holes are those of a letter that are not filled in yet, as they stand in words.
var openHole = regexp.MustCompile(`\[[^\[\]\n]{1,60}\]`)

// fillIn puts the chosen letters into a form. What was written stays, before them,
// unless the letters stand there already.
func (d *Desk) fillIn(v view, t turn) turn {
	text, ok := d.letter(v, t)
	if q, asked := t.question(); asked && q.Act != nil && t.a.Kind == routine.KindSecond && slices.Contains(q.Act.Effects, "out:seat") {
		if e, found := entryOf(t.cs, q.Seq); found { // what leaves was written by who asked
			text, ok = first(e.Values[letterField]), true
		}
	}
	if !ok {
		return t
	}
	old := strings.TrimSpace(t.form.first(letterField).Reveal())
	switch {
	case strings.Contains(old, text):
	case old == "":
		t.form.set(letterField, text)
	default:
		t.form.set(letterField, old+"\n\n"+text)
	}
	return t
}
