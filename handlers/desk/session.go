package desk

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"

	"tillit/handlers/routine/acts"
)

const (
	sessionCookie = "tillit_desk"
	langCookie    = "tillit_lang"
	keepDone      = 200 // how many ids of acts are remembered
)

// cookieName is a cookie's name with this desk's port: browsers share the cookies
// of one host between its ports, and a second desk must not sign the first one out.
func (d *Desk) cookieName(name string) string {
	_, port, _ := net.SplitHostPort(d.cfg.Host)
	return name + "_" + port
}

func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return a != "" && b != "" && subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

func (d *Desk) cookie(r *http.Request) string {
	c, err := r.Cookie(d.cookieName(sessionCookie))
	if err != nil {
		return ""
	}
	return c.Value
}

// touch reports whether the request belongs to the live session. It counts as
// use, unless the browser made it by itself.
func (d *Desk) touch(r *http.Request) bool {
	d.lockIdle()
	d.mu.Lock()
	defer d.mu.Unlock()
	if !same(d.cookie(r), d.session) {
		return false
	}
	if r.Method != http.MethodGet || r.URL.Query().Get("auto") == "" {
		d.used = d.cfg.Now()
	}
	return true
}

// lockIdle locks a desk that nobody has used for the time that is set.
func (d *Desk) lockIdle() {
	d.mu.Lock()
	idle := d.session != "" && d.cfg.Now().Sub(d.used) >= d.cfg.Idle
	d.mu.Unlock()
	if idle {
		d.Lock()
	}
}

// Lock ends the session and makes a new sign-in link, which Config.OnLink gets.
func (d *Desk) Lock() {
	d.mu.Lock()
	if d.session == "" {
		d.mu.Unlock()
		return
	}
	d.ended, d.session, d.token = d.session, "", rand.Text()
	link := d.url()
	d.mu.Unlock()
	d.cfg.Work.Forget()
	d.cfg.Log.Info("desk locked")
	if d.cfg.OnLink != nil {
		d.cfg.OnLink(link)
	}
}

func (d *Desk) lockNow(w http.ResponseWriter, r *http.Request) {
	d.Lock()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// signInPage shows a button only: a link that is looked at is not used up.
func (d *Desk) signInPage(w http.ResponseWriter, r *http.Request) {
	d.lockIdle()
	token := r.URL.Query().Get("t")
	d.mu.Lock()
	ok := same(token, d.token)
	d.mu.Unlock()
	d.showSignIn(w, r, ok, token)
}

func (d *Desk) showSignIn(w http.ResponseWriter, r *http.Request, ok bool, token string) {
	v := d.view(r, "in")
	v.Signed = false
	v.D = struct {
		OK    bool
		Token string
	}{ok, token}
	code := http.StatusOK
	if !ok {
		code = http.StatusForbidden
	}
	d.show(w, code, "in", v)
}

func (d *Desk) signIn(w http.ResponseWriter, r *http.Request) {
	token := r.PostFormValue("t")
	d.mu.Lock()
	ok := same(token, d.token)
	if ok {
		d.token, d.session, d.used = "", rand.Text(), d.cfg.Now()
	}
	session := d.session
	d.mu.Unlock()
	if !ok {
		d.showSignIn(w, r, false, "")
		return
	}
	http.SetCookie(w, &http.Cookie{Name: d.cookieName(sessionCookie), Value: session, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	d.cfg.Log.Info("desk opened")
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// rescue keeps the words of a form that came just after a lock, from the
// session that was locked and no other.
func (d *Desk) rescue(r *http.Request) bool {
	d.mu.Lock()
	mine := same(d.cookie(r), d.ended)
	d.mu.Unlock()
	part := strings.Split(r.URL.Path, "/") // no route has matched it yet
	switch {
	case !mine || r.Method != http.MethodPost:
	case len(part) == 3 && part[1] == "new" && makes[part[2]] != "":
		a := acts.Find(part[2])
		f, _ := postedNew(r, a)
		return d.keep("", a, f) && f.filled()
	case len(part) == 5 && part[1] == "case" && part[3] == "act" && acts.Find(part[4]) != nil:
		a := acts.Find(part[4])
		f, _ := posted(r, a)
		return d.keep(part[2], a, f) && f.filled()
	}
	return false
}
