package web

import (
	"net/http"
)

// This file deals with requests of which a browser says that they come from elsewhere, or
// does not say from where: a link in a letter, for which it withholds the cookie of a talk,
// and a form of an old browser or of one that tells nobody anything. Each leads on, with the
// words in hand.

// markName is the cookie that only a form on a page of ours brings along: browsers withhold
// it from forms of others. It says nothing of its person.
func (w *Web) markName() string {
	if w.Secure {
		return "__Host-here"
	}
	return "here"
}

// guard keeps forms of other pages out. One that does not say where it is from counts as
// ours where it brings a cookie that other pages' forms do not bring; without one it is
// answered with its words, in a form that will.
func (w *Web) guard(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		unsaid := r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "null"
		if unsaid && w.brings(r) {
			next.ServeHTTP(rw, r)
			return
		}
		var f form
		if unsaid {
			f, _ = w.readForm(rw, r) // what could be read of it is given back
			drain(r)
			c := w.cookie("1")
			c.Name = w.markName()
			http.SetCookie(rw, c)
		}
		if unsaid && r.URL.Path == "/come-back" {
			w.back(rw, r, http.StatusForbidden, "from_where", f)
			return
		}
		key := "elsewhere"
		if unsaid {
			key = "from_where"
		}
		w.problem(rw, r, http.StatusForbidden, key, f)
	}))
	return protection.Handler(next)
}

// brings reports whether a request has a cookie of ours.
func (w *Web) brings(r *http.Request) bool {
	if _, ok := w.session(r); ok {
		return true
	}
	_, err := r.Cookie(w.markName())
	return err == nil
}

// withheld reports whether a browser opens a page from a link elsewhere, so that it keeps
// back the cookie of a talk that may be here. Asked for by a page of ours, it sends it.
func (w *Web) withheld(r *http.Request) bool {
	if _, ok := w.session(r); ok || r.Method != http.MethodGet {
		return false
	}
	from := r.Header.Get("Sec-Fetch-Site")
	return (from == "cross-site" || from == "same-site") && r.Header.Get("Sec-Fetch-Mode") == "navigate"
}
