package cases_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tillit/intake"
	"tillit/store/cases"
)

// bodies are one of each type that is written now.
var bodies = []cases.Body{cases.Answer{}, cases.Message{}, cases.File{}, cases.FilePart{}, cases.Exclusion{}, cases.Confirm{}, cases.Log{}, cases.Act{}}

// TestEveryBodyIsOnTheList, so that a new one is tried like the others.
func TestEveryBodyIsOnTheList(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "body.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{"Written", "Taken"} // of version 1 alone; stored nowhere
	for _, b := range bodies {
		got = append(got, reflect.TypeOf(b).Name())
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.Name == "Kind" {
			if name := f.Recv.List[0].Type.(*ast.Ident).Name; !slices.Contains(got, name) {
				t.Errorf("%s is not on the list", name)
			}
		}
	}
}

// fill puts drawn values into all exported fields.
func fill(t *rapid.T, v reflect.Value) {
	text := rapid.OneOf(rapid.String(), rapid.Just("å\u2028\"\\\u202e\x00"))
	switch p := v.Addr().Interface().(type) {
	case *intake.Private:
		*p = intake.NewPrivate(text.Draw(t, "words"))
	case *cases.Fields:
		*p = cases.NewFields(cases.Marshal(map[string]string{"text": text.Draw(t, "fields")}))
	case *[]string:
		*p = rapid.SliceOfN(text, 1, 3).Draw(t, "list")
	case *[]byte:
		*p = rapid.SliceOfN(rapid.Byte(), 1, 300).Draw(t, "bytes")
	case *time.Time:
		*p = time.Unix(rapid.Int64Range(0, 1<<32).Draw(t, "time"), 0).UTC()
	default:
		switch v.Kind() {
		case reflect.Pointer:
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem())
		case reflect.Slice:
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
			fill(t, v.Index(0))
			fill(t, v.Index(1))
		case reflect.Map:
			v.Set(reflect.MakeMap(v.Type()))
			value := reflect.New(v.Type().Elem()).Elem()
			fill(t, value)
			v.SetMapIndex(reflect.ValueOf(text.Draw(t, "key")), value)
		case reflect.Struct:
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					fill(t, v.Field(i))
				}
			}
		case reflect.String:
			v.SetString(text.Draw(t, "text"))
		case reflect.Bool:
			v.SetBool(rapid.Bool().Draw(t, "bool"))
		case reflect.Int, reflect.Int64:
			v.SetInt(rapid.Int64Range(0, 1<<50).Draw(t, "number"))
		default:
			t.Fatalf("no value for %s", v.Type())
		}
	}
}

// same says whether two bodies are the same, words included.
func same(a, b cases.Body) bool {
	return string(cases.Encode(a)) == string(cases.Encode(b)) && reflect.DeepEqual(a, b)
}

// TestEveryBodyComesBack as it was sealed, in its kind of entry and in no other.
func TestEveryBodyComesBack(t *testing.T) {
	kinds := []cases.EntryKind{cases.EntryReporter, cases.EntryOffice, cases.EntryLog, "", "x"}
	for _, b := range bodies {
		t.Run(b.Type(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				v := reflect.New(reflect.TypeOf(b)).Elem()
				fill(t, v)
				full := v.Interface().(cases.Body)
				raw := cases.Encode(full)
				for _, kind := range kinds {
					got, err := cases.Decode(cases.Version, kind, raw)
					switch {
					case kind == b.Kind() && (err != nil || !same(full, got)):
						t.Fatalf("%s comes back otherwise, %v", b.Type(), err)
					case kind != b.Kind() && (err != cases.ErrKind || got != nil):
						t.Fatalf("%s in an entry of kind %q: %v", b.Type(), kind, err)
					}
				}
				// Fields that a later program adds lose nothing of what is known.
				more := append(raw[:len(raw)-1:len(raw)-1], `,"later":{"x":[1]}}`...)
				if got, err := cases.Decode(cases.Version, b.Kind(), more); err != nil || !same(full, got) {
					t.Fatalf("%s with a field more: %v", b.Type(), err)
				}
				for _, version := range []int{0, cases.Version + 1, -1} {
					if got, err := cases.Decode(version, b.Kind(), raw); err != cases.ErrBody || got != nil {
						t.Fatalf("version %d: %v", version, err)
					}
				}
			})
		})
	}
}

// TestWhatHandlersWroteBeforeIsNothingNow: what nobody signed stands in version 1 alone.
func TestWhatHandlersWroteBeforeIsNothingNow(t *testing.T) {
	for _, as := range []string{cases.TypeReply, cases.TypeNote, cases.TypeMinutes} {
		raw := []byte(`{"type":"` + as + `","by":"maren","text":"Takk.","later":1}`)
		got, err := cases.Decode(1, cases.EntryOffice, raw)
		if w, ok := got.(cases.Written); err != nil || !ok || w.As != as || w.By != "maren" || w.Text.Reveal() != "Takk." {
			t.Errorf("%s of version 1: %v", as, err)
		}
		if got, err := cases.Decode(cases.Version, cases.EntryOffice, raw); err != cases.ErrBody || got != nil {
			t.Errorf("%s of version %d: %v", as, cases.Version, err)
		}
	}
	if _, err := cases.Decode(1, cases.EntryOffice, cases.Encode(cases.Act{Name: "note"})); err != cases.ErrBody {
		t.Errorf("an act of version 1: %v", err)
	}
}

