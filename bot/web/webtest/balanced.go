package webtest

import (
	"fmt"
	"io"
	"strings"

	"golang.org/x/net/html"
)

// void are the elements of HTML that nobody closes, and those of pictures that close
// themselves.
var void = map[string]bool{"br": true, "hr": true, "img": true, "input": true, "link": true, "meta": true, "wbr": true, "source": true, "col": true}

// Balanced says whether a page closes what it opens, in its order. Browsers mend what does
// not fit without a word, and show it somewhere else.
func Balanced(page string) error {
	var open []string
	for t := html.NewTokenizer(strings.NewReader(page)); ; {
		switch t.Next() {
		case html.ErrorToken:
			if t.Err() != io.EOF {
				return t.Err()
			}
			if len(open) > 0 {
				return fmt.Errorf("never closed: %v", open)
			}
			return nil
		case html.StartTagToken:
			if name, _ := t.TagName(); !void[string(name)] {
				open = append(open, string(name))
			}
		case html.EndTagToken:
			name, _ := t.TagName()
			if n := len(open); n == 0 || open[n-1] != string(name) {
				return fmt.Errorf("</%s> within %v", name, open)
			}
			open = open[:len(open)-1]
		}
	}
}
