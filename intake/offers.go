package intake

import "strings"

// TakeBack is the id of the press that takes a choice among several back.
func TakeBack(id string) string {
	question, key, _ := strings.Cut(id, ".")
	return question + "." + takeBack + key
}

// Offers lists the ids of every choice that the set may show, with the people as they
// are now. A network whose buttons carry only a token finds the
// choice among them; a button of an earlier question corrects its answer.
func (s *Set) Offers(env Env) []string {
	ids := []string{askName + ".all", askName + ".no", askName + ".~back", askName + ".~pause", askName + ".~skip"}
	for _, p := range env.everybody() {
		ids = append(ids, askName+".p:"+p.ID)
	}
	for i := range s.main.Questions {
		q := &s.main.Questions[i]
		for _, c := range q.Choices {
			ids = append(ids, q.ID+"."+c)
			if q.takesBack(c) {
				ids = append(ids, q.ID+"."+takeBack+c)
			}
		}
		for _, way := range []string{"done", "skip", "unknown", "rather_not", "back", "send", "pause"} {
			ids = append(ids, q.ID+".~"+way)
		}
		if q.People {
			for _, p := range env.everybody() {
				ids = append(ids, q.ID+".p:"+p.ID, q.ID+"."+takeBack+"p:"+p.ID)
			}
		}
		if q.Kind == kindReview {
			for _, part := range s.main.Parts {
				ids = append(ids, q.ID+".part:"+part)
			}
		}
		ids = append(ids, q.ID+".delete_yes", q.ID+".delete_no")
	}
	for _, c := range s.main.Receipt.Choices {
		ids = append(ids, receiptName+"."+c)
	}
	return ids
}
