package bot

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"time"
)

// tapFor is how long the same button of the same message is one press, however often it is
// pressed. After that somebody wants it once more.
const tapFor = time.Minute

// tapped reports whether a press is that of an impatient finger: the button before it, under
// the same message. What it asked for is done or on its way, and is not said twice. What
// waits to be read is shown all the same.
func (s situation) tapped(p *plan) bool {
	if s.ev.Under == "" || len(s.ev.Choices) != 1 {
		p.next.Tap, p.next.Tapped = nil, 0
		return false
	}
	sum := sha256.Sum256([]byte(string(s.ev.Under) + " " + strings.Join(s.ev.Choices, " ")))
	again := bytes.Equal(sum[:8], s.st.Tap) && s.now.Sub(time.Unix(s.st.Tapped, 0)) < tapFor
	if !again {
		p.next.Tap, p.next.Tapped = sum[:8], s.now.Unix()
	}
	return again && s.conv.Unread == 0
}
