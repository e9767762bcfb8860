package network

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"
)

// NewTransport is what calls to a network go over.
func NewTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.IdleConnTimeout = 30 * time.Second
	t.MaxIdleConnsPerHost = 64
	return t
}

// NewClient makes a client that follows no redirect: a call carries a token. Its errors
// hold the address and go nowhere.
func NewClient(over http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     over,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Finish is the context of a call that changes something: it ends after so long, and a
// little later than what it is made from, so that a call on its way is not torn when the
// program stops.
func Finish(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), most)
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	return work, func() {
		stop()
		cancel()
	}
}

// Decode reads what a network sent by a library's model. Their decoders are long and
// not ours: a panic in one is something that cannot be read.
func Decode(raw json.RawMessage, to any) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return json.Unmarshal(raw, to) == nil
}

// Key makes what is to be known again: what a button carries, a message of ours. It is
// made of a bot's token, and so the same after a restart. A new token makes old buttons
// unknown, which is answered kindly.
type Key []byte

// NewKey makes the key of a bot's token for a purpose.
func NewKey(network, token, purpose string) Key {
	key, err := hkdf.Key(sha256.New, []byte(token), nil, "tillit/"+network+"/1/"+purpose, 32)
	if err != nil {
		panic("deriving a key: 32 bytes are never too many")
	}
	return key
}

// Mark is a keyed hash of a text, 32 characters that say nothing to those who see them.
func (k Key) Mark(text string) string {
	mac := hmac.New(sha256.New, k)
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:24])
}

// Made reports whether a mark is the one of a text.
func (k Key) Made(mark, text string) bool { return hmac.Equal([]byte(mark), []byte(k.Mark(text))) }
