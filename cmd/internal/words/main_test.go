package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"tillit/intake/words"
)

// TestNoWordIsLeftOut holds the list to the words that the product reads itself.
func TestNoWordIsLeftOut(t *testing.T) {
	tree := os.DirFS("../../..")
	for _, lang := range []string{"nb", "nn", "en"} {
		var out bytes.Buffer
		if err := list(&out, tree, lang, "nb", false); err != nil {
			t.Fatal(err)
		}
		text, n := out.String(), 0
		for _, folder := range []string{"bot/phrases", "bot/web/words", "handlers/chat/words", "handlers/desk/words", "handlers/routine/acts/words"} {
			book, err := words.Read(tree, folder)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(text, "\n# "+folder+"/"+lang+".toml\n") {
				t.Errorf("%s: %s is missing", lang, folder)
			}
			for _, key := range book.In(lang).Keys() {
				n++
				if said := strings.TrimSpace(book.In(lang).Say(key)); !strings.Contains(text, "\n"+key+"\n"+said+"\n") {
					t.Errorf("%s: %s of %s is missing", lang, key, folder)
				}
			}
		}
		if n < 1000 {
			t.Errorf("only %d texts were looked for", n)
		}
		for _, want := range []string{"handlers/routine/party/letters/ack." + lang + ".txt", "intake/sets/harassment/" + lang + ".toml"} {
			if !strings.Contains(text, "\n# "+want+"\n") {
				t.Errorf("%s is missing", want)
			}
		}
		var members bytes.Buffer
		if err := list(&members, tree, lang, "", true); err != nil || strings.Contains(members.String(), "# handlers/") || members.Len() > out.Len()/2 {
			t.Errorf("of members alone %d bytes (%v)", members.Len(), err)
		}
	}
	if err := list(&bytes.Buffer{}, tree, "se", "", false); err == nil {
		t.Error("a language that there is not is listed")
	}
}
