package web_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"tillit/bot"
	"tillit/intake"
)

// standing is as far as the case of every sent talk is here.
func (r *rig) standing(context.Context, intake.ConversationID, string) (*bot.Standing, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stands, r.standsErr
}

// TestThePageOfASentReportSaysHowFarItIs, and of what the server cannot say it says nothing
// and offers to ask.
func TestThePageOfASentReportSaysHowFarItIs(t *testing.T) {
	receipt := bot.Message{Message: intake.Message{ID: "R", Kind: intake.KindReceipt, Text: "Received."}}
	r := newRig(t, question())
	r.stands = standing()
	if got := r.do("GET", "/", "", "Cookie", cookie).Body.String(); strings.Contains(got, "Maren has your case") {
		t.Error("it says so while something is told")
	}
	r.show([]bot.Message{receipt})
	got := r.do("GET", "/", "", "Cookie", cookie).Body.String()
	for _, want := range []string{"Maren has your case", "Wednesday 9 December", "We did not keep that", "Opened it Friday", "at the latest on Wednesday 9 December", "T-4K7Q2X", `value="wish:meet@T-4K7Q2X"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not on the page:\n%s", want, got)
		}
	}
	if strings.Contains(got, `value="status"`) {
		t.Error("what stands there is a button besides")
	}
	r.stands.Next = ""
	if got := r.do("GET", "/", "", "Cookie", cookie).Body.String(); !strings.Contains(got, "look when you can") {
		t.Error("with no day to wait for it does not say to look when one can")
	}
	r.stands, r.standsErr = nil, errors.New(canary)
	if got := r.do("GET", "/", "", "Cookie", cookie); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), `value="status"`) {
		t.Errorf("when it cannot be said: %d", got.Code)
	}
}

func standing() *bot.Standing {
	day := time.Date(2026, 12, 9, 0, 0, 0, 0, time.UTC)
	return &bot.Standing{
		Ref: "T-4K7Q2X", Says: []string{"Maren has your case.", "We need more time."}, Next: "Wednesday 9 December",
		Dates: []bot.Date{
			{At: day.AddDate(0, 0, -20), Day: "Thursday 19 November", Text: "What you sent arrived", Done: true},
			{At: day.AddDate(0, 0, -10), Day: "Sunday 29 November", Text: "Promised: a person answers you", Late: true},
			{At: day, Day: "Wednesday 9 December", Text: "Promised: you hear the result"},
		},
		People: []bot.Reader{{Name: "Maren, adviser", Says: []string{"Has your case.", "Opened it Friday 20 November."}}, {Name: "Jonas", Says: []string{"Is kept out, as you asked."}}},
		Wishes: []intake.Choice{{ID: "say:time@T-4K7Q2X", Label: "I need more time"}, {ID: "wish:meet@T-4K7Q2X", Label: "I want to talk with a person"}},
	}
}

// TestNamesOfCasesDoNotBreak: what is read out letter by letter stands in one line, and
// stays escaped.
func TestNamesOfCasesDoNotBreak(t *testing.T) {
	receipt := bot.Message{Message: intake.Message{ID: "R", Kind: intake.KindReceipt, Text: "Received.\n\nIt is T-4K7Q2X. Receipt: 19AA-0809-DCBC. <b>"}}
	r := newRig(t, receipt)
	b := r.do("GET", "/", "", "Cookie", cookie).Body.String()
	if !strings.Contains(b, `<span class="nowrap">T-4K7Q2X</span>`) || !strings.Contains(b, `<span class="nowrap">19AA-0809-DCBC</span>`) || strings.Contains(b, "<b>") {
		t.Errorf("a receipt is %s", b)
	}
}
