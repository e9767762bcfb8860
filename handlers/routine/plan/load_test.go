package plan_test

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"tillit/handlers/routine/party"
	"tillit/handlers/routine/plan"
)

// folder is a copy of the routine of a party, to be broken.
func folder() fstest.MapFS {
	all := fstest.MapFS{}
	err := fs.WalkDir(party.Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(party.Files, path)
		all[path] = &fstest.MapFile{Data: raw}
		return err
	})
	if err != nil {
		panic(err)
	}
	return all
}

// edit replaces a text in a file, once.
func edit(t *testing.T, all fstest.MapFS, file, old, new string) {
	t.Helper()
	text := string(all[file].Data)
	if !strings.Contains(text, old) {
		t.Fatalf("%s has no %q", file, old)
	}
	all[file] = &fstest.MapFile{Data: []byte(strings.Replace(text, old, new, 1))}
}

// vocabulary is what the routine of a party may name.
func vocabulary() plan.Vocabulary {
	return plan.Vocabulary{
		Acts:      partyRoutine().Acts(),
		Kinds:     strings.Fields("work duty level keys sent ask phase second open close keep shred restate"),
		Questions: map[string][]string{"S3": {"me", "saw"}, "E3": {"central", "central_leadership", "handles_reports"}},
		Flags:     strings.Fields("URGENT MINOR15 MINOR18 FORENSIC ONGOING POLICE_INFO TALK_FIRST"),
	}
}

func TestTheRoutineOfAPartyIsWhole(t *testing.T) {
	r, wrong := plan.Load(party.Files, vocabulary())
	if len(wrong) > 0 || r == nil {
		t.Fatalf("%v", wrong)
	}
	if r.Name() != "party" || len(r.Version()) != 64 || len(r.Steps()) < 45 || len(r.Acts()) < 50 || len(r.Phases()) != 8 || r.Source() == "" || r.Numbers().Least != 5 {
		t.Error("it is read in part")
	}
	if text, ok := r.LetterText("late", "nn"); !ok || !strings.Contains(text, "{promised}") {
		t.Errorf("the letter is %q", text)
	}
	if text, ok := r.Text("step.tell_b", "en"); !ok || text == "" {
		t.Error("a step has no name")
	}
	for id, want := range map[string][2]bool{"ack1": {true, true}, "ack2": {true, true}, "feedback": {true, false}, "withdrawal": {true, false}, "decide": {}, "meet": {}, "forensic": {}, "result_r": {}} {
		if s, _ := r.Step(id); s.Words != want[0] || s.Reply != want[1] {
			t.Errorf("%s ends with words: %v, with any: %v", id, s.Words, s.Reply)
		}
	}
}

// TestTheVersionIsOfAllFiles: of what they are called and of every byte.
func TestTheVersionIsOfAllFiles(t *testing.T) {
	seen := map[string]string{}
	version := func(what string, all fstest.MapFS) {
		r, wrong := plan.Load(all, plan.Vocabulary{})
		if len(wrong) > 0 {
			t.Fatalf("%s: %v", what, wrong)
		}
		if was, twice := seen[r.Version()]; twice {
			t.Errorf("%s and %s have one version", was, what)
		}
		seen[r.Version()] = what
	}
	version("as it is", folder())
	for _, file := range []string{"routine.toml", "nn.toml", "letters/late.en.txt"} {
		all := folder()
		all[file] = &fstest.MapFile{Data: append(slices.Clone(all[file].Data), '\n')}
		version(file, all)
	}
	again, _ := plan.Load(folder(), vocabulary())
	if seen[again.Version()] != "as it is" {
		t.Error("the same folder has two versions")
	}
}

