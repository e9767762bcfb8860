package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tillit/handlers/casework"
	"tillit/handlers/routine/plan"
	"tillit/store/cases"
)

// groupNames are what the groups of the queue are called.
var groupNames = map[string]string{
	casework.GroupUnsafe: "Somebody may be in danger", casework.GroupLate: "Late", casework.GroupToday: "Today", casework.GroupWeek: "Within a week",
	casework.GroupWaits: "Waits for others", casework.GroupLater: "Later", casework.GroupClosed: "Closed",
}

// row is a case in the queue. All of it comes from what the server knows: nothing is
// opened for it. Scripts rely on the names.
type row struct {
	cases.Case
	Group  string `json:"group"`
	Day    string `json:"day"`    // the nearest one; a day, or a minute in UTC
	Holder string `json:"holder"` // id of who has taken the case
	Mine   bool   `json:"mine"`   // what is due on that day is this handler's
	Age    int    `json:"age"`    // days since it came

	due plan.Due
}

func queueCommand(a *access) *cobra.Command {
	var asJSON bool
	var view string
	var q casework.Query
	var group string
	c := &cobra.Command{Use: "queue", Short: "List the cases that your key opens, by deadline", Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains(cases.Views, view) {
				return usageError{fmt.Errorf("there is no view %q; there are %s", view, strings.Join(cases.Views, ", "))}
			}
			if group != "" && !slices.Contains(casework.Groups, group) {
				return usageError{fmt.Errorf("there is no group %q; there are %s", group, strings.Join(casework.Groups, ", "))}
			}
			client, err := a.dial(cmd.Context())
			if err != nil {
				return err
			}
			q.View = view
			rows, err := rowsOf(cmd, client, q)
			if err != nil {
				return err
			}
			rows = slices.DeleteFunc(rows, func(r row) bool { return group != "" && r.Group != group })
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(rows)
			}
			printQueue(cmd.OutOrStdout(), client, rows)
			return nil
		}}
	set := c.Flags()
	set.BoolVar(&asJSON, "json", false, "print JSON")
	set.StringVar(&view, "view", cases.Views[0], "one of "+strings.Join(cases.Views, ", "))
	set.StringVar(&group, "group", "", "only one of "+strings.Join(casework.Groups, ", "))
	set.StringVar(&q.Holder, "holder", "", "only cases that this handler has taken, by id")
	set.StringVar(&q.Level, "level", "", "only this level")
	set.StringVar(&q.Phase, "phase", "", "only this phase")
	set.StringVar(&q.Flag, "flag", "", "only with this flag")
	set.StringVar(&q.Channel, "channel", "", "only what came by this channel")
	return c
}

// rowsOf are all cases that a query finds, in the order of the groups and their days.
func rowsOf(cmd *cobra.Command, client *casework.Client, q casework.Query) ([]row, error) {
	rows, now, me := []row{}, client.Now(), client.Me().ID
	for q.Size = cases.MostRows; ; {
		page, err := client.Queue(cmd.Context(), q)
		if err != nil {
			return nil, err
		}
		for _, c := range page.Cases {
			rows = append(rows, rowOf(c, me, now))
		}
		if q.Page = page.Next; q.Page == "" {
			break
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		switch {
		case a.Group != b.Group:
			return cmp.Compare(slices.Index(casework.Groups, a.Group), slices.Index(casework.Groups, b.Group))
		case a.due.Before(b.due) && !b.due.Before(a.due):
			return -1
		case b.due.Before(a.due) && !a.due.Before(b.due):
			return 1
		}
		return cmp.Or(a.Received.Compare(b.Received), cmp.Compare(a.Ref, b.Ref))
	})
	return rows, nil
}

// rowOf is a case as a list shows it to somebody at a moment.
func rowOf(c cases.Case, me string, now time.Time) row {
	at := casework.Place(c, me, now)
	return row{Case: c, Group: at.Group, Day: at.Due.String(), Holder: c.Assignee, Mine: at.Who == "" || at.Who == me,
		Age: int(now.Sub(c.Received) / (24 * time.Hour)), due: at.Due}
}

func printQueue(out io.Writer, client *casework.Client, rows []row) {
	if len(rows) == 0 {
		fmt.Fprintln(out, "No case waits.")
	}
	last := ""
	for _, r := range rows {
		if r.Group != last {
			fmt.Fprintln(out, groupNames[r.Group])
			last = r.Group
		}
		day, who := "", ""
		if r.Day != "" {
			day = "due " + r.Day
		}
		if r.Holder != "" {
			who = "  " + screen(client.Name(r.Holder))
		}
		fmt.Fprintf(out, "%s  %-12s %-9s %-8s %s  %d unread  %s%s\n", r.Ref, cmp.Or(r.Phase, r.Status), r.Level, r.Channel,
			r.Received.Local().Format("2006-01-02 15:04"), r.Unread, day, who)
	}
}
