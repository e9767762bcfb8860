package bottest

import (
	"bytes"
	"slices"
	"sync"
	"time"

	"tillit/intake"
	"tillit/store/cases"
)

// Office is a small organisation for tests: Maren and Jonas, and somebody outside.
type Office struct{ Keys []cases.Recipient }

// People are who can be kept out.
func (Office) People() []intake.Person {
	return []intake.Person{{ID: "maren", Name: "Maren V."}, {ID: "jonas", Name: "Jonas T."}}
}

// Outside is who gets what the office must not see.
func (Office) Outside() intake.Person { return intake.Person{ID: cases.External, Name: "Advokat Ek"} }

// Former are none.
func (Office) Former() []intake.Person { return nil }

// Told are none.
func (Office) Told() []intake.Person { return nil }

// Recipients are the Keys.
func (o Office) Recipients() []cases.Recipient { return o.Keys }

// Keep is everybody who is not kept out.
func (Office) Keep(_ string, excluded []string) []string {
	return slices.DeleteFunc([]string{cases.Recovery, "maren", "jonas"}, func(id string) bool { return slices.Contains(excluded, id) })
}

// Notices are one for each, at once.
func (Office) Notices(can []string, kind string, _ bool, now time.Time, _ func(int64) int64) (notices []cases.Notice) {
	for _, id := range can {
		notices = append(notices, cases.Notice{Handler: id, Kind: kind, After: now})
	}
	return notices
}

// Journal is a log that a test reads while it is written.
type Journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *Journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *Journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}
