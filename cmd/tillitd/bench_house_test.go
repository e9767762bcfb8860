package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"tillit/handlers/casework"
)

// BenchmarkHouse is what a house with many cases needs: to start, to rest, to
// show its queue and a case, and to take reports meanwhile.
func BenchmarkHouse(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		b.Run(fmt.Sprintf("cases=%d", n), func(b *testing.B) {
			if testing.Short() && n > 1_000 {
				b.Skip("filling it takes minutes")
			}
			h := newHouse(b)
			h.start()
			said := walk(b, h.web)
			page, err := h.desk().Queue(context.Background(), casework.Query{})
			h.fatal(err)
			told := page.Cases[0].Ref // the one that opens
			h.stop()
			h.multiply(n)
			for b.Loop() {
				h.measure(b, said, told)
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

const tries = 5

func best(n int, run func() time.Duration) float64 {
	least := run()
	for range n - 1 {
		least = min(least, run())
	}
	return float64(least.Microseconds()) / 1000
}

func (h *house) measure(b *testing.B, said []url.Values, told string) {
	b.ReportMetric(best(tries, func() time.Duration {
		h.stop()
		return h.start()
	}), "start-ms")
	time.Sleep(2 * time.Second)
	now, _ := h.memory()
	b.ReportMetric(now, "idle-MB")

	client := h.desk()
	ask := func(q casework.Query) func() time.Duration {
		return func() time.Duration {
			began := time.Now()
			_, err := client.Queue(context.Background(), q)
			h.fatal(err)
			return time.Since(began)
		}
	}
	next, err := client.Queue(context.Background(), casework.Query{})
	h.fatal(err)
	b.ReportMetric(best(2*tries, ask(casework.Query{})), "queue-ms")
	b.ReportMetric(best(2*tries, ask(casework.Query{Page: next.Next})), "queue-next-ms")
	b.ReportMetric(best(2*tries, ask(casework.Query{View: "unread"})), "queue-unread-ms")
	b.ReportMetric(best(2*tries, ask(casework.Query{Ref: told})), "queue-find-ms")
	b.ReportMetric(best(2*tries, ask(casework.Query{View: "mine"})), "queue-mine-ms")

	look := h.openDesk()
	b.ReportMetric(best(2*tries, func() time.Duration { return look("/") }), "desk-queue-ms")
	b.ReportMetric(best(2*tries, func() time.Duration { return look("/case/" + told) }), "desk-case-ms")

	l := h.many(h.web, said, 64, 256, true)
	b.ReportMetric(float64(l.failed), "failed")
	_, peak := h.memory()
	b.ReportMetric(peak, "load-MB")
	h.codes(b, said)
	_, peak = h.memory()
	b.ReportMetric(peak, "codes-MB")
}

// codes has eight people ask for their code at once, among reports.
func (h *house) codes(b *testing.B, said []url.Values) {
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			r := newReporter(h.web)
			defer r.leave()
			for _, f := range said[:4] {
				if err := r.say(f); err != nil {
					b.Error(err)
				}
			}
			req, err := http.NewRequest(http.MethodPost, r.web+"/code", strings.NewReader("lang=nb"))
			h.fatal(err)
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("Sec-Fetch-Site", "same-origin")
			if _, err := r.do(req, http.StatusOK); err != nil {
				b.Error(err)
			}
		})
	}
	h.many(h.web, said, 16, 32, true)
	all.Wait()
}