// TestTheFormsOfVersion1 are read as what they are today.
func TestTheFormsOfVersion1(t *testing.T) {
	for raw, want := range map[string]cases.Body{
		`{"type":"answer","question":"C0","asked":"Hvem?","choices":["p:jonas"],"labels":["Jonas"],"text":"x","way":"","supersedes":true,"quotes":"q"}`: cases.Answer{
			Question: "C0", Is: []string{"keeps_out"}, Asked: "Hvem?", Choices: []string{"p:jonas"}, Labels: []string{"Jonas"}, Text: intake.NewPrivate("x"), Supersedes: true,
			Source: cases.Source{Quotes: intake.NewPrivate("q")}},
		`{"type":"answer","question":"A1","way":"skip"}`:                                          cases.Answer{Question: "A1", Way: "skip"},
		`{"type":"message","text":"x","event":"edited","message":"7","forwarded":true}`:           cases.Message{Text: intake.NewPrivate("x"), Edited: true, Source: cases.Source{Message: "7", Forwarded: true}},
		`{"type":"file","file":"f","name":"n","media_type":"image/png","size":3,"sha256":"AQI="}`: cases.File{ID: "f", Name: intake.NewPrivate("n"), MediaType: "image/png", Size: 3, SHA256: []byte{1, 2}},
		`{"type":"file_part","file":"f","part":2,"data":"AQI="}`:                                  cases.FilePart{ID: "f", Part: 2, Data: []byte{1, 2}},
		`{"type":"log","event":"assigned","by":"maren","to":"siv","left":["jonas"],"set":"1"}`:    cases.Log{Event: "assigned", By: "maren", To: "siv", Left: []string{"jonas"}, Set: "1"},
	} {
		if got, err := cases.Decode(1, want.Kind(), []byte(raw)); err != nil || !same(want, got) {
			t.Errorf("%s of version 1 is read otherwise: %v", want.Type(), err)
		}
	}
	if got, err := cases.Decode(1, cases.EntryReporter, []byte(`{"type":"exclusion","out":[]}`)); err != cases.ErrBody || got != nil {
		t.Errorf("an exclusion of version 1: %v", err)
	}
}

// FuzzDecode offers what somebody with the public key could seal: nothing panics, what
// comes out can stand there, and an error quotes nothing.
func FuzzDecode(f *testing.F) {
	for _, b := range bodies {
		f.Add(2, string(b.Kind()), cases.Encode(b))
		f.Add(1, string(b.Kind()), cases.Encode(b))
	}
	for _, text := range []string{`null`, `{}`, `{"type":"act","fields":null}`, `{"type":"act","type":"log"}`, `{"type":"exclusion","out":null}`, `{"type":"answer","text":null}`,
		`{"type":"note","by":"maren","text":"x"}`, "{\"type\":\"message\",\"text\":\"\xff\"}"} {
		f.Add(2, "office", []byte(text))
		f.Add(1, "reporter", []byte(text))
	}
	f.Fuzz(func(t *testing.T, version int, kind string, raw []byte) {
		b, err := cases.Decode(version, cases.EntryKind(kind), raw)
		if err != nil {
			if b != nil || err != cases.ErrBody && err != cases.ErrKind {
				t.Errorf("%v comes of what is refused: %v", b, err)
			}
			return
		}
		if string(b.Kind()) != kind || fmt.Sprintf("%v %+v", b, b) != "[private] [private]" {
			t.Errorf("what comes out shows itself or stands elsewhere: %s", b.Type())
		}
		if _, old := b.(cases.Written); old {
			return // nothing writes it any more
		}
		again, err := cases.Decode(cases.Version, b.Kind(), cases.Encode(b))
		if err != nil || string(cases.Encode(again)) != string(cases.Encode(b)) {
			t.Errorf("%s does not come back: %v", b.Type(), err)
		}
	})
}

// TestBodiesShowNothing by any verb.
func TestBodiesShowNothing(t *testing.T) {
	words := intake.NewPrivate("CANARY")
	for _, b := range []cases.Body{cases.Answer{Text: words, Labels: []string{"CANARY"}}, cases.Message{Text: words}, cases.File{Name: words}, cases.FilePart{Data: []byte("CANARY")},
		cases.Exclusion{Out: []string{"CANARY"}}, cases.Confirm{Text: words}, cases.Log{By: "CANARY"}, cases.Act{Name: "CANARY", Fields: cases.NewFields([]byte(`{"text":"CANARY"}`))}, cases.Written{Text: words}} {
		if shown := fmt.Sprintf("%v %+v %#v %s %q %x %d", b, b, b, b, b, b, b); strings.Contains(shown, "CANARY") || strings.Contains(shown, "43414e") {
			t.Errorf("%s shows %s", b.Type(), shown)
		}
	}
}
