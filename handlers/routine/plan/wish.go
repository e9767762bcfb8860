package plan

import "time"

// Wish says what it begins when a reporter asks for something by a press, in a case of
// which no more is known: the clocks of its steps, in order. It is false for a wish that
// this routine does not know.
func (r *Routine) Wish(wish string, at time.Time, c Calendar) (clocks []Clock, known bool) {
	s := r.Begin(Facts{Received: at}, c)
	before := s.Clocks()
	err := s.Apply(Done{Act: actRequest, By: Daemon, At: at, Fields: map[string][]string{
		"wish": {wish}, "seat": {reporter}, "came": {at.UTC().Format(time.RFC3339)}}})
	if err != nil {
		return nil, false
	}
	for _, change := range Changes(before, s.Clocks()) {
		if change.Op == ClockBegins {
			clocks = append(clocks, change.Clock)
		}
	}
	return clocks, true
}
