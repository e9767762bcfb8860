package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// Budget is memory that the whole program shares, in bytes; [semaphore.Weighted] is one.
type Budget interface {
	Acquire(ctx context.Context, n int64) error
	Release(n int64)
}

// What a request may hold of a form besides its file. A message that can be stored fits
// into what each may hold, so that no crowd keeps anybody's words out; what is longer can
// only be given back, and is held as far as the program's budget reaches.
const (
	freeFields  = 80 << 10  // of every form
	maxStranger = 200 << 10 // of a form whose browser has no talk
	maxFields   = 2 << 20   // of any form
	holds       = 4         // a byte that was read stands in so many places, at most
)

// What a page may hold while it is made, what of a copy it is made of, and what a download
// holds until it has been read.
const (
	pageBytes     = 96 << 10 // of the copy, as it lies there
	pageHolds     = 1 << 20
	downloadHolds = 1 << 20
)

// patience is how long somebody waits for the budget.
const patience = 10 * time.Second

// errCrowd says that the budget is used up.
var errCrowd = &formError{http.StatusServiceUnavailable, "busy"}

// unbounded is the budget of tests, and of who sets none.
type unbounded struct{}

// Acquire implements [Budget].
func (unbounded) Acquire(context.Context, int64) error { return nil }

// Release implements [Budget].
func (unbounded) Release(int64) {}

// held is what one request holds of a budget.
type held struct {
	budget Budget
	n      int64
}

type heldKey struct{}

// holding lets a request hold something until it is answered.
func holding(b Budget, r *http.Request) (_ *http.Request, release func()) {
	h := &held{budget: b}
	return r.WithContext(context.WithValue(r.Context(), heldKey{}, h)), func() { b.Release(h.n) }
}

// take holds n more bytes for a request.
func take(r *http.Request, n int64) error {
	h, _ := r.Context().Value(heldKey{}).(*held)
	if h == nil || n <= 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	if h.budget.Acquire(ctx, n) != nil {
		return errCrowd
	}
	h.n += n
	return nil
}

// fields is a form's body until its file begins: no more of it is read than its request
// may hold, whatever it is made of. Names and headers of fields count as their words do.
type fields struct {
	io.ReadCloser
	r          *http.Request
	read, most int64
	file       bool // it has begun, and is nothing that is held
}

// errMuch says that a form holds more than is read of it.
var errMuch = errors.New("a form holds too much")

// Read implements [io.Reader].
func (f *fields) Read(p []byte) (int, error) {
	if f.file {
		return f.ReadCloser.Read(p)
	}
	if f.read >= f.most {
		return 0, errMuch
	}
	n, err := f.ReadCloser.Read(p[:min(int64(len(p)), f.most-f.read)])
	was := f.read
	if f.read += int64(n); f.read > freeFields {
		if crowd := take(f.r, holds*(f.read-max(was, freeFields))); crowd != nil {
			return n, crowd
		}
	}
	return n, err
}

// text reads all that is left of in. What was read before something went wrong is returned
// too. It lies in pieces until the end, so that who stands still holds what they sent, once.
func text(in io.Reader) (string, error) {
	var pieces [][]byte
	for {
		piece := make([]byte, 16<<10)
		n, err := fill(in, piece)
		if n < len(piece)/2 {
			piece = append([]byte{}, piece[:n]...)
		}
		pieces = append(pieces, piece[:n])
		if errors.Is(err, io.EOF) {
			return joined(pieces), nil
		}
		if err != nil {
			return joined(pieces), err
		}
	}
}

// fill reads until p is full, or in has ended or broken off.
func fill(in io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = in.Read(p[n:])
		n += m
	}
	return n, err
}

func joined(pieces [][]byte) string {
	var out strings.Builder
	n := 0
	for _, p := range pieces {
		n += len(p)
	}
	out.Grow(n)
	for i, p := range pieces {
		out.Write(p)
		pieces[i] = nil
	}
	return out.String()
}
