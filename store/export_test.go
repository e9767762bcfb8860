package store

import (
	"context"

	"tillit/intake"
)

// ReadCode lets tests take a typed code as [Store.UseCode] does.
func ReadCode(typed intake.Private) (digits string, ok bool) { return readCode(typed) }

// DrawCode lets tests draw a code without keeping it.
func DrawCode() (intake.Private, error) { return newCode() }

// CodeRoot lets tests hold the slow hash to its vectors.
func (s *Store) CodeRoot(ctx context.Context, digits string) (lookup, secret []byte, err error) {
	return s.codeRoot(ctx, digits)
}
