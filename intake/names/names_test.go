package names

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

var office = []Person{
	{ID: "hakon", Name: "Håkon R."},
	{ID: "bjorn", Name: "Bjørn Ødegård", Nicknames: []string{"Bamse"}},
	{ID: "anne", Name: "Anne-Marie Sæther Lund"},
	{ID: "jonas", Name: "Jonas T."},
	{ID: "kari", Name: "Kari Nordmann", Nicknames: []string{"Kaja", "lille k"}},
	{ID: "hans", Name: "Hans Dahl"},
	{ID: "sami", Name: "Áile Šálggo"},
	{ID: "rene", Name: "René von Müller"},
	{ID: "dag", Name: "Dag Olav Strand"},
}

// meant writes what was found as text: "kari bjorn?" for sure and close.
func meant(found []Found) string {
	var out []string
	for _, f := range found {
		id := f.ID
		if !f.Certain {
			id += "?"
		}
		if f.Whole {
			id += "!"
		}
		out = append(out, id)
	}
	return strings.Join(out, " ")
}

func TestTheWaysToWriteAName(t *testing.T) {
	for text, want := range map[string]string{
		"det var Håkon":                  "hakon",
		norm.NFD.String("det var Håkon"): "hakon",
		"HÅKON":                          "hakon!",
		"haakon, tror jeg":               "hakon",
		"hakon r":                        "hakon!",
		"Ｈåｋｏｎ er det":                   "hakon",
		"det var 𝓚𝓪𝓻𝓲 ja":                "kari",
		"H\u00adå\u200bk\u2060on!":       "hakon!",
		"\u202eHåkon\u202c ja":           "hakon",
		"Håkons venn":                    "hakon",
		"Håkon's venn":                   "hakon",
		"Håkon’s venn":                   "hakon",
		"Jonas' bror":                    "jonas",
		"Jonas sin bror":                 "jonas",
		"jonases bror":                   "jonas?",
		"h å k o n var der":              "hakon",
		"det var H.å.k.o.n":              "hakon",
		"det var Hå-kon":                 "hakon",
		"Hå_kon!":                        "hakon!",
		"H*kon gjorde det":               "hakon?",
		"H4kon gjorde det":               "hakon?",
		"Håkn gjorde det":                "hakon?",
		"Håkonn gjorde det":              "hakon?",
		"Håkno gjorde det":               "hakon?",
		"Håkøm gjorde det":               "hakon?",
		"kair gjorde det":                "kari?",
		"karri gjorde det":               "kari?",
		"karl gjorde det":                "",
		"bjoern ødegaard":                "bjorn!",
		"bjørn":                          "bjorn!",
		"jeg så en bjørn":                "",
		"det var Bjørn":                  "bjorn",
		"björn ödegård":                  "bjorn!",
		"bamse gjorde det":               "bjorn",
		"Anne gjorde det":                "anne?",
		"Anne Marie gjorde det":          "anne",
		"annemarie gjorde det":           "anne",
		"anne-marie gjorde det":          "anne",
		"Saether var der":                "anne",
		"säther var der":                 "anne",
		"sather var der":                 "anne",
		"kaja":                           "kari!",
		"Lille K. var der":               "kari",
		"Hå kon var der":                 "hakon",
		"lillek var der":                 "kari",
		"@karinordmann skrev":            "kari",
		"kari.nordmann@example.org":      "kari",
		"H. R. var der":                  "hakon?",
		"H.R. var der":                   "hakon?",
		"H R var der":                    "hakon?",
		"hr":                             "hakon?!",
		"Vi snakket med HR":              "",
		"h. r. var der":                  "",
		"hans hånd":                      "",
		"det var Hans":                   "hans",
		"DET VAR HANS HÅND":              "",
		"hans dahl gjorde det":           "hans",
		"i dag":                          "",
		"dag":                            "dag!",
		"Aile salggo":                    "sami!",
		"rene mueller":                   "rene!",
		"renes bil, von der":             "rene",
		"Kari/Håkon":                     "hakon kari",
		"":                               "",
		"!?":                             "",
	} {
		if got := meant(Find(text, office)); got != want {
			t.Errorf("%q: found %q, want %q", text, got, want)
		}
	}
}

// roster is a great many people, by the names that are common.
var roster = sync.OnceValue(func() (all []Person) {
	for i, name := range strings.Fields(commonNames) {
		all = append(all, Person{ID: name, Name: fmt.Sprintf("%s Xq%dz", name, i)})
	}
	return all
})

