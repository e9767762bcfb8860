package webtest_test

import (
	"testing"

	"tillit/bot/web/webtest"
)

func TestBalanced(t *testing.T) {
	for page, want := range map[string]bool{
		"<!doctype html><p>a<br>b</p><svg><path d=\"\"/></svg>":       true,
		"<p>&lt;/div&gt;</p><script>if (a < b) { \"</p>\" }</script>": true,
		"<ul><li>a</li></div></ul>":                                   false,
		"<p><b>a</p></b>":                                             false,
		"<p>a":                                                        false,
		"a</p>":                                                       false,
	} {
		if err := webtest.Balanced(page); (err == nil) != want {
			t.Errorf("%s: %v", page, err)
		}
	}
}
