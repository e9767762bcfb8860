package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"tillit/handlers/routine"
	"tillit/handlers/routine/plan"
	"tillit/store/cases"
)

// Overview counts the cases that this handler can open. A case that is not theirs is in
// none of it.
type Overview struct {
	Open, Closed int
	Late         int   // open cases in which a day has passed
	LateBy       []int // of these, how many days it is since then; the shortest first
	Unsafe       int   // open cases in which somebody may be in danger
	Received     []Count
	Phases       []Count // open ones; a case that no routine has taken over counts as its status
	Answered     []int   // days to the first answer, of those that got one, the shortest first
	Unanswered   int
	Leads        []Lead   // of open cases, by who has taken them; nobody is one
	Routines     []string // versions by which the cases are worked
}

// Lead is how many open cases somebody has taken, and how many of them are late.
type Lead struct {
	ID         string
	Open, Late int
}

// Count is how many there are of something: of a month (2026-11), or of a phase.
type Count struct {
	Of string
	N  int
}

// Overview goes through all cases that this handler can open, by what the server knows of
// them and by who signed which kind of entry. Nothing is opened, so it is no reading.
func (c *Client) Overview(ctx context.Context, now time.Time) (Overview, error) {
	var all Overview
	for _, view := range []string{"open", "closed"} {
		for q := (Query{View: view, Size: cases.MostRows}); ; {
			page, err := c.Queue(ctx, q)
			if err != nil {
				return all, err
			}
			for _, row := range page.Cases {
				if err := c.count(ctx, &all, row, now); err != nil {
					return all, err
				}
			}
			if q.Page = page.Next; q.Page == "" {
				break
			}
		}
	}
	slices.Sort(all.Answered)
	slices.Sort(all.LateBy)
	slices.SortFunc(all.Received, func(a, b Count) int { return strings.Compare(a.Of, b.Of) })
	return all, nil
}

func (c *Client) count(ctx context.Context, all *Overview, row cases.Case, now time.Time) error {
	add(&all.Received, row.Received.In(now.Location()).Format("2006-01"))
	answer, err := c.firstAnswer(ctx, row.Ref)
	switch {
	case err != nil:
		return err
	case answer.IsZero():
		all.Unanswered++
	default:
		all.Answered = append(all.Answered, max(0, int(answer.Sub(row.Received)/(24*time.Hour))))
	}
	if row.Closed || row.Status == routine.StatusClosed {
		all.Closed++
		return nil
	}
	all.Open++
	if phase := row.Phase; phase != "" {
		add(&all.Phases, phase)
	} else {
		add(&all.Phases, row.Status)
	}
	i := slices.IndexFunc(all.Leads, func(l Lead) bool { return l.ID == row.Assignee })
	if i < 0 {
		i, all.Leads = len(all.Leads), append(all.Leads, Lead{ID: row.Assignee})
	}
	all.Leads[i].Open++
	if days, is := late(row, now); is {
		all.LateBy = append(all.LateBy, days)
		all.Late++
		all.Leads[i].Late++
	}
	if row.Unsafe() {
		all.Unsafe++
	}
	if row.Routine != "" && !slices.Contains(all.Routines, row.Routine) {
		all.Routines = append(all.Routines, row.Routine)
	}
	return nil
}

func add(counts *[]Count, of string) {
	i := slices.IndexFunc(*counts, func(c Count) bool { return c.Of == of })
	if i < 0 {
		*counts = append(*counts, Count{of, 1})
		return
	}
	(*counts)[i].N++
}

// late says whether a day of a case has passed, and how many days ago the first of them did:
// none, where it was an hour of today.
func late(row cases.Case, now time.Time) (most int, is bool) {
	days := []string{}
	for _, clock := range row.Clocks {
		days = append(days, clock.Due)
	}
	for _, due := range row.Due {
		days = append(days, due.Day)
	}
	for _, text := range days {
		var due plan.Due
		if due.UnmarshalText([]byte(text)) != nil {
			continue
		}
		if due = due.InZone(now.Location()); due.Late(now) {
			most, is = max(most, daysBetween(due.Time, now)), true
		}
	}
	return most, is
}

// daysBetween counts by the calendar, so that no change of the clock makes a day longer.
func daysBetween(from, to time.Time) int {
	day := func(t time.Time) time.Time {
		y, m, d := t.In(to.Location()).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(day(to).Sub(day(from)) / (24 * time.Hour))
}

// firstAnswer is when words first left for the reporter, to the hour; zero is never. Of
// what was written before acts were signed nobody can say it without opening.
func (c *Client) firstAnswer(ctx context.Context, ref string) (time.Time, error) {
	room, err := c.pages(ctx, ref, "/log", 0)
	if err != nil {
		return time.Time{}, err
	}
	for _, e := range room.Entries {
		if e.Signed == nil {
			continue
		}
		if mark, err := routine.ParseMark(e.Signed.Mark); err == nil && mark.Words != nil {
			return e.Hour, nil
		}
	}
	return time.Time{}, nil
}
