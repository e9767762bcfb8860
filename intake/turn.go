package intake

import "cmp"

// This file is the seam between the interview and those who carry it: what goes
// in (Input, Env) and what comes out (Turn). The logic stands in answer.go and flow.go.

// Input is what a person did, after the channel and the bot have made it plain.
// At most one of Text and Choices is meant; when both come (a web form), both
// belong to the question that was shown.
type Input struct {
	// Choices are pressed choices by full id ("S1.yes", "A1.~done"). A web form
	// with boxes sends several; a chat button sends one.
	Choices []string
	// Text is what was typed; also numbers, words and synonyms of choices.
	Text Private
	// Boxes says that Choices are all that is ticked in a form, also when that is
	// nothing; several choices at once are one in any case.
	Boxes bool
	// Keep says that the words are kept in any case, however few they are.
	Keep bool
	// Need says that they tell of need: help comes first.
	Need bool
	// Files is how many files came along. The bot keeps them; the interview
	// only decides whether they belong to this question.
	Files int
	// Asked names the question that this answers, as [Message.Asked] does: a page, a reply
	// and a thread say it. Empty is whatever is asked now. Words that name a question which
	// is not asked any more answer no other: the turn says [Turn.Astray] and takes nothing.
	Asked string
	// There keeps such words at the question that they name.
	There bool
	// More says that the network may have cut the words, and the rest is on its way: where
	// one message is an answer, it is kept and nothing is asked before [Set.GoOn].
	More bool
	// Buttons says that choices can be pressed where the words were typed, so that a
	// number among them is a number.
	Buttons bool
	// Box says that the words come from a box of their own beside the buttons: where words
	// are an answer they leave no question, whatever they are.
	Box bool
}

// Astray are words that name a question which is not asked any more.
type Astray struct {
	There     string // what that question is called; empty if they cannot be kept there
	Here      string // what is asked now, and whether words answer it
	HereAsked string
	HereTakes bool
}

// Person is somebody whom a reporter may choose to keep out.
type Person struct {
	ID        string   // stable id from the organisation file
	Name      string   // with the role in brackets or after a comma, as the card shows it
	Nicknames []string // what else they are called, to find them in words
	// In is Name in each language, where it differs.
	In map[string]string
}

// Called is what the card calls somebody, in a language.
func (p Person) Called(lang string) string { return cmp.Or(p.In[lang], p.Name) }

// Env is what the world adds to a turn: facts that change while the set does not.
type Env struct {
	// People can open what is reported; C0 and E5 offer them as choices.
	People []Person
	// Told are others who can be kept out: they open nothing by themselves, and could be
	// told that there is something. They are found by name, and listed once they are kept
	// out.
	Told []Person
	// Values fill {placeholders} in words: org, names, n, emergency, doctor,
	// police, max, date, and for the receipt received, ref, answer_by,
	// latest_by, result_by, hash. A placeholder without a value is a fault of
	// the caller and shows as an ellipsis, never as the brace form.
	Values map[string]string
}

// MessageKind says what a message is, so that a channel may set it in its own look.
type MessageKind string

// The kinds of message.
const (
	KindQuestion MessageKind = "question" // asks; Choices and Accepts say how to answer
	KindCard     MessageKind = "card"     // tells, asks nothing: safety, help lines, do and don't
	KindReply    MessageKind = "reply"    // a short answer to what was just said
	KindReview   MessageKind = "review"   // the parts before sending; Review is set
	KindReceipt  MessageKind = "receipt"  // the report is with the office
	KindNotice   MessageKind = "notice"   // "You have a message": from the office, without its words
	KindOffice   MessageKind = "office"   // words of a person at the office
)

// Accepts says how a question may be answered.
type Accepts string

// The kinds of question.
const (
	AcceptsNothing Accepts = ""
	AcceptsFree    Accepts = "free"  // many messages until Done
	AcceptsOne     Accepts = "one"   // one choice
	AcceptsMulti   Accepts = "multi" // several choices
	AcceptsText    Accepts = "text"  // one message in own words
	AcceptsOneText Accepts = "one+text"
	AcceptsFile    Accepts = "multi+file"
)

// Choice is a button. Its ID is unique in the set ("S1.yes"); ways out of a
// question start with a tilde ("S1.~skip").
type Choice struct {
	ID     string
	Label  string // short, for a button
	Long   string // what it adds to its label, where the channel has room; may be empty
	Main   bool   // the one way on that most people want
	Way    bool   // skip, don't know, rather not, back, pause: soft, below
	Grave  bool   // cannot be undone
	Picked bool   // already chosen (several choices, review)
	Lone   bool   // of several, the one that goes with no other: it ends the picking
	// Press is what pressing it asks for where that is not to choose it: of a choice that is
	// picked among several, to take it back.
	Press string `json:",omitempty"`
}

// Asks is what a button of the choice asks for when it is pressed. A press says what shall
// be, so that the same press twice is one.
func (c Choice) Asks() string { return cmp.Or(c.Press, c.ID) }

// Message is what the interview or the bot says. It holds words of ours only;
// a person's words travel as [Private].
type Message struct {
	ID        string // question or card, stable across languages
	Kind      MessageKind
	Text      string
	Help      string // hint below the question; may be empty
	Part      int    // 1-based; 0 when outside the parts
	Parts     int
	PartTitle string
	Begins    bool // the part: nothing of it was met before
	Accepts   Accepts
	Choices   []Choice
	Review    []ReviewPart // KindReview only
	// Asked names the question to who answers, with the version of its set; empty for
	// what no words answer. Files says that files belong to it.
	Asked string `json:",omitempty"`
	Files bool   `json:",omitempty"`
}

// ReviewPart is one part of the report in the review.
type ReviewPart struct {
	Part      int
	Title     string
	Edit      string // choice id that opens the part again
	Questions []ReviewQuestion
}

// ReviewQuestion is one question that the person met.
type ReviewQuestion struct {
	ID    string
	Title string
	State string // answered, skipped, unknown, rather_not
}

// Answer is what to seal for the office. Asked and the labels are kept in it in
// the person's language, so that a case reads without its set; Is says what the
// office may look for, so that it needs no question id.
type Answer struct {
	Question   string
	Title      string   // the question in a few words
	Asked      string   // in the words that the person saw
	Is         []string // what the answer tells: of [KeepsOut], [TellsWho], …
	Part       int
	PartTitle  string
	Choices    []string // choice ids without the question, "yes"
	Labels     []string
	Text       Private
	Way        string // "", skip, unknown, rather_not
	Supersedes bool   // answers this question anew; the desk folds the older
}

// Act is what a turn asks of the bot, besides sealing and saying.
type Act string

// The acts. OpenRoom comes once, with the first words that are kept or after C0,
// and before any text is sealed.
const (
	ActOpenRoom  Act = "open_room" // make the case key; Interview.Excluded() gets none
	ActExclude   Act = "exclude"   // Interview.Excluded() has changed after the room was opened: grew or shrank
	ActSubmit    Act = "submit"    // hand the case to the office
	ActPause     Act = "pause"     // keep, say until when
	ActDelete    Act = "delete"    // destroy everything; the interview has asked once more
	ActHelpLines Act = "help"      // show the help lines, then ask again
	ActCode      Act = "code"
	ActClean     Act = "clean"
	ActStatus    Act = "status"
)

// Turn is what one input leads to.
type Turn struct {
	Next Interview
	Seal []Answer
	Say  []Message
	Acts []Act
	// Astray says that the words were for another question, and that nothing was taken.
	Astray *Astray
}
