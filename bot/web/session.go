package web

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"tillit/intake"
)

// session is what one browser holds: a secret from which the conversation's name
// and the key of its copy are derived, and the language of the page's own words.
type session struct {
	root []byte
	lang string
}

const secretSize = 32

func newSession(lang string) session {
	root := make([]byte, secretSize)
	_, _ = rand.Read(root) // It never fails; the runtime ends the program instead.
	return session{root, lang}
}

// id is the conversation's name; it tells nothing of the secret.
func (s session) id() intake.ConversationID {
	return intake.NewConversationID(hex.EncodeToString(s.derive("tillit/web/conversation/1")))
}

// secret opens the person's copy.
func (s session) secret() []byte { return s.derive("tillit/web/mailbox/1") }

func (s session) derive(info string) []byte {
	key, err := hkdf.Key(sha256.New, s.root, nil, info, sha256.Size)
	if err != nil {
		panic("web: deriving 32 bytes of SHA-256 cannot fail")
	}
	return key
}

func (w *Web) cookieName() string {
	if w.Secure {
		return "__Host-talk"
	}
	return "talk"
}

// session reads the cookie; ok is false when there is none of ours.
func (w *Web) session(r *http.Request) (s session, ok bool) {
	c, err := r.Cookie(w.cookieName())
	if err != nil {
		return s, false
	}
	value, lang, _ := strings.Cut(c.Value, ".")
	if !slices.Contains(w.Langs, lang) {
		lang = ""
	}
	s, ok = decodeSession(value)
	s.lang = lang
	return s, ok
}

// encode is the secret as a cookie or a form carries it.
func (s session) encode() string { return base64.RawURLEncoding.EncodeToString(s.root) }

// decodeSession reads what encode made; ok is false for anything else.
func decodeSession(value string) (s session, ok bool) {
	root, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || len(root) != secretSize {
		return s, false
	}
	return session{root: root}, true
}

func (w *Web) setCookie(rw http.ResponseWriter, s session) {
	http.SetCookie(rw, w.cookie(s.encode()+"."+s.lang))
}

func (w *Web) dropCookie(rw http.ResponseWriter) {
	c := w.cookie("")
	c.MaxAge = -1
	http.SetCookie(rw, c)
}

func (w *Web) cookie(value string) *http.Cookie {
	return &http.Cookie{
		Name: w.cookieName(), Value: value, Path: "/", HttpOnly: true,
		Secure: w.Secure, SameSite: http.SameSiteStrictMode,
	}
}

// newTalk makes the one-time name of a form's event, so that a form that is sent
// twice counts once.
func newTalk() string { return rand.Text() }

// eventID ties the name that a form carries to its conversation: nobody else's
// form can make an event look as if it had been stored.
func eventID(talk string, id intake.ConversationID) string {
	return talk + "." + id.Reveal()[:16]
}

func goodTalk(talk string) bool {
	return len(talk) >= 16 && len(talk) <= 64 && !strings.ContainsFunc(talk, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	})
}
