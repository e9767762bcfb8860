package desk

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"tillit/intake/hosts"
)

const policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// maxForm bounds a form; the longest words a handler writes are far below it.
const maxForm = 512 << 10

// guard is what every request passes: no other Host (a rebound name would be
// one), no form from another site, nothing kept by the browser.
func (d *Desk) guard(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.refuse(w, r, http.StatusForbidden, "cross")
	}))
	next = cross.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), interest-cohort=()")
		if !wanted(r) {
			http.Error(w, "403 asked from elsewhere", http.StatusForbidden)
			return
		}
		if !hosts.Same(d.cfg.Host, r.Host, "80") {
			http.Error(w, "421 not this host", http.StatusMisdirectedRequest)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if l := r.URL.Query().Get("lang"); d.words.Has(l) {
			http.SetCookie(w, &http.Cookie{Name: d.cookieName(langCookie), Value: l, Path: "/", MaxAge: 365 * 86400, HttpOnly: true, SameSite: http.SameSiteStrictMode})
		}
		next.ServeHTTP(w, r)
	})
}

// wanted reports whether the desk itself or its user asks. The desk's cookie also
// goes with what a page on another port of this machine asks for; such a page may
// link here, and learn nothing by loading something from here.
func wanted(r *http.Request) bool {
	site, mode := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Sec-Fetch-Mode")
	return site == "" || site == "none" || site == "same-origin" || mode == "navigate"
}

// signedIn lets only the live session through, with a form that can be read.
func (d *Desk) signedIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !d.touch(r) {
			d.locked(w, r)
			return
		}
		if err := r.ParseForm(); err != nil {
			code, what := http.StatusBadRequest, "other"
			if _, large := errors.AsType[*http.MaxBytesError](err); large {
				code, what = http.StatusRequestEntityTooLarge, "long"
			}
			d.refuse(w, r, code, what)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// locked answers everybody else. Words that come with a session that has just
// been locked are kept for the next one.
func (d *Desk) locked(w http.ResponseWriter, r *http.Request) {
	v := d.view(r, "locked")
	v.Signed, v.Here = false, url.URL{Path: "/"}
	v.D = d.rescue(r)
	d.show(w, http.StatusUnauthorized, "locked", v)
}

// hide takes an open page off the screen when the desk locks: the browser then
// asks for the page behind it. That is no use of the desk, or two forgotten pages
// would keep each other open. Pages to write on do without: what is typed must
// not vanish.
func (d *Desk) hide(w http.ResponseWriter, behind url.URL) {
	d.mu.Lock()
	left := d.cfg.Idle - d.cfg.Now().Sub(d.used)
	d.mu.Unlock()
	q := behind.Query()
	q.Set("auto", "1")
	w.Header().Set("Refresh", fmt.Sprintf("%d; url=%s?%s", int(left.Seconds())+2, behind.EscapedPath(), q.Encode()))
}
