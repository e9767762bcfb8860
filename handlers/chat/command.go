package chat

import (
	"regexp"
	"strings"

	"tillit/bot"
	"tillit/intake"
	"tillit/intake/words"
)

// command is what a handler asks for by a word or a button.
type command struct {
	name string // "" for words that ask for nothing
	ref  string // of a case, as the queue writes it
	arg  string // of a button: which preview, which hour
	text intake.Private
}

var reference = regexp.MustCompile(`(?i)^T-[0-9A-Z]{6}$`)

// read reads typed words. A command is recognised only when all of it fits: words
// that merely begin like one are not guessed at.
func read(w *words.Book, typed string) command {
	plain := command{text: intake.NewPrivate(typed)}
	typed = strings.TrimPrefix(strings.TrimSpace(typed), "/")
	for n := 2; n >= 1; n-- { // "remind me" goes before "remind"
		head, rest := cut(typed, n)
		name := w.Command(head)
		if name == "" {
			continue
		}
		if c, ok := fits(name, rest); ok {
			return c
		}
	}
	return plain
}

// cut takes the first n words off, joined by single spaces. The rest is as it was
// typed.
func cut(s string, n int) (head, rest string) {
	var taken []string
	for rest = s; len(taken) < n; {
		rest = strings.TrimSpace(rest)
		i := strings.IndexAny(rest, " \t\r\n")
		if i < 0 {
			i = len(rest)
		}
		taken, rest = append(taken, rest[:i]), rest[i:]
	}
	return strings.Join(taken, " "), strings.TrimSpace(rest)
}

func fits(name, rest string) (command, bool) {
	first, more := cut(rest, 1)
	c := command{name: name}
	switch name {
	case "queue", "help", "cancel":
		return c, rest == ""
	case "remind":
		c.arg = map[string]string{"1": "hour", "2": "tomorrow", "3": "monday"}[rest]
		return c, rest == "" || c.arg != ""
	case "send":
		c.arg = strings.ToUpper(rest)
		return c, rest != "" && more == ""
	case "reply", "note":
		c.text = intake.NewPrivate(more)
	default:
		if more != "" {
			return c, false
		}
	}
	if reference.MatchString(first) {
		c.ref = strings.ToUpper(first)
	}
	return c, c.ref != "" || rest == ""
}

// pressed reads a button. Networks hand out tokens that say nothing, so all
// buttons that could stand in this chat are held against it.
func pressed(ev bot.Event, st state, refs []string) command {
	is := func(id string) bool {
		if ev.Pressed != nil {
			return ev.Pressed(id)
		}
		return len(ev.Choices) == 1 && ev.Choices[0] == id
	}
	for _, p := range st.Posts {
		for _, i := range p.Items {
			refs = append(refs, i.Ref)
		}
	}
	for _, ref := range refs {
		for _, name := range []string{"take", "answer"} {
			if is(name + ":" + ref) {
				return command{name: name, ref: ref}
			}
		}
	}
	for _, arg := range []string{"", "hour", "tomorrow", "monday"} {
		if is("remind:" + arg) {
			return command{name: "remind", arg: arg}
		}
	}
	if d := st.Draft; d != nil && is("send:"+d.ID) {
		return command{name: "send", arg: d.ID}
	} else if d != nil && is("cancel:"+d.ID) {
		return command{name: "cancel"}
	}
	return command{name: "old"}
}
