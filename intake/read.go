package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// The types here are the files as they are written. Decoding is strict: a key
// that nobody reads is a spelling mistake that would otherwise stay silent.

type setFile struct {
	Name      string     `toml:"name"`
	Languages []string   `toml:"languages"`
	Parts     []string   `toml:"parts"`
	Other     []string   `toml:"other"`
	Rest      []string   `toml:"rest"`    // who needs help first is asked the rest when this holds
	Without   []string   `toml:"without"` // questions that are left out
	Questions []question `toml:"question"`
	Rules     []rule     `toml:"rule"`
	Cards     []card     `toml:"card"`
	Receipt   struct {
		Choices []string `toml:"choices"`
	} `toml:"receipt"`
}

type question struct {
	ID        string            `toml:"id"`
	Part      string            `toml:"part"`
	Is        []string          `toml:"is"`   // what its answer tells: see [meanings]
	Kind      string            `toml:"kind"` // as [Accepts], or "review"
	Choices   []string          `toml:"choices"`
	When      []string          `toml:"when"`
	Does      map[string]string `toml:"does"` // choice → pause, help, send, delete, jump:Q, card:C
	Main      string            `toml:"main"`
	Exclusive []string          `toml:"exclusive"`
	Control   bool              `toml:"control"`    // leads the talk; neither sealed nor reviewed
	People    bool              `toml:"people"`     // handlers are choices, first: who is picked is kept out
	Names     bool              `toml:"names"`      // of older sets, which named the texts to find names in
	Files     bool              `toml:"files"`      // files belong here
	Opens     bool              `toml:"opens"`      // the room is made after it
	WriteWhen bool              `toml:"write_when"` // [Interview.WriteWhen] reads it
	NoSkip    bool              `toml:"no_skip"`    // a button for skipping would only confuse
	Calm      bool              `toml:"calm"`       // not asked of who needs help first, but for the rest
	Help      bool              `toml:"help_first"` // asked only of who needs help first
	Always    bool              `toml:"always"`     // asked however early it is sent
	Says      map[string]string `toml:"says"`       // choice → "Q=choice", which is answered with it

	// Ago lets a choice be meant by how long ago somebody writes that it was: from and to in
	// days, or from alone.
	Ago map[string][]int `toml:"ago"`

	when []cond
}

type rule struct {
	When   []string `toml:"when"`
	Flag   string   `toml:"flag"`
	Level  string   `toml:"level"`
	Minor  bool     `toml:"minor"`
	Adult  bool     `toml:"adult"`
	Urgent bool     `toml:"urgent"`
	Help   bool     `toml:"help_first"` // help comes first
	Source string   `toml:"source"`     // [SourceLeader], or nothing

	when []cond
}

type card struct {
	ID      string   `toml:"id"`
	After   string   `toml:"after"`
	When    []string `toml:"when"`
	Lines   bool     `toml:"lines"`   // help lines for the age follow
	Numbers []string `toml:"numbers"` // these of them, in this order
	Receipt bool     `toml:"receipt"` // follows the receipt

	when []cond
}

type wordsFile struct {
	Title   string                 `toml:"title"`
	Say     map[string]string      `toml:"say"`
	Ways    map[string]choiceWords `toml:"way"`
	Generic map[string][]string    `toml:"generic"`
	Parts   map[string]struct {
		Title string `toml:"title"`
		Intro string `toml:"intro"`
	} `toml:"part"`
	Cards map[string]struct {
		Text string `toml:"text"`
	} `toml:"card"`
	Questions map[string]questionWords `toml:"question"`
	Receipt   struct {
		Title   string                 `toml:"title"`
		Text    string                 `toml:"text"`
		Choices map[string]choiceWords `toml:"choice"`
	} `toml:"receipt"`
}

type questionWords struct {
	Title     string                 `toml:"title"`
	Ask       string                 `toml:"ask"`
	AskOther  string                 `toml:"ask_other"`
	Help      string                 `toml:"help"`
	HelpOther string                 `toml:"help_other"`
	Choices   map[string]choiceWords `toml:"choice"`
}

type choiceWords struct {
	Label string   `toml:"label"`
	Long  string   `toml:"long"`
	Reply string   `toml:"reply"`
	Words []string `toml:"words"`
}

// Problem is one fault in the files of a set.
type Problem struct {
	File string
	Line int // 1-based; 0 when the fault is of the whole file
	Text string
}

// String returns the problem as editors like it: file:line: text.
func (p Problem) String() string {
	if p.Line == 0 {
		return p.File + ": " + p.Text
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// source is one file with the lines of its keys, for pointing at a fault.
type source struct {
	name  string
	data  []byte
	lines map[string]int
}

// readTOML decodes name into v and returns every fault of its form.
func readTOML(fsys fs.FS, name string, v any) (source, []Problem) {
	src := source{name: name, lines: map[string]int{}}
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return src, []Problem{{File: name, Text: "the file is missing"}}
	}
	src.data = data
	dec := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields()
	err = dec.Decode(v)
	var strict *toml.StrictMissingError
	var bad *toml.DecodeError
	switch {
	case err == nil:
	case errors.As(err, &strict):
		var out []Problem
		for i := range strict.Errors {
			row, _ := strict.Errors[i].Position()
			out = append(out, Problem{name, row, "unknown key " + strings.Join(strict.Errors[i].Key(), ".")})
		}
		src.index()
		return src, out
	case errors.As(err, &bad):
		row, _ := bad.Position()
		return src, []Problem{{name, row, strings.TrimPrefix(bad.Error(), "toml: ")}}
	default:
		return src, []Problem{{name, 0, strings.TrimPrefix(err.Error(), "toml: ")}}
	}
	src.index()
	if len(src.lines) == 0 {
		return src, []Problem{{File: name, Text: "the file is empty"}}
	}
	return src, nil
}

// index notes the line of each key and table. Tables of an array are counted
// from 0: "question.3.when".
func (s *source) index() {
	p := unstable.Parser{}
	p.Reset(s.data)
	table, count := "", map[string]int{}
	for p.NextExpression() {
		e := p.Expression()
		key, line := "", 0
		for it := e.Key(); it.Next(); {
			n := it.Node()
			if line == 0 {
				line = p.Shape(n.Raw).Start.Line
			}
			key = joinKey(key, string(n.Data))
		}
		switch e.Kind {
		case unstable.ArrayTable:
			table = fmt.Sprintf("%s.%d", key, count[key])
			count[key]++
			key = table
		case unstable.Table:
			// [question.does] belongs to the question above it.
			if head, rest, ok := strings.Cut(key, "."); ok && count[head] > 0 {
				key = fmt.Sprintf("%s.%d.%s", head, count[head]-1, rest)
			}
			table = key
		default:
			key = joinKey(table, key)
		}
		s.lines[key] = line
	}
}

// line finds the nearest line that is known: of the key or of what holds it.
func (s *source) line(key string) int {
	for {
		if n, ok := s.lines[key]; ok {
			return n
		}
		i := strings.LastIndexByte(key, '.')
		if i < 0 {
			return 0
		}
		key = key[:i]
	}
}

func joinKey(a, b string) string {
	if a == "" {
		return b
	}
	return a + "." + b
}
