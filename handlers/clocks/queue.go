package clocks

import (
	"container/heap"
	"time"
)

// queue says when each case is looked at next. A case that has no such moment is not in
// it.
type queue struct {
	all []moment
	at  map[string]int // by reference, its place in all
}

type moment struct {
	when int64 // in nanoseconds since 1970: half of what a time takes
	ref  string
}

// set puts a case where it belongs now; the zero time takes it out.
func (q *queue) set(ref string, when time.Time) {
	if q.at == nil {
		q.at = map[string]int{}
	}
	i, there := q.at[ref]
	switch {
	case when.IsZero() && there:
		heap.Remove(q, i)
	case when.IsZero():
	case there:
		q.all[i].when = when.UnixNano()
		heap.Fix(q, i)
	default:
		heap.Push(q, moment{when.UnixNano(), ref})
	}
}

// replace puts these in the place of all.
func (q *queue) replace(all map[string]time.Time) {
	q.all, q.at = make([]moment, 0, len(all)), make(map[string]int, len(all))
	for ref, when := range all {
		if !when.IsZero() {
			q.at[ref] = len(q.all)
			q.all = append(q.all, moment{when.UnixNano(), ref})
		}
	}
	heap.Init(q)
}

// first is the next moment of all.
func (q *queue) first() (when time.Time, some bool) {
	if len(q.all) == 0 {
		return time.Time{}, false
	}
	return time.Unix(0, q.all[0].when), true
}

// due takes out the cases whose moment has come, in the order of their moments.
func (q *queue) due(now time.Time) (refs []string) {
	for len(q.all) > 0 && q.all[0].when <= now.UnixNano() {
		refs = append(refs, heap.Pop(q).(moment).ref)
	}
	return refs
}

// Len implements [heap.Interface], as do the methods below.
func (q *queue) Len() int { return len(q.all) }

// Less puts what is looked at in one moment in the order of the references, so that who
// holds two of the cases sees nothing of the others in the order in which they rang.
func (q *queue) Less(i, j int) bool {
	a, b := q.all[i], q.all[j]
	return a.when < b.when || a.when == b.when && a.ref < b.ref
}

func (q *queue) Swap(i, j int) {
	q.all[i], q.all[j] = q.all[j], q.all[i]
	q.at[q.all[i].ref], q.at[q.all[j].ref] = i, j
}

func (q *queue) Push(x any) {
	q.at[x.(moment).ref] = len(q.all)
	q.all = append(q.all, x.(moment))
}

func (q *queue) Pop() any {
	last := q.all[len(q.all)-1]
	q.all = q.all[:len(q.all)-1]
	delete(q.at, last.ref)
	return last
}
