package mattermost

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot"
	"tillit/intake"
)

const (
	// largestPress bounds what the callback reads; a real press is a few hundred bytes.
	largestPress = 64 << 10
	// pressTime is how long a press may take to be stored before the person is told
	// to press again; Mattermost itself would wait half a minute, and say less.
	pressTime = 10 * time.Second
	// probeParam is what a probe of the callback carries.
	probeParam = "probe"
)

// press is what Mattermost brings when a button is pressed, as far as we look.
type press struct {
	Person  string  `json:"user_id"`
	Chat    string  `json:"channel_id"`
	Post    string  `json:"post_id"`
	Trigger string  `json:"trigger_id"`
	Carried carried `json:"context"`
}

// readPress reads a press; ok is false for what cannot be one.
func readPress(raw []byte) (p press, ok bool) {
	if json.Unmarshal(raw, &p) != nil || !model.IsValidId(p.Person) {
		return p, false
	}
	c := p.Carried
	return p, len(c.Message) == 32 && len(c.Choice) == 32 && len(c.Proof) == 32 && (c.Root == "" || model.IsValidId(c.Root))
}

// ServeHTTP is the callback. Mattermost does not sign what it brings and brings it
// once: a press proves itself by what its button carries, and a person whose press
// is not stored is told to press again.
func (m *Mattermost) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if probe := r.URL.Query().Get(probeParam); r.Method == http.MethodGet && probe != "" && len(probe) <= 64 {
		_, _ = io.WriteString(rw, m.tokens.answer(probe)) // Whoever asked sees that it broke.
		return
	}
	if r.Method != http.MethodPost {
		http.Error(rw, "POST only", http.StatusMethodNotAllowed)
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, largestPress))
	if err != nil {
		http.Error(rw, "too large, or broken off", http.StatusRequestEntityTooLarge)
		return
	}
	p, ok := readPress(raw)
	if !ok {
		http.Error(rw, "not for you", http.StatusUnauthorized)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), pressTime)
	defer cancel()
	if !m.tokens.ours(p.Person, p.Carried) {
		// It may be a button from before the bot got a new token. Who made it up
		// learns nothing from the same words.
		say(rw, m.in("").Say("old"))
		return
	}
	m.mu.Lock()
	in := m.inbox
	m.mu.Unlock()
	if in == nil || in.pressed(ctx, p) != nil {
		say(rw, m.in(m.about(ctx, p.Person).locale).Say("again"))
		return
	}
	say(rw, "")
}

// say answers a press; the words are shown to who pressed, and to nobody else.
func say(rw http.ResponseWriter, text string) {
	rw.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(rw).Encode(model.PostActionIntegrationResponse{EphemeralText: text}) // The person presses again.
}

// pressed stores a press, after all that was written before it.
func (in *inbox) pressed(ctx context.Context, p press) error {
	if !in.Enter() {
		return context.Canceled
	}
	defer in.Leave()
	if c := in.find(p.Chat); c != nil && c.person == p.Person {
		read := make(chan error, 1)
		in.Go(func() { read <- in.readThrough(c, nil) })
		select {
		case err := <-read:
			if err != nil {
				return err
			}
		case <-ctx.Done(): // Words before it wait for the store; it waits behind them.
			return ctx.Err()
		}
	}
	in.m.Pace.Heard(p.Chat, true, in.m.Now())
	in.m.wrote(p.Person, p.Carried.Root)
	work, cancel := context.WithCancel(in.Work)
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	return in.Deliver(work, bot.Event{
		ID: pressID(p), Kind: bot.EventPress, Conversation: conversation(p.Person), Address: intake.NewAddress(p.Person),
		Pressed: in.m.tokens.pressed(p.Person, p.Carried), Under: bot.SentID(p.Post), Language: in.m.about(work, p.Person).locale, At: in.m.Now(),
	})
}

// pressID is one id for each press: Mattermost makes a new trigger for each.
func pressID(p press) string {
	if p.Trigger == "" {
		return "press:" + uuid.NewString()
	}
	sum := sha256.Sum256([]byte(p.Trigger))
	return "press:" + base64.RawURLEncoding.EncodeToString(sum[:18])
}
