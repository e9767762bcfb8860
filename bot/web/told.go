package web

import (
	"html/template"
	"regexp"
	"slices"
	"strings"

	"tillit/bot"
	"tillit/intake"
)

// lastTurn is where what was said last begins: all that one thing which a person did led
// to. It is len(lines) when they have done something since that led to nothing.
func lastTurn(lines []bot.Message) int {
	from := len(lines)
	for i, m := range slices.Backward(lines) {
		if m.Mine || !m.At.Equal(lines[len(lines)-1].At) {
			break
		}
		from = i
	}
	return from
}

// isTold reports whether a message tells and asks nothing, so that it is seen only where
// the page opens on it.
func isTold(m bot.Message) bool {
	return !m.Mine && (m.Kind == intake.KindCard || m.Kind == intake.KindReply)
}

// mostCalls is how many numbers are large buttons; the rest is folded away.
const mostCalls = 3

// Calls are the numbers that are called by one large press.
func (s said) Calls() []HelpLine { return s.Lines[:min(len(s.Lines), mostCalls)] }

// Fold are the other numbers.
func (s said) Fold() []HelpLine { return s.Lines[min(len(s.Lines), mostCalls):] }

// Linked is a text of ours in which every number to call is called by a press.
func (v view) Linked(text string) template.HTML {
	var out strings.Builder
	for rest := text; rest != ""; {
		at, phone := firstPhone(rest, v.phones)
		if at < 0 {
			out.WriteString(whole(rest))
			break
		}
		out.WriteString(whole(rest[:at]))
		out.WriteString(`<a class="phone" href="tel:` + template.HTMLEscapeString(dial(phone)) + `">` + template.HTMLEscapeString(phone) + `</a>`)
		rest = rest[at+len(phone):]
	}
	return template.HTML(out.String()) // every part of it was escaped
}

// aRef is the name of a case, or a code of a receipt, which is read out letter by letter.
var aRef = regexp.MustCompile(`\bT-[0-9A-Z]{6}\b|\b[0-9A-F]{4}(?:-[0-9A-F]{4}){2}\b`)

// whole escapes a text, and keeps such names in one line.
func whole(text string) string {
	return aRef.ReplaceAllString(template.HTMLEscapeString(text), `<span class="nowrap">$0</span>`)
}

// Named are the numbers that texts of ours name, each once.
func (v view) Named(texts ...string) (out []HelpLine) {
	for _, rest := range texts {
		for {
			at, phone := firstPhone(rest, v.phones)
			if at < 0 {
				break
			}
			if l := (HelpLine{Phone: phone}); !slices.Contains(out, l) {
				out = append(out, l)
			}
			rest = rest[at+len(phone):]
		}
	}
	return out
}

// firstPhone finds the first of the numbers in a text, which is no part of a longer one.
func firstPhone(text string, phones []string) (at int, phone string) {
	at = -1
	for _, p := range phones {
		for from := 0; ; {
			i := strings.Index(text[from:], p)
			if i < 0 {
				break
			}
			i += from
			if from = i + len(p); digitBefore(text[:i]) || digitAfter(text[from:]) {
				continue
			}
			if at < 0 || i < at || i == at && len(p) > len(phone) {
				at, phone = i, p
			}
			break
		}
	}
	return at, phone
}

const digits = "0123456789"

func digitBefore(text string) bool {
	text = strings.TrimSuffix(text, " ")
	return text != "" && strings.ContainsRune(digits, rune(text[len(text)-1]))
}

func digitAfter(text string) bool {
	text = strings.TrimPrefix(text, " ")
	return text != "" && strings.ContainsRune(digits, rune(text[0]))
}

// dial is a number as a telephone takes it.
func dial(phone string) string { return strings.ReplaceAll(phone, " ", "") }

// phonesOf are the numbers of help lines.
func phonesOf(lines ...[]HelpLine) (out []string) {
	for _, l := range slices.Concat(lines...) {
		if l.Phone != "" && !slices.Contains(out, l.Phone) {
			out = append(out, l.Phone)
		}
	}
	return out
}
