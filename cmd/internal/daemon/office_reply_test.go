package daemon

import "testing"

// TestAReplyToAnotherNoticeGoesToTheCaseThatIsNamed uses the app's own "reply to", on
// the notice of one case with the reference of another.
func TestAReplyToAnotherNoticeGoesToTheCaseThatIsNamed(t *testing.T) {
	t.Parallel()
	ot := newOfficeTown(t, "chat", extra{})
	one := ot.report()
	ot.sees(ot.maren, "Ny sak "+one)
	notice := ot.maren.Screen()[0]
	ot.another()
	two := ot.report()
	ot.sees(ot.maren, "Ny sak "+two)
	ot.maren.Send(map[string]any{"text": "svar " + two + " " + replyWords, "reply_to_message": map[string]any{
		"message_id": notice.ID, "date": notice.At.Unix(), "text": notice.Text, "chat": map[string]any{"id": ot.maren.ID, "type": "private"},
	}})
	ot.sees(ot.maren, "Dette går til den som meldte fra i "+two+", fra Maren:\n\n"+replyWords)
	ot.press(ot.maren, "Send til den som meldte fra")
	ot.sees(ot.maren, "Sendt til den som meldte fra i "+two)
	for ref, want := range map[string]string{one: "waiting", two: "answered"} {
		if head, err := ot.daemon.store.Head(t.Context(), "maren", ref); err != nil || head.Status != want {
			t.Errorf("%s is %q, %v; want %s", ref, head.Status, err, want)
		}
	}
	ot.nothingReadable(ot.maren, ot.jonas)
}
