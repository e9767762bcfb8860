package plan

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// Problem is one fault in the files of a routine.
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

// readTOML decodes a file into v, strictly, and returns every fault of its form.
func readTOML(fsys fs.FS, name string, v any) (source, []Problem) {
	src := source{name: name, lines: map[string]int{}}
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return src, []Problem{{name, 0, "the file is missing"}}
	}
	src.data = data
	err = toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(v)
	var strict *toml.StrictMissingError
	var bad *toml.DecodeError
	switch {
	case errors.As(err, &strict):
		src.index()
		var all []Problem
		for i := range strict.Errors {
			row, _ := strict.Errors[i].Position()
			all = append(all, Problem{name, row, "unknown key " + strings.Join(strict.Errors[i].Key(), ".")})
		}
		return src, all
	case errors.As(err, &bad):
		row, _ := bad.Position()
		return src, []Problem{{name, row, strings.TrimPrefix(bad.Error(), "toml: ")}}
	case err != nil:
		return src, []Problem{{name, 0, strings.TrimPrefix(err.Error(), "toml: ")}}
	}
	src.index()
	if len(src.lines) == 0 {
		return src, []Problem{{name, 0, "the file is empty"}}
	}
	return src, nil
}

// index notes the line of each key and table: "step.received.ack1".
func (s *source) index() {
	p := unstable.Parser{}
	p.Reset(s.data)
	table := ""
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
		case unstable.Table, unstable.ArrayTable:
			table = key
		default:
			key = joinKey(table, key)
		}
		s.lines[key] = line
	}
}

// line finds the nearest line that is known: of the key, or of what holds it.
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
