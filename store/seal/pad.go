package seal

import "math/bits"

// padded is the size that n bytes are padded to: steps of 512, 1024, 2048 and
// 4096 bytes, then Padmé, which adds an eighth at most.
func padded(n int) int {
	for size := 512; size <= 4096; size *= 2 {
		if n <= size {
			return size
		}
	}
	e := bits.Len(uint(n)) - 1
	s := bits.Len(uint(e))
	mask := 1<<(e-s) - 1
	return (n + mask) &^ mask
}

// Pad fills bytes up to the next step, so that what is sealed or boxed has a size
// that tells little of it: the bytes, then 0x80, then zeros. An entry is filled
// with spaces instead, which JSON allows and people can read past.
func Pad(plain []byte) []byte {
	out := make([]byte, padded(len(plain)+1))
	copy(out, plain)
	out[len(plain)] = 0x80
	return out
}

// Unpad takes off what [Pad] put on. ok is false for what Pad did not make.
func Unpad(b []byte) (plain []byte, ok bool) {
	n := len(b) - 1
	for n >= 0 && b[n] == 0 {
		n--
	}
	if n < 0 || b[n] != 0x80 || padded(n+1) != len(b) {
		return nil, false
	}
	return b[:n:n], true
}
