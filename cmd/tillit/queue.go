package main

import (
	"cmp"
	"context"
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
	c := &cobra.Command{Use: "queue", Short: a.Say("short.queue"), Args: a.atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains(cases.Views, view) {
				return a.wrong("call.view", "name", screen(view), "all", strings.Join(cases.Views, ", "))
			}
			if group != "" && !slices.Contains(casework.Groups, group) {
				return a.wrong("call.group", "name", screen(group), "all", strings.Join(casework.Groups, ", "))
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
			a.printQueue(cmd.Context(), cmd.OutOrStdout(), client, rows)
			return nil
		}}
	set := c.Flags()
	set.BoolVar(&asJSON, "json", false, a.Say("flag.json"))
	set.StringVar(&view, "view", cases.Views[0], a.Say("flag.view", "all", strings.Join(cases.Views, ", ")))
	set.StringVar(&group, "group", "", a.Say("flag.group", "all", strings.Join(casework.Groups, ", ")))
	set.StringVar(&q.Holder, "holder", "", a.Say("flag.holder"))
	set.StringVar(&q.Level, "level", "", a.Say("flag.level"))
	set.StringVar(&q.Phase, "phase", "", a.Say("flag.phase"))
	set.StringVar(&q.Flag, "flag", "", a.Say("flag.with"))
	set.StringVar(&q.Channel, "channel", "", a.Say("flag.channel"))
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

// printQueue prints the cases under their groups.
func (s speech) printQueue(ctx context.Context, out io.Writer, client *casework.Client, rows []row) {
	if len(rows) == 0 {
		fmt.Fprintln(out, s.Say("queue.none"))
	}
	var table [][]string
	last, stated := "", s.stated(client)
	for _, r := range rows {
		if r.Group != last {
			table = append(table, []string{s.Say("group." + r.Group)})
			last = r.Group
		}
		names, phase := s.names(client, client.Manual(ctx, r.Routine)), stated.Call("status", r.Status)
		if r.Phase != "" {
			phase = names.Call("phase", r.Phase)
		}
		due := s.due(r.due, client.Now())
		if due != "" {
			due = s.Say("queue.due", "day", due)
		}
		table = append(table, []string{r.Ref, cell(phase), cell(stated.Call("level", r.Level)), cell(stated.Call("channel", r.Channel)),
			s.when(client, r.Received), s.Say("queue.unread", "n", r.Unread), due, cell(nameOr(client, r.Holder))})
	}
	columns(out, table)
}

// nameOr is what somebody is called, and nothing for nobody.
func nameOr(client *casework.Client, id string) string {
	if id == "" {
		return ""
	}
	return client.Name(id)
}
