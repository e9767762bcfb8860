package store_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"tillit/handlers"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/storetest"
)

// TestAReceiptProvesTheDay and nothing else: it is signed for a case that was sent, read
// wherever it was pasted, and no longer one when anything in it is another.
func TestAReceiptProvesTheDay(t *testing.T) {
	keys, who := storetest.Keys(t), storetest.NewPeople(t)
	late := time.Date(2026, 11, 26, 23, 30, 0, 0, time.UTC)
	s := storetest.OpenWith(t, store.Options{Dir: t.TempDir(), Keys: keys, Now: func() time.Time { return late }})
	f := newFiler(t, s, who)
	ref := f.open("lin")
	oslo, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Receipt(t.Context(), ref, "Org", oslo); err == nil {
		t.Error("what was not sent has a receipt")
	}
	f.send("lin", "maren")
	r, err := s.Receipt(t.Context(), ref, " Eksempel\nforbundet ", oslo)
	if err != nil || r.Day != "2026-11-27" { // the day where the organisation is
		t.Fatalf("%+v, %v", r, err)
	}
	text := r.Text()
	if strings.Contains(text, canary) || strings.Count(text, "\n") != 6 {
		t.Errorf("the receipt is %q", text)
	}
	for _, pasted := range []string{text, "Hei.\n\n" + text + "\nHilsen", strings.Join(strings.Fields(text), " "), strings.ReplaceAll(text, "\n", "\r\n")} {
		got, err := cases.ReadReceipt(pasted)
		if server, ok := handlers.CheckReceipt(got); err != nil || !ok || server != handlers.ServerFingerprint(keys.Public()) || got.Ref != ref {
			t.Errorf("%q is %+v, %v", pasted, got, err)
		}
	}
	other := storetest.Keys(t).Public()
	for name, change := range map[string][2]string{
		"organisation": {"Eksempel forbundet", "Eksempel"}, "case": {ref, "T-222222"}, "day": {"2026-11-27", "2026-11-26"},
		"key": {base64.StdEncoding.EncodeToString(r.Key), base64.StdEncoding.EncodeToString(other)},
	} {
		got, err := cases.ReadReceipt(strings.ReplaceAll(text, change[0], change[1]))
		if _, ok := handlers.CheckReceipt(got); err != nil || ok {
			t.Errorf("with another %s it still counts, %v", name, err)
		}
	}
	if _, err := cases.ReadReceipt("tillit receipt 1"); err == nil {
		t.Error("a word is read as a receipt")
	}
}
