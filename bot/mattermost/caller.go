package mattermost

import (
	"errors"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot"
	"tillit/bot/network"
)

// What can become of a call, besides the API's own refusals. None of them wraps
// its cause: net/http puts the address into it, and the API repeats what it was
// given.
var (
	errNoAnswer = errors.New("Mattermost does not answer")
	errTrouble  = errors.New("Mattermost is in trouble")
	errStrange  = errors.New("what answers is not a Mattermost server")
	errNotThere = errors.New("Mattermost knows nothing of it")
)

const (
	// callTime is how long a small call may take.
	callTime = 15 * time.Second
	// largestAnswer bounds what is read of an answer: 1,000 posts with long texts.
	// A file is bounded by its own limit.
	largestAnswer = 96 << 20
)

// refusedRights is a kind of refusal that only this network has.
const refusedRights = "no permission"

func refused(call, kind string) error {
	return &network.Refused{By: "Mattermost", Call: call, Kind: kind}
}

// classify turns what the library returns into what callers decide by. The
// result holds no text, no id and no token.
func classify(call string, res *model.Response, err error) error {
	switch {
	case err == nil:
		return nil
	case res == nil:
		return errNoAnswer
	}
	switch code := res.StatusCode; {
	case code == http.StatusTooManyRequests:
		return &bot.RetryError{After: retryAfter(res.Header)}
	case code == http.StatusUnauthorized:
		return refused(call, network.RefusedToken)
	case code == http.StatusForbidden:
		return refused(call, refusedRights)
	case code == http.StatusNotFound:
		return errNotThere
	case code >= http.StatusInternalServerError:
		return errTrouble
	case code >= http.StatusBadRequest:
		return refused(call, network.RefusedOther)
	}
	return errStrange
}

// longestCalm bounds what the server may ask of us.
const longestCalm = 5 * time.Minute

// retryAfter reads how long the server wants to be left alone. Its limiter writes
// no Retry-After, a proxy in front of it may.
func retryAfter(h http.Header) time.Duration {
	for _, name := range []string{"Retry-After", "X-Ratelimit-Reset"} {
		if n, err := strconv.Atoi(h.Get(name)); err == nil && n > 0 {
			return min(time.Duration(n)*time.Second, longestCalm)
		}
	}
	return time.Second
}

// calm keeps all calls back for as long as the server wants to be left alone.
type calm struct {
	now   func() time.Time
	mu    sync.Mutex
	until time.Time
}

func (c *calm) left() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.until.Sub(c.now())
}

func (c *calm) hold(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.now().Add(d); t.After(c.until) {
		c.until = t
	}
}

// careful is the transport beneath the library: it waits while the server wants
// to be left alone, and bounds what is read.
type careful struct {
	calm *calm
	next http.RoundTripper
}

func newHTTP(c *calm) *http.Client { return network.NewClient(&careful{c, network.NewTransport()}) }

// patient is how often a question is asked again when the server wants to be left
// alone in between. What changes something goes back to who asked for it.
const patient = 4

// RoundTrip implements [http.RoundTripper].
func (c *careful) RoundTrip(r *http.Request) (*http.Response, error) {
	for try := 1; ; try++ {
		if err := c.calm.wait(r); err != nil {
			return nil, err
		}
		res, err := c.next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		if res.StatusCode == http.StatusTooManyRequests {
			c.calm.hold(retryAfter(res.Header))
			if r.Method == http.MethodGet && try < patient {
				res.Body.Close()
				continue
			}
		}
		if !strings.HasSuffix(path.Dir(r.URL.Path), "/api/v4/files") { // a file has a limit of its own
			res.Body = &bounded{res.Body, largestAnswer}
		}
		return res, nil
	}
}

// wait waits for as long as the server wants to be left alone.
func (c *calm) wait(r *http.Request) error {
	left := c.left()
	if left <= 0 {
		return nil
	}
	select {
	case <-r.Context().Done():
		if r.Body != nil {
			r.Body.Close()
		}
		return r.Context().Err()
	case <-time.After(left):
		return nil
	}
}

// bounded ends a body that goes on for ever.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errStrange
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// What can be in trouble on its own.
const (
	asking   = "asking what is new"
	reading  = "reading a chat"
	writing  = "writing"
	changing = "changing what was said"
)

// tell says to the operator what is wrong, once for each trouble.
func (m *Mattermost) tell(doing string, err error) { m.troubles.Tell(doing, hint(err), err) }

// well says that a trouble is over.
func (m *Mattermost) well(doing string) { m.troubles.Over(doing, "it works again") }

// hint is what an operator can do about an error.
func hint(err error) string {
	var slow *bot.RetryError
	switch {
	case network.IsRefused(err, network.RefusedToken):
		return "the bot token is refused, or the bot is deactivated; look under Integrations, Bot Accounts"
	case network.IsRefused(err, refusedRights):
		return "the bot lacks a permission (" + err.Error() + "); tillitd check says which"
	case errors.As(err, &slow):
		return "asked to slow down; waiting as long as the server says"
	case errors.Is(err, errNoAnswer):
		return "the server cannot be reached; nothing is lost, it keeps what is written"
	case errors.Is(err, errTrouble):
		return "the server is in trouble; nothing is lost, it keeps what is written"
	}
	return err.Error()
}
