package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"tillit/store/unseal"
)

// TestCaseKeysAreNotInMemory looks for the private keys of 20 cases in all of
// the server's memory. Each key can be found by what it grows from, its seed, and
// in the ways in which it is written. Only the release build wipes them.
func TestCaseKeysAreNotInMemory(t *testing.T) {
	in := install(t)
	in.start()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for n := range 20 {
		if _, err := newMember(in.web, telling(n, 1)...).report(ctx); err != nil {
			t.Fatal(err)
		}
	}
	memory := in.memory()
	if key := in.serverKey(); !bytes.Contains(memory, key) {
		t.Fatal("not even the server key, which the server holds, is found: the search is blind")
	}
	seeds := in.roomSeeds()
	if len(seeds) != 20 {
		t.Fatalf("%d keys of 20 cases", len(seeds))
	}
	found := 0
	for identity, seed := range seeds {
		for _, form := range [][]byte{seed, []byte(hex.EncodeToString(seed)), []byte(identity), []byte(strings.ToLower(identity))} {
			if bytes.Contains(memory, form) {
				found++
				break
			}
		}
	}
	switch {
	case release() != "" && found > 0:
		t.Errorf("the keys of %d of 20 cases are in the server's memory", found)
	case release() != "" && strings.Contains(in.output(), "does not wipe"):
		t.Error("the release says that it does not wipe case keys")
	case release() == "" && !strings.Contains(in.output(), "does not wipe"):
		t.Error("a build that leaves case keys in memory does not say so at its start")
	}
	t.Logf("%d MB of memory, the keys of %d of 20 cases in it", len(memory)>>20, found)
}

// memory returns all of the server's own memory.
func (in *installation) memory() []byte {
	in.t.Helper()
	maps, err := os.Open(fmt.Sprintf("/proc/%d/maps", in.pid()))
	if err != nil {
		missing(in.t, "/proc")
	}
	defer maps.Close()
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", in.pid()))
	if err != nil {
		missing(in.t, "to be allowed to read the server's memory")
	}
	defer mem.Close()
	var all bytes.Buffer
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		var from, to int64
		var mode string
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &mode); err != nil || !strings.HasPrefix(mode, "rw") {
			continue
		}
		part := make([]byte, to-from)
		n, _ := mem.ReadAt(part, from) // A part that cannot be read holds nothing of ours.
		all.Write(part[:n])
	}
	return all.Bytes()
}

// serverKey returns the secret of the server's own key file, which stays in
// memory as long as the server runs.
func (in *installation) serverKey() []byte {
	in.t.Helper()
	raw, err := os.ReadFile(in.dir + "/server.key")
	if err != nil {
		in.t.Fatal(err)
	}
	fields := strings.Fields(string(raw))
	key, err := base64.StdEncoding.DecodeString(fields[len(fields)-1])
	if err != nil || len(key) != 32 {
		in.t.Fatalf("a server key of %d bytes (%v)", len(key), err)
	}
	return key
}

// roomSeeds opens every room's key with the first handler's, and returns the
// seeds by how the keys are written.
func (in *installation) roomSeeds() map[string][]byte {
	in.t.Helper()
	seeds := map[string][]byte{}
	rooms := in.query(in.data, "SELECT ref || ' ' || room || ' ' || epoch FROM cases")
	wraps := in.query(in.data, "SELECT data FROM wraps WHERE staged = 0")
	for _, r := range rooms {
		var ref, room string
		var epoch int
		if _, err := fmt.Sscan(string(r), &ref, &room, &epoch); err != nil {
			in.t.Fatal(err)
		}
		for _, w := range wraps {
			if identity, err := unseal.Wrap(w, in.identity, ref, room, epoch); err == nil {
				seeds[identity.String()] = seedOf(in.t, identity.String())
			}
		}
	}
	return seeds
}

// seedOf decodes the 32 bytes that a key's bech32 text stands for (BIP 173).
func seedOf(t *testing.T, identity string) []byte {
	t.Helper()
	_, data, ok := strings.Cut(strings.ToLower(identity), "age-secret-key-pq-1")
	if !ok {
		t.Fatal("not a post-quantum key")
	}
	var seed []byte
	bits, n := 0, 0
	for _, c := range data[:len(data)-6] { // The last six are a checksum.
		bits, n = bits<<5|strings.IndexRune("qpzry9x8gf2tvdw0s3jn54khce6mua7l", c), n+5
		if n >= 8 {
			n -= 8
			seed = append(seed, byte(bits>>n))
			bits &= 1<<n - 1
		}
	}
	if len(seed) != 32 {
		t.Fatalf("a seed of %d bytes", len(seed))
	}
	return seed
}
