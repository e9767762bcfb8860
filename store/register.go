package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"tillit/intake"
	"tillit/store/cases"
	"tillit/store/seal"
)

// Registering makes a case of what reached the office otherwise than through a
// conversation: by phone, letter, talk or mail. It has no words yet; the handler writes
// them down in it, sealed and signed, as the first act.
type Registering struct {
	Handler string
	// ID is made by who asks: the same one again makes no other case.
	ID         string
	Recipients []cases.Recipient // all who may hold a key
	Keep       []string          // who of them gets one
	Out        []string          // who is kept out, as whoever came said
	Flags      []string
	Start      cases.Start
	Notices    []cases.Notice
}

// Register makes a case, whole or not at all, and returns its reference: the same one for
// the same id.
func (s *Store) Register(ctx context.Context, r Registering) (ref string, err error) {
	id := s.Keys.Lookup("register", []byte(r.Handler), []byte(r.ID))
	for range retries {
		if ref, err = s.registered(ctx, id); ref != "" || err != nil {
			return ref, err
		}
		applied, err := s.Apply(ctx, r.change(id))
		switch {
		case err == nil:
			return applied.Ref, nil
		case !errors.Is(err, ErrDuplicate) && !errors.Is(err, ErrStale): // by another request with this id
			return "", err
		}
	}
	return "", ErrStale
}

// change is the making of the case: with a conversation that ends in the same moment, as
// nobody writes in it.
func (r Registering) change(id []byte) Change {
	out := slices.Sorted(slices.Values(r.Out))
	// Whoever came has been told by who writes it down: there is no receipt to send.
	received := r.Start
	received.Clocks = slices.DeleteFunc(slices.Clone(received.Clocks), func(c cases.Clock) bool { return c.Duty == cases.DutyDaemon })
	return Change{
		Channel: cases.ChannelOffice, Conversation: intake.NewConversationID(string(id)), State: []byte("{}"), Once: id,
		Open: &OpenRoom{Recipients: r.Recipients}, Exclude: &Exclude{Out: out},
		Entries: []Entry{{cases.Log{Event: cases.EventReceived, Start: &r.Start}}, {cases.Log{Event: cases.EventReceipt}}},
		Submit:  &Submit{Keep: r.Keep, Status: "waiting", Flags: r.Flags, Start: received, Notices: r.Notices},
		End:     true,
	}
}

// registered is the case that was made under an id; empty for none.
func (s *Store) registered(ctx context.Context, id []byte) (ref string, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT c.ref FROM acts a JOIN cases c ON c.id = a.case_id WHERE a.id = ?", id).Scan(&ref)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return ref, classify(err)
}

// writeOnce remembers under which id a case was made.
func (p *prepared) writeOnce(tx *transaction) error {
	if p.c.Once == nil {
		return nil
	}
	return exactly(tx, ErrDuplicate, "INSERT INTO acts (id, case_id, hour) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
		p.c.Once, p.was.room.id, seal.Hour(p.s.Now()).Unix())
}
