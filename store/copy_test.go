package store_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tillit/intake"
	"tillit/store"
	"tillit/store/mailbox"
	"tillit/store/storetest"
)

// TestACopyInParts: whatever the parts are, what they hold is all of the copy, in order
// and once; so is what EachLine tells, also while the conversation goes on.
func TestACopyInParts(t *testing.T) {
	s, who := storetest.New(t)
	f := newFiler(t, s, who)
	secret := bytes.Repeat([]byte{1}, 32)
	public, wrapped, err := mailbox.New(secret)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	line := func(i int) store.Line {
		words := fmt.Sprint(i, strings.Repeat("x", []int{10, 3000, 40_000}[i%3]))
		want = append(want, words)
		raw, _ := json.Marshal(words)
		return store.Line{Body: raw, Mine: true}
	}
	f.apply("lin", store.Change{Mailbox: &store.Mailbox{Public: public, Wrapped: wrapped}, Lines: []store.Line{line(0)}})
	for i := 1; i < 30; i++ {
		f.apply("lin", store.Change{Lines: []store.Line{line(i)}})
	}
	lin := intake.NewConversationID("lin")
	read := func(l store.Line) (words string) {
		if err := json.Unmarshal(l.Body, &words); err != nil {
			t.Fatal(err)
		}
		return words
	}
	for _, part := range []store.Part{{Last: 1}, {Last: 7}, {Bytes: 1}, {Bytes: 50_000}, {Last: 4, Bytes: 90_000}, {}} {
		var got []string
		for {
			c, err := s.CopyPart(t.Context(), "test", lin, secret, part)
			if err != nil {
				t.Fatal(err)
			}
			if part.Last > 0 && c.Turns > part.Last || c.Turns == 0 {
				t.Errorf("%+v opened %d turns", part, c.Turns)
			}
			var lines []string
			for _, l := range c.Lines {
				lines = append(lines, read(l))
			}
			got = append(lines, got...)
			if part.Skip += c.Turns; !c.More {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("parts of %+v hold %d lines of %d", part, len(got), len(want))
		}
	}
	var got []string
	err = s.EachLine(t.Context(), "test", lin, secret, func(l store.Line) error {
		if got = append(got, read(l)); len(got)%10 == 0 {
			f.apply("lin", store.Change{Lines: []store.Line{{Body: []byte(`"meanwhile"`), Mine: true}}})
		}
		return nil
	})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("all of it, while it goes on: %d lines of %d, %v", len(got), len(want), err)
	}
}
