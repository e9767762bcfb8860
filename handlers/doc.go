// Package handlers knows who may receive a case: the handlers of the
// organisation file, the external receiver and the recovery recipient, with
// their public keys. It holds public halves only and can open nothing.
package handlers
