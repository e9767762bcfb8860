package intake

// ToReview goes to the look over everything, by way of what is asked however early it is sent.
// The room is made for it where nothing was told yet: a wish alone can be sent.
func (s *Set) ToReview(iv Interview, env Env) Turn {
	t := s.talk(iv, env)
	t.c.Paused = false
	if !t.c.Opened {
		t.open()
	}
	t.toReview()
	return t.turn()
}
