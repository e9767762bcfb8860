package desk

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/plan"
	"tillit/intake/words"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed static/desk.css
var css []byte

// view is what a page is made from.
type view struct {
	*words.Lang
	Langs  []*words.Lang // the languages to choose from
	Page   string
	Title  string
	Me     casework.Handler
	Signed bool
	Here   url.URL // the page itself, for the language links; empty for no links
	Done   string  // what has just been done, in words
	DoneIn string  // the part of the case's page where it can be seen
	Now    time.Time
	Idle   int
	D      any
}

// With puts a part of a page together with the view, for a template of its own.
func (v view) With(part any) any {
	return struct {
		V view
		P any
	}{v, part}
}

// In is the address of this page in another language.
func (v view) In(lang string) string {
	q := v.Here.Query()
	q.Del("done")
	q.Del("person")
	q.Del("waits")
	q.Del("auto")
	q.Set("lang", lang)
	return v.Here.EscapedPath() + "?" + q.Encode()
}

// Today is the date and the time in words.
func (v view) Today() string { return v.At(v.LongDay(v.Now), v.Now) }

// ZoneName is the zone of all times on a page.
func (v view) ZoneName() string {
	if name := v.Now.Location().String(); name != "" && name != "Local" {
		return name
	}
	return v.Now.Format("UTC-07:00")
}

func (v view) local(t time.Time) time.Time { return t.In(v.Now.Location()) }

func (d *Desk) lang(r *http.Request) string {
	if l := r.URL.Query().Get("lang"); d.words.Has(l) {
		return l
	}
	if c, err := r.Cookie(d.cookieName(langCookie)); err == nil && d.words.Has(c.Value) {
		return c.Value
	}
	return d.cfg.Lang
}

func (d *Desk) view(r *http.Request, page string) view {
	w := d.words.In(d.lang(r))
	v := view{Lang: w, Langs: d.words.Langs(), Page: page, Title: w.Label("title", page), Me: d.cfg.Work.Me(), Signed: true,
		Now: d.cfg.Now().In(d.cfg.Zone), Idle: int(d.cfg.Idle.Minutes())}
	if r.Method == http.MethodGet {
		v.Here = *r.URL
	}
	d.said(&v, r.URL.Query())
	return v
}

// said says what has just been done, as the address of the page names it.
func (d *Desk) said(v *view, q url.Values) {
	done := q.Get("done")
	v.DoneIn = "top"
	if a := acts.Find(done); a != nil {
		v.Done = v.act(a, "done", "person", v.nameOf(d.recipient(q.Get("person"))))
		if q.Get("waits") != "" {
			v.Done += " " + v.T("second.nothing_yet")
		}
		switch a.Kind {
		case routine.KindSent, routine.KindWork, routine.KindAsk, routine.KindPhase, routine.KindSecond, routine.KindClose, routine.KindLevel:
			v.DoneIn = "timeline"
		case routine.KindKeys:
			v.DoneIn = "access"
		}
		return
	}
	if v.Has("done." + done) {
		v.Done = v.Label("done", done)
	}
	if done == "whole" || done == "broken" {
		v.DoneIn = "whole"
	}
}

// shared are the files of templates that all pages use.
var shared = []string{"layout", "parts", "fields"}

// pages holds a parsed template for each page.
type pages map[string]*template.Template

func loadPages() pages {
	all := pages{}
	files, err := pageFiles.ReadDir("pages")
	if err != nil {
		panic(err)
	}
	for _, f := range files {
		name, page := strings.CutSuffix(f.Name(), ".html")
		if !page || slices.Contains(shared, name) {
			continue
		}
		all[name] = template.Must(template.ParseFS(pageFiles, "pages/layout.html", "pages/parts.html", "pages/fields.html", "pages/"+f.Name()))
	}
	return all
}

// show renders a page whole before the first byte goes out.
func (d *Desk) show(w http.ResponseWriter, code int, page string, v view) {
	var out bytes.Buffer
	if err := d.pages[page].ExecuteTemplate(&out, page+".html", v); err != nil {
		d.cfg.Log.Error("desk: a page could not be made", "page", page)
		http.Error(w, "500", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write(out.Bytes())
}

func stylesheet(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(css)
}

// problem is what an error page says, as keys of words.
type problem struct {
	What string
	Ref  string
	Ask  []string // colleagues who can open it, if known
}

func (d *Desk) refuse(w http.ResponseWriter, r *http.Request, code int, what string) {
	v := d.view(r, "error")
	v.Signed = d.touch(r)
	v.Title = v.T("error." + what + ".title")
	v.D = problem{What: what, Ref: plain(r.PathValue("ref"))}
	d.show(w, code, "error", v)
}

func (d *Desk) notFound(w http.ResponseWriter, r *http.Request) {
	d.refuse(w, r, http.StatusNotFound, "page")
}

// fail shows what an error means to a handler. The error's own words stay in
// the log, without anything of the case.
func (d *Desk) fail(w http.ResponseWriter, r *http.Request, err error, cs *casework.Case) {
	code, what := kind(err)
	v := d.view(r, "error")
	if !v.Has("error." + what + ".title") { // of acts, which say it on their own page
		what = "other"
	}
	v.Title = v.T("error." + what + ".title")
	p := problem{What: what, Ref: plain(r.PathValue("ref"))}
	if what == "closed" && cs != nil {
		for _, h := range d.cfg.Work.Handlers() {
			if slices.ContainsFunc(cs.CanOpen, func(o casework.Handler) bool { return o.ID == h.ID }) {
				p.Ask = append(p.Ask, h.Name)
			}
		}
	}
	v.D = p
	d.show(w, code, "error", v)
}

// kind says which words an error gets.
func kind(err error) (code int, what string) {
	switch {
	case errors.Is(err, casework.ErrUnknown):
		return http.StatusNotFound, "unknown"
	case errors.Is(err, casework.ErrCannotOpen):
		return http.StatusForbidden, "closed"
	case errors.Is(err, casework.ErrRight):
		return http.StatusForbidden, "right"
	case errors.Is(err, casework.ErrOffline):
		return http.StatusServiceUnavailable, "offline"
	case errors.Is(err, casework.ErrTampered):
		return http.StatusConflict, "tampered"
	}
	return kindOfAccess(err)
}

func kindOfAccess(err error) (code int, what string) {
	switch {
	case errors.As(err, new(*routine.Refusal)), errors.As(err, new(*plan.Refusal)):
		return http.StatusForbidden, "refused"
	case errors.Is(err, casework.ErrNewKey):
		return http.StatusConflict, "key"
	case errors.Is(err, casework.ErrServer):
		return http.StatusBadGateway, "server"
	case errors.Is(err, casework.ErrDenied):
		return http.StatusForbidden, "denied"
	}
	return http.StatusInternalServerError, "other"
}

// plain makes control characters and those that turn the direction of text
// visible, so that no name or word can pose as another.
func plain(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n' || r == '\t':
			b.WriteRune(r)
		case r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			fmt.Fprintf(&b, "‹U+%04X›", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
