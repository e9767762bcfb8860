package mattermost

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"tillit/bot/network"
)

// special are the characters that Mattermost's markdown lets a backslash tame.
const special = "\\`*{}[]()#+-.!_>~|"

// plain writes a text so that Mattermost shows it as it is: nothing that somebody
// wrote becomes a heading, a table, a list or hidden behind a link. Addresses of
// pages are left alone, since there a backslash would be taken for a part of them.
func plain(text string) string {
	var b strings.Builder
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		body := strings.TrimLeft(line, " \t")
		// Indented, a line would be code, and show the backslashes; of signs only, it
		// would make a heading of the line above.
		for range strings.ReplaceAll(line[:len(line)-len(body)], "\t", "    ") {
			b.WriteString(space)
		}
		if body != "" && strings.Trim(body, "= ") == "" {
			b.WriteString(space)
		}
		inline(&b, body)
	}
	return b.String()
}

// name is a mention, or the name of a picture, that a text begins with. No backslash tames
// either; a sign that is not seen does.
var name = regexp.MustCompile(`^(@[\p{L}\p{N}_]|:[A-Za-z0-9_+-]+:)`)

// joiner is not seen, and keeps what stands around it together.
const joiner = "\u2060"

// space is one that markdown does not take for one.
const space = "\u2002"

// inline writes a line's words.
func inline(b *strings.Builder, line string) {
	for before := ' '; line != ""; {
		n := link(line)
		if n == 0 {
			r, size := utf8.DecodeRuneInString(line)
			inWord := unicode.IsLetter(before) || unicode.IsDigit(before)
			if before = r; name.MatchString(line) && !(r == '@' && inWord) { // it calls nobody, and is no picture
				b.WriteString(line[:1] + joiner)
				line = line[1:]
				continue
			}
			if strings.ContainsRune(special, r) {
				b.WriteByte('\\')
			}
			b.WriteString(line[:size])
			line = line[size:]
			continue
		}
		b.WriteString(line[:n])
		line = line[n:]
	}
}

// link is the length of a page's address that a text begins with, as far as
// nothing in it is markdown.
func link(text string) int {
	if !strings.HasPrefix(text, "https://") && !strings.HasPrefix(text, "http://") {
		return 0
	}
	n := strings.IndexFunc(text, func(r rune) bool {
		return r <= ' ' || strings.ContainsRune("\\`*{}[]()<>|!~\"'", r) || r > 0x7F
	})
	if n < 0 {
		n = len(text)
	}
	return len(strings.TrimRight(text[:n], ".,;:?_-#+"))
}

// size counts a text as the server will, at most: with all that [plain] adds.
func size(text string) int {
	n := 0
	for _, r := range text {
		switch {
		case r == '\t':
			n += 4
		case r == '\n', r == '@', r == ':', strings.ContainsRune(special, r):
			n += 2
		default:
			n++
		}
	}
	return n
}

// pieces cuts a text into posts of at most limit, between sentences where it can.
func pieces(text string, limit int) (out []string) {
	for _, p := range network.Split(text, max(limit-1, 4), size) {
		if strings.TrimSpace(p) != "" {
			out = append(out, plain(p))
		}
	}
	return out
}