const commonNames = `Anne Kari Marianne Inger Kristin Ingrid Marit Liv Hilde Anita Berit Astrid Nina Solveig Bjørg
Maria Elisabeth Randi Marie Gunn Unni Tone Hanne Heidi Wenche Silje Camilla Lene Eva Turid Gerd Elin Sissel Ellen Karin
Mona Line Helene Siri Jorunn Julie Monica Emma Ida Nora Sofie Sara Thea Emilie Linn Bente Ragnhild Ruth Reidun Trine
Tove Janne Maren Tonje Torill Aud Jenny Vilde Mari Malin Martine Amalie Oda Frida Ingvild Marte Stine Mette Lise Gro
Kjersti Synne Hege Sigrid Tuva Selma Ella Olivia Maja Aurora Sunniva Andrea Therese Susanne Eline Elise Iselin Victoria
Jan Per Bjørn Ole Lars Kjell Knut Arne Svein Thomas Hans Geir Tor Morten Terje Odd Erik Martin Andreas John Rolf Leif
Anders Rune Trond Tore Harald Daniel Kristian Magnus Jon Gunnar Olav Henrik Øyvind Helge Fredrik Håkon Alexander Espen
Jonas Steinar Frode Christian Stian Arild Kåre Marius Roger Kim Sander Ivar Stein Eirik Dag Jørgen Petter Sindre Mathias
Simon Sverre Even Ola Øystein Einar Egil Nils Markus Vegard Emil Tobias Sondre Jakob Lukas Oskar Filip Noah Isak Elias
Oliver Mikkel Ronny Sigurd Vidar Viktor Omar Are Atle Halvor Inge Ingvar Pål Robin Snorre Storm Alf Arvid Bård Eskil Kai
Leo Levi Mark Will Frank Grace Rose May June Hope Jack Jake Helen Mary Laura
Hansen Olsen Larsen Berg Haugen Hagen Dahl Lund Moen Strand Solberg Eide Bakken Lie Lunde Moe Bakke Lien Holm Hauge Strøm
Tangen Vik Brekke Engen Tveit Viken Vold Sande Holmen Hammer Foss Sunde Rønning Borge Skoglund Nordli`

// TestOrdinarySentencesNameNobody reads what the question set says and what people
// write, small and large, against a great many people.
func TestOrdinarySentencesNameNobody(t *testing.T) {
	people := roster()
	for _, text := range sentences(t) {
		for _, f := range Find(text, people) {
			if !strings.HasPrefix(text, f.ID+" ") { // "May" may be somebody there, and is asked about
				t.Errorf("%q names %s", text, f.ID)
			}
		}
	}
}

const ordinaryWords = `
Det var etter middagen på hotellet. Han tok på meg under bordet, og jeg stivnet.
Jeg sa nei flere ganger, men han lo det bort. Moren min hentet meg i bilen.
I dag er jeg redd for å møte ham på jobben. Hun er sjefen hans.
Jeg tør ikke si fra til noen andre. Maten var god, men stemningen var dårlig hele kvelden.
Det skjedde i mai, og igjen i juni. Hele livet mitt er snudd på hodet.
Vi delte rom per natt, og han ringte ved tre-tiden. En bjørn på veggen, en stein i skoen, en dag til.
Faren min sier at jeg må holde ut. Han står bak bakken med en hammer i handa. Vi bor i en dal ved stranda.
Kvar dag lo dei av meg. Eg veit ikkje kva eg skal gjere. Han tok tak i armen min og heldt fast.
Hun spurte hva gjør han nå, og om jeg hadde tatt en tone. Ingen andre så det. Det var ingen lie der.
Jeg har tatt vare på meldingene, bildene og billetten. Han skrev til meg på Snap hver kveld i fjor vår.
It was late in the evening and he would not stop, even when I said no. His hand was on my knee.
I may have to see him next month, in March. There is no one else I can tell. He put his arm around me.
The line was long and the light was low. All the others had gone home. I just want it to stop.
He asked me to come with him to his room. I told my mother the day after. My boss said it was a joke.
Please help me. I will not go back there. A friend drove me to the train and we sat there until ten.
`

func sentences(t *testing.T) []string {
	t.Helper()
	out := strings.Split(strings.TrimSpace(ordinaryWords), "\n")
	for _, lang := range []string{"nb", "nn", "en"} {
		raw, err := os.ReadFile("../sets/harassment/" + lang + ".toml")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"([^"]*)"`).FindAllStringSubmatch(string(raw), -1) {
			if len(strings.Fields(m[1])) > 3 {
				out = append(out, m[1])
			}
		}
	}
	if len(out) < 200 {
		t.Fatalf("only %d sentences are read", len(out))
	}
	return out
}

