package main

import (
	"encoding/json"
	"fmt"
	"io"

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
	c := &cobra.Command{Use: "overview", Short: "Count the cases that your key opens", Args: atMost(0),
		Long: "overview counts the cases that your key opens, and no others: received by month, open by\nphase, late, and days to the first answer. Nothing is opened for it.",
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
			printOverview(cmd.OutOrStdout(), shown)
			return nil
		}}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
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

func printOverview(out io.Writer, o overviewJSON) {
	fmt.Fprintf(out, "%d open, %d of them late; %d closed\n", o.Open, o.Late, o.Closed)
	if n := len(o.LateDays); n > 0 {
		fmt.Fprintf(out, "  half of the late ones for at most %d days, the longest for %d\n", o.LateDays[(n-1)/2], o.LateDays[n-1])
	}
	fmt.Fprintln(out, "\nReceived")
	for _, m := range o.Received {
		fmt.Fprintf(out, "  %s  %d\n", m.Month, m.Count)
	}
	fmt.Fprintln(out, "\nOpen, by phase")
	for _, p := range o.Phases {
		fmt.Fprintf(out, "  %-14s %d\n", p.Phase, p.Count)
	}
	fmt.Fprintf(out, "\nFirst answer\n  %d answered, half of them within %d days, the last after %d; %d not yet\n",
		o.Answered.Count, o.Answered.Median, o.Answered.Longest, o.Unanswered)
}
