package plan_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"tillit/handlers/routine/party"
	"tillit/handlers/routine/plan"
)

// FuzzLoad reads whatever somebody may call a routine: it is named as faulty, or a case
// can be begun by it.
func FuzzLoad(f *testing.F) {
	all := small(f)
	words := string(all["nn.toml"].Data)
	f.Add(string(all["routine.toml"].Data), words)
	whole, err := fs.ReadFile(party.Files, "routine.toml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(whole), words)
	f.Fuzz(func(t *testing.T, routine, words string) {
		all := fstest.MapFS{}
		for name, file := range small(t) {
			all[name] = file
		}
		all["routine.toml"], all["nn.toml"] = &fstest.MapFile{Data: []byte(routine)}, &fstest.MapFile{Data: []byte(words)}
		r, wrong := plan.Load(all, plan.Vocabulary{})
		if (r == nil) != (len(wrong) > 0) {
			t.Fatalf("it is read and faulty, or neither: %v", wrong)
		}
		for _, p := range wrong {
			if p.File == "" || p.Text == "" || p.Line < 0 {
				t.Fatalf("a fault without a place: %+v", p)
			}
		}
		if r == nil {
			return
		}
		c := r.Calendar(oslo, nil)
		s := r.Begin(facts(monday), c)
		for _, act := range r.Acts() {
			_ = s.Apply(plan.Done{Act: act.Name, Seq: 1, By: "maren", At: at(monday), Fields: map[string][]string{"of": {"1"}, "agree": {"yes"}}})
		}
		for _, k := range s.Clocks() {
			if ring, ok := r.NextRing(k, k.Begun, c); ok && !ring.At.After(k.Begun) {
				t.Fatalf("%s rings at %s", k.Step, ring.At)
			}
		}
		_ = s.Steps(at(monday))
	})
}

// FuzzActs does whatever a desk that lies may seal, in a case that has come far: nothing
// panics, and what is refused changes nothing.
func FuzzActs(f *testing.F) {
	r := partyRoutine()
	acts := r.Acts()
	begun := informed(f, facts(monday, "ONGOING")).s
	f.Add([]byte("siv decides, jonas agrees"), "outcome")
	f.Add([]byte{0, 40, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}, "2026-02-30")
	f.Fuzz(func(t *testing.T, data []byte, odd string) {
		s := begun.Clone()
		next := func(n int) int {
			if len(data) == 0 {
				return 0
			}
			b := int(data[0])
			data = data[1:]
			return b % n
		}
		for seq := int64(100); len(data) > 0 && seq < 140; seq++ {
			act := acts[next(len(acts))]
			d := plan.Done{Act: act.Name, Seq: seq, By: somebody[next(len(somebody))], At: at(monday).AddDate(0, 0, next(256)), Fields: map[string][]string{}}
			for _, field := range act.Fields {
				pool := append([]string{odd, "100", "101"}, pools[field.Name]...)
				for range next(3) {
					d.Fields[field.Name] = append(d.Fields[field.Name], pool[next(len(pool))])
				}
			}
			before := s.Clone()
			if err := s.Apply(d); err != nil && !plan.Same(before, s) {
				t.Fatalf("%+v is refused, and leaves something", d)
			}
			_ = s.Offers(act.Name, d.By)
		}
		_, _, _ = s.Steps(at(monday)), s.Clocks(), s.Phase()
	})
}
