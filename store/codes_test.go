package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tillit/intake"
	"tillit/store"
	"tillit/store/mailbox"
	"tillit/store/storetest"
)

func drawn(t testing.TB) string {
	t.Helper()
	code, err := store.DrawCode()
	if err != nil {
		t.Fatal(err)
	}
	return code.Reveal()
}

func TestACodeIsReadAsPeopleTypeIt(t *testing.T) {
	for range 200 {
		shown := drawn(t)
		groups := strings.Fields(shown)
		if len(groups) != 5 || len(groups[0]) != 4 || len(groups[4]) != 2 {
			t.Fatalf("a code has %d groups", len(groups))
		}
		want := strings.Join(groups, "")
		for _, typed := range []string{
			shown, want, strings.Join(groups, "-"), strings.Join(groups, "."), strings.Join(groups, " – "), strings.Join(groups, "\u00a0"),
			"  " + shown + "\r\n", "Koden min er: " + shown + ".", "18 sifre: " + want, "1) " + shown, "«" + strings.Join(groups, "\u200b") + "»", "\ufeff" + shown + "\u2060",
			strings.Join(groups, "/"), strings.Join(groups, " • "), "(" + strings.Join(groups, ") (") + ")", shifted(want, '０'), shifted(shown, '٠'), shifted(shown, '०'), shifted(want, '𝟘'), "tlf 90000000 kode " + shown,
			strings.Join(strings.Split(want, ""), "_"), "\t" + strings.Join(groups, "\n"),
		} {
			if got, ok := store.ReadCode(intake.NewPrivate(typed)); !ok || got != want {
				t.Fatal("a code is not read in one of the ways to type it")
			}
		}
	}
}

// shifted writes digits in another script, by its zero.
func shifted(digits string, zero rune) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return zero + r - '0'
		}
		return r
	}, digits)
}

// TestASlipOfTheFingerIsNoCode holds that each wrong digit, each pair of
// neighbours exchanged and each digit left out or typed twice is seen before the
// slow hash.
func TestASlipOfTheFingerIsNoCode(t *testing.T) {
	for range 20 {
		code := strings.ReplaceAll(drawn(t), " ", "")
		for i := range len(code) {
			slips := []string{code[:i] + code[i+1:], code[:i] + code[i:i+1] + code[i:]}
			for d := byte('0'); d <= '9'; d++ {
				slips = append(slips, code[:i]+string(d)+code[i+1:])
			}
			if i+1 < len(code) {
				slips = append(slips, code[:i]+code[i+1:i+2]+code[i:i+1]+code[i+2:])
			}
			for _, slip := range slips {
				if _, ok := store.ReadCode(intake.NewPrivate(slip)); ok && slip != code {
					t.Fatalf("a slip at digit %d is taken for a code", i)
				}
			}
		}
	}
}

func TestCodesAreDrawnFromAllDigits(t *testing.T) {
	seen := map[string]bool{}
	var at [16]map[byte]bool
	for range 500 {
		code := strings.ReplaceAll(drawn(t), " ", "")
		seen[code] = true
		for i := range at {
			if at[i] == nil {
				at[i] = map[byte]bool{}
			}
			at[i][code[i]] = true
		}
	}
	if len(seen) != 500 {
		t.Errorf("%d different codes of 500", len(seen))
	}
	for i, digits := range at {
		if len(digits) != 10 {
			t.Errorf("place %d has only %d digits", i, len(digits))
		}
	}
}

// FuzzCode offers what somebody might type: nothing panics, and what is taken for
// a code is eighteen digits that follow each other as typed, with good check digits.
func FuzzCode(f *testing.F) {
	f.Add("1234 5678 1234 5678 39")
	f.Add("1234-5678-1234-5678-39\n")
	f.Add("1234 5678 1234 5678 38")
	f.Add("١٢٣٤ ٥٦٧٨ ١٢٣٤ ٥٦٧٨ ٣٩")
	f.Add("1234 5678 x 1234 5678 39")
	f.Add("\xff\u00a0–")
	f.Add(strings.Repeat("0", 100_000))
	f.Fuzz(func(t *testing.T, typed string) {
		digits, ok := store.ReadCode(intake.NewPrivate(typed))
		if !ok {
			return
		}
		rest := 0
		for _, d := range []byte(digits) {
			if d < '0' || d > '9' {
				t.Fatal("a code holds more than digits")
			}
			rest = (rest*10 + int(d-'0')) % 97
		}
		only := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, typed)
		ours := !strings.ContainsFunc(typed, func(r rune) bool { return r > 0x7f })
		if len(digits) != 18 || rest != 1 || ours && !strings.Contains(only, digits) {
			t.Error("what is no code is taken for one")
		}
		for _, way := range []string{digits, " " + digits + "-", strings.Join(strings.Split(digits, ""), ".")} {
			if again, ok := store.ReadCode(intake.NewPrivate(way)); !ok || again != digits {
				t.Error("the same code in another grouping is another")
			}
		}
	})
}

// TestWhoGuessesKeepsNobodyFromACode: while codes are guessed as fast as they can be looked
// up, a code is made, and who found the lane full has lost no try.
func TestWhoGuessesKeepsNobodyFromACode(t *testing.T) {
	s, who := storetest.New(t)
	f := newFiler(t, s, who)
	secret := bytes.Repeat([]byte{1}, 32)
	public, wrapped, err := mailbox.New(secret)
	if err != nil {
		t.Fatal(err)
	}
	f.apply("lin", store.Change{Mailbox: &store.Mailbox{Public: public, Wrapped: wrapped}})
	lin := intake.NewConversationID("lin")
	letGo, err := s.HoldGuessing(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var guesses sync.WaitGroup
	for i := range 100 {
		guesses.Go(func() {
			_, err := s.FindCode(ctx, intake.NewPrivate(drawn(t)), "test", intake.NewConversationID(fmt.Sprint("guess", i)))
			if !errors.Is(err, store.ErrBusy) {
				t.Errorf("a guess while others guess: %v", err)
			}
		})
	}
	code, err := s.NewCode(t.Context(), "test", lin, secret)
	if err != nil {
		t.Errorf("a code, while others are guessed: %v", err)
	}
	phone := intake.NewConversationID("phone")
	for range 10 { // more than somebody may try
		soon, end := context.WithTimeout(ctx, time.Millisecond)
		if _, err := s.FindCode(soon, code, "test", phone); !errors.Is(err, store.ErrBusy) {
			t.Errorf("while the lane is full: %v", err)
		}
		end()
	}
	cancel()
	guesses.Wait()
	letGo()
	if _, err := s.FindCode(t.Context(), code, "test", phone); err != nil {
		t.Errorf("who was only kept waiting has no try left: %v", err)
	}
}
