package chat

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"tillit/bot"
	"tillit/intake"
	"tillit/store/cases"
)

// mostItems is how many notices one message holds: networks have an end of text and
// of buttons.
const mostItems = 8

// news is what the clock finds for one handler, as a situation is for an event.
type news struct {
	situation
	notices []cases.Notice
	heads   map[string]cases.Case // of the cases in notices and posts that are theirs
	quiet   bool                  // an hour in which only what is urgent rings
	batch   time.Duration         // least time between two that are not
	edits   bool                  // the network lets a message be changed where it stands
}

// The first words of the ids of messages, by which what leaves is known.
const (
	postID = "post:"
	editID = "edit:"
)

// round decides what is said without being asked. It reports whether anything is
// to be stored.
func round(n news) (plan, bool) {
	p := plan{next: n.st.copy()}
	changed := p.next.age(n.now)
	told, rings := n.due(&p)
	changed = changed || len(p.next.Told) != len(n.st.Told)
	if len(rings) <= mostItems {
		told, rings = append(told, rings...), nil
	}
	for some := range slices.Chunk(told, mostItems) {
		n.post(&p, some, 0)
	}
	if len(rings) > 0 { // one message, however many days have passed
		n.post(&p, rings[:mostItems], len(rings)-mostItems)
	}
	for i := range p.next.Posts {
		if !n.edits && !n.rest() {
			break // it would be said anew, and ring
		}
		if n.refresh(&p.next.Posts[i]) {
			changed = true
			p.say = append(p.say, n.render(editID, p.next.Posts[i]))
		}
	}
	if p.next.Remind != 0 && p.next.Remind <= n.now.Unix() {
		changed, p.next.Remind = true, 0
		p.say = append(p.say, n.reminder())
	}
	return p, changed
}

// settling is for how long a notice of a case that is not theirs is looked at again,
// before it counts as told and is not.
const settling = time.Minute

// gathering is for how long what rings is waited for, so that all that rings at one moment
// comes in one message. What is urgent does not wait.
const gathering = 10 * time.Second

// due marks the notices that may be told now, and returns those worth telling; what rings
// apart, the first day first.
func (n news) due(p *plan) (items, rings []item) {
	rest := n.rest()
	for _, word := range slices.Backward(n.notices) { // oldest first
		key := noticeKey(word)
		if _, told := p.next.Told[key]; told || word.After.Before(n.now.Add(-toldFor)) || !word.Urgent && (!rest || word.Rings() && n.now.Sub(word.After) < gathering) {
			continue
		}
		head, theirs := n.heads[word.Ref]
		if !theirs && !word.Keyless && n.now.Sub(word.After) < settling {
			continue // who holds the case is known a moment after its notice
		}
		if by := head.Assignee; by != "" && by != n.me.ID && !word.Rings() {
			continue // a colleague has it; it is news when they let go of it
		}
		p.next.Told[key] = word.After.Unix()
		switch i, ok := n.item(word); {
		case ok && word.Rings():
			rings = append(rings, i)
		case ok:
			items = append(items, i)
		}
	}
	slices.SortStableFunc(rings, func(a, b item) int { return strings.Compare(a.Day, b.Day) })
	return items, rings
}

// rest reports whether something that is not urgent may ring.
func (n news) rest() bool {
	return !n.quiet && n.now.Sub(time.Unix(n.st.Last, 0)) >= n.batch
}

// noticeKey tells one notice from another of the same kind and case.
func noticeKey(word cases.Notice) string {
	return word.Kind + " " + word.Ref + " " + strconv.FormatInt(word.After.UnixMilli(), 36)
}

// item is a notice as this handler needs it. What they took themselves is no news.
func (n news) item(word cases.Notice) (item, bool) {
	head, ok := n.heads[word.Ref]
	i := item{Ref: word.Ref, Kind: word.Kind, Day: firstDay(head), By: head.Assignee, Keyless: word.Keyless}
	if word.Rings() {
		i.Day = word.Day(n.now.Location())
	}
	switch {
	case !ok:
		return i, word.Keyless
	case word.Kind == "new" && head.Assignee == n.me.ID:
		return i, false
	}
	return i, true
}

func (n news) post(p *plan, items []item, more int) {
	new := post{ID: n.id(), At: n.now.Unix(), Items: slices.Clone(items), More: more}
	p.next.Posts, p.next.Last = append(p.next.Posts, new), n.now.Unix()
	p.say = append(p.say, n.render(postID, new))
}

// refresh brings a message up to date with who has the cases. One that is not
// theirs any more stays as it was: its message says nothing new about it.
func (n news) refresh(p *post) (changed bool) {
	for i := range p.Items {
		if head, ok := n.heads[p.Items[i].Ref]; ok && head.Assignee != p.Items[i].By {
			p.Items[i].By, changed = head.Assignee, true
		}
	}
	return changed
}

// render makes a message of notices. All that it tells is references, kinds, days,
// and which colleague has a case.
func (n news) render(kind string, p post) bot.Message {
	var lines []string
	var choices []intake.Choice
	add := func(id, key, typed, ref string) {
		if len(p.Items) > 1 {
			key += "_one"
		}
		choices = append(choices, n.button(id+":"+ref, key, typed, "ref", ref))
	}
	for _, i := range p.Items {
		line := n.line(i)
		switch {
		case i.Keyless: // there is nothing that they could do here
		case i.By == "":
			add("take", "take", "type_take", i.Ref)
		case i.By == n.me.ID:
			add("answer", "answer", "type_answer", i.Ref)
			line = n.text("item_me", "line", line)
		default:
			line = n.text("item_taken", "line", line, "name", n.name(i.By))
		}
		lines = append(lines, line)
	}
	if p.More > 0 {
		lines = append(lines, n.words().Number("item_more", p.More))
	}
	if len(choices) > 0 {
		later := n.button("remind:", "later", "type_later")
		later.Way = true
		choices = append(choices, later)
	}
	m := n.message(kind+p.ID, strings.Join(lines, "\n"), choices...)
	m.Kind = intake.KindNotice
	return m
}

func (n news) line(i item) string {
	if text, ok := n.ring(i); ok {
		return text
	}
	key := "item_" + i.Kind
	if !n.words().Has(key) {
		key = "item_other"
	}
	return n.text(key, "ref", i.Ref, "clock", n.clock(i.Day), "day", n.day(i.Day))
}

// rings are what the routine says of a day, by the kind of the notice.
var rings = map[string]string{cases.NoticeRing: "ring.notice", cases.NoticeLate: "ring.late", cases.NoticeUrgent: "ring.urgent"}

// ring is what the routine says of a day; false is nothing.
func (n news) ring(i item) (string, bool) {
	key, rings := rings[i.Kind]
	if i.Keyless && i.Kind == cases.NoticeLate {
		key = "ring.control"
	}
	if !rings {
		return "", false
	}
	text, ok := n.says(key)
	return strings.NewReplacer("{ref}", i.Ref, "{day}", n.day(i.Day)).Replace(text), ok
}

func (s situation) clock(day string) string {
	if day == "" {
		return ""
	}
	return s.text("clock", "day", s.day(day))
}
