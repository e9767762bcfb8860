package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The benchmarks of this file run the released program as its own process and
// speak HTTP to it from this one, on the same processors. .ci/bench runs them;
// docs/PERFORMANCE.md shows what they print.

// reporter is one person's browser: a connection and a cookie of their own.
type reporter struct {
	web    string
	client *http.Client
	cookie string
}

func newReporter(web string) *reporter {
	return &reporter{web: "http://" + web, client: &http.Client{
		Timeout: time.Minute, Transport: &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (r *reporter) leave() { r.client.CloseIdleConnections() }

func (r *reporter) do(req *http.Request, want int) (string, error) {
	if r.cookie != "" {
		req.Header.Set("Cookie", r.cookie)
	}
	res, err := r.client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err != nil {
		return "", err
	}
	if res.StatusCode != want {
		return "", fmt.Errorf("status %d instead of %d", res.StatusCode, want)
	}
	for _, c := range res.Cookies() {
		r.cookie = c.Name + "=" + c.Value
	}
	return string(page), nil
}

func (r *reporter) page() (string, error) {
	req, err := http.NewRequest(http.MethodGet, r.web+"/", nil)
	if err != nil {
		return "", err
	}
	return r.do(req, http.StatusOK)
}

func (r *reporter) say(form url.Values) error {
	sent := url.Values{"talk": {rand.Text()}}
	for name, values := range form {
		sent[name] = values
	}
	req, err := http.NewRequest(http.MethodPost, r.web+"/say", strings.NewReader(sent.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	_, err = r.do(req, http.StatusSeeOther)
	return err
}

var (
	offers = regexp.MustCompile(`name="choice" value="([^"]*)"`)
	report = regexp.MustCompile(`T-[0-9A-Z]{6}`)
)

const (
	answers = 8                   // in a report
	words   = 8 * (2100/8/33 + 1) // Enough of the sentence below, cut to size.
)

// answerText is one of eight answers that make 2.1 kB.
var answerText = strings.Repeat("It was at the dinner, and he said so. ", 8)[:2100/answers]

// walk holds a whole interview page by page and returns what was said, so that
// many others can say the same.
func walk(b *testing.B, web string) []url.Values {
	b.Helper()
	r := newReporter(web)
	defer r.leave()
	var said []url.Values
	say := func(f url.Values) {
		if err := r.say(f); err != nil {
			b.Fatalf("saying %v: %v", f, err)
		}
		said = append(said, f)
	}
	say(url.Values{"choice": {"start"}})
	told := 0
	for range 80 {
		page, err := r.page()
		if err != nil {
			b.Fatal(err)
		}
		var choices []string
		for _, m := range offers.FindAllStringSubmatch(page, -1) {
			choices = append(choices, m[1])
		}
		ends := func(with string) string {
			if i := slices.IndexFunc(choices, func(c string) bool { return strings.HasSuffix(c, with) }); i >= 0 {
				return choices[i]
			}
			return ""
		}
		switch box := strings.Contains(page, `<textarea id="text"`); {
		case report.MatchString(page):
			if told != answers {
				b.Fatalf("the interview took %d answers of %d", told, answers)
			}
			return said
		case slices.Contains(choices, "H5.send"):
			say(url.Values{"choice": {"H5.send"}})
		case slices.Contains(choices, "H4.ok"):
			say(url.Values{"choice": {"H4.ok"}})
		case slices.Contains(choices, "S1.yes"):
			say(url.Values{"choice": {"S1.yes"}})
		case slices.Contains(choices, "C0.nobody"):
			say(url.Values{"choice": {"C0.nobody"}})
		case box && told < answers:
			say(url.Values{"text": {answerText}})
			told++
		case told == answers && ends(".send_now") != "":
			say(url.Values{"choice": {ends(".send_now")}})
		case ends(".~done") != "":
			say(url.Values{"choice": {ends(".~done")}})
		case ends(".~skip") != "":
			say(url.Values{"choice": {ends(".~skip")}})
		case len(choices) > 0:
			say(url.Values{"choice": {choices[0]}})
		default:
			b.Fatal("a page without a way on")
		}
	}
	b.Fatal("the interview does not end")
	return nil
}

// load is what many reporters at once came to.
type load struct {
	mu           sync.Mutex
	says, pages  []time.Duration
	failed       int
	took, worked time.Duration
	reports      int
}

func (l *load) add(to *[]time.Duration, began time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*to = append(*to, time.Since(began))
}

// one holds one interview; pages says whether the reporter looks at what comes.
func (l *load) one(web string, said []url.Values, pages bool) error {
	r := newReporter(web)
	defer r.leave()
	for _, f := range said {
		began := time.Now()
		if err := r.say(f); err != nil {
			return err
		}
		l.add(&l.says, began)
		if !pages {
			continue
		}
		began = time.Now()
		if _, err := r.page(); err != nil {
			return err
		}
		l.add(&l.pages, began)
	}
	page, err := r.page()
	if err == nil && !report.MatchString(page) {
		err = errors.New("no receipt")
	}
	return err
}

// many holds n interviews at once until there are reports of them.
func (h *house) many(web string, said []url.Values, n, reports int, pages bool) *load {
	l := &load{reports: reports}
	jobs := make(chan struct{}, reports)
	for range reports {
		jobs <- struct{}{}
	}
	close(jobs)
	var all sync.WaitGroup
	worked, began := h.cpu(), time.Now()
	for range n {
		all.Go(func() {
			for range jobs {
				if err := l.one(web, said, pages); err != nil {
					h.b.Error(err)
					l.mu.Lock()
					l.failed++
					l.mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	l.took, l.worked = time.Since(began), h.cpu()-worked
	return l
}

func percentile(all []time.Duration, p float64) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return float64(all[int(p*float64(len(all)-1))].Microseconds()) / 1000
}

func (l *load) report(b *testing.B) {
	b.ReportMetric(float64(l.reports-l.failed)/l.took.Seconds(), "reports/s")
	b.ReportMetric(float64(l.worked.Microseconds())/1000/float64(l.reports), "server-ms/report")
	b.ReportMetric(percentile(l.says, 0.5), "p50-ms")
	b.ReportMetric(percentile(l.says, 0.99), "p99-ms")
	if len(l.pages) > 0 {
		b.ReportMetric(percentile(l.pages, 0.5), "page-p50-ms")
		b.ReportMetric(percentile(l.pages, 0.99), "page-p99-ms")
	}
	b.ReportMetric(float64(l.failed), "failed")
	b.ReportMetric(0, "ns/op")
}

// emptyHouse answers as the server does, with a page of the usual size, and does
// nothing: what is left is the cost of HTTP and of the reporters themselves.
func emptyHouse(b *testing.B) string {
	page := []byte(strings.Repeat("<p>En side uten ord.</p>", 400) + "T-AAAAAA")
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = rw.Write(page) // The reporter counts what fails.
			return
		}
		if err := r.ParseForm(); err != nil {
			rw.WriteHeader(http.StatusBadRequest)
			return
		}
		http.Redirect(rw, r, "/", http.StatusSeeOther)
	}))
	b.Cleanup(srv.Close)
	return strings.TrimPrefix(srv.URL, "http://")
}

// BenchmarkReports is whole interviews over HTTP: what is said alone, and with
// the page that a browser loads after each.
func BenchmarkReports(b *testing.B) {
	h := newHouse(b)
	h.start()
	said := walk(b, h.web)
	empty := emptyHouse(b)
	for _, pages := range []bool{false, true} {
		for _, n := range []int{1, 4, 16, 64} {
			b.Run(fmt.Sprintf("pages=%t/reporters=%d", pages, n), func(b *testing.B) {
				var best, floor *load
				for b.Loop() {
					for range 5 {
						if l := h.many(empty, said, n, max(n, 64), pages); floor == nil || l.took < floor.took {
							floor = l
						}
						if l := h.many(h.web, said, n, max(n, 64), pages); best == nil || l.took < best.took {
							best = l
						}
					}
				}
				best.report(b)
				_, peak := h.memory()
				b.ReportMetric(peak, "peak-MB")
				b.ReportMetric(float64(floor.reports)/floor.took.Seconds(), "empty-reports/s")
			})
		}
	}
}
