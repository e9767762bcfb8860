package bot

import (
	"tillit/store"
	"tillit/store/cases"
)

// Known is what is known of a report that was sent before there was a routine. Its choices
// are, if its conversation has not gone on to another report since.
func (b *Bot) Known(old store.Old) cases.Report {
	r := cases.Report{Source: cases.SourceSelf, Eligible: b.eligible(old.Facts.Out)}
	if old.Reporter != nil {
		st, err := decodeState(old.Reporter.State)
		if iv, ok := st.interview(); err == nil && ok && iv.Submitted() {
			r = b.report(iv, old.Received)
		}
	}
	r.Received, r.Flags, r.Level = old.Received, old.Facts.Flags, old.Facts.Level
	return r
}
