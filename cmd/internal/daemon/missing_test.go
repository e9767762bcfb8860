package daemon

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"tillit/bot/bottest"
	"tillit/intake"
	"tillit/store"
)

// TestAChannelThatIsNotThereAnyMoreIsMissed: somebody waits on it, and the operator is
// told at the start.
func TestAChannelThatIsNotThereAnyMoreIsMissed(t *testing.T) {
	_, conf, err := installed(t, "[web]\nlisten = \"\"\n[office]\nlisten = \"\"\n[operator]\nlisten = \"\"\n")
	if err != nil {
		t.Fatal(err)
	}
	log := &bottest.Journal{}
	d, err := Open(t.Context(), conf, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := d.store.Apply(t.Context(), store.Change{Channel: "telegram", Conversation: intake.NewConversationID("kanari"), Address: intake.NewAddress("kanari"),
		State: []byte(`{"v":1}`), Lines: []store.Line{{Body: []byte(`{}`)}}}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := d.Serve(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	if got := log.String(); !strings.Contains(got, "channel=telegram") || strings.Contains(got, "kanari") {
		t.Errorf("the log says %s", got)
	}
}
