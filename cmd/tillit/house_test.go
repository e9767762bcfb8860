package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/routine/plan"
)

// toldHouse is a house with the server that it was told to, at the moment at which it
// ends.
type toldHouse struct {
	*demoServer
	dir, at string
	port    int
	now     time.Time
}

// tell tells the house as if it were a moment.
func tell(t *testing.T, now time.Time) toldHouse {
	t.Helper()
	h := toldHouse{dir: t.TempDir(), port: ports(t), now: now}
	if _, err := demoFiles(h.dir, h.port); err != nil {
		t.Fatal(err)
	}
	if err := english().tellHouseAt(t.Context(), tillitd(t), h.dir, h.port, now, io.Discard); err != nil {
		t.Fatal(err)
	}
	clock := &demoClock{file: filepath.Join(h.dir, "clock")}
	if err := clock.set(now); err != nil {
		t.Fatal(err)
	}
	var err error
	if h.demoServer, err = english().startServer(t.Context(), tillitd(t), h.dir, false, "--clock", clock.file); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.stop(); err != nil {
			t.Error(err)
		}
	})
	h.at = addressOf(h.port + 2)
	return h
}

// as signs somebody in.
func (h toldHouse) as(t *testing.T, id string) *casework.Client {
	t.Helper()
	c, err := h.signIn(h.at, h.dir, keyOf(h.dir, id), casework.Config{Now: func() time.Time { return h.now }})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// cases are all that somebody can open, by reference.
func (h toldHouse) cases(t *testing.T, c *casework.Client) map[string]*casework.Case {
	t.Helper()
	all := map[string]*casework.Case{}
	for _, view := range []string{"open", "closed"} {
		page, err := c.Queue(t.Context(), casework.Query{View: view, Size: 100})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range page.Cases {
			cs, err := c.Case(t.Context(), row.Ref)
			if err != nil {
				t.Fatal(err)
			}
			all[row.Ref] = cs
		}
	}
	return all
}

// TestTheHouse tells all of it, on an ordinary day and after days off, and looks at what
// a newcomer finds.
func TestTheHouse(t *testing.T) {
	if testing.Short() {
		t.Skip("telling it takes some ten seconds")
	}
	zone, err := time.LoadLocation(demoZone)
	if err != nil {
		t.Fatal(err)
	}
	for name, now := range map[string]time.Time{
		"a Friday":                    time.Date(2026, 11, 27, 14, 0, 0, 0, zone),
		"a Sunday night after Easter": time.Date(2027, 4, 4, 0, 20, 0, 0, zone),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := tell(t, now)
			maren := h.as(t, "maren")
			hers := h.cases(t, maren)
			for ref, cs := range hers {
				h.whole(t, maren, ref, cs)
			}
			h.alive(t, maren, hers)
			h.keptOut(t, hers)
			h.verified(t)
		})
	}
}

// whole holds that nothing of a case is in doubt.
func (h toldHouse) whole(t *testing.T, c *casework.Client, ref string, cs *casework.Case) {
	t.Helper()
	faults, err := c.Verify(t.Context(), ref)
	if err != nil || len(faults) > 0 {
		t.Errorf("%s: %v, %v", ref, faults, err)
	}
	if adrift := c.Where(cs, h.now).Adrift; len(adrift) > 0 {
		t.Errorf("%s: the server has clocks otherwise than the log: %v", ref, adrift)
	}
}

// alive holds that there is something of everything.
func (h toldHouse) alive(t *testing.T, c *casework.Client, all map[string]*casework.Case) {
	t.Helper()
	found := map[string]bool{}
	for _, cs := range all {
		w := c.Where(cs, h.now)
		found["phase "+w.Phase] = true
		found["somebody not safe"] = found["somebody not safe"] || slices.Contains(cs.Flags, "URGENT")
		for _, q := range w.Asked {
			found[q.Act.Name+" waits for a second person"] = true
		}
		for _, task := range w.Open {
			found[task.ID+" is open"] = true
			found["a late "+task.ID] = found["a late "+task.ID] || task.Late
		}
	}
	want := []string{"somebody not safe", "decide waits for a second person", "level is open", "confirm is open", "result_r is open", "keep is open", "a late ack1", "a late measure"}
	for _, p := range h.routine(c, all).Phases() {
		want = append(want, "phase "+p.Name)
	}
	for _, what := range want {
		if !found[what] {
			t.Errorf("the house does not show %s", what)
		}
	}
	o, err := c.Overview(t.Context(), h.now)
	if err != nil || len(o.Received) < 3 || o.Late == 0 || len(o.Answered) < 5 || o.Unanswered == 0 || o.Closed == 0 {
		t.Errorf("the overview has little to show: %+v, %v", o, err)
	}
}

func (h toldHouse) routine(c *casework.Client, all map[string]*casework.Case) *plan.Routine {
	for _, cs := range all {
		if r := c.Where(cs, h.now).Routine; r != nil {
			return r
		}
	}
	return new(plan.Routine)
}

// keptOut holds that one case is kept from a handler, and one from the whole office.
func (h toldHouse) keptOut(t *testing.T, hers map[string]*casework.Case) {
	t.Helper()
	external := h.as(t, "external")
	theirs := h.cases(t, external)
	for ref, cs := range theirs {
		h.whole(t, external, ref, cs)
		if hers[ref] != nil {
			t.Errorf("%s is external, and the office has it", ref)
		}
	}
	if siv := h.cases(t, h.as(t, "siv")); len(siv) != len(hers)-1 || len(theirs) != 1 {
		t.Errorf("Maren has %d cases, Siv %d, the external receiver %d", len(hers), len(siv), len(theirs))
	}
}

// verified holds that what the server has is whole too.
func (h toldHouse) verified(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := h.stop(); err != nil {
		t.Error(err)
	}
	out, err := exec.CommandContext(ctx, tillitd(t), "verify", "--config", filepath.Join(h.dir, "tillit.toml")).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "whole") {
		t.Errorf("%v: %s", err, out)
	}
}

// TestAHouseIsToldOnce: not on top of what somebody told.
func TestAHouseIsToldOnce(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv(serverEnv, tillitd(t))
	if err := (&access{speech: english(), desk: "nb"}).demo(t.Context(), demoFlags{data: dir, port: ports(t), house: true}, io.Discard, io.Discard); err == nil || err.Error() != english().Say("demo.told") {
		t.Errorf("it says %v", err)
	}
}
