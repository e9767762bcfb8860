package main_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"tillit/handlers/casework"
)

// telling is what one member says, each message with a canary of its own.
func telling(member, messages int) (texts []string) {
	for n := range messages {
		texts = append(texts, fmt.Sprintf("canary-%d-%d-fjell", member, n))
	}
	return texts
}

// told compares the cases with what members told: each message exactly once, in
// order, in one case of its own, and nothing else that anybody told.
func told(t *testing.T, cases []*casework.Case, refs []string, messages int) {
	t.Helper()
	if len(cases) != len(refs) {
		t.Errorf("%d members reported, %d cases are in the queue", len(refs), len(cases))
	}
	byRef := map[string]*casework.Case{}
	for _, c := range cases {
		byRef[c.Ref] = c
		if len(c.Faults) > 0 {
			t.Errorf("a case is not whole: %v", c.Faults)
		}
	}
	for member, ref := range refs {
		c := byRef[ref]
		if c == nil {
			t.Errorf("member %d's case is not in the queue", member)
			continue
		}
		var got []string
		for _, e := range c.Entries {
			if text := e.Text.Reveal(); strings.Contains(text, "canary") {
				got = append(got, text)
			}
		}
		if want := telling(member, messages); !slices.Equal(got, want) {
			t.Errorf("member %d's case holds %d messages; %d were told, each once and in order", member, len(got), len(want))
		}
	}
}

// TestKilledAtAnyMoment kills the server again and again while members report,
// and starts it anew; each browser repeats a form until it is acknowledged. Of the release
// build members come for as long as a machine, slow or fast, is given, at most 200.
func TestKilledAtAnyMoment(t *testing.T) {
	atOnce, messages, coming := 10, 4, time.Duration(0)
	if release() != "" {
		coming = 25 * time.Second
	}
	in := install(t)
	in.start()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()

	refs := make([]string, 200)
	all := make([]*member, len(refs))
	var g errgroup.Group
	g.SetLimit(atOnce)
	done := make(chan struct{})
	var kills int
	var killer sync.WaitGroup
	killer.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(20*time.Millisecond + rand.N(280*time.Millisecond)):
				in.kill()
				if err := in.tryStart(); err != nil {
					t.Error(err)
					cancel()
					return
				}
				kills++
			}
		}
	})
	members, begun := 0, time.Now()
	for i := range refs {
		if members = i; i >= atOnce && time.Since(begun) > coming {
			break
		}
		members++
		g.Go(func() (err error) {
			all[i] = newMember(in.web, telling(i, messages)...)
			all[i].deaf = true
			refs[i], err = all[i].report(ctx)
			return err
		})
	}
	err := g.Wait()
	close(done)
	killer.Wait()
	if err != nil {
		t.Fatal(err)
	}
	said, repeated := 0, 0
	for _, m := range all[:members] {
		said, repeated = said+m.said, repeated+m.failed
	}
	t.Logf("%d members, %d forms acknowledged, %d attempts unanswered, %d kills", members, said, repeated, kills)
	if kills < 3 || repeated == 0 {
		t.Errorf("only %d kills and %d unanswered attempts: this proves nothing", kills, repeated)
	}
	told(t, in.cases(), refs[:members], messages)
	in.unreadable(telling(0, messages)...)
}
