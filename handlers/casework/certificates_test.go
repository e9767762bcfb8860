package casework_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"

	"tillit/handlers/handlerstest"
	"tillit/store"
	"tillit/store/cases"
)

// TestACertificateIsHeldToItsSignature, and who was kept out of the case finds none.
func TestACertificateIsHeldToItsSignature(t *testing.T) {
	o := handlerstest.New(t)
	ref := o.File("lin", handlerstest.Answers{"C0": {"p:siv"}, "A1": {"Hei"}})
	err := o.Store.Act(t.Context(), store.Act{Handler: "maren", Ref: ref, Chat: &store.Said{Body: cases.Act{Name: "second", Mark: []byte("{}")}, Via: "test"},
		Known: []string{"maren", "jonas", "siv"}, Change: func(*cases.Facts, int64) error { return nil },
		Shreds: func(cases.Facts) (string, bool) { return "jonas", true }})
	if err != nil {
		t.Fatal(err)
	}
	if all, err := o.Dial("siv").Certificates(t.Context(), 0); err != nil || len(all) > 0 {
		t.Errorf("who was kept out finds %v, %v", all, err)
	}
	maren := o.Dial("maren")
	if all, err := maren.Certificates(t.Context(), 0); err != nil || len(all) != 1 || !all[0].Whole || all[0].Ref != ref {
		t.Errorf("maren finds %+v, %v", all, err)
	}
	o.Between(func(office http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			is := httptest.NewRecorder()
			office.ServeHTTP(is, r)
			w.WriteHeader(is.Code)
			_, _ = w.Write(bytes.ReplaceAll(is.Body.Bytes(), []byte(`"jonas","maren"`), []byte(`"maren","jonas"`)))
		})
	})
	if all, err := maren.Certificates(t.Context(), 0); err != nil || len(all) != 1 || all[0].Whole {
		t.Errorf("of one that was changed maren finds %+v, %v", all, err)
	}
}
