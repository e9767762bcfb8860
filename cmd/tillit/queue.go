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
	"tillit/handlers/routine"
	"tillit/handlers/routine/plan"
	"tillit/store/cases"
)

// The groups of the queue, in their order, with what they are called.
var groups = []struct{ id, name string }{
	{"unsafe", "Somebody may be in danger"},
	{"late", "Late"},
	{"today", "Today"},
	{"week", "This week"},
	{"others", "Waits for others"},
	{"later", "Later"},
	{"closed", "Closed"},
}

// row is a case in the queue. All of it comes from what the server knows: nothing is
// opened for it. Scripts rely on the names.
type row struct {
	cases.Case
	Group  string `json:"group"`
	Day    string `json:"day"`    // of what comes first: this handler's, or else anybody's; a day, or a minute in UTC
	Holder string `json:"holder"` // id of who has taken the case
	Mine   bool   `json:"mine"`   // what comes first is this handler's
	Age    int    `json:"age"`    // days since it came

	due plan.Due
}

// wanted says which rows are shown; empty is all.
type wanted struct{ group, holder, level, phase, flag, channel string }

func queueCommand(a *access) *cobra.Command {
	var asJSON bool
	var view string
	var want wanted
	c := &cobra.Command{Use: "queue", Short: "List the cases that your key opens, by deadline", Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains(cases.Views, view) {
				return usageError{fmt.Errorf("there is no view %q; there are %s", view, strings.Join(cases.Views, ", "))}
			}
			client, err := a.dial(cmd.Context())
			if err != nil {
				return err
			}
			rows, err := rowsOf(cmd, client, view)
			if err != nil {
				return err
			}
			rows = slices.DeleteFunc(rows, func(r row) bool { return !want.has(r) })
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(rows)
			}
			printQueue(cmd.OutOrStdout(), client, rows)
			return nil
		}}
	set := c.Flags()
	set.BoolVar(&asJSON, "json", false, "print JSON")
	set.StringVar(&view, "view", cases.Views[0], "one of "+strings.Join(cases.Views, ", "))
	set.StringVar(&want.group, "group", "", "only this group: unsafe, late, today, week, others, later")
	set.StringVar(&want.holder, "holder", "", "only cases that this handler has taken, by id")
	set.StringVar(&want.level, "level", "", "only this level")
	set.StringVar(&want.phase, "phase", "", "only this phase")
	set.StringVar(&want.flag, "flag", "", "only with this flag")
	set.StringVar(&want.channel, "channel", "", "only what came by this channel")
	return c
}

func (w wanted) has(r row) bool {
	for _, is := range [][2]string{{w.group, r.Group}, {w.holder, r.Holder}, {w.level, r.Level}, {w.phase, r.Phase}, {w.channel, r.Channel}} {
		if is[0] != "" && is[0] != is[1] {
			return false
		}
	}
	return w.flag == "" || slices.Contains(r.Flags, w.flag)
}

// rowsOf are all cases of a view, in the order of the groups and their days.
func rowsOf(cmd *cobra.Command, client *casework.Client, view string) ([]row, error) {
	rows, now, me := []row{}, client.Now(), client.Me().ID
	for q := (casework.Query{View: view, Size: cases.MostRows}); ; {
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
		if of := cmp.Compare(place(a.Group), place(b.Group)); of != 0 {
			return of
		}
		if a.due.Before(b.due) != b.due.Before(a.due) {
			if a.due.Before(b.due) {
				return -1
			}
			return 1
		}
		return cmp.Or(a.Received.Compare(b.Received), cmp.Compare(a.Ref, b.Ref))
	})
	return rows, nil
}

func place(group string) int {
	return slices.IndexFunc(groups, func(g struct{ id, name string }) bool { return g.id == group })
}

// rowOf puts a case into its group, for somebody at a moment.
func rowOf(c cases.Case, me string, now time.Time) row {
	r := row{Case: c, Holder: c.Assignee, Age: int(now.Sub(c.Received) / (24 * time.Hour))}
	unsafe, others := false, plan.Due{}
	for _, clock := range clocksOf(c) {
		due := dueOf(clock.Due, now.Location())
		unsafe = unsafe || clock.Ladder == plan.LadderUrgent
		switch who := holder(c, clock); {
		case who != "" && who != me:
			if due.Before(others) {
				others = due
			}
		case due.Before(r.due):
			r.due, r.Mine = due, true
		}
	}
	if !r.Mine {
		r.due = others
	}
	r.Day, r.Group = r.due.String(), r.group(unsafe, now)
	return r
}

// clocksOf are the days of a case, also of one that no routine has taken over.
func clocksOf(c cases.Case) []cases.Clock {
	all := slices.Clone(c.Clocks)
	for _, d := range c.Due {
		all = append(all, cases.Clock{Due: d.Day, Duty: string(routine.Lead)})
	}
	return all
}

func dueOf(text string, zone *time.Location) plan.Due {
	var due plan.Due
	if due.UnmarshalText([]byte(text)) != nil {
		return plan.Due{}
	}
	return due.InZone(zone)
}

// holder is whose a clock is: whom it names, who has its duty, or else the lead; empty is
// everybody.
func holder(c cases.Case, clock cases.Clock) string {
	return cmp.Or(clock.Person, c.Duties[clock.Duty], c.Assignee)
}

func (r row) group(unsafe bool, now time.Time) string {
	end := func(days int) time.Time {
		y, m, d := now.Date()
		return time.Date(y, m, d+days, 0, 0, 0, 0, now.Location())
	}
	sunday := (7 - int(now.Weekday())) % 7
	switch {
	case r.Closed, r.Status == routine.StatusClosed:
		return "closed"
	case unsafe:
		return "unsafe"
	case r.due.IsZero():
		return "later"
	case !r.Mine:
		return "others"
	case r.due.Late(now):
		return "late"
	case r.due.Time.Before(end(1)):
		return "today"
	case r.due.Time.Before(end(sunday + 1)):
		return "week"
	}
	return "later"
}

func printQueue(out io.Writer, client *casework.Client, rows []row) {
	if len(rows) == 0 {
		fmt.Fprintln(out, "No case waits.")
	}
	last := ""
	for _, r := range rows {
		if r.Group != last {
			fmt.Fprintln(out, groups[place(r.Group)].name)
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
