package telegram

import (
	"context"
	"crypto/subtle"
	"io"
	"net/http"
	"time"

	tg "github.com/go-telegram/bot"

	"tillit/bot/network"
)

const (
	// largestUpdate bounds what the webhook reads; a real update is a few kilobytes.
	largestUpdate = 1 << 20
	// secretHeader is where Telegram shows the secret.
	secretHeader = "X-Telegram-Bot-Api-Secret-Token"
	// bringTime is how long a brought update may take to be stored; after that
	// Telegram brings it again and finds it stored, or still on its way.
	bringTime = 50 * time.Second
)

// receive tells Telegram where to bring updates, and waits until ctx is done.
func (t *Telegram) receive(ctx context.Context) {
	for again := network.AskAgain(); ctx.Err() == nil; {
		call, cancel := context.WithTimeout(ctx, callTime)
		_, err := t.api.SetWebhook(call, &tg.SetWebhookParams{
			URL: t.Webhook, SecretToken: t.tokens.secret(), AllowedUpdates: wanted,
		})
		cancel()
		if err == nil {
			t.well()
			<-ctx.Done()
			return
		}
		err = classify("setWebhook", err)
		t.tell(err)
		network.Rest(ctx, again.After(err))
	}
}

// release ends a webhook that takes the updates away from us.
func (t *Telegram) release(ctx context.Context, why error) {
	if !network.IsRefused(why, refusedTwo) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	_, _ = t.api.DeleteWebhook(ctx, &tg.DeleteWebhookParams{}) // The next call shows whether it helped.
}

// ServeHTTP is the webhook. 200 says that the update is stored; anything else
// makes Telegram bring it again.
func (t *Telegram) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	shown := r.Header.Get(secretHeader)
	if subtle.ConstantTimeCompare([]byte(shown), []byte(t.tokens.secret())) != 1 {
		http.Error(rw, "not for you", http.StatusUnauthorized)
		return
	}
	if r.Method != http.MethodPost {
		http.Error(rw, "POST only", http.StatusMethodNotAllowed)
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, largestUpdate))
	if err != nil {
		http.Error(rw, "too large, or broken off", http.StatusRequestEntityTooLarge)
		return
	}
	t.mu.Lock()
	in := t.inbox
	t.mu.Unlock()
	if in == nil || in.asks {
		http.Error(rw, "not listening", http.StatusServiceUnavailable)
		return
	}
	t.troubles.Heard()
	if !in.bring(r.Context(), raw) {
		http.Error(rw, "not stored", http.StatusInternalServerError)
	}
}

// bring takes an update that was brought and reports whether it is stored. What
// is no update at all is not wanted again.
func (in *inbox) bring(ctx context.Context, raw []byte) bool {
	u := in.take(raw)
	if u == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, bringTime)
	defer cancel()
	select {
	case <-u.ended:
		return u.stored
	case <-ctx.Done():
		return false
	}
}
