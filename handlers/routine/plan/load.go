package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// file is routine.toml as it is written.
type file struct {
	Name        string                        `toml:"name"`
	Source      string                        `toml:"source"`
	Calendar    string                        `toml:"calendar"`
	AlsoOff     []string                      `toml:"also_off"`
	Hours       []string                      `toml:"hours"`
	Repeat      string                        `toml:"repeat"`
	RingWaiting []string                      `toml:"ring_waiting"`
	Levels      []string                      `toml:"levels"`
	Lock        [][]string                    `toml:"lock"`
	Phases      [][]string                    `toml:"phases"`
	Duties      []string                      `toml:"duties"`
	Apart       [][]string                    `toml:"apart"`
	Outcomes    []string                      `toml:"outcomes"`
	NeverSay    []string                      `toml:"never_say"`
	Must        string                        `toml:"must"`
	Elsewhere   string                        `toml:"elsewhere"`
	Ladder      map[string][]string           `toml:"ladder"`
	Step        map[string]map[string]stepRow `toml:"step"`
	Act         map[string][]string           `toml:"act"`
	Letter      map[string][]string           `toml:"letter"`
	Keep        map[string]keepRow            `toml:"keep"`
	Numbers     struct {
		Count []string `toml:"count"`
		Least int      `toml:"least"`
	} `toml:"numbers"`
}

type stepRow struct {
	Owner  string `toml:"owner"`
	When   string `toml:"when"`
	Each   bool   `toml:"each"`
	Due    string `toml:"due"`
	Again  string `toml:"again"`
	By     string `toml:"by"`
	Needs  string `toml:"needs"`
	Begins string `toml:"begins"`
	Waive  int    `toml:"waive"`
	Ring   string `toml:"ring"`
	Extend *int   `toml:"extend"`
	For    string `toml:"for"`
}

type keepRow struct {
	When   string `toml:"when"`
	Review string `toml:"review"`
	Max    string `toml:"max"`
	Shred  string `toml:"shred"`
}

// mainFile is the routine itself; the words lie beside it, one file for each language,
// and the letters in a folder.
const (
	mainFile      = "routine.toml"
	lettersFolder = "letters"
)

// Languages are those in which a routine has words and letters.
var Languages = []string{"nb", "nn", "en"}

// load collects a routine and all that is wrong with it, so that whoever writes one
// sees every fault at once.
type load struct {
	fsys     fs.FS
	vocab    Vocabulary
	file     file
	sources  map[string]*source
	words    map[string]map[string]string // language → key → text
	read     []string                     // files, for the version
	r        *Routine
	problems []Problem
}

// Load reads a routine and looks through it. It returns every fault, by file and line,
// or the routine and none.
func Load(fsys fs.FS, v Vocabulary) (*Routine, []Problem) {
	l := &load{fsys: fsys, vocab: v, sources: map[string]*source{}, words: map[string]map[string]string{}, r: &Routine{letterText: map[string]string{}}}
	src, bad := readTOML(fsys, mainFile, &l.file)
	l.sources[mainFile], l.read, l.problems = &src, []string{mainFile}, bad
	if len(src.lines) > 0 {
		l.head()
		l.acts()
		l.steps()
		l.phases()
		l.rest()
		l.lint()
		l.readWords()
		l.readLetters()
	}
	if len(l.problems) > 0 {
		slices.SortStableFunc(l.problems, func(a, b Problem) int {
			return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
		})
		return nil, slices.Compact(l.problems)
	}
	l.r.text = l.words
	l.r.compile()
	l.version()
	return l.r, nil
}

// faultf notes a fault at a key of routine.toml.
func (l *load) faultf(key, format string, args ...any) {
	l.faultIn(mainFile, key, format, args...)
}

func (l *load) faultIn(file, key, format string, args ...any) {
	line := 0
	if src := l.sources[file]; src != nil {
		line = src.line(key)
	}
	l.problems = append(l.problems, Problem{file, line, fmt.Sprintf(format, args...)})
}

// inOrder are the keys of a table in the order of the file.
func inOrder[V any](l *load, table string, rows map[string]V) []string {
	keys, src := sorted(rows), l.sources[mainFile]
	slices.SortStableFunc(keys, func(a, b string) int {
		return cmp.Compare(src.line(joinKey(table, a)), src.line(joinKey(table, b)))
	})
	return keys
}