// faults are what whoever writes a routine may get wrong, with what they are told, and a
// text of the line that it is said of; "" is the whole file.
var faults = []struct{ file, old, new, want, at string }{
	{"routine.toml", `name = "party"`, `nmae = "party"`, "unknown key nmae", "nmae"},
	{"routine.toml", `name = "party"`, ``, "name is missing", ""},
	{"routine.toml", `name = "party"`, `name = `, "expected", ""},
	{"routine.toml", `calendar = "no"`, `calendar = "moon"`, `there is no calendar "moon"`, "calendar ="},
	{"routine.toml", `also_off = []`, `also_off = ["24-12"]`, `"24-12" is no day`, "also_off"},
	{"routine.toml", `hours = ["08:00", "16:00"]`, `hours = ["16:00", "08:00"]`, "office hours go", "hours ="},
	{"routine.toml", `hours = ["08:00", "16:00"]`, `hours = ["8 o'clock", "16:00"]`, "is no time of day", "hours ="},
	{"routine.toml", `repeat = "5wd"`, `repeat = "often"`, `"often" is no number`, "repeat ="},
	{"routine.toml", `ring_waiting = ["law", `, `ring_waiting = ["lwa", `, `there is no ladder "lwa"`, "ring_waiting ="},
	{"routine.toml", `levels = ["local", "county"`, `levels = ["local", "local"`, `"local" is no name, or is there twice`, "levels ="},
	{"routine.toml", `duties = ["lead", `, `duties = [`, `there is no duty "lead"`, "duties ="},
	{"routine.toml", `["E3=central", "central"]`, `["E3=centre", "central"]`, `"E3=centre" can never hold`, "lock ="},
	{"routine.toml", `["E3=central", "central"]`, `["E3=central", "moon"]`, "is no condition with a level", "lock ="},
	{"routine.toml", `["informed", "done:informed"]`, `["informed", "done:informd"]`, `"done:informd" can never hold`, "phases ="},
	{"routine.toml", `["informed", "done:informed"]`, `["informed", ""]`, "the first phase, and no other", "phases ="},
	{"routine.toml", `["facts", "done:level done:staff", "contact_a"]`, `["facts", "done:level", "contact_x"]`, `there is no duty "contact_x"`, "phases ="},
	{"routine.toml", `["contact_a", "contact_b"],`, `["contact_a", "contact_a"],`, "are not two duties", "apart ="},
	{"routine.toml", `["investigator", "decider"],`, `["investigator", "decider"], ["contact_a", "decider"], ["contact_a", "investigator"],`, "two handlers cannot have all duties", "apart ="},
	{"routine.toml", `"withdrawn", `, `"guilty", `, "it says guilty", "outcomes ="},
	{"routine.toml", `elsewhere = "S1 `, `elsewhere = "`, "nothing serves S1", "must ="},
	{"routine.toml", `elsewhere = "S1 `, `elsewhere = "S1 S99 `, "S99 is no sentence of must", "elsewhere ="},
	{"routine.toml", `promise = ["-1wd holder", `, `promise = ["-1wd boss", `, `nobody is "boss"`, "promise ="},
	{"routine.toml", `promise = ["-1wd holder", `, `promise = ["1wd holder", `, `"1wd holder" is no moment`, "promise ="},
	{"routine.toml", `[step.triage]`, `[step.trige]`, `there is no phase "trige"`, "[step.trige]"},
	{"routine.toml", `ack2 = {due=`, `ack2 = {duue="x", due=`, "unknown key", "ack2 ="},
	{"routine.toml", `ack2 = {due="received+7d"`, `ack2 = {due="received+7y"`, `"received+7y" is no day`, "ack2 ="},
	{"routine.toml", `ack2 = {due="received+7d"`, `ack2 = {due="receved+7d"`, `"receved+7d" is no day`, "ack2 ="},
	{"routine.toml", `ack2 = {due="received+7d"`, `ack2 = {due="own"`, `"own" is no day`, "ack2 ="},
	{"routine.toml", `ack2 = {due="received+7d", by="reply"`, `ack2 = {due="received+7d", by="replay"`, `there is no act "replay"`, "ack2 ="},
	{"routine.toml", `ack2 = {due="received+7d", by="reply"`, `ack2 = {due="received+7d"`, "ack2 has no day, or no act", "ack2 ="},
	{"routine.toml", `by="reply", ring="limit"`, `by="take/x", ring="limit"`, "the act has no field", "ack2 ="},
	{"routine.toml", `ack2 = {due=`, `ack2 = {owner="boss", due=`, `there is no duty "boss"`, "ack2 ="},
	{"routine.toml", `ack2 = {due=`, `ack2 = {owner="holder", due=`, `there is no duty "holder"`, "ack2 ="},
	{"routine.toml", `ack2 = {due=`, `ack2 = {needs="moon", due=`, `it needs "moon", which is no step`, "ack2 ="},
	{"routine.toml", `ack2 = {due=`, `ack2 = {waive=3, due=`, "nobody, one or two", "ack2 ="},
	{"routine.toml", `ack2 = {due=`, `ack2 = {begins="tomorrow", due=`, `by "tomorrow"`, "ack2 ="},
	{"routine.toml", `by="reply", ring="limit"`, `by="reply", ring="lmit"`, `there is no ladder "lmit"`, "ack2 ="},
	{"routine.toml", `"open:wish"`, `"open:access"`, "no act opens an object of withdrawal", "withdrawal ="},
	{"routine.toml", `coi = {due=`, `coi = {needs="staff", due=`, "needs itself", "coi ="},
	{"routine.toml", `coi = {due=`, `coi = {needs="safety", due=`, "any does not own coi", "coi ="},
	{"routine.toml", `when="flag:URGENT"`, `when="flag:URGNT"`, `"flag:URGNT" can never hold`, "urgent ="},
	{"routine.toml", `when="flag:URGENT"`, `when="flg:URGENT"`, `"flg:URGENT" is no condition`, "urgent ="},
	{"routine.toml", `when="S3!=me"`, `when="S33!=me"`, `"S33!=me" can never hold`, "hear_a ="},
	{"routine.toml", `when="told:b"`, `when="told:x"`, `"told:x" can never hold`, "support_b ="},
	{"routine.toml", `again="postponed+14d"`, `again="later"`, `"later" is no later day`, "notice ="},
	{"routine.toml", `take = ["any", "", "lead:by", "duty"]`, `take = ["any", ""]`, "three or four columns", "take ="},
	{"routine.toml", `take = ["any", "", "lead:by", "duty"]`, `take = ["boss", "", "lead:by", "duty"]`, `nobody is "boss"`, "take ="},
	{"routine.toml", `take = ["any", "", "lead:by", "duty"]`, `take = ["any", "", "lead:by", "sent"]`, `its kind is declared as "duty"`, "take ="},
	{"routine.toml", `take = ["any", "", "lead:by", "duty"]`, `take = ["any", "", "lead:by", "gift"]`, `there is no kind "gift"`, "take ="},
	{"routine.toml", `take = ["any", "", "lead:by", "duty"]`, `take = ["any", "", "out:r", "duty"]`, `its effects are declared as "lead:by"`, "take ="},
	{"routine.toml", `take = ["any", "", "lead:by", "duty"]`, `take = ["any", "", "leed", "duty"]`, `there is no effect "leed"`, "take ="},
	{"routine.toml", `take = ["any", "", "lead:by", "duty"]`, `take = ["any", "why!", "lead:by", "duty"]`, `its fields are declared as ""`, "take ="},
	{"routine.toml", `take = ["any", "", "lead:by", "duty"]`, `take = ["any", "why", "lead:by", "duty"]`, `"why" is no field`, "take ="},
	{"routine.toml", `take = ["any", "", "lead:by", "duty"]`, `snatch = ["any", "", "lead:by", "duty"]`, `the program has no act "snatch"`, "snatch ="},
	{"routine.toml", `staff = ["lead", `, `staff = ["any", `, "any may not do it: the program declares lead", "staff = ["},
	{"routine.toml", `"open:confirm out:seat"`, `"open:confrm out:seat"`, "open:confrm: there is no step", "minutes = ["},
	{"routine.toml", `"again:notice"`, `"again:tell_b"`, "again:tell_b: there is no step", "postpone ="},
	{"routine.toml", `late = ["r", "promised who"]`, `late = ["r"]`, "two columns", "late = "},
	{"routine.toml", `late = ["r", "promised who"]`, ``, `the reporter is told, and there is no letter "late"`, ""},
	{"routine.toml", `"+1wd reporter"`, `"0d reporter"`, `"0d reporter" tells the reporter before the day is over`, "promise = "},
	{"routine.toml", `"+1wd reporter"`, `"begin reporter"`, `"begin reporter" tells the reporter before the day is over`, "promise = "},
	{"routine.toml", `late = ["r", "promised who"]`, `late = ["r", "promised who why"]`, "{why} does not stand in it", ""},
	{"routine.toml", `review="12m", max="36m"`, `review="12m", max="long"`, `"long" is no number`, "long ="},
	{"routine.toml", `when="outcome=measure|guidance|passed_on"`, `when="outcome=moon"`, `"outcome=moon" can never hold`, "long ="},
	{"nn.toml", `[step]`, `[stp]`, "there is no step.ack1", ""},
	{"nn.toml", `[step]`, "[step]\nmoon = \"Månen\"", "nothing is called step.moon", "moon ="},
	{"nn.toml", `[phase]`, "[phase]\nx = 3", "phase.x is no text", "x = 3"},
	{"nn.toml", `{day}`, `{dag}`, "has other placeholders than in nb.toml", "{dag}"},
	{"nn.toml", `[part]`, "[part]\nmoon = \"Månen\"", "part.moon is not in nb.toml", "moon ="},
	{"en.toml", `[duty]`, "[duty]\n[duty.x]\ny = \"The offender\"", "it says offender", "offender"},
	{"letters/late.en.txt", `{who}`, `{whom}`, "{who} does not stand in it", ""},
	{"letters/late.nb.txt", `{who}`, `{who}, som ikke er skyldig`, "it says skyldig", "skyldig"},
	{"letters/late.en.txt", `{who}`, `{who} {extra}`, "it has other placeholders than in nb", ""},
}

