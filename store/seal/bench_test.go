package seal_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"testing"
	"time"

	"tillit/store/seal"
)

// BenchmarkSealing compares what an entry costs that the server alone signs (of the
// reporter), one that a handler signs as well (an act), the same when the server has looked at the
// signature, and the cipher, which all need.
// The contestants take turns, and the best round of each counts.
func BenchmarkSealing(b *testing.B) {
	keys, err := seal.ParseServerKeys(seal.GenerateServerKey(time.Now()))
	if err != nil {
		b.Fatal(err)
	}
	public, handler, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	room, err := seal.NewRoom("T-234567", "room", 1, map[string]string{}, 0)
	if err != nil {
		b.Fatal(err)
	}
	at := seal.Context{V: seal.Version, Case: "T-234567", Room: "room", Epoch: 1, Seq: 1, Kind: "office", At: time.Now(), Prev: make([]byte, 32)}
	words, mark := bytes.Repeat([]byte("x"), 262), []byte(`{"kind":"work"}`)
	body := append(append([]byte(`{"text":"`), words...), `"}`...)
	cipher := func() []byte {
		data, err := seal.Entry(room.Public, at, body)
		if err != nil {
			b.Fatal(err)
		}
		return data
	}
	act := func() ([]byte, seal.Signature) {
		data := cipher()
		signed := seal.Signature{By: "maren", Mark: mark, Sig: ed25519.Sign(handler, seal.ActBytes(at, "maren", "", sum(data), mark))}
		keys.Box("act", seal.Place{}, signed.Sig)
		keys.Sign(seal.Step(at, data, signed.Hash()))
		return data, signed
	}
	contestants := []struct {
		name string
		do   func()
	}{
		{"cipher", func() { cipher() }},
		{"answer", func() { keys.Sign(seal.Step(at, cipher(), nil)) }},
		{"act", func() { act() }},
		{"checked", func() {
			if data, signed := act(); !signed.Signs(at, sum(data), public, nil) {
				b.Fatal("the signature does not hold")
			}
		}},
	}
	const each = 300
	best := map[string]time.Duration{}
	for b.Loop() {
		for range 7 {
			for _, c := range contestants {
				start := time.Now()
				for range each {
					c.do()
				}
				if took := time.Since(start) / each; best[c.name] == 0 || took < best[c.name] {
					best[c.name] = took
				}
			}
		}
	}
	for name, took := range best {
		b.ReportMetric(float64(took.Microseconds()), "us/"+name)
	}
	for _, name := range []string{"act", "checked"} {
		b.ReportMetric(float64(best[name])/float64(best["answer"]), name+"/answer")
	}
}

func sum(data []byte) []byte {
	s := sha256.Sum256(data)
	return s[:]
}
