package casework_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/intake"
)

// finds is what somebody's desk finds, by reference.
func finds(c *handlerstest.Desk, words string) map[string]casework.Found {
	out := map[string]casework.Found{}
	for _, f := range c.Search(intake.NewPrivate(words), 100).Found {
		out[f.Ref] = f
	}
	return out
}

// TestWhatWasOpenedIsFound looks for words of the reporter, of the office and of a file's
// name, however they are typed, and for what stands nowhere.
func TestWhatWasOpenedIsFound(t *testing.T) {
	o := handlerstest.New(t)
	lin := o.File("lin", handlerstest.Answers{"A1": {"Det var på hotellet i Lillevik, i den ÅPNE salen.\nEtter middagen."}},
		handlerstest.File{Question: "A1", Name: "Kveldens bilde.png", Type: "image/png", Data: []byte("\x89PNG\r\n\x1a\nrest")})
	kim := o.File("kim", handlerstest.Answers{"A1": {"Bussen til leiren."}})
	shut := o.File("ada", handlerstest.Answers{"A1": {"Lillevik, som ingen har åpnet."}})
	maren := o.Dial("maren")
	if err := maren.Note(t.Context(), kim, intake.NewPrivate("Hun gikk på i Lillevik.")); err != nil {
		t.Fatal(err)
	}
	if got := finds(maren, "Lillevik"); len(got) != 0 {
		t.Errorf("before anything was opened: %d", len(got))
	}
	for _, ref := range []string{lin, kim} {
		if _, err := maren.Case(t.Context(), ref); err != nil {
			t.Fatal(err)
		}
	}
	for words, want := range map[string]string{
		"Lillevik": lin + " " + kim, "lilleVIK hotellet": lin, "a\u030apne": lin, "ÅPNE SALEN": lin, "bussen": kim, "kveldens bilde": lin,
		"gikk bussen": kim, "ingen": "", "hotellet bussen": "", "  ": "", "": "",
	} {
		got := finds(maren, words)
		for _, ref := range []string{lin, kim, shut} {
			if _, found := got[ref]; found != strings.Contains(want, ref) {
				t.Errorf("%q: found in %s: %v", words, map[string]string{lin: "lin", kim: "kim", shut: "ada"}[ref], found)
			}
		}
	}
	f := finds(maren, "lillevik")[lin]
	if f.Before.Reveal() != "Det var på hotellet i " || f.Hit.Reveal() != "Lillevik" || !strings.HasPrefix(f.After.Reveal(), ", i den ÅPNE salen.") {
		t.Errorf("it is shown as %q, %q, %q", f.Before.Reveal(), f.Hit.Reveal(), f.After.Reveal())
	}
	maren.Forget()
	if got := finds(maren, "Lillevik"); len(got) != 0 {
		t.Errorf("after the desk locked: %d", len(got))
	}
}

// TestAGlanceIsWhatWasRead opens cases and looks at what lists show of them.
func TestAGlanceIsWhatWasRead(t *testing.T) {
	o := handlerstest.New(t)
	long := o.File("lin", handlerstest.Answers{"C0": {"p:hakon"}, "A1": {"  Det var på middagen etter årsmøtet, og han satt ved siden av meg hele kvelden. \nMer."}, "B4": {"social"}})
	none := o.File("kim", handlerstest.Answers{"S1": {"yes"}})
	maren, now := o.Dial("maren"), time.Now()
	for ref, want := range map[string]string{long: "Det var på middagen etter årsmøtet, og han satt ved siden av meg hele …", none: ""} {
		if _, known := maren.Glance(ref, now); known {
			t.Error("a case that was not opened is known")
		}
		if _, err := maren.Case(t.Context(), ref); err != nil {
			t.Fatal(err)
		}
		g, known := maren.Glance(ref, now)
		if !known || g.Title.Reveal() != want {
			t.Errorf("known %v, it is called %q, want %q", known, g.Title.Reveal(), want)
		}
	}
	maren.Forget()
	if _, known := maren.Glance(long, now); known {
		t.Error("it is known after the desk locked")
	}
}

// BenchmarkSearch looks through ten thousand opened cases for words that stand in few
// of them, and for words that stand in all. The floor is to look for one word in the same
// texts, and nothing else.
func BenchmarkSearch(b *testing.B) {
	text := func(i int) string {
		return fmt.Sprintf("sak %d. ", i) + strings.Repeat("Det var på middagen etter årsmøtet. Han satt ved siden av meg. ", 80)
	}
	c := casework.WithGlances(10_000, text)
	b.Run("floor", func(b *testing.B) {
		texts := make([]string, 10_000)
		for i := range texts {
			texts[i] = text(i)
		}
		for b.Loop() {
			for _, t := range texts {
				_ = strings.Contains(t, "lillevik")
			}
		}
	})
	for name, words := range map[string]string{"one": "sak 7312.", "all": "middagen årsmøtet", "none": "lillevik"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				c.Search(intake.NewPrivate(words), 50)
			}
		})
	}
}
