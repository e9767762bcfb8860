package web

import (
	"embed"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"tillit/bot/wordfile"
)

//go:embed words/*.toml
var wordFiles embed.FS

//go:embed templates/*.html
var pageFiles embed.FS

//go:embed static/member.css
var styles []byte

// readWords reads the pages' own words, by language.
func readWords() (map[string]map[string]string, error) {
	return wordfile.Read[map[string]string](wordFiles, "words")
}

func parsePages() *template.Template {
	return template.Must(template.New("").Option("missingkey=error").Funcs(template.FuncMap{
		"tel": func(phone string) string { return strings.ReplaceAll(phone, " ", "") },
	}).ParseFS(pageFiles, "templates/*.html"))
}

// language is the one of the page's own words: asked for, chosen before, or the
// first of the browser's that we speak.
func (w *Web) language(r *http.Request, s session, ok bool) string {
	if l := r.URL.Query().Get("lang"); slices.Contains(w.Langs, l) {
		return l
	}
	if ok && s.lang != "" {
		return s.lang
	}
	for tag := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ = strings.Cut(strings.TrimSpace(strings.ToLower(tag)), ";")
		tag, _, _ = strings.Cut(tag, "-")
		if tag == "no" {
			tag = "nb"
		}
		if slices.Contains(w.Langs, tag) {
			return tag
		}
	}
	return w.DefaultLang
}
