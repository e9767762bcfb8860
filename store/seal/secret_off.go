//go:build !goexperiment.runtimesecret

package seal

func withSecret(f func()) { f() }

// SecretMemory reports whether this build wipes room keys from memory.
func SecretMemory() bool { return false }
