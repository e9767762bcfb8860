package casework

import (
	"context"
	"errors"
	"runtime"
	"strconv"

	"golang.org/x/sync/errgroup"

	"tillit/handlers/routine"
	"tillit/intake"
	"tillit/store/unseal"
)

// Fetch asks for a case and does nothing with it.
func (c *Client) Fetch(ctx context.Context, ref string) error {
	_, err := c.pages(ctx, ref, "", 0)
	return err
}

// Folded is what the log of an opened case leads to.
func (c *Client) Folded(ref string) routine.Blind {
	return c.known(ref).fold().blind
}

// Bare fetches a case and returns what opens its entries and does nothing else: the
// floor of opening it, on as many processors.
func (c *Client) Bare(ctx context.Context, ref string) (func() error, error) {
	room, err := c.pages(ctx, ref, "", 0)
	if err != nil {
		return nil, err
	}
	keys, _, err := c.openWraps(room)
	if err != nil {
		return nil, err
	}
	return func() error {
		var work errgroup.Group
		work.SetLimit(runtime.GOMAXPROCS(0))
		for _, e := range room.Entries {
			work.Go(func() error {
				text, _, err := unseal.Entry(keys[e.Epoch], e.Data, contextOf(room.Case, e))
				if err == nil && len(text) == 0 {
					return errors.New("nothing in it")
				}
				return err
			})
		}
		return work.Wait()
	}, nil
}

// WithGlances is a desk that has opened so many cases, each with words of its own.
func WithGlances(n int, words func(i int) string) *Client {
	c := &Client{kept: newKept()}
	for i := range n {
		one := &glance{words: []piece{{seq: 1, text: intake.NewPrivate(words(i))}}}
		one.folded = foldedOf(one.words)
		c.glances.put(strconv.Itoa(i), one)
	}
	return c
}
