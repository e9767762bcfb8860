package desk_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tillit/handlers/desk"
	"tillit/handlers/handlerstest"
	"tillit/handlers/routine/acts"
)

// numbers are the lines of a page's tables, as "name=n" or "name=n,m".
func numbers(page string) map[string]bool {
	all := map[string]bool{}
	row := regexp.MustCompile(`(?s)<th scope="row">([^<]+)</th>(.*?)</tr>`)
	num := regexp.MustCompile(`<td class="num">(\d+)</td>`)
	for _, m := range row.FindAllStringSubmatch(page, -1) {
		var counts []string
		for _, n := range num.FindAllStringSubmatch(m[2], -1) {
			counts = append(counts, n[1])
		}
		all[m[1]+"="+strings.Join(counts, ",")] = true
	}
	return all
}

// table is the table of a page with a caption.
func table(t *testing.T, page, caption string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, `<caption class="unseen">`+caption+"</caption>")
	if !found {
		t.Fatalf("no table is called %q", caption)
	}
	rest, _, _ = strings.Cut(rest, "</table>")
	return rest
}

// TestTheOverviewCountsWhatIsTheirs files reports over two months, answers one after two
// days, takes one, and looks at the numbers of who can open them and of who cannot.
func TestTheOverviewCountsWhatIsTheirs(t *testing.T) {
	clock := handlerstest.At(time.Date(2026, 10, 29, 9, 0, 0, 0, time.UTC))
	o := handlerstest.New(t, handlerstest.Options{Clock: clock})
	first := o.File("lin", short) // Håkon is kept out
	clock.Add(49 * time.Hour)
	maren := o.Dial("maren")
	if err := does(t, maren, first, acts.Reply, "Takk."); err != nil {
		t.Fatal(err)
	}
	if err := does(t, maren, first, acts.Take, ""); err != nil {
		t.Fatal(err)
	}
	clock.Add(4 * 24 * time.Hour)
	o.File("kim", short)
	o.Report("ada", "x")
	at := func(c *desk.Config) { c.Now, c.Zone = clock.Now, time.UTC }
	_, page := visit(t, maren, at).get("/overview")
	if !strings.Contains(page, `href="/#g-late"`) || strings.Contains(page, `href="/#g-unsafe"`) {
		t.Error("a link leads to a group that nothing is in, or none to one that has cases")
	}
	late := table(t, page, "Late cases, by days late")
	if !strings.Contains(late, "<svg") || !numbers(late)["4–7=1"] || !numbers(late)["0=0"] {
		t.Errorf("of the late case it is drawn: %v", numbers(late))
	}
	got := numbers(page)
	for _, want := range []string{"Oct 2026=1", "Nov 2026=2", "2=1", "0=0", "over 7=0", "Maren V.=1,1", "Nobody yet=2,0"} { // she has not looked at the danger yet
		if !got[want] {
			t.Errorf("the page has no %s, but %v", want, got)
		}
	}
	_, page = visit(t, o.Dial("hakon"), at).get("/overview")
	got = numbers(page)
	for _, want := range []string{"Nov 2026=1", "Nobody yet=1,0"} {
		if !got[want] || got["Oct 2026=1"] {
			t.Errorf("who is kept out of two of three sees %v", got)
		}
	}
}

// TestWhoIsKeptOutSeesPagesAsWithoutTheCase compares, byte for byte, queue, overview and a
// search of somebody who is kept out of a case with those of an office that has no case.
func TestWhoIsKeptOutSeesPagesAsWithoutTheCase(t *testing.T) {
	clock := handlerstest.At(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	with, without := handlerstest.New(t, handlerstest.Options{Clock: clock}), handlerstest.New(t, handlerstest.Options{Clock: clock})
	ref := with.File("lin", short)
	at := func(c *desk.Config) { c.Now, c.Zone = clock.Now, time.UTC }
	one, other := visit(t, with.Dial("hakon"), at), visit(t, without.Dial("hakon"), at)
	for _, path := range []string{"/", "/?view=mine", "/?view=unread", "/?view=closed", "/?holder=-", "/?level=central", "/?flag=URGENT", "/overview"} {
		_, a := one.get(path)
		_, b := other.get(path)
		if a != b {
			t.Errorf("%s is another page", path)
		}
	}
	for _, words := range []string{ref, "dinner", "T-"} {
		_, a := one.post("/search", url.Values{"find": {words}})
		_, b := other.post("/search", url.Values{"find": {words}})
		if a != b {
			t.Errorf("a search is answered otherwise")
		}
	}
}

// TestTheQueueIsNarrowed holds each way of narrowing the queue against what the cases are.
func TestTheQueueIsNarrowed(t *testing.T) {
	o := handlerstest.New(t)
	local, unsafe, plain := o.File("lin", answers{"E3": {"local"}, "A1": {"x"}}), o.File("kim", answers{"S1": {"no"}, "A1": {"x"}}), o.Report("ada", "x")
	maren := o.Dial("maren")
	if err := does(t, maren, plain, acts.Take, ""); err != nil {
		t.Fatal(err)
	}
	v := visit(t, maren)
	for query, want := range map[string][]string{
		"": {local, unsafe, plain}, "level=local": {local}, "level=central": {unsafe, plain}, "flag=URGENT": {unsafe}, "holder=maren": {plain},
		"holder=-": {local, unsafe}, "holder=siv": nil, "channel=web": {local, unsafe, plain}, "channel=telegram": nil, "phase=decided": nil,
		"level=local&holder=maren": nil, "level=central&holder=maren": {plain}, "view=mine&level=local": nil, "view=mine": {plain},
	} {
		_, page := v.get("/?" + query)
		for i, ref := range []string{local, unsafe, plain} {
			if shown, meant := strings.Contains(page, "/case/"+ref+`"`), strings.Contains(fmt.Sprint(want), ref); shown != meant {
				t.Errorf("%q: case %d is shown: %v", query, i, shown)
			}
		}
	}
	_, page := v.get("/")
	if at := strings.Index(page, `id="g-unsafe"`); at < 0 || !strings.Contains(page[at:strings.Index(page[at:], "</section>")+at], unsafe) {
		t.Error("the unsafe case does not stand first, in its own group")
	}
}

// TestAFloodIsFolded files many reports at once, and one that stands for itself.
func TestAFloodIsFolded(t *testing.T) {
	clock := handlerstest.At(time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC))
	o := handlerstest.New(t, handlerstest.Options{Clock: clock})
	var refs []string
	for i := range 13 {
		refs = append(refs, o.Report(fmt.Sprint("p", i), "x"))
	}
	unsafe := o.File("kim", answers{"S1": {"no"}, "A1": {"x"}})
	v := visit(t, o.Dial("maren"), func(c *desk.Config) { c.Now = clock.Now })
	_, page := v.get("/")
	fold := strings.Index(page, `<details class="flood"`)
	if fold < 0 || strings.Index(page, unsafe) > fold {
		t.Fatal("nothing is folded, or somebody unsafe is")
	}
	v.want(page[fold:], "13 unread cases came together")
	for _, ref := range refs {
		if strings.Index(page, ref) < fold {
			t.Errorf("a case of the flood stands outside it")
		}
	}
	v.get("/case/" + refs[0])
	_, page = v.get("/") // what was looked at stands for itself
	if fold = strings.Index(page, `<details class="flood"`); strings.Index(page, refs[0]) > fold || fold < 0 {
		t.Error("a case that was opened is still in the flood")
	}
}
