package office

// Routes are the patterns of the API, and whether one needs no session.
func Routes() map[string]bool {
	s := &server{signIn: &signIn{}}
	all := map[string]bool{}
	for _, r := range s.routes() {
		all[r.pattern] = r.open != nil
	}
	return all
}
