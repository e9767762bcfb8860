package web

import (
	"slices"
	"strings"

	"tillit/bot"
	"tillit/intake"
)

// chat is a conversation as its page shows it.
type chat struct {
	Older  []said // folded away
	Just   []said // since the question before
	Told   []said // what was just said: the page opens here
	Ask    *ask   // what is asked now
	Sofar  []said // what came after the question, inside its card
	Care   []said // what is said with the receipt, for tonight or later
	Office *said  // the message of a person, when it has been asked for
	Paper  *paper // minutes to look over
	Waits  *ask   // a message that is not shown yet
	Write  bool   // the office has it: there is a box to write more
	Stands *bot.Standing
	Paused bool           // a break was the last thing asked for
	Files  []file         // that are kept, before sending
	Undo   *intake.Choice // takes back what was given last
	Review []section      // parts of the report, before sending
	All    bool           // what lies further back is shown
	// Earlier is how many turns lie between the newest and what was not opened; 0 is that
	// all was.
	Earlier int
}

// said is one thing that somebody said.
type said struct {
	nth   int    // of the lines that were opened
	Who   string // robot, mine, person
	Text  string
	Words string
	Card  bool       // stands in a frame of its own
	Lines []HelpLine // numbers that the text ends with, to call by a press
	At    string     // RFC 3339; empty when unknown
	Day   string
	// Choices are buttons under what a person wrote, or under how far the case is.
	Choices []intake.Choice
}

// paper is minutes that a person sent, to be confirmed or corrected.
type paper struct {
	said
	Help        string
	Yes, Change intake.Choice
	Answered    bool
}

// section is one part of the review.
type section struct {
	Part        int
	Title, Edit string
	Rows        []row
}

type row struct {
	Title, State, Words string
	Cut                 bool // there is more of the words
}

// ask is a question ready for its form.
type ask struct {
	bot.Message
	Head    string
	Long    bool
	Rest    []string
	Picks   []intake.Choice // boxes, for several
	Buttons []intake.Choice // one press answers
	Lone    []intake.Choice // of several, what goes with no other
	Ways    []intake.Choice
	Done    *intake.Choice
	Box     bool // own words belong here
	Files   bool
}

// IsReceipt reports whether the report is with the office.
func (a ask) IsReceipt() bool { return a.Kind == intake.KindReceipt }

func lastAsked(lines []bot.Message) int {
	last := true
	for i, m := range slices.Backward(lines) {
		if m.Mine {
			continue
		}
		if m.Aside && !last {
			continue // something else was said since
		}
		last = false
		switch m.Kind {
		case intake.KindQuestion, intake.KindReview, intake.KindReceipt:
			return i
		}
	}
	return -1
}

func newChat(lines []bot.Message, unread int, all *told) *chat {
	c := &chat{}
	at := lastAsked(lines)
	from := 0
	if at >= 0 {
		a := newAsk(lines[at])
		c.Ask = &a
		c.Write = a.IsReceipt() || a.Aside
		from = max(lastAsked(lines[:at]), 0)
		if lines[at].Kind == intake.KindReview {
			c.Review, c.Files = review(all, lines[at]), filesOf(all, lines[at])
		}
	}
	c.Write = c.Write || at < 0
	if n := len(lines); n > 0 {
		c.Paused = lines[n-1].ID == "paused"
	}
	turn := lastTurn(lines)
	for i, m := range lines {
		s, ok := sayOf(m)
		s.nth = i
		switch {
		case i == at:
		case m.Kind == intake.KindNotice && !m.Mine:
			if unread > 0 {
				a := newAsk(m)
				c.Waits = &a
			}
		case !ok:
		case m.ID == "minutes" && len(m.Choices) == 2 && i > at:
			if c.Paper != nil {
				c.Older = append(c.Older, c.Paper.said)
			}
			c.Paper = &paper{said: s, Help: m.Help, Yes: m.Choices[0], Change: m.Choices[1]}
		case s.Who == "person" && i > at:
			if c.Office != nil {
				c.Older = append(c.Older, *c.Office)
			}
			c.Office = &s
		case i >= turn && isTold(m) && (at < turn || i < at):
			s.Choices = m.Choices
			c.Told = append(c.Told, s)
		case i > at && !c.Write && isTold(m) && m.Kind == intake.KindReply:
			// Said about an earlier message: the card shows her words, not our thanks for each.
		case i > at && c.Write && at >= 0 && m.Kind == intake.KindCard && m.ID != "help" && m.ID != "more" && len(c.Sofar) == 0:
			c.Care = append(c.Care, s)
		case i < from || i < at && len(c.Just) == 0 && i == from && lines[i].ID == lines[at].ID:
			c.Older = append(c.Older, s)
		case i < at:
			c.Just = append(c.Just, s)
		default:
			c.Sofar = append(c.Sofar, s)
		}
		if c.Paper != nil && (m.ID == "minutes_noted" || m.ID == "minutes_changed") {
			c.Paper.Answered = true
		}
	}
	if (c.Office != nil || c.Paper != nil) && c.Write && c.Ask != nil {
		c.Older = append(c.Older, c.Just...)
		c.Older = append(c.Older, said{nth: at, Who: "robot", Text: c.Ask.Text})
		c.Older = append(c.Older, c.Care...)
		c.Just, c.Care, c.Ask = nil, nil, nil
	}
	if c.Office != nil { // what was said before it is no answer to it
		before := func(s said) bool { return s.nth < c.Office.nth }
		for _, s := range c.Sofar {
			if before(s) {
				c.Older = append(c.Older, s)
			}
		}
		c.Sofar = slices.DeleteFunc(c.Sofar, before)
	}
	// What a newer message has taken the place of stands where it was said.
	slices.SortStableFunc(c.Older, func(a, b said) int { return a.nth - b.nth })
	return c
}

