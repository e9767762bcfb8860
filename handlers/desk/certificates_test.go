package desk_test

import (
	"bytes"
	"html"
	"net/http"
	"net/http/httptest"
	"testing"

	"tillit/handlers/handlerstest"
	"tillit/store"
	"tillit/store/cases"
)

// TestTheCertificatesOfShreddedCases stand on a page of their own, for whom the case was
// theirs, and each is held to the server's signature. Who was kept out finds none.
func TestTheCertificatesOfShreddedCases(t *testing.T) {
	o := handlerstest.New(t)
	ref := o.File("lin", answers{"C0": {"p:siv"}, "A1": {"Hei"}})
	maren, siv := visit(t, o.Dial("maren")), visit(t, o.Dial("siv"))
	_, page := maren.get("/overview")
	maren.want(page, `href="/certificates"`)
	_, page = maren.get("/certificates")
	maren.want(page, "No case was shredded")
	err := o.Store.Act(t.Context(), store.Act{Handler: "maren", Ref: ref, Chat: &store.Said{Body: cases.Act{Name: "second", Mark: []byte("{}")}, Via: "test"},
		Known: []string{"maren", "jonas", "hakon"}, Change: func(*cases.Facts, int64) error { return nil },
		Shreds: func(cases.Facts) (string, bool) { return "jonas", true }})
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range langs {
		_, page = maren.get("/certificates?lang=" + lang)
		maren.want(page, ref)
		if m := noWords.FindString(page); m != "" {
			t.Errorf("%s: no words for %s", lang, m)
		}
	}
	maren.want(html.UnescapeString(page), "The server has signed it", "Jonas T. and Maren V.")
	_, page = siv.get("/certificates")
	siv.want(page, "No case was shredded")
	siv.never(page, ref)
	o.Between(func(office http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			is := httptest.NewRecorder()
			office.ServeHTTP(is, r)
			w.WriteHeader(is.Code)
			_, _ = w.Write(bytes.ReplaceAll(is.Body.Bytes(), []byte(`"jonas","maren"`), []byte(`"maren","jonas"`)))
		})
	})
	_, page = maren.get("/certificates")
	maren.want(page, "It is not as the server signed it.")
	maren.never(page, "The server has signed it")
}
