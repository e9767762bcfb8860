package office

import (
	"bytes"
	"crypto/sha256"
	"net/http"
	"strconv"

	"tillit/handlers"
	"tillit/handlers/routine"
	"tillit/handlers/wire"
	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/seal"
)

// room hands out what is sealed in a case, with the handler's wraps of its keys. It
// counts as a reading, and the reporter can ask for it.
func (s *server) room(r *http.Request, me handlers.Handler) (any, error) {
	after, err := afterOf(r)
	if err != nil {
		return nil, err
	}
	room, err := s.Store.Read(r.Context(), me.ID, r.PathValue("ref"), after, s.everybody())
	if err != nil {
		return nil, err
	}
	if err := holdBack(&room, r.URL.Query().Get("most")); err != nil {
		return nil, err
	}
	_, room.CanOpen, err = s.Store.Opened(r.Context(), room.Case.Ref, s.everybody())
	return room, err
}

// holdBack leaves out what a reporter said that is longer than a desk asks for, and says its
// sum instead: the parts of files, which it fetches when one is opened.
func holdBack(room *cases.Room, most string) error {
	if most == "" {
		return nil
	}
	n, err := strconv.Atoi(most)
	if err != nil || n < 1 {
		return errInvalid
	}
	for i := range room.Entries {
		if e := &room.Entries[i]; e.Kind == cases.EntryReporter && len(e.Data) > n {
			sum := sha256.Sum256(e.Data)
			e.Data, e.Sum = nil, sum[:]
		}
	}
	return nil
}

// blind hands out a case's log without what is sealed in it.
func (s *server) blind(r *http.Request, me handlers.Handler) (any, error) {
	after, err := afterOf(r)
	if err != nil {
		return nil, err
	}
	return s.Store.Blind(r.Context(), me.ID, r.PathValue("ref"), after)
}

// afterOf is the entry after which a log is asked for.
func afterOf(r *http.Request) (int64, error) {
	text := r.URL.Query().Get("after")
	if text == "" {
		return 0, nil
	}
	after, err := strconv.ParseInt(text, 10, 64)
	if err != nil || after < 0 {
		return 0, errInvalid
	}
	return after, nil
}

// everybody are all who can hold a key.
func (s *server) everybody() []string {
	var ids []string
	for _, to := range s.org.Recipients() {
		ids = append(ids, to.ID)
	}
	return ids
}

// act takes what a handler does. Nothing of it can be read here but its mark, and the
// words that leave: those are the ones that were signed.
func (s *server) act(r *http.Request, me handlers.Handler) (any, error) {
	var ask wire.ActAsk
	if err := read(r, maxAct, &ask); err != nil {
		return nil, err
	}
	mark, err := routine.ParseMark(ask.Mark)
	if err != nil || ask.ID == "" || len(ask.ID) > 64 || len(ask.Data) > maxAct/2 {
		return nil, errInvalid
	}
	if !s.pace.allow(me.ID, s.Now()) {
		return nil, &routine.Refusal{Key: routine.RefusedPace}
	}
	a := store.Act{
		Handler: me.ID, Ref: r.PathValue("ref"), ID: ask.ID,
		Desk: &store.Sealed{
			Epoch: ask.Epoch, Seq: ask.Seq, Hour: ask.Hour, Prev: ask.Prev, Data: ask.Data,
			Signed: seal.Signature{By: me.ID, Mark: ask.Mark, Sig: ask.Sig}, Signer: me.Sign,
		},
		Change: s.org.Change(routine.Deed{By: me.Actor(), Mark: mark, At: s.Now()}, s.Routines),
	}
	if err := s.kind(&a, mark, ask, me); err != nil {
		return nil, err
	}
	s.leads(&a, mark)
	return nil, s.Store.Act(r.Context(), a)
}

// kind adds what an act of a kind brings along, and refuses what none brings.
func (s *server) kind(a *store.Act, mark routine.Mark, ask wire.ActAsk, me handlers.Handler) error {
	switch sends, gives := mark.Words != nil, mark.Kind == routine.KindKeys && !mark.Out; {
	case sends != (ask.Text != ""), gives != (len(ask.Wraps) > 0):
		return errInvalid
	case sends:
		text := intake.NewPrivate(ask.Text)
		if len(ask.Text) > routine.MaxBytes || len(ask.Nonce) != routine.NonceSize || !bytes.Equal(routine.WordsHash(ask.Nonce, text), mark.Words) {
			return errInvalid
		}
		words := cases.Outgoing{Ref: a.Ref, By: me.Name, Text: text, Asks: mark.Asks, Instead: mark.Instead}
		a.Words = func(reporter store.Idle, seq int64) (store.Line, store.Line, error) {
			words.Seq = seq
			return s.Render(reporter, words)
		}
	case gives:
		if mark.Person != cases.Recovery && !s.here(mark.Person) {
			return errInvalid
		}
		a.Key = &store.Key{To: mark.Person, Wraps: map[int][]byte{}, Known: s.everybody()}
		for _, e := range ask.Wraps {
			a.Key.Wraps[e.Epoch] = e.Wrap
		}
	case mark.Kind == routine.KindDuty:
		for _, id := range mark.People() {
			if !s.here(id) {
				return errInvalid
			}
			a.Holders = append(a.Holders, id)
		}
	}
	return nil
}

// leads adds what an act leads to as the case stands: who loses the key, and whether the
// case ends. What a second person agrees to is what somebody else has asked for.
func (s *server) leads(a *store.Act, mark routine.Mark) {
	a.Recipients, a.Known = s.org.Recipients(), s.everybody()
	a.Gone = func(f cases.Facts) []string {
		switch done, _ := mark.Done(f); {
		case done.Out:
			return []string{done.Person}
		case done.Kind == routine.KindLevel && done.Level == handlers.LevelExternal && f.Level != done.Level:
			return s.handlers()
		}
		return nil
	}
	a.Shreds = func(f cases.Facts) (string, bool) {
		done, by := mark.Done(f)
		return by, done.Kind == routine.KindShred
	}
}

// handlers are all of the office, the external receiver not among them.
func (s *server) handlers() (ids []string) {
	for _, h := range s.org.Handlers {
		ids = append(ids, h.ID)
	}
	return ids
}

// here says whether somebody works here, the external receiver included.
func (s *server) here(id string) bool {
	_, known := s.org.Handler(id)
	return known
}

// confirm puts a wrap that its owner has opened the case with in the place of the
// older one.
func (s *server) confirm(r *http.Request, me handlers.Handler) (any, error) {
	var ask wire.WrapAsk
	if err := read(r, maxBody, &ask); err != nil {
		return nil, err
	}
	return nil, s.Store.Confirm(r.Context(), me.ID, r.PathValue("ref"), ask.Epoch, ask.Sum, s.everybody())
}