func sayOf(m bot.Message) (said, bool) {
	s := said{Who: "robot", Text: m.Text, Words: m.Words.Reveal()}
	if !m.Mine && m.Kind != intake.KindOffice {
		s.Text, s.Lines = numbers(m.Text)
	}
	if !m.At.IsZero() {
		s.At, s.Day = m.At.Format("2006-01-02T15:04:05Z07:00"), m.At.Format("02.01.2006 15:04")
	}
	switch {
	case m.Mine:
		s.Who = "mine"
	case m.Kind == intake.KindOffice:
		s.Who, s.Choices = "person", m.Choices
	case m.ID == "status" || m.ID == "wish":
		s.Choices = m.Choices
	}
	s.Card = m.Kind == intake.KindCard
	return s, s.Text != "" || s.Words != "" || len(s.Lines) > 0
}

// numbers takes the lines that are a number and who answers it, "116 117:
// Legevakt", out of what we say, as they stand in a set's help lines.
func numbers(text string) (rest string, lines []HelpLine) {
	var kept []string
	for _, line := range strings.Split(text, "\n") {
		phone, name, ok := strings.Cut(line, ": ")
		if ok && len(phone) > 2 && strings.Trim(phone, "0123456789 ") == "" {
			lines = append(lines, HelpLine{Phone: phone, Name: name})
			continue
		}
		kept = append(kept, line)
	}
	return strings.TrimSpace(strings.Join(kept, "\n")), lines
}

func newAsk(m bot.Message) ask {
	a := ask{Message: m}
	head, rest, _ := strings.Cut(strings.TrimSpace(m.Text), "\n\n")
	a.Head, a.Long = head, len([]rune(head)) > 150
	if rest != "" {
		a.Rest = strings.Split(rest, "\n\n")
	}
	edits := map[string]bool{}
	for _, p := range m.Review {
		edits[p.Edit] = true
	}
	for _, c := range m.Choices {
		switch {
		case strings.HasPrefix(c.ID, removeFile):
		case edits[c.ID] || c.ID == "R.code" || c.ID == "R.clean" || c.ID == "R.help":
		case strings.HasSuffix(c.ID, ".~done"):
			a.Done = &c
		case c.Way:
			a.Ways = append(a.Ways, c)
		default:
			a.Buttons = append(a.Buttons, c)
		}
	}
	if m.Accepts == intake.AcceptsMulti || m.Accepts == intake.AcceptsFile || m.Accepts == intake.AcceptsOneText && a.Done != nil {
		a.Picks, a.Buttons = a.Buttons, nil
	}
	// What goes with nothing else is one press. What was chosen before is a box that shows it.
	a.Picks = slices.DeleteFunc(a.Picks, func(c intake.Choice) bool {
		if c.Lone && !c.Picked {
			a.Lone = append(a.Lone, c)
		}
		return c.Lone && !c.Picked
	})
	switch m.Accepts {
	case intake.AcceptsFree, intake.AcceptsText, intake.AcceptsOneText, intake.AcceptsFile:
		a.Box = true
	}
	a.Files = m.Message.Files || m.Asked == "" && (m.Accepts == intake.AcceptsFree || m.Accepts == intake.AcceptsFile)
	return a
}