// TestNamesThatAreWordsAreWrittenLarge wants each of them found large and not small.
func TestNamesThatAreWordsAreWrittenLarge(t *testing.T) {
	for _, name := range strings.Fields("Hans Liv Dag Per Even Odd Stein Bjørn Mai Vår Bo Jo Rune Storm Tor Are Line Tone Gro Siv Will Mark Grace Hope May Berg Strand Lie Vik Dal Sol Rose Frank") {
		people := []Person{{ID: "x", Name: name + " Xqz"}}
		for text, want := range map[string]string{
			"det var " + strings.ToLower(name) + " der": "",
			"DET VAR " + strings.ToUpper(name) + " DER": "",
			"det var " + name + " der":                  "x",
			name + "s hånd":                             "x",
			strings.ToLower(name):                       "x!",
			strings.ToLower(name) + " xqz":              "x!",
		} {
			if got := meant(Find(text, people)); got != want {
				t.Errorf("%q: found %q, want %q", text, got, want)
			}
		}
	}
}

var invisible = []string{"\u200b", "\u200d", "\u00ad", "\u2060", "\ufeff", "\u202e", "\u2066", "\ufe0f", "\u034f", "\x00"}

// TestHowANameIsTypedChangesNothing changes the form, the case and what nobody sees of
// a text, and finds the same people, as surely.
func TestHowANameIsTypedChangesNothing(t *testing.T) {
	sure := slices.DeleteFunc(slices.Clone(office), func(p Person) bool { return p.ID == "hans" || p.ID == "dag" || p.ID == "bjorn" })
	words := []string{"Håkon", "håkons", "Haakon", "Håkn", "kari", "Karis", "NORDMANNEN", "Anne-Marie", "Sæther", "Lund", "rené",
		"Áile", "šálggo", "Müller", "jonas'", "H å k o n", "og", "det", "var", "etterpå", ".", ",", "!", "ß", "Ǆ", "ﬁ", "10"}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 1, 8).Draw(t, "words"), " ")
		want := meant(Find(text, sure))
		runes := []rune(text)
		for range rapid.IntRange(0, 6).Draw(t, "hidden") {
			at := rapid.IntRange(0, len(runes)).Draw(t, "at")
			runes = slices.Insert(runes, at, []rune(rapid.SampledFrom(invisible).Draw(t, "what"))...)
		}
		typed := string(runes)
		form := rapid.SampledFrom([]norm.Form{norm.NFC, norm.NFD, norm.NFKC, norm.NFKD}).Draw(t, "form")
		typed = form.String(typed)
		for _, way := range []func(string) string{strings.ToLower, strings.ToUpper, func(s string) string { return s }} {
			if got := meant(Find(way(typed), sure)); got != want {
				t.Fatalf("%q: found %q, as %q found %q", text, want, way(typed), got)
			}
		}
	})
}

// TestANameIsFoundAmongWords puts each name, in a way of writing it, among words.
func TestANameIsFoundAmongWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(roster()).Draw(t, "who")
		name, _, _ := strings.Cut(p.Name, " ")
		name = rapid.SampledFrom([]string{name, name + "s", name + "’s", name + "'", "(" + name + ")", norm.NFD.String(name),
			strings.NewReplacer("å", "aa", "ø", "oe", "æ", "ae", "Å", "Aa", "Ø", "Oe").Replace(name),
			strings.NewReplacer("å", "a", "ø", "o", "æ", "a", "Å", "A", "Ø", "O").Replace(name)}).Draw(t, "written")
		text := "det var " + name + rapid.SampledFrom([]string{" som gjorde det", ".", "!!", " og en til", "\n"}).Draw(t, "after")
		found := Find(text, []Person{p})
		if len(found) != 1 || !found[0].Certain {
			t.Fatalf("%q: found %v", text, found)
		}
	})
}

func FuzzFind(f *testing.F) {
	f.Add("Det var Håkon", "Håkon R.", "Hakke")
	f.Add("\xff\u034f", "\xffa", "")
	f.Add(strings.Repeat("a ", 300), "Aa Aa", strings.Repeat("å", 60))
	f.Fuzz(func(t *testing.T, text, name, nick string) {
		people := []Person{{ID: "a", Name: name, Nicknames: []string{nick}}}
		for _, found := range Find(text, people) {
			if found.ID != "a" {
				t.Fatal("somebody else was found")
			}
		}
		again := Find(norm.NFD.String(text), people)
		if got := Find(norm.NFC.String(text), people); meant(got) != meant(again) {
			t.Fatalf("found %v in one form and %v in another", got, again)
		}
	})
}

func BenchmarkFind(b *testing.B) {
	text, people := strings.Repeat(strings.TrimSpace(ordinaryWords), 10), roster()[:20]
	for b.Loop() {
		Find(text, people)
	}
}
