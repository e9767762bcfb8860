package office

import (
	"tillit/handlers"
	"tillit/store"
	"tillit/store/cases"
)

// Leave is what the store does for those who left, with the line that the log gets.
func Leave(r *handlers.Roster) store.Leave {
	return store.Leave{
		Gone: r.Gone(), Recipients: r.Recipients(),
		Log: func(held []string) store.Entry {
			return store.Entry{Body: cases.Log{Event: cases.EventEpoch, Left: held}}
		},
	}
}
