package store

import (
	"context"

	"tillit/intake"
)

// ReadCode lets tests take a typed code as [Store.FindCode] does.
func ReadCode(typed intake.Private) (digits string, ok bool) { return readCode(typed) }

// DrawCode lets tests draw a code without keeping it.
func DrawCode() (intake.Private, error) { return newCode() }

// CodeRoot lets tests hold the slow hash to its vectors.
func (s *Store) CodeRoot(ctx context.Context, digits string) (lookup, secret []byte, err error) {
	return s.codeRoot(ctx, digits)
}

// UseCode is what a browser does with a code of a page.
func (s *Store) UseCode(ctx context.Context, code intake.Private, channel string, id intake.ConversationID, secret []byte) error {
	c, err := s.FindCode(ctx, code, channel, id)
	if err != nil {
		return err
	}
	return s.Move(ctx, c, channel, id, secret)
}
