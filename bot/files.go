package bot

import (
	"slices"
	"strings"
	"time"

	"tillit/intake"
	"tillit/store"
)

// This file lets a person take one file back for as long as nothing is sent: the review
// has a button for each. The state knows a file by its numbers and its kind, never by its name.

// unfileIt begins a button that removes a file, by its id.
const unfileIt = "unfile:"

// keptFile is a file of a report that is not sent.
type keptFile struct {
	ID      string     `json:"id"`
	Entries [][2]int64 `json:"e"` // from one number to another
	Letters []int64    `json:"l,omitempty"`
	Type    string     `json:"k,omitempty"`
	At      int64      `json:"at"`
}

// spansOf puts numbers that follow each other into one.
func spansOf(all []int64) (spans [][2]int64) {
	for _, n := range slices.Sorted(slices.Values(all)) {
		if last := len(spans) - 1; last >= 0 && spans[last][1] == n-1 {
			spans[last][1] = n
			continue
		}
		spans = append(spans, [2]int64{n, n})
	}
	return spans
}

// entries are the numbers of all entries that hold it.
func (f keptFile) entries() (all []int64) {
	for _, span := range f.Entries {
		for n := span[0]; n <= span[1]; n++ {
			all = append(all, n)
		}
	}
	return all
}

// fileKinds are what a file is called by what it says that it is; any other is a file.
var fileKinds = []string{"image", "video", "audio"}

// fileButtons are the buttons that remove each of the files that are kept.
func (b *Bot) fileButtons(st state, lang string) (all []intake.Choice) {
	for i, f := range st.Kept {
		kind, _, _ := strings.Cut(f.Type, "/")
		if !slices.Contains(fileKinds, kind) {
			kind = "other"
		}
		at := time.Unix(f.At, 0).In(b.Zone).Format("15:04")
		all = append(all, intake.Choice{ID: unfileIt + f.ID, Label: b.Phrases.Say(lang, "unfile", "n", i+1, "kind", b.Phrases.Say(lang, "file_"+kind), "at", at)})
	}
	return all
}

// typedFile finds such a button that was written out.
func (b *Bot) typedFile(s situation) string {
	text := strings.TrimSpace(s.ev.Text.Reveal())
	if text == "" || len(text) > longestLabel {
		return ""
	}
	for _, lang := range b.Phrases.Languages() {
		for _, c := range b.fileButtons(s.st, lang) {
			if strings.EqualFold(text, c.Label) {
				return c.ID
			}
		}
	}
	return ""
}

// fileButtons are the ids of all such buttons that may stand further up in a chat.
func (s situation) fileButtons() (ids []string) {
	for _, f := range s.st.Kept {
		ids = append(ids, unfileIt+f.ID)
	}
	for _, id := range s.st.Unfiled {
		ids = append(ids, unfileIt+id)
	}
	for _, g := range s.st.Given {
		for _, id := range g.Files {
			ids = append(ids, unfileIt+id)
		}
	}
	return ids
}

// mostUnfiled is how many removed files are known by their ids.
const mostUnfiled = 50

// unfile removes a file. It is false for a choice that is none.
func (b *Bot) unfile(s situation, choice string, p *plan) bool {
	id, ok := strings.CutPrefix(choice, unfileIt)
	if !ok {
		return false
	}
	i := slices.IndexFunc(s.st.Kept, func(f keptFile) bool { return f.ID == id })
	switch {
	case i < 0 && slices.Contains(s.st.Unfiled, id):
		b.say(s, p, intake.KindReply, "unfile_again")
	case i < 0 || s.conv.Sent || s.st.Phase != phaseAsking:
		b.say(s, p, intake.KindReply, "unfile_sent")
	default:
		b.removes(s, s.st.Kept[i], p)
		return true
	}
	b.again(s, p)
	return true
}

func (b *Bot) removes(s situation, f keptFile, p *plan) {
	p.next.Kept = slices.DeleteFunc(slices.Clone(s.st.Kept), func(o keptFile) bool { return o.ID == f.ID })
	p.next.Unfiled = append(slices.Clone(s.st.Unfiled), f.ID)
	p.next.Unfiled = p.next.Unfiled[max(0, len(p.next.Unfiled)-mostUnfiled):]
	p.next.Files = max(0, p.next.Files-1)
	all := f.entries()
	p.next.Given = nil
	for _, g := range s.st.recent(s.now) {
		if slices.Contains(g.Files, f.ID) { // what came beside it can still be taken back
			g.Files = slices.DeleteFunc(slices.Clone(g.Files), func(id string) bool { return id == f.ID })
			g.Entries = slices.DeleteFunc(slices.Clone(g.Entries), func(n int64) bool { return slices.Contains(all, n) })
			if len(g.Entries) == 0 {
				continue
			}
		}
		p.next.Given = append(p.next.Given, g)
	}
	p.next.Owed, p.next.Took = owedFile, &took{At: f.At, Ref: s.conv.Ref}
	p.takes(s, s.conv.Ref, all, &store.TakeBack{Letters: f.Letters, Keeps: func(l store.Line) bool {
		return !lineIs(l, func(m Message) bool { return m.Mine && m.File == f.ID })
	}})
}
