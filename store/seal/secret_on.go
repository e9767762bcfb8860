//go:build goexperiment.runtimesecret

package seal

import "runtime/secret"

// withSecret runs f so that what it leaves on stack, heap and in registers is
// wiped.
func withSecret(f func()) { secret.Do(f) }

// SecretMemory reports whether this build wipes room keys from memory.
func SecretMemory() bool { return true }
