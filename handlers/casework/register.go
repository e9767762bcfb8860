package casework

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"

	"tillit/handlers/routine"
	"tillit/handlers/routine/plan"
	"tillit/handlers/wire"
)

// Registration is a case that the office makes of what came by another way than a
// conversation.
type Registration struct {
	ID         string // makes it happen once; empty is a fresh one
	Source     string // [cases.SourceRegistered] or [cases.SourceRelay]
	Came       string // the day on which it really came: 2026-11-27
	Flags      []string
	Choices    map[string][]string // by question
	OtherKnown bool
	Out        []string // who is kept out, as whoever came said
	// Act writes down what was said: register or relay.
	Act routine.Filled
}

// Register makes a case and writes down in it what was said, sealed on this machine. When
// the second part did not arrive, asking again with the same id ends it; the error then
// comes with the reference of the case.
func (c *Client) Register(ctx context.Context, r Registration) (ref string, err error) {
	if r.ID == "" {
		r.ID = rand.Text()
	}
	ask := wire.RegisterAsk{ID: r.ID, Source: r.Source, Came: r.Came, Flags: r.Flags, Choices: r.Choices, OtherKnown: r.OtherKnown, Out: r.Out}
	var answer wire.RegisterAnswer
	err = c.call(ctx, http.MethodPost, "/v1/cases", ask, &answer)
	if errors.Is(err, ErrOffline) { // it may have arrived: then this is the same case
		err = c.call(ctx, http.MethodPost, "/v1/cases", ask, &answer)
	}
	if err != nil {
		return "", outcome(err)
	}
	err = c.Do(ctx, answer.Ref, Doing{Act: r.Act, ID: r.ID})
	if refused := new(plan.Refusal); errors.As(err, &refused) && refused.Key == plan.RefusedAct {
		err = nil // it is written down: the answer to that was lost
	}
	return answer.Ref, err
}
