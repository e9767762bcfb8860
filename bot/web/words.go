package web

import (
	"embed"
	"html/template"
	"net/http"
	"slices"

	"tillit/intake/words"
)

//go:embed words/*.toml
var wordFiles embed.FS

//go:embed templates/*.html
var pageFiles embed.FS

//go:embed static/member.css
var styles []byte

// readWords reads the pages' own words.
func readWords() (*words.Book, error) { return words.Read(wordFiles, "words") }

func parsePages() *template.Template {
	return template.Must(template.New("").Option("missingkey=error").Funcs(template.FuncMap{
		"tel": dial,
	}).ParseFS(pageFiles, "templates/*.html"))
}

// language is the one of the page's own words: asked for, chosen before, or the
// one that fits the browser best.
func (w *Web) language(r *http.Request, s session, ok bool) string {
	if l := r.URL.Query().Get("lang"); slices.Contains(w.Langs, l) {
		return l
	}
	if ok && s.lang != "" {
		return s.lang
	}
	if l := w.words.Match(w.DefaultLang, r.Header.Get("Accept-Language")); slices.Contains(w.Langs, l) {
		return l
	}
	return w.DefaultLang
}
