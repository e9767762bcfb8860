package bot

import (
	"time"

	"tillit/store/cases"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/no"
)

// Promises are the days that a reporter is told at the receipt. They are the
// office's to keep, so the same days become the case's deadlines.
type Promises struct {
	AnswerBy time.Time // a person answers (rule R-ACK1)
	LatestBy time.Time // at the very latest (rule R-ACK2)
	ResultBy time.Time // the result, or how far it has come (rule R-FB)
}

// norway holds the Norwegian public holidays, Easter and 17 May among them.
var norway = func() *cal.BusinessCalendar {
	c := cal.NewBusinessCalendar()
	c.AddHoliday(no.Holidays...)
	return c
}()

// Terms are what the organisation promises, from its own file.
type Terms struct {
	AnswerWorkingDays int // a person answers (rule R-ACK1)
	LatestDays        int // at the very latest (rule R-ACK2)
	ResultMonths      int // the result or a status (rule R-FB)
}

// PromisesAt computes the promises for a report received at a moment, in the
// organisation's time zone. A day is promised whole: until its end.
func PromisesAt(received time.Time, zone *time.Location, terms Terms) Promises {
	day := received.In(zone)
	noon := time.Date(day.Year(), day.Month(), day.Day(), 12, 0, 0, 0, zone)
	p := Promises{
		AnswerBy: norway.WorkdaysFrom(noon, terms.AnswerWorkingDays),
		LatestBy: noon.AddDate(0, 0, terms.LatestDays),
		ResultBy: noon.AddDate(0, terms.ResultMonths, 0),
	}
	if p.AnswerBy.After(p.LatestBy) { // around Easter three working days pass a week
		p.AnswerBy = p.LatestBy
	}
	return p
}

func (p Promises) due() []cases.Due {
	return []cases.Due{
		{Rule: "R-ACK1", Day: p.AnswerBy.Format(time.DateOnly)},
		{Rule: "R-ACK2", Day: p.LatestBy.Format(time.DateOnly)},
		{Rule: "R-FB", Day: p.ResultBy.Format(time.DateOnly)},
	}
}
