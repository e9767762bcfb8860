package bot

import (
	"testing"
	"time"
	_ "time/tzdata" // on a machine without time zones, too
)

func TestPromisesAt(t *testing.T) {
	oslo, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, received, answer, latest, result string
	}{
		{"an ordinary Thursday evening", "2026-11-19T21:40", "2026-11-24", "2026-11-26", "2027-02-19"},
		{"before Easter 2027, over Maundy Thursday, Good Friday and Easter Monday", "2027-03-24T10:00", "2027-03-31", "2027-03-31", "2027-06-24"},
		{"before the 17th of May 2027", "2027-05-14T09:00", "2027-05-20", "2027-05-21", "2027-08-14"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			received, err := time.ParseInLocation("2006-01-02T15:04", tt.received, oslo)
			if err != nil {
				t.Fatal(err)
			}
			p := PromisesAt(received, oslo, Terms{3, 7, 3})
			for _, c := range []struct {
				what string
				got  time.Time
				want string
			}{{"answer", p.AnswerBy, tt.answer}, {"latest", p.LatestBy, tt.latest}, {"result", p.ResultBy, tt.result}} {
				if got := c.got.Format(time.DateOnly); got != c.want {
					t.Errorf("%s by %s, want %s", c.what, got, c.want)
				}
			}
		})
	}
}
