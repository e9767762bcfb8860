package casework_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/handlers/routine/acts"
	"tillit/store/cases"
)

// handedOut counts what the office hands out: sealed entries, and wraps.
type handedOut struct {
	mu            sync.Mutex
	sealed, wraps int
}

// RoundTrip implements [http.RoundTripper].
func (x *handedOut) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || !strings.HasPrefix(r.URL.Path, "/v1/rooms/") {
		return res, err
	}
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(raw))
	var room cases.Room
	if json.Unmarshal(raw, &room) != nil {
		return res, nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, e := range room.Entries {
		if len(e.Data) > 0 {
			x.sealed++
		}
	}
	x.wraps += len(room.Beside)
	if room.Wrap != nil {
		x.wraps++
	}
	return res, nil
}

// took says what was handed out since it was asked last.
func (x *handedOut) took() (sealed, wraps int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	defer func() { x.sealed, x.wraps = 0, 0 }()
	return x.sealed, x.wraps
}

func counted(t *testing.T, p *handlerstest.Office, id string) (*handlerstest.Desk, *handedOut) {
	t.Helper()
	x := &handedOut{}
	c, err := p.DialWith(casework.Config{Key: p.Key(id), HTTP: &http.Client{Transport: x}, StateFile: filepath.Join(t.TempDir(), "seen")})
	if err != nil {
		t.Fatal(err)
	}
	return c, x
}

// TestEachKeyHandedOutIsAReading that the reporter's page shows; and what is none gets
// no key and nothing sealed.
func TestEachKeyHandedOutIsAReading(t *testing.T) {
	note, err := acts.Note.Read(func(string) []string { return []string{"et notat"} })
	if err != nil {
		t.Fatal(err)
	}
	for _, way := range []struct {
		name   string
		counts bool
		do     func(p *handlerstest.Office, c *handlerstest.Desk, ref string) error
	}{
		{"looking at the queue", false, func(_ *handlerstest.Office, c *handlerstest.Desk, _ string) error {
			_, err := c.Queue(t.Context(), casework.Query{})
			return err
		}},
		{"looking for a case", false, func(_ *handlerstest.Office, c *handlerstest.Desk, ref string) error {
			_, err := c.Queue(t.Context(), casework.Query{Ref: ref})
			return err
		}},
		{"seeing what waits", false, func(_ *handlerstest.Office, c *handlerstest.Desk, _ string) error {
			_, err := c.Notices(t.Context())
			return err
		}},
		{"verifying it", false, func(_ *handlerstest.Office, c *handlerstest.Desk, ref string) error {
			_, err := c.Verify(t.Context(), ref)
			return err
		}},
		{"verifying all", false, func(_ *handlerstest.Office, c *handlerstest.Desk, _ string) error {
			_, err := c.VerifyAll(t.Context())
			return err
		}},
		{"marking it as read", false, func(_ *handlerstest.Office, c *handlerstest.Desk, ref string) error {
			return c.MarkRead(t.Context(), ref, 1)
		}},
		{"opening it", true, func(_ *handlerstest.Office, c *handlerstest.Desk, ref string) error {
			_, err := c.Case(t.Context(), ref)
			return err
		}},
		{"writing in one that is not open", true, func(_ *handlerstest.Office, c *handlerstest.Desk, ref string) error {
			return c.Do(t.Context(), ref, casework.Doing{Act: note})
		}},
		{"giving it on", true, func(p *handlerstest.Office, c *handlerstest.Desk, ref string) error {
			return c.Grant(t.Context(), ref, cases.External, fingerprintOf(p, cases.External))
		}},
		{"a file", true, func(_ *handlerstest.Office, c *handlerstest.Desk, ref string) error {
			if err := c.File(t.Context(), ref, "none", io.Discard); err != casework.ErrUnknown {
				return err
			}
			return nil
		}},
	} {
		t.Run(way.name, func(t *testing.T) {
			p := newOffice(t, handlerstest.Options{Hasty: true})
			ref := p.Report("lin", "Det var på middagen.")
			c, x := counted(t, p, "jonas")
			if err := way.do(p, c, ref); err != nil {
				t.Fatal(err)
			}
			page := p.Reporter("lin").SeesAt("/who")
			shown := regexp.MustCompile(`Jonas T\. \(assisterende sekretær\): har åpnet den `).MatchString(page)
			never := strings.Contains(page, "Jonas T. (assisterende sekretær): har ikke åpnet den")
			if sealed, wraps := x.took(); shown != way.counts || never == way.counts || (wraps > 0) != way.counts || (sealed > 0) != way.counts {
				t.Errorf("%d wraps and %d entries are handed out, and her page says %q", wraps, sealed, page)
			}
		})
	}
}

// TestASecondLookOpensOnlyWhatIsNew, and nothing where nothing is; after the desk was
// locked all of it again.
func TestASecondLookOpensOnlyWhatIsNew(t *testing.T) {
	p := newOffice(t, handlerstest.Options{Hasty: true})
	ref := p.Report("lin", "en", "to", "tre")
	maren, x := counted(t, p, "maren")
	look := func(want int, when string) {
		t.Helper()
		x.took()
		cs, err := maren.Case(t.Context(), ref)
		if err != nil || cs.Closed > 0 || len(cs.Doubts) > 0 || cs.Checked != last(p, ref) {
			t.Fatalf("%s: %v, %v", when, cs, err)
		}
		if got, wraps := x.took(); got != want || wraps == 0 {
			t.Errorf("%s: %d entries are opened, want %d; %d wraps", when, got, want, wraps)
		}
	}
	look(last(p, ref), "the first look")
	look(0, "a second one")
	was := last(p, ref)
	p.Reporter("lin").Says("fire")
	if err := p.Dial("jonas").Note(t.Context(), ref, inside); err != nil {
		t.Fatal(err)
	}
	look(last(p, ref)-was, "when more was written")
	x.took()
	if err := maren.Note(t.Context(), ref, inside); err != nil {
		t.Fatal(err)
	}
	if got, wraps := x.took(); got+wraps != 0 {
		t.Errorf("writing in an open case hands out %d entries and %d wraps", got, wraps)
	}
	look(1, "what she wrote herself")
	p.Leave("siv") // a new key
	p.Reporter("lin").Says("fem")
	look(2, "under a new key")
	maren.Forget()
	look(last(p, ref), "after the desk was locked")
}
