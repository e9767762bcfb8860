// Package routine is how the office works a case: which acts there are, what each of
// them needs and leads to. It is pure: time is an argument, and it knows no network,
// no disk and no key. Desk and server use the same code, so that what a form offers is
// what the server takes, and what the server did is what a desk finds.
//
// An act is declared once ([Declare]), in a file of its own in package acts. The
// server knows kinds and marks, and no acts: it cannot read what they are about.
package routine
