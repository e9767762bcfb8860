package intake

import "slices"

// TakeBack goes on where an interview stood before its last answer, which was taken back. Who
// was kept out since by anything but that answer still is; kept says who was right after it.
// So are the language, and that help comes first.
func (s *Set) TakeBack(now, before Interview, kept []string, env Env) Turn {
	t := s.talk(before, env)
	t.c.Lang, t.c.Need, t.c.Paused = now.Lang(), t.c.Need || now.c.Need, false
	t.confirm(slices.DeleteFunc(now.Excluded(), func(id string) bool { return slices.Contains(kept, id) }))
	t.was = now.Excluded()
	t.show()
	return t.turn()
}
