package casework_test

import (
	"fmt"
	"testing"
	"time"

	"tillit/handlers/handlerstest"
	"tillit/intake"
)

// BenchmarkOpen opens a case of some five hundred entries, told on the pages and worked
// at the desk. Bare is decrypting its entries and nothing else; fetch is asking the
// server for it, which runs on the same processors here; first is all of a first look,
// second a look when one message has come since. They take turns, and the best round of
// each counts. Opening at the desk is first without fetch.
func BenchmarkOpen(b *testing.B) {
	o := handlerstest.New(b, handlerstest.Options{Hasty: true})
	ref := o.Report("lin", "Det var på middagen.")
	maren, lin := o.Dial("maren"), o.Reporter("lin")
	for i := range 240 {
		lin.Says(fmt.Sprintf("Jeg husker mer av det som skjedde: %d.", i))
		if err := maren.Note(b.Context(), ref, intake.NewPrivate(fmt.Sprintf("Ringt om det, %d.", i))); err != nil {
			b.Fatal(err)
		}
	}
	bare, err := maren.Bare(b.Context(), ref)
	if err != nil {
		b.Fatal(err)
	}
	look := func(c *handlerstest.Desk) {
		if _, err := c.Case(b.Context(), ref); err != nil {
			b.Fatal(err)
		}
	}
	best := rounds{}
	timed := best.timed
	for b.Loop() {
		for i := range 5 {
			timed("bare", func() {
				if err := bare(); err != nil {
					b.Fatal(err)
				}
			})
			timed("fetch", func() {
				if err := maren.Fetch(b.Context(), ref); err != nil {
					b.Fatal(err)
				}
			})
			maren.Forget()
			timed("first", func() { look(maren) })
			lin.Says(fmt.Sprintf("Og dette, %d.", i))
			timed("second", func() { look(maren) })
		}
	}
	for name, took := range best {
		b.ReportMetric(float64(took.Microseconds())/1000, "ms/"+name)
	}
	cs, err := maren.Case(b.Context(), ref)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(cs.Checked), "entries")
	best["desk"] = best["first"] - best["fetch"]
	for _, name := range []string{"desk", "first", "second"} {
		b.ReportMetric(float64(best[name])/float64(best["bare"]), name+"/bare")
	}
}

// rounds are the best times of what takes turns, by name.
type rounds map[string]time.Duration

func (r rounds) timed(name string, do func()) {
	start := time.Now()
	do()
	if took := time.Since(start); r[name] == 0 || took < r[name] {
		r[name] = took
	}
}
