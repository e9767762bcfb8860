package intake

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

const canary = "kanarifugl-7261"

// holders are all the ways in which a person's words lie in our values.
func holders() map[string]any {
	p := NewPrivate(canary)
	return map[string]any{
		"Private":        p,
		"pointer":        &p,
		"slice":          []Private{p},
		"map":            map[string]Private{"k": p},
		"Input":          Input{Text: p},
		"Answer":         Answer{Text: p},
		"Turn":           Turn{Seal: []Answer{{Text: p}}},
		"ConversationID": NewConversationID(canary),
		"Address":        NewAddress(canary),
		"any in struct":  struct{ V any }{p},
	}
}

func TestNoVerbShowsPrivateText(t *testing.T) {
	verbs := "vTtbcdoOqxXUeEfFgGsqp"
	for name, v := range holders() {
		for _, verb := range verbs {
			for _, flag := range []string{"", "+", "#", "-20", "020", " "} {
				got := fmt.Sprintf("%"+flag+string(verb), v)
				if leaks(got) {
					t.Errorf("%s with %%%s%c shows %s", name, flag, verb, got)
				}
			}
		}
		if got := fmt.Sprintln(v) + fmt.Sprint(v) + fmt.Errorf("x: %v", v).Error(); leaks(got) {
			t.Errorf("%s prints %s", name, got)
		}
	}
}

func TestNoLoggerShowsPrivateText(t *testing.T) {
	for name, v := range holders() {
		var out bytes.Buffer
		for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
			log := slog.New(h)
			log.Info("m", "v", v, slog.Group("g", slog.Any("v", v), slog.Group("h", "v", v)))
			log.With("v", v).WithGroup("g").Info("m", "v", v)
		}
		// A Body is the one form that is meant to be JSON; it hides itself from
		// loggers when it is the value, which is how it would be logged.
		if leaks(out.String()) {
			t.Errorf("%s is logged as %s", name, out.String())
		}
	}
}

func TestNoEncoderTakesPrivateText(t *testing.T) {
	for name, v := range holders() {
		if name == "Body" {
			continue // It is what gets sealed.
		}
		data, err := json.Marshal(v)
		if leaks(string(data)) || !errors.Is(err, ErrPrivate) {
			t.Errorf("json of %s = %s, %v", name, data, err)
		}
		var out bytes.Buffer
		err = gob.NewEncoder(&out).Encode(v)
		if leaks(out.String()) || err == nil {
			t.Errorf("gob of %s = %d bytes, %v", name, out.Len(), err)
		}
	}
	if _, err := NewPrivate(canary).MarshalText(); !errors.Is(err, ErrPrivate) {
		t.Errorf("MarshalText = %v", err)
	}
}

// leaks also knows the canary in hexadecimal, as %x would write it.
func leaks(s string) bool {
	s = strings.ToLower(s)
	return strings.Contains(s, canary) || strings.Contains(strings.ReplaceAll(s, " ", ""), fmt.Sprintf("%x", canary)) ||
		strings.Contains(s, "kanarifugl")
}

func TestPrivateIsItsText(t *testing.T) {
	p := NewPrivate("æ")
	if p.Reveal() != "æ" || p.Len() != 2 || p.IsZero() || !NewPrivate("").IsZero() || p != NewPrivate("æ") {
		t.Error("a Private does not behave as its text")
	}
}

func TestTheInterviewHoldsNoWords(t *testing.T) {
	s, env := Default(), testEnv()
	iv := s.Start("nb", env).Next
	inputs := []Input{{Choices: []string{"S1.yes"}}}
	for range 60 {
		inputs = append(inputs, Input{Text: NewPrivate(canary)}, Input{Choices: []string{"~"}})
	}
	for _, in := range inputs {
		if len(in.Choices) == 1 && in.Choices[0] == "~" {
			in.Choices = []string{iv.At() + ".~done"}
			if q := s.question(iv.At()); q != nil && !q.many() && q.Kind != "free" {
				in.Choices = []string{iv.At() + ".~skip"}
			}
		}
		turn := s.Answer(iv, in, env)
		iv = turn.Next
		if leaks(string(iv.Encode())) || leaks(fmt.Sprintf("%+v", turn.Say)) {
			t.Fatalf("at %s the words are in the interview or in what is said", iv.At())
		}
	}
}
