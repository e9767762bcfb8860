package office

import (
	"net/http"
	"regexp"
	"slices"
	"time"

	"tillit/handlers"
	"tillit/handlers/routine"
	"tillit/handlers/wire"
	"tillit/store"
	"tillit/store/cases"
)

// oldest is how long ago something may have come that is registered now.
const oldest = 3 * 365 * 24 * time.Hour

// shapes of what is said of a case that is made.
var (
	flagShape   = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,31}$`)
	choiceShape = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,31}$`)
)

// register makes a case of what reached the office by another way than a conversation.
// What was said comes with the first act, sealed by the desk: nothing of it is here.
func (s *server) register(r *http.Request, me handlers.Handler) (any, error) {
	var ask wire.RegisterAsk
	if err := read(r, maxBody, &ask); err != nil {
		return nil, err
	}
	now := s.Now()
	came, ok := s.came(ask.Came, now)
	if !ok || ask.ID == "" || len(ask.ID) > 64 || !shaped(ask) || slices.Contains(ask.Out, me.ID) || s.Routines == nil || s.Routines.Current == nil {
		return nil, errInvalid
	}
	if !s.pace.allow(me.ID, now) {
		return nil, &routine.Refusal{Key: routine.RefusedPace}
	}
	report := cases.Report{Received: came, Source: ask.Source, Choices: ask.Choices, Flags: ask.Flags, Level: "central", OtherKnown: ask.OtherKnown}
	report.Eligible = len(s.org.Keep(report.Level, ask.Out)) - 1 // without recovery
	if s.org.Keep(report.Level, ask.Out)[0] == cases.External {
		report.Eligible = 0
	}
	start := s.Routines.Opening(s.org).Begin(report)
	keep := s.org.Keep(start.Level, ask.Out)
	if !slices.Contains(keep, me.ID) { // whoever writes it down would hold a key that they must not have
		return nil, &routine.Refusal{Key: routine.RefusedExternal}
	}
	urgent := slices.Contains(ask.Flags, "URGENT")
	ref, err := s.Store.Register(r.Context(), store.Registering{
		Handler: me.ID, ID: ask.ID, Recipients: s.org.Recipients(), Keep: keep, Out: ask.Out, Flags: ask.Flags, Start: start,
		Notices: s.org.Notices(keep, "new", urgent, now, func(int64) int64 { return 0 }),
	})
	return wire.RegisterAnswer{Ref: ref}, err
}

// came is the moment from which days count: now for today, the noon of an earlier day.
func (s *server) came(day string, now time.Time) (time.Time, bool) {
	local := now.In(s.org.Zone)
	at, err := time.ParseInLocation(time.DateOnly, day, s.org.Zone)
	switch today := local.Format(time.DateOnly); {
	case err != nil, day > today, local.Sub(at) > oldest:
		return time.Time{}, false
	case day == today:
		return now, true
	}
	return at.Add(12 * time.Hour), true
}

// shaped says whether what is said of a case has the form of choices, and no more.
func shaped(ask wire.RegisterAsk) bool {
	if ask.Source != cases.SourceRegistered && ask.Source != cases.SourceRelay || len(ask.Flags) > 16 || len(ask.Choices) > 16 || len(ask.Out) > 100 {
		return false
	}
	if slices.ContainsFunc(ask.Flags, func(f string) bool { return !flagShape.MatchString(f) }) ||
		slices.ContainsFunc(ask.Out, func(id string) bool { return id == "" || len(id) > 64 }) {
		return false
	}
	for question, choices := range ask.Choices {
		if !choiceShape.MatchString(question) || len(choices) > 16 || slices.ContainsFunc(choices, func(c string) bool { return !choiceShape.MatchString(c) }) {
			return false
		}
	}
	return true
}
