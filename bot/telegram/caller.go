package telegram

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"time"

	tg "github.com/go-telegram/bot"

	"tillit/bot"
	"tillit/bot/network"
)

// What can become of a call, besides the API's own refusals. None of them wraps
// its cause: net/http puts the address, with the token, into it.
var (
	errNotReached = errors.New("Telegram cannot be reached")
	errLost       = errors.New("the answer of Telegram was lost")
	errTrouble    = errors.New("Telegram is in trouble")
)

// largestAnswer bounds what is read of an answer: 100 updates with long texts.
const largestAnswer = 16 << 20

// caller is the HTTP client beneath the library. It makes a call whole before it
// leaves, so that one that never left can be told from one whose answer was lost.
type caller struct{ client *http.Client }

func newCaller() *caller { return &caller{network.NewClient(network.NewTransport())} }

// Do implements the library's HttpClient.
func (c *caller) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, errNotReached
	}
	connected := false
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected = true }}
	out, err := http.NewRequestWithContext(httptrace.WithClientTrace(r.Context(), trace), r.Method, r.URL.String(), bytes.NewReader(body))
	if err != nil {
		return nil, errNotReached
	}
	out.Header = r.Header
	res, err := c.client.Do(out)
	switch {
	case err != nil && connected:
		return nil, errLost
	case err != nil:
		return nil, errNotReached
	}
	return checked(res)
}

// checked reads the answer, so that the library never sees one that is not the
// API's: it would quote it in an error.
func checked(res *http.Response) (*http.Response, error) {
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, largestAnswer))
	switch {
	case res.StatusCode == http.StatusGatewayTimeout || err != nil:
		return nil, errLost
	case res.StatusCode >= http.StatusInternalServerError:
		return nil, errTrouble
	case !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")):
		if res.StatusCode >= http.StatusBadRequest { // a page of something in between, which did not reach the API
			return nil, errTrouble
		}
		return nil, errLost
	}
	res.Body = io.NopCloser(bytes.NewReader(raw))
	return res, nil
}

// refusedTwo is a kind of refusal that only this network has.
const refusedTwo = "another program reads the same bot"

func refused(call, kind string) error {
	return &network.Refused{By: "Telegram", Call: call, Kind: kind}
}

// classify turns what the library returns into what callers decide by. The
// result holds no text, no number and no token.
func classify(method string, err error) error {
	var slow *tg.TooManyRequestsError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &slow):
		return &bot.RetryError{After: max(time.Duration(slow.RetryAfter), 1) * time.Second}
	case errors.Is(err, tg.ErrorForbidden), errors.Is(err, tg.ErrorBadRequest) && nobody(err):
		return bot.ErrGone
	case errors.Is(err, tg.ErrorUnauthorized), errors.Is(err, tg.ErrorNotFound):
		return refused(method, network.RefusedToken)
	case errors.Is(err, tg.ErrorConflict):
		return refused(method, refusedTwo)
	case errors.Is(err, tg.ErrorBadRequest):
		return refused(method, network.RefusedOther)
	case errors.Is(err, errNotReached):
		return errNotReached
	case errors.Is(err, errTrouble):
		return errTrouble
	}
	return errLost
}

// nobody reports whether a bad request means that there is no such chat.
func nobody(err error) bool {
	for _, says := range []string{"chat not found", "PEER_ID_INVALID", "user not found"} {
		if strings.Contains(err.Error(), says) {
			return true
		}
	}
	return false
}
