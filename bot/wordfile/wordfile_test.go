package wordfile_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"tillit/bot/wordfile"
)

type said struct {
	Hello string `toml:"hello"`
}

func TestEachLanguageIsReadUnderItsName(t *testing.T) {
	files := fstest.MapFS{
		"w/nb.toml": {Data: []byte("hello = \"hei\"")}, "w/en.toml": {Data: []byte("hello = \"hello\"")},
		"elsewhere/nn.toml": {Data: []byte("hello = \"hei\"")},
	}
	all, err := wordfile.Read[said](files, "w")
	if err != nil || len(all) != 2 || all["nb"].Hello != "hei" || all["en"].Hello != "hello" {
		t.Errorf("%v, %v", all, err)
	}
}

func TestWordsThatNobodyIsToldAreRefused(t *testing.T) {
	for name, text := range map[string]string{"an unknown key": "helo = \"hei\"", "what is no TOML": "hello ="} {
		_, err := wordfile.Read[said](fstest.MapFS{"w/nb.toml": {Data: []byte(text)}}, "w")
		if err == nil || !strings.Contains(err.Error(), "w/nb.toml") {
			t.Errorf("%s: %v, want an error that names the file", name, err)
		}
	}
}
