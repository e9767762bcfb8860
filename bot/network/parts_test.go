package network_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"tillit/bot/network"
)

func TestSplit(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		limit      int
		want       []string
	}{
		{"nothing", "", 10, nil},
		{"short", "Hei.", 10, []string{"Hei."}},
		{"between sentences", "Det var sent. Jeg gikk hjem.", 20, []string{"Det var sent. ", "Jeg gikk hjem."}},
		{"between paragraphs first", "En. To.\n\nTre. Fire.", 15, []string{"En. To.\n\n", "Tre. Fire."}},
		{"between words when a sentence is too long", "aaaa bbbb cccc", 10, []string{"aaaa bbbb ", "cccc"}},
		{"between characters when a word is too long", "aaaaaaaa", 4, []string{"aaaa", "aaaa"}},
		{"a family is one character of eight units", "👩‍👧👩‍👧", 8, []string{"👩‍👧", "👩‍👧"}},
		{"a combining mark stays with its letter", "aaae\u0301", 4, []string{"aaa", "e\u0301"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := network.Split(tt.text, tt.limit, network.UTF16); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestUTF16CountsAsTheNetworkDoes(t *testing.T) {
	for _, s := range []string{"", "æøå", "👩‍👧", "a\u0301", "𝕏"} {
		if got, want := network.UTF16(s), len(utf16.Encode([]rune(s))); got != want {
			t.Errorf("%q is %d units, want %d", s, got, want)
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("Det var sent. Jeg gikk hjem.\n\nDagen etter 👩‍👧 kom hun.", 12)
	f.Add(strings.Repeat("a\u0301\u0302\u0303\u0304\u0305\u0306", 9), 4)
	f.Add("🏳️‍🌈🇳🇴🇳🇴\r\n\r\n", 5)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = 4 + abs(limit)%200
		got := network.Split(text, limit, network.UTF16)
		if strings.Join(got, "") != text {
			t.Fatal("the parts are not the text")
		}
		if !utf8.ValidString(text) {
			return
		}
		bounds := map[int]int{0: 0} // where characters begin, and how long the one before is
		state, at := -1, 0
		for rest := text; rest != ""; {
			var cluster string
			cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
			at += len(cluster)
			bounds[at] = 0
		}
		at = 0
		for _, p := range got {
			if network.UTF16(p) > limit || p == "" || !utf8.ValidString(p) {
				t.Fatalf("a part of %d units, limit %d", network.UTF16(p), limit)
			}
			at += len(p)
			if _, ok := bounds[at]; !ok && !longer(text, at, limit) {
				t.Fatal("a character is cut")
			}
		}
	})
}

// longer reports whether the character around a byte is longer than the limit.
func longer(text string, at, limit int) bool {
	state, pos := -1, 0
	for rest := text; rest != ""; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if pos+len(cluster) > at {
			return network.UTF16(cluster) > limit
		}
		pos += len(cluster)
	}
	return false
}

func abs(n int) int {
	if n < 0 {
		return -(n + 1)
	}
	return n
}
