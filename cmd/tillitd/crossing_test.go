package main_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"tillit/intake"
)

// TestNobodyIsCrossed lets many members report and be answered at once: what one
// tells or is told is in one case and one chat.
func TestNobodyIsCrossed(t *testing.T) {
	members, messages := 16, 3
	if release() != "" {
		members = 32
	}
	in := install(t)
	in.start()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()

	refs, all := make([]string, members), make([]*member, members)
	var canaries []string
	var g errgroup.Group
	for i := range members {
		all[i] = newMember(in.web, telling(i, messages)...)
		canaries = append(canaries, all[i].texts...)
		g.Go(func() (err error) {
			refs[i], err = all[i].report(ctx)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	told(t, in.cases(), refs, messages)

	desk := in.desk()
	for i := range members {
		answer := "answer-" + telling(i, 1)[0]
		canaries = append(canaries, answer)
		g.Go(func() error { return desk.Reply(ctx, refs[i], intake.NewPrivate(answer)) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	pages := make([]string, members)
	for i := range members {
		g.Go(func() error {
			html, err := all[i].page(ctx)
			if err == nil {
				err = all[i].say(ctx, html, "choice=show")
			}
			if err == nil {
				pages[i], err = all[i].page(ctx)
			}
			if err == nil { // what was said earlier stands in the copy alone
				var told string
				_, told, err = all[i].send(ctx, "/copy", "application/x-www-form-urlencoded", strings.NewReader(""))
				pages[i] += told
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for i, html := range pages {
		for j := range members {
			for _, text := range append(telling(j, messages), "answer-"+telling(j, 1)[0]) {
				if strings.Contains(html, text+"<") != (i == j) {
					t.Errorf("member %d's page and what member %d was told or told: %t", i, j, i != j)
				}
			}
		}
	}
	in.unreadable(canaries...)
}
