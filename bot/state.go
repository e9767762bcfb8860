package bot

import (
	"encoding/json"
	"errors"
	"time"

	"tillit/intake"
)

// phase says where a conversation stands, besides the interview's own place.
type phase string

const (
	phaseNew    phase = ""       // never seen, or everything was deleted
	phaseCard   phase = "card"   // the opening card is shown
	phaseAsking phase = "asking" // the interview runs
	phaseFiled  phase = "filed"  // submitted, the receipt is not said yet
	phaseSent   phase = "sent"   // the office has it
)

// state is the cursor of a conversation: boxed by the store, and without any
// text of the person.
type state struct {
	V     int    `json:"v"`
	Phase phase  `json:"phase"`
	Lang  string `json:"lang"`
	Set   string `json:"set,omitempty"` // version the interview began in, and ends in
	Talk  []byte `json:"talk,omitempty"`
	Asked string `json:"asked,omitempty"` // a question of the bot's own: "delete", "names", [askedChange], [askedWish]
	// Names are handlers whom the person was last asked whether to keep out.
	Names   []string `json:"names,omitempty"`
	Write   string   `json:"write,omitempty"`   // when we may write, as the last report says
	Earlier bool     `json:"earlier,omitempty"` // an earlier report is with the office
	Owed    string   `json:"owed,omitempty"`    // what is still to be said: "deleted", [owedUndo], [owedFile]
	Lapsed  bool     `json:"lapsed,omitempty"`  // words of the office waited too long, and were destroyed
	// Reminded is the end that the person was reminded of, in unix seconds.
	Reminded int64  `json:"reminded,omitempty"`
	Via      string `json:"via,omitempty"`     // the networks that the office's answers pass through, as last told
	Changed  bool   `json:"changed,omitempty"` // the person chose the language herself
	Album    []byte `json:"album,omitempty"`   // hash of the album that was thanked for last
	Voice    bool   `json:"voice,omitempty"`   // was told that a voice can be known
	Met      bool   `json:"met,omitempty"`     // has seen the opening card here
	Clean    bool   `json:"clean,omitempty"`   // the chat is cleaned each time, by the clock
	// Elsewhere says that some of what was told was told in another chat, Moved that
	// the case of this one goes on in another.
	Elsewhere bool `json:"elsewhere,omitempty"`
	Moved     bool `json:"moved,omitempty"`
	// Relayed are the cases in which the person passes on what another one told them.
	Relayed []string `json:"relayed,omitempty"`
	// Said are buttons whose words went into a case as a message, each with when, in unix
	// seconds: "wish:access@T-4K7Q2X 1795858980". A press again soon after writes nothing.
	Said []string `json:"said,omitempty"`
	// Shredded says that what was sent is not with the office any more.
	Shredded bool `json:"shredded,omitempty"`
	// Needs are the kinds of need that were answered with a card in this talk.
	Needs []string `json:"needs,omitempty"`
	// Sent is when the last report was sent, in unix seconds: what was promised counts
	// from then, however late its receipt is said.
	Sent int64 `json:"sent,omitempty"`
	// Waits is until when the rest of a long message is waited for, in unix seconds.
	Waits int64 `json:"waits,omitempty"`
	// Tap is the hash of the button that was pressed last and of the message that it stood
	// under, Tapped when that was, in unix seconds. Words end it.
	Tap    []byte `json:"tap,omitempty"`
	Tapped int64  `json:"tapped,omitempty"`
	// Before is the question before the one that is asked, as [intake.Message].Asked names it,
	// and Behind how many lines were said after that one was asked.
	Before string `json:"before,omitempty"`
	Behind int    `json:"behind,omitempty"`
	// Burst says that the last words came before it was there.
	Burst bool `json:"burst,omitempty"`
	// Began are when further reports were begun here, in unix seconds, in the last hour.
	Began []int64 `json:"began,omitempty"`
	// NoPlace says that of pictures copies are kept that tell no place, PlaceUnsure that the
	// person was told that of some files nobody can tell.
	NoPlace     bool `json:"no_place,omitempty"`
	PlaceUnsure bool `json:"place_unsure,omitempty"`
	// PlaceAlbum is the hash of the album of which the person was told last that it tells a place.
	PlaceAlbum []byte `json:"place_album,omitempty"`
	// Meet says that who sends wants to talk with a person.
	Meet bool `json:"meet,omitempty"`
	// Files is how many files this talk has brought to its case.
	Files int `json:"files,omitempty"`
	// Given is what can still be taken back, oldest first, of what was counted by Count.
	// Undone are the newest that were. Undid says that the last thing
	// done here was that ([undidIt]), or something that is not taken back like this.
	Given  []given `json:"given,omitempty"`
	Count  int64   `json:"count,omitempty"`
	Undone []int64 `json:"undone,omitempty"`
	Undid  string  `json:"undid,omitempty"`
	// Took is what is owed a word about.
	Took *took `json:"took,omitempty"`
	// Kept are the files of a report that is not sent, Unfiled the newest that were removed.
	Kept    []keptFile `json:"kept,omitempty"`
	Unfiled []string   `json:"unfiled,omitempty"`
}

// sent is when the last report was sent; now, where it is not known.
func (s state) sent(now time.Time) time.Time {
	if s.Sent == 0 {
		return now
	}
	return time.Unix(s.Sent, 0)
}

var errState = errors.New("decoding a conversation's state: not one of ours")

func decodeState(b []byte) (state, error) {
	if len(b) == 0 {
		return state{V: 1}, nil
	}
	var s state
	if err := json.Unmarshal(b, &s); err != nil || s.V != 1 {
		return state{}, errState
	}
	return s, nil
}

func (s state) encode() []byte {
	s.V = 1
	b, err := json.Marshal(s)
	if err != nil {
		panic("encoding a state: it holds only strings and numbers")
	}
	return b
}

// interview returns the running interview; ok is false when there is none.
func (s state) interview() (iv intake.Interview, ok bool) {
	if len(s.Talk) == 0 {
		return iv, false
	}
	iv, err := intake.DecodeInterview(s.Talk)
	return iv, err == nil
}
