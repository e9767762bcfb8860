package telegram_test

import (
	"slices"
	"testing"
)

// TestWordsAreKeptHoweverTheyBegin sends what looks like commands and presses, and is words,
// and an address that the app hides behind words.
func TestWordsAreKeptHoweverTheyBegin(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	tw.begin(lin)
	told := []string{"/ han sa det igjen", "/slett ikke det jeg skrev", "//", "/hoppsan", "3", "/status\ner det han kalte det"}
	for _, words := range told {
		lin.Write(words)
	}
	link := func(offset, length int, url string) map[string]any {
		return map[string]any{"type": "text_link", "offset": offset, "length": length, "url": url}
	}
	lin.Send(map[string]any{"text": "🙂 se her og der", "entities": []any{link(6, 3, "https://eksempel.no/a"), link(13, 3, "https://eksempel.no/b?c=å"), link(400, 3, "https://nei.no")}})
	told = append(told, "🙂 se her (https://eksempel.no/a) og der (https://eksempel.no/b?c=å)")
	tw.settled()
	tw.send(lin)
	if got := tw.words(tw.ref(lin)); !slices.Equal(got, told) {
		t.Errorf("the office reads\n%q, want\n%q", got, told)
	}
}