// version is the hash over what was read: for each file its name, its length and its
// bytes, by name.
func (l *load) version() {
	slices.Sort(l.read)
	h := sha256.New()
	l.r.files = map[string][]byte{}
	for _, name := range l.read {
		raw, _ := fs.ReadFile(l.fsys, name) // it was read before
		l.r.files[name] = raw
		fmt.Fprintf(h, "%s\x00%d\x00", name, len(raw))
		h.Write(raw)
	}
	l.r.version = hex.EncodeToString(h.Sum(nil))
}

// head reads what stands above the tables.
func (l *load) head() {
	f, r := &l.file, l.r
	r.name, r.source, r.calendar, r.alsoOff = f.Name, f.Source, f.Calendar, f.AlsoOff
	r.levels, r.duties, r.outcomes, r.neverSay = f.Levels, f.Duties, f.Outcomes, f.NeverSay
	r.elsewhere, r.ringWaiting = strings.Fields(f.Elsewhere), f.RingWaiting
	l.distinct("levels", f.Levels)
	l.distinct("duties", f.Duties)
	l.distinct("outcomes", f.Outcomes)
	if f.Name == "" {
		l.faultf("name", "name is missing")
	}
	if f.Calendar != "" && f.Calendar != "no" {
		l.faultf("calendar", "there is no calendar %q", f.Calendar)
	}
	for _, day := range f.AlsoOff {
		if !DayOff(day) {
			l.faultf("also_off", "%q is no day", day)
		}
	}
	l.hours()
	var ok bool
	if r.again, ok = parseSpan(f.Repeat); !ok || r.again.n <= 0 || !r.again.isDays() {
		l.faultf("repeat", "%q is no number of days or months", f.Repeat)
	}
	if !slices.Contains(f.Duties, lead) {
		l.faultf("duties", "there is no duty %q", lead)
	}
	for _, name := range inOrder(l, "ladder", f.Ladder) {
		l.ladder(name, f.Ladder[name])
	}
	for _, name := range f.RingWaiting {
		if _, known := f.Ladder[name]; !known {
			l.faultf("ring_waiting", "there is no ladder %q", name)
		}
	}
	for _, row := range f.Apart {
		if len(row) != 2 || row[0] == row[1] || !slices.Contains(f.Duties, row[0]) || !slices.Contains(f.Duties, row[1]) {
			l.faultf("apart", "%q are not two duties", row)
			continue
		}
		r.apart = append(r.apart, [2]string{row[0], row[1]})
	}
}

func (l *load) distinct(key string, list []string) {
	if len(list) == 0 {
		l.faultf(key, "%s is missing", key)
	}
	for i, name := range list {
		if !isName(name) || slices.Contains(list[:i], name) {
			l.faultf(key, "%q is no name, or is there twice", name)
		}
	}
}

// isName says whether a text can be the name of something.
func isName(text string) bool {
	for i, c := range text {
		if (c < 'a' || c > 'z') && c != '_' && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return text != ""
}

func (l *load) hours() {
	var day []time.Duration
	for _, text := range l.file.Hours {
		t, err := time.Parse("15:04", text)
		if err != nil {
			l.faultf("hours", "%q is no time of day", text)
			return
		}
		day = append(day, time.Duration(t.Hour())*time.Hour+time.Duration(t.Minute())*time.Minute)
	}
	if len(day) != 2 || day[0] >= day[1] {
		l.faultf("hours", "office hours go from one time to a later one")
		return
	}
	l.r.open, l.r.shut = day[0], day[1]
}

// receivers are whom a rung may ring.
var receivers = []string{"holder", "all", "lead", "deputy", "control", "reporter"}

func (l *load) ladder(name string, rungs []string) {
	key, ladder := "ladder."+name, Ladder{Name: name}
	for _, text := range rungs {
		rung, ok := parseRung(text)
		if !ok {
			l.faultf(key, "%q is no moment with receivers", text)
			continue
		}
		for _, who := range rung.Who {
			if !slices.Contains(receivers, who) {
				l.faultf(key, "nobody is %q", who)
			}
		}
		if slices.Contains(rung.Who, "reporter") && (rung.When == atBegin || rung.span.n <= 0) {
			l.faultf(key, "%q tells the reporter before the day is over", text)
		}
		ladder.Rungs = append(ladder.Rungs, rung)
	}
	if len(rungs) == 0 || !isName(name) {
		l.faultf(key, "the ladder %q has no rung, or no name", name)
	}
	l.r.ladders = append(l.r.ladders, ladder)
}
