//go:build !unix

package setup

// KeepPrivate does nothing where files have no rights for a group and for others.
func KeepPrivate() {}
