package desk

import (
	"net/http"
	"strconv"
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
		if r.Host != d.cfg.Host {
			http.Error(w, "421 not this host", http.StatusMisdirectedRequest)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if l := r.URL.Query().Get("lang"); d.words[l] != nil {
			http.SetCookie(w, &http.Cookie{Name: langCookie, Value: l, Path: "/", MaxAge: 365 * 86400, HttpOnly: true, SameSite: http.SameSiteStrictMode})
		}
		next.ServeHTTP(w, r)
	})
}

// signedIn lets only the live session through. Words that come with a session
// that has just been locked are kept for the next one.
func (d *Desk) signedIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.touch(r) {
			next.ServeHTTP(w, r)
			return
		}
		kept := d.rescue(r)
		v := d.view(r, "locked")
		v.Signed, v.Path = false, ""
		v.D = kept
		d.show(w, http.StatusUnauthorized, "locked", v)
	})
}

// hide takes an open page off the screen when the desk locks. Pages to write on
// do without: what is typed must not vanish.
func (d *Desk) hide(w http.ResponseWriter) {
	w.Header().Set("Refresh", strconv.Itoa(int(d.cfg.Idle.Seconds())+2))
}
