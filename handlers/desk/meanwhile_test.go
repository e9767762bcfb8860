package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tillit/handlers/handlerstest"
	"tillit/handlers/routine/acts"
	"tillit/intake"
)

// TestWhatCameMeanwhileIsSeenBeforeItLeaves: two desks answer at once, and the reporter
// writes while one does. The words of the second do not leave before their writer has seen
// what came, and then they leave once.
func TestWhatCameMeanwhileIsSeenBeforeItLeaves(t *testing.T) {
	for name, comes := range map[string]func(o *handlerstest.Office, ref string){
		"a colleague's answer": func(o *handlerstest.Office, ref string) {
			if err := o.Dial("jonas").Reply(t.Context(), ref, intake.NewPrivate("I have it, says Jonas.")); err != nil {
				t.Fatal(err)
			}
		},
		"a colleague's note": func(o *handlerstest.Office, ref string) {
			if err := does(t, o.Dial("jonas"), ref, acts.Note, "I have it, says Jonas."); err != nil {
				t.Fatal(err)
			}
		},
		"her words": func(o *handlerstest.Office, ref string) { o.Reporter("lin").Says("I have it, says Jonas.") },
	} {
		for _, when := range []string{"before it is looked at", "after"} {
			t.Run(name+", "+when, func(t *testing.T) {
				o := handlerstest.New(t)
				ref := o.File("lin", answers{"A1": {"It was at the dinner."}})
				v := visit(t, o.Dial("maren"))
				path, fill := "/case/"+ref+"/act/reply", url.Values{"text": {"Thank you, says Maren."}}
				_, page := v.get(path)
				if strings.Contains(page, "Since you began") {
					t.Fatal("before anything came there is something")
				}
				if when != "after" {
					comes(o, ref)
				}
				_, look := v.submit(page, path, fill)
				if when == "after" {
					if strings.Contains(look, "Since you began") {
						t.Error("nothing came, and it says so")
					}
					comes(o, ref)
					code, again := v.submit(look, path, fill)
					if code != http.StatusOK || !strings.Contains(again, "Look at it again") {
						t.Fatalf("it is answered with %d and\n%s", code, again)
					}
					look = again
				}
				if at := strings.Index(look, "Since you began"); at < 0 || !strings.Contains(look[at:], "I have it, says Jonas.") {
					t.Fatalf("before it leaves it does not say what came:\n%s", look)
				}
				lin := o.Reporter("lin")
				if lin.Waits() != (name == "a colleague's answer") {
					t.Error("it has left before that was seen")
				}
				for range 2 {
					v.submit(look, path, fill)
				}
				if got := lin.Opens() + lin.Sees(); strings.Count(got, "Thank you, says Maren.") != 2 || lin.Waits() {
					t.Errorf("she does not have it once: %q", got)
				}
			})
		}
	}
}
