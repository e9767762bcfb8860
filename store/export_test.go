package store

import (
	"context"
	"slices"
	"testing"

	"tillit/intake"
	"tillit/store/cases"
)

// ReadCode lets tests take a typed code as [Store.FindCode] does.
func ReadCode(typed intake.Private) (digits string, ok bool) { return readCode(typed) }

// DrawCode lets tests draw a code without keeping it.
func DrawCode() (intake.Private, error) { return newCode() }

// CodeRoot lets tests hold the slow hash to its vectors.
func (s *Store) CodeRoot(ctx context.Context, digits string) (lookup, secret []byte, err error) {
	return s.codeRoot(ctx, s.guessing, digits, digits)
}

// UseCode is what a browser does with a code of a page.
func (s *Store) UseCode(ctx context.Context, code intake.Private, channel string, id intake.ConversationID, secret []byte) error {
	c, err := s.FindCode(ctx, code, channel, id)
	if err != nil {
		return err
	}
	return s.Move(ctx, c, channel, id, secret)
}

// Draw lets tests choose what the next references are made of.
func (s *Store) Draw(names ...string) {
	s.draw = func(letters int) string {
		if len(names) == 0 {
			return randomName(letters)
		}
		name := names[0]
		names = names[1:]
		return name
	}
}

// KeptOut lets tests compare a case's box with its log.
func (s *Store) KeptOut(ctx context.Context, ref string) (out, recused []string, err error) {
	r, err := s.byRef(ctx, ref)
	if err != nil {
		return nil, nil, err
	}
	f, err := s.facts(r)
	return f.Out, f.Recused, err
}

// Recuse is the act with which a handler steps aside.
func (s *Store) Recuse(ctx context.Context, handler, ref string, recipients []cases.Recipient) error {
	return s.Act(ctx, Act{Handler: handler, Ref: ref, Chat: said("recuse"), Recipients: recipients,
		Gone: func(cases.Facts) []string { return []string{handler} },
		Change: func(f *cases.Facts, _ int64) error {
			f.Recused = append(f.Recused, handler)
			return nil
		}})
}

// The acts below come in through [Store.Act] as a chat's do, for tests that look at
// what the store makes of them and not at who did what.

func said(name string) *Said {
	return &Said{Body: cases.Act{Name: name, Mark: []byte("{}")}, Via: "test"}
}

// Assign gives a case to somebody, or to nobody.
func (s *Store) Assign(ctx context.Context, handler, ref, to string) error {
	return s.Act(ctx, Act{Handler: handler, Ref: ref, Chat: said("give"), Holders: slices.DeleteFunc([]string{to}, func(id string) bool { return id == "" }), Change: func(f *cases.Facts, _ int64) error {
		f.Assignee, f.Status = to, map[bool]string{true: "waiting", false: "taken"}[to == ""]
		return nil
	}})
}

// Reply sends words to a reporter, as they are.
func (s *Store) Reply(ctx context.Context, handler, ref string, line, notice Line) error {
	return s.Act(ctx, Act{Handler: handler, Ref: ref, Chat: said("reply"),
		Words: func(Idle, int64) (Line, Line, error) { return line, notice, nil },
		Change: func(f *cases.Facts, _ int64) error {
			f.Status = "answered"
			f.Due = slices.DeleteFunc(f.Due, func(d cases.Due) bool { return d.Rule == "R-ACK1" })
			return nil
		}})
}

// PutWrap gives somebody a key.
func (s *Store) PutWrap(ctx context.Context, handler, ref string, wraps map[int][]byte, to string, known []string) error {
	return s.Act(ctx, Act{Handler: handler, Ref: ref, Chat: said("grant"), Key: &Key{To: to, Wraps: wraps, Known: known}})
}

// Count asks the file for one number.
func (s *Store) Count(t testing.TB, query string) (n int) {
	t.Helper()
	if err := s.read.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Destroy takes a case out of the file, with what belongs to it.
func (s *Store) Destroy(t testing.TB, ref string) {
	t.Helper()
	if err := s.exec(t.Context(), "DELETE FROM cases WHERE ref = ?", ref); err != nil {
		t.Fatal(err)
	}
}

// clockRuns is an act after which these clocks of a case run, and no others.
func (s *Store) clockRuns(ref string, clocks ...cases.Clock) error {
	return s.Act(context.Background(), Act{Handler: "maren", Ref: ref, Chat: said("note"), Change: func(f *cases.Facts, _ int64) error {
		f.Clocks = clocks
		return nil
	}})
}

// HoldGuessing keeps codes from being looked up until it is let go.
func (s *Store) HoldGuessing(ctx context.Context) (letGo func(), err error) {
	return s.guessing.enter(ctx)
}