// TestEveryFaultIsNamed with its file and line, each alone.
func TestEveryFaultIsNamed(t *testing.T) {
	for _, f := range faults {
		t.Run(f.want, func(t *testing.T) {
			all := folder()
			edit(t, all, f.file, f.old, f.new)
			r, wrong := plan.Load(all, vocabulary())
			if r != nil {
				t.Fatal("it is taken")
			}
			i := slices.IndexFunc(wrong, func(p plan.Problem) bool { return strings.Contains(p.Text, f.want) })
			if i < 0 {
				t.Fatalf("it says\n%s", lines(wrong))
			}
			p := wrong[i]
			if f.at == "" {
				return
			}
			text := strings.Split(string(all[p.File].Data), "\n")
			if p.Line == 0 || p.Line > len(text) || !strings.Contains(text[p.Line-1], f.at) || !strings.HasPrefix(p.String(), fmt.Sprintf("%s:%d: ", p.File, p.Line)) {
				t.Errorf("it says %s", p)
			}
		})
	}
}

func lines(wrong []plan.Problem) string {
	var b strings.Builder
	for _, p := range wrong {
		fmt.Fprintln(&b, p)
	}
	return b.String()
}

// TestAllFaultsAreNamedAtOnce, in the order of the files and their lines.
func TestAllFaultsAreNamedAtOnce(t *testing.T) {
	all, n := folder(), 0
	want := map[string]string{} // fault → what was written
	files := map[string]string{}
	for _, f := range faults {
		if strings.Contains(f.want, "unknown key") || f.want == "expected" || !strings.Contains(string(all[f.file].Data), f.old) {
			continue // what cannot be read at all is named before the rest
		}
		if slices.Contains([]string{"levels =", "duties =", "[step.trige]", "", "apart =", "take =", "snatch =", "late = "}, f.at) {
			continue // these hide others
		}
		edit(t, all, f.file, f.old, f.new)
		want[f.want], files[f.want], n = f.new, f.file, n+1
	}
	_, wrong := plan.Load(all, vocabulary())
	for w, text := range want {
		if still := strings.Contains(string(all[files[w]].Data), text); still && !slices.ContainsFunc(wrong, func(p plan.Problem) bool { return strings.Contains(p.Text, w) }) {
			t.Errorf("it does not say: %s\n%s", w, lines(wrong))
		}
	}
	if n < 30 || !slices.IsSortedFunc(wrong, func(a, b plan.Problem) int {
		if a.File != b.File {
			return strings.Compare(a.File, b.File)
		}
		return a.Line - b.Line
	}) {
		t.Errorf("of %d faults it says\n%s", n, lines(wrong))
	}
}

