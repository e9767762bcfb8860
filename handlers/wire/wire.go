// Package wire holds what a desk and the office API say to each other: plain
// values in JSON, the same for both ends, so that neither needs the other.
package wire

import (
	"time"

	"tillit/store/cases"
)

// This file is what travels between the office API and a desk, as JSON.

// Hello is the server's first word.
type Hello struct {
	Nonce   []byte    `json:"nonce"`   // for one sign-in within a minute
	Signing []byte    `json:"signing"` // Ed25519 key that the chain is signed with
	Binding string    `json:"binding"` // exporter, certificate or loopback
	Now     time.Time `json:"now"`     // so that a desk's clock does not decide
}

// The ways in which a sign-in is bound to its connection.
const (
	BindExporter    = "exporter"
	BindCertificate = "certificate"
	BindLoopback    = "loopback"
)

// ExporterLabel is the TLS exporter's label.
const ExporterLabel = "EXPORTER-tillit-sign-in-1"

// SessionAsk signs in.
type SessionAsk struct {
	Signer      string `json:"signer"` // sign key, as in the organisation file
	Nonce       []byte `json:"nonce"`
	ClientNonce []byte `json:"client_nonce"`
	Signature   []byte `json:"signature"`
}

// Session is a short-lived permission.
type Session struct {
	Token   string    `json:"token"`
	Expires time.Time `json:"expires"`
	Me      Person    `json:"me"`
	Rights  []string  `json:"rights,omitempty"`
}

// Person is a recipient as colleagues see them: public halves only.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Role string `json:"role,omitempty"`
	// Roles are it by language, where that is said.
	Roles map[string]string `json:"roles,omitempty"`
	Key   string            `json:"key"`
	Sign  []byte            `json:"sign"` // with Key, what a desk makes the fingerprint of
	// Before are keys that the person signed with once.
	Before [][]byte `json:"before,omitempty"`
}

// RosterAnswer lists who could open cases, and who is told of them.
type RosterAnswer struct {
	Org      string   `json:"org"`
	Zone     string   `json:"time_zone"`
	Closed   []string `json:"closed,omitempty"` // the office's own days off, as the organisation file has them
	Handlers []Person `json:"handlers"`
	Outside  []Person `json:"outside,omitempty"` // can be given a key, and hold none by themselves
	Left     []Person `json:"left,omitempty"`    // names for old log lines
	External Person   `json:"external"`
	Recovery string   `json:"recovery"`
	Chain    []Post   `json:"chain,omitempty"` // in the order in which a report goes up
	Control  Person   `json:"control"`         // without a key; the external receiver with theirs
}

// Post is who holds a post in the chain; without a key where they are no handler.
type Post struct {
	Post   string `json:"post"`
	County string `json:"county,omitempty"`
	Person Person `json:"person"`
	Reach  string `json:"reach,omitempty"` // how to reach them, for people
}

// RoutineAnswer is a routine: its folder, as a zip file.
type RoutineAnswer struct {
	Zip []byte `json:"zip"`
}

// ActAsk is what a handler does, as their desk sealed and signed it.
type ActAsk struct {
	// ID is made by the desk: the same act asked for again does nothing, and gets the
	// same answer.
	ID    string    `json:"id"`
	Epoch int       `json:"epoch"`
	Seq   int64     `json:"seq"`
	Hour  time.Time `json:"hour"` // of the time sealed inside
	Prev  []byte    `json:"prev"`
	Data  []byte    `json:"data"` // age file
	Mark  []byte    `json:"mark"`
	Sig   []byte    `json:"sig"`
	// Text is what leaves for the reporter, bound to the mark with Nonce; of acts that
	// send something.
	Text  string `json:"text,omitempty"`
	Nonce []byte `json:"nonce,omitempty"`
	// Wraps are the key for somebody, one for each epoch; of acts that give it.
	Wraps []cases.Epoch `json:"wraps,omitempty"`
}

// RegisterAsk makes a case of what reached the office by another way than a
// conversation. Nothing of what was said is in it.
type RegisterAsk struct {
	ID         string              `json:"id"`     // made by the desk: the same one is the same case
	Source     string              `json:"source"` // registered or relay
	Came       string              `json:"came"`   // the day: 2026-11-27
	Flags      []string            `json:"flags,omitempty"`
	Choices    map[string][]string `json:"choices,omitempty"` // by question
	OtherKnown bool                `json:"other_known,omitzero"`
	Out        []string            `json:"out,omitempty"` // who is kept out
}

// RegisterAnswer is the case that was made.
type RegisterAnswer struct {
	Ref string `json:"ref"`
}

// ReadAsk says how far the handler has read.
type ReadAsk struct {
	Seq int64 `json:"seq"`
}

// WrapAsk says that a wrap that lay beside the handler's own has opened the case.
type WrapAsk struct {
	Epoch int    `json:"epoch"`
	Sum   []byte `json:"sum"` // SHA-256 of that wrap
}

// NoticesAnswer lists what waits for the handler, without content.
type NoticesAnswer struct {
	Notices []Notice `json:"notices"`
}

// Notice is one content-free word.
type Notice struct {
	Ref   string    `json:"ref"`
	Kind  string    `json:"kind"`
	After time.Time `json:"after"`
	Day   string    `json:"day,omitempty"` // the day that it is about, of what rings
}

// NoRight is the fault of somebody without the right for what they asked.
const NoRight = "right"

// Refused is the fault of an act that cannot be done as the case stands.
const Refused = "refused"

// Fault is the body of every answer that is no success.
type Fault struct {
	Error string `json:"error"` // unknown, stale, busy, denied, right, refused, invalid, internal
	// Why and Person say more of what is refused: a key of words, and whom it is about.
	Why    string `json:"why,omitempty"`
	Person string `json:"person,omitempty"`
}

// CertificatesAnswer is one page of the certificates of shredded cases, the newest first.
type CertificatesAnswer struct {
	Certificates []cases.Certificate `json:"certificates"`
	More         bool                `json:"more,omitempty"` // those before the last one
}

// QueueAnswer is one page of the queue.
type QueueAnswer struct {
	Cases []cases.Case `json:"cases"`
	Next  string       `json:"next,omitempty"`
}
