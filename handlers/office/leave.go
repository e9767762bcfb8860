package office

import (
	"encoding/json"

	"tillit/handlers"
	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
)

// Leave is what the store does for those who left, with the line that the log gets.
func Leave(r *handlers.Roster) store.Leave {
	return store.Leave{
		Gone: r.Gone(), Recipients: r.Recipients(),
		Log: func(held []string) store.Entry { return line(intake.Body{Event: intake.EventEpoch, Left: held}) },
	}
}

// line is a line of the case's log.
func line(b intake.Body) store.Entry {
	b.Type = intake.BodyLog
	raw, err := json.Marshal(b)
	if err != nil {
		panic("encoding an entry: a body holds only strings, numbers and bytes")
	}
	return store.Entry{Kind: cases.EntryLog, Body: raw}
}