// TestWhatIsMissing is named too.
func TestWhatIsMissing(t *testing.T) {
	for _, file := range []string{"routine.toml", "nn.toml", "letters/late.en.txt"} {
		all := folder()
		delete(all, file)
		if _, wrong := plan.Load(all, vocabulary()); len(wrong) == 0 || wrong[0].File != file {
			t.Errorf("without %s: %v", file, wrong)
		}
		all[file] = &fstest.MapFile{Data: []byte(" \n")}
		if _, wrong := plan.Load(all, vocabulary()); len(wrong) == 0 || wrong[0].File != file {
			t.Errorf("with an empty %s: %v", file, wrong)
		}
	}
	all := folder()
	all["letters/moon.nb.txt"] = &fstest.MapFile{Data: []byte("Månen")}
	if _, wrong := plan.Load(all, vocabulary()); len(wrong) != 1 || wrong[0].String() != "letters/moon.nb.txt: the routine has no letter for it" {
		t.Errorf("a letter too many: %v", wrong)
	}
	all = folder()
	edit(t, all, "routine.toml", `take = ["any", `, `take = ["contact_a", `) // a routine may narrow
	if _, wrong := plan.Load(all, vocabulary()); len(wrong) > 0 {
		t.Errorf("narrowed: %v", wrong)
	}
}
