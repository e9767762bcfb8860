package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	mattermost "tillit/bot/mattermost/standin"
	telegram "tillit/bot/telegram/standin"
	"tillit/handlers/casework"
)

// typed is a whole interview as somebody types it who waits for nothing: the words
// of BenchmarkReports, and the labels of what is pressed there.
var typed = func() []string {
	all := []string{"hei", "/start", "ja"}
	for range answers {
		all = append(all, answerText)
	}
	return append(all, "Ferdig", "Det skjedde med meg", "Hopp over", "Hopp over", "Nei, alle her kan se det", "Se over og send", "Hopp over", "Hopp over", "Ferdig med å se over", "Send inn")
}()

// chatter says what is to be said, each after the network was told that the one
// before is stored.
func chatter(s *telegram.Server, name string, l *load) error {
	p := s.Person(name)
	for _, text := range typed {
		began := time.Now()
		_, update := p.Write(text)
		for !s.Confirmed(update) {
			if time.Since(began) > time.Minute {
				return errors.New("not confirmed within a minute")
			}
			time.Sleep(time.Millisecond)
		}
		l.add(&l.says, began)
	}
	return nil
}

// chats holds n interviews at once until there are reports of them.
func chats(b *testing.B, s *telegram.Server, cpu func() time.Duration, round string, n, reports int) *load {
	l := &load{reports: reports}
	jobs := make(chan int, reports)
	for i := range reports {
		jobs <- i
	}
	close(jobs)
	var all sync.WaitGroup
	worked, began := cpu(), time.Now()
	for range n {
		all.Go(func() {
			for i := range jobs {
				if err := chatter(s, fmt.Sprint(round, i), l); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
	l.took, l.worked = time.Since(began), cpu()-worked
	return l
}

// BenchmarkTelegram is whole interviews through a stand-in of Telegram: from the
// moment when a message is with the network until the network is told that it is
// stored, its answer queued in the same transaction.
func BenchmarkTelegram(b *testing.B) {
	s := telegram.New(b)
	s.Fast = true
	b.Setenv("TILLIT_TELEGRAM_API", s.URL)
	b.Setenv("TILLIT_TELEGRAM_TOKEN", s.Token)
	h := newHouse(b)
	h.start()
	first := &load{}
	if err := chatter(s, "the first", first); err != nil {
		b.Fatal(err)
	}
	if page, err := h.desk().Queue(b.Context(), casework.Query{}); err != nil || len(page.Cases) != 1 {
		b.Fatalf("what was typed is no report: %d cases, %v", len(page.Cases), err)
	}
	floor := telegram.New(b)
	b.Cleanup(confirmer(floor))
	for _, n := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("members=%d", n), func(b *testing.B) {
			var best, empty *load
			for b.Loop() {
				for round := range 3 {
					name := fmt.Sprint("m", n, "r", round, "i")
					if l := chats(b, floor, h.cpu, name, n, max(n, 48)); empty == nil || l.took < empty.took {
						empty = l
					}
					if l := chats(b, s, h.cpu, name, n, max(n, 48)); best == nil || l.took < best.took {
						best = l
					}
				}
			}
			best.report(b)
			b.ReportMetric(float64(empty.reports)/empty.took.Seconds(), "empty-reports/s")
		})
	}
}

// confirmer asks the network for what is new and confirms it, and does nothing else.
func confirmer(s *telegram.Server) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for offset := 0; ctx.Err() == nil; {
			ask := fmt.Sprintf(`{"timeout":1,"limit":100,"offset":%d}`, offset)
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/bot"+s.Token+"/getUpdates", strings.NewReader(ask))
			if err != nil {
				return
			}
			r.Header.Set("Content-Type", "application/json")
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				return
			}
			var got struct {
				Result []struct {
					ID int `json:"update_id"`
				} `json:"result"`
			}
			err = json.NewDecoder(res.Body).Decode(&got)
			res.Body.Close()
			if err != nil {
				return
			}
			for _, u := range got.Result {
				offset = max(offset, u.ID+1)
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

const (
	missedChats = 100
	missedPosts = 100 // in each
)

// BenchmarkMissedOnMattermost is a server that comes back to 10,000 posts: a hundred in
// each of a hundred chats with a report. It ends when all of them stand in their
// cases. The floor is reading the same posts and doing nothing.
func BenchmarkMissedOnMattermost(b *testing.B) {
	s := mattermost.New(b)
	b.Setenv("TILLIT_MATTERMOST_URL", s.URL)
	b.Setenv("TILLIT_MATTERMOST_TOKEN", s.Token)
	h := newHouse(b)
	h.adds("[mattermost]\noperator = \"Driftshuset\"\n")
	h.start()
	for i := range missedChats {
		p := s.Person(fmt.Sprint("member ", i))
		for _, text := range typed {
			p.Write(text)
		}
	}
	before := h.filled(missedChats, 0)
	h.stop()
	for range missedPosts {
		for i := range missedChats {
			s.Person(fmt.Sprint("member ", i)).Write(answerText)
		}
	}
	for b.Loop() {
		began := time.Now()
		h.readAll(s)
		floor := time.Since(began)
		began = time.Now()
		h.start()
		h.filled(missedChats, before+missedChats*missedPosts)
		took := time.Since(began)
		const posts = missedChats * missedPosts
		b.ReportMetric(posts/took.Seconds(), "posts/s")
		b.ReportMetric(posts/floor.Seconds(), "empty-posts/s")
		b.ReportMetric(took.Seconds(), "s")
		b.ReportMetric(float64(h.cpu().Microseconds())/posts, "server-µs/post")
		b.ReportMetric(0, "ns/op")
	}
}

// adds writes more lines into the configuration.
func (h *house) adds(lines string) {
	f, err := os.OpenFile(filepath.Join(h.dir, "tillit.toml"), os.O_APPEND|os.O_WRONLY, 0o600)
	h.fatal(err)
	_, err = f.WriteString(lines)
	h.fatal(errors.Join(err, f.Close()))
}

// filled waits until the queue has so many cases and they hold so many entries that
// are not marked as read. It returns those entries.
func (h *house) filled(cases, unread int) (got int) {
	h.b.Helper()
	desk := h.desk()
	for end := time.Now().Add(10 * time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		page, err := desk.Queue(h.b.Context(), casework.Query{Size: missedChats})
		h.fatal(err)
		got = 0
		for _, c := range page.Cases {
			got += c.Unread
		}
		if len(page.Cases) >= cases && got >= unread {
			return got
		}
	}
	h.b.Fatalf("%d of %d entries are there", got, unread)
	return 0
}

// readAll reads every chat from its beginning, as the client does.
func (h *house) readAll(s *mattermost.Server) {
	api := model.NewAPIv4Client(s.URL)
	api.SetToken(s.Token)
	for i := range missedChats {
		for page, full := 0, true; full; page++ {
			l, _, err := api.GetPostsForChannel(h.b.Context(), s.Chat(s.Person(fmt.Sprint("member ", i))), page, 200, "", false, false)
			h.fatal(err)
			full = len(l.Order) == 200
		}
	}
}
