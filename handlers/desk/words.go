package desk

import (
	"embed"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
)

//go:embed words/*.toml
var wordFiles embed.FS

// langs are the languages of the desk, with their own names.
var langs = []struct{ ID, Name string }{{"nb", "Bokmål"}, {"nn", "Nynorsk"}, {"en", "English"}}

// words is one language of the desk.
type words struct {
	lang string
	text map[string]string
}

// loadWords reads the embedded words; they are part of the program, so that a
// broken file is a bug.
func loadWords() map[string]*words {
	all := map[string]*words{}
	for _, l := range langs {
		raw, err := wordFiles.ReadFile("words/" + l.ID + ".toml")
		if err != nil {
			panic(err)
		}
		var tree map[string]any
		if err := toml.Unmarshal(raw, &tree); err != nil {
			panic(fmt.Errorf("words/%s.toml: %w", l.ID, err))
		}
		w := &words{l.ID, map[string]string{}}
		w.flatten("", tree)
		all[l.ID] = w
	}
	return all
}

func (w *words) flatten(prefix string, tree map[string]any) {
	for k, v := range tree {
		switch v := v.(type) {
		case string:
			w.text[prefix+k] = v
		case map[string]any:
			w.flatten(prefix+k+".", v)
		}
	}
}

// T returns the words of a key with {0}, {1} … replaced. What is filled in and
// ends in a full stop, such as a name or a month, does not get a second one.
func (w *words) T(key string, args ...any) string {
	s, ok := w.text[key]
	if !ok {
		return "[" + key + "]"
	}
	pairs := make([]string, 0, 4*len(args))
	for i, a := range args {
		hole, text := "{"+strconv.Itoa(i)+"}", fmt.Sprint(a)
		if strings.HasSuffix(text, ".") {
			pairs = append(pairs, hole+".", text)
		}
		pairs = append(pairs, hole, text)
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

// N returns the words for a number: key.one or key.other.
func (w *words) N(key string, n int, args ...any) string {
	form := ".other"
	if n == 1 {
		form = ".one"
	}
	return w.T(key+form, append([]any{n}, args...)...)
}

// label returns the words for an id of the data, and the id itself when the
// desk has none for it: newer data must not break an older desk.
func (w *words) label(group, id string) string {
	if s, ok := w.text[group+"."+id]; ok && id != "" {
		return s
	}
	return id
}

// List joins with the language's "and".
func (w *words) List(s []string) string {
	if len(s) < 2 {
		return strings.Join(s, "")
	}
	return strings.Join(s[:len(s)-1], ", ") + " " + w.T("and") + " " + s[len(s)-1]
}

// day is a date with its weekday; the year only when it is another one.
func (w *words) day(t, now time.Time) string {
	key := "date.day"
	if t.Year() != now.Year() {
		key = "date.day_year"
	}
	return w.T(key, w.nth("date.weekdays", int(t.Weekday())), t.Day(), w.nth("date.months", int(t.Month())-1), t.Year())
}

// long is a whole date, as a heading has it.
func (w *words) long(t time.Time) string {
	return w.T("date.long", w.nth("date.weekdays_long", int(t.Weekday())), t.Day(), w.nth("date.months_long", int(t.Month())-1), t.Year())
}

// at is a date with its time.
func (w *words) at(t, now time.Time) string {
	day := w.day(t, now)
	if sameDay(t, now) {
		day = w.T("date.today")
	}
	return w.T("date.at", day, w.clock(t))
}

func (w *words) clock(t time.Time) string {
	return w.T("date.clock", fmt.Sprintf("%02d", t.Hour()), fmt.Sprintf("%02d", t.Minute()))
}

func (w *words) nth(key string, i int) string {
	if all := strings.Fields(w.T(key)); i < len(all) {
		return all[i]
	}
	return ""
}

// size is a file's size in words.
func (w *words) size(n int64) string {
	if n < 1000 {
		return w.T("size.b", n)
	}
	if n < 1_000_000 {
		return w.T("size.kb", (n+500)/1000)
	}
	return w.T("size.mb", strings.Replace(fmt.Sprintf("%.1f", float64(n)/1e6), ".", w.T("size.point"), 1))
}

func sameDay(a, b time.Time) bool {
	ay, am, ad := a.Date()
	by, bm, bd := b.Date()
	return ay == by && am == bm && ad == bd
}
