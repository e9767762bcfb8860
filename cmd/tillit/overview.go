package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"tillit/handlers/casework"
)

// overviewJSON counts the cases that a key opens. Scripts rely on its names.
type overviewJSON struct {
	Open       int         `json:"open"`
	Closed     int         `json:"closed"`
	Late       int         `json:"late"`
	LateDays   []int       `json:"late_days"` // of each late case, since its first day passed
	Unanswered int         `json:"unanswered"`
	Received   []monthJSON `json:"received"`
	Phases     []phaseJSON `json:"phases"`
	Answered   struct {
		Count   int `json:"count"`
		Median  int `json:"median_days"`
		Longest int `json:"longest_days"`
	} `json:"first_answer"`
}

type monthJSON struct {
	Month string `json:"month"`
	Count int    `json:"count"`
}

type phaseJSON struct {
	Phase string `json:"phase"`
	Count int    `json:"count"`
}

func overviewCommand(a *access) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{Use: "overview", Short: a.Say("short.overview"), Args: a.atMost(0), Long: a.Say("long.overview"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := a.dial(cmd.Context())
			if err != nil {
				return err
			}
			all, err := client.Overview(cmd.Context(), client.Now())
			if err != nil {
				return err
			}
			shown := overviewOf(all)
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(shown)
			}
			a.printOverview(cmd.OutOrStdout(), shown, a.phases(cmd.Context(), client, all))
			return nil
		}}
	c.Flags().BoolVar(&asJSON, "json", false, a.Say("flag.json"))
	return c
}

func overviewOf(all casework.Overview) overviewJSON {
	shown := overviewJSON{Open: all.Open, Closed: all.Closed, Late: all.Late, Unanswered: all.Unanswered, LateDays: append([]int{}, all.LateBy...), Received: []monthJSON{}, Phases: []phaseJSON{}}
	for _, c := range all.Received {
		shown.Received = append(shown.Received, monthJSON{c.Of, c.N})
	}
	for _, c := range all.Phases {
		shown.Phases = append(shown.Phases, phaseJSON{c.Of, c.N})
	}
	if n := len(all.Answered); n > 0 {
		shown.Answered.Count, shown.Answered.Median, shown.Answered.Longest = n, all.Answered[n/2], all.Answered[n-1]
	}
	return shown
}

// phases are what the routines of these cases call their phases; what no routine has taken
// over stands under its status.
func (s speech) phases(ctx context.Context, client *casework.Client, all casework.Overview) func(id string) string {
	stated := s.stated(client)
	return func(id string) string {
		for _, version := range all.Routines {
			if name := s.names(client, client.Manual(ctx, version)).Call("phase", id); name != id {
				return name
			}
		}
		return stated.Call("status", id)
	}
}

func (s speech) printOverview(out io.Writer, o overviewJSON, phase func(id string) string) {
	fmt.Fprintln(out, s.Say("overview.open", "n", o.Open, "late", o.Late, "closed", o.Closed))
	if n := len(o.LateDays); n > 0 {
		fmt.Fprintln(out, " ", s.Say("overview.late", "n", o.LateDays[(n-1)/2], "most", o.LateDays[n-1]))
	}
	fmt.Fprintln(out, "\n"+s.Say("overview.received"))
	var months, phases [][]string
	for _, m := range o.Received {
		name := m.Month
		if t, err := time.Parse("2006-01", m.Month); err == nil {
			name = s.Month(t)
		}
		months = append(months, []string{"  " + name, strconv.Itoa(m.Count)})
	}
	columns(out, months)
	fmt.Fprintln(out, "\n"+s.Say("overview.phases"))
	for _, p := range o.Phases {
		phases = append(phases, []string{"  " + cell(phase(p.Phase)), strconv.Itoa(p.Count)})
	}
	columns(out, phases)
	fmt.Fprintf(out, "\n%s\n  %s\n", s.Say("overview.answer"), s.Say("overview.answered", "n", o.Answered.Count, "median", o.Answered.Median, "most", o.Answered.Longest, "left", o.Unanswered))
}
