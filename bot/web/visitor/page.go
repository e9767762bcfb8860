package visitor

import (
	"io"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// page is what a browser makes of a page: its text, and its forms.
type page struct {
	text  string
	forms []form
}

// form is a form as it stands there.
type form struct {
	action  string
	own     bool        // it is the page's own part
	fields  [][2]string // what is sent without anything done: hidden fields, ticked boxes
	boxes   []string    // values of all its tick boxes
	buttons []button
	text    string // name of the box for words; empty when there is none
	file    string // name of the field for a file
}

type button struct {
	name, value, label string
	main               bool
}

func readPage(r io.Reader) (page, error) {
	root, err := html.Parse(r)
	if err != nil {
		return page{}, err
	}
	var p page
	p.walk(root, -1, false)
	p.text = strings.Join(strings.Fields(p.text), " ")
	return p, nil
}

// walk reads a part of a page, inside a form or, with -1, in none. What stands around
// the page's own part has forms, and no text of interest.
func (p *page) walk(n *html.Node, in int, own bool) {
	switch {
	case n.Type == html.TextNode && own:
		p.text += n.Data
	case n.Type != html.ElementNode:
	case n.Data == "form":
		p.forms = append(p.forms, form{action: attr(n, "action"), own: own})
		in = len(p.forms) - 1
	case n.Data == "main":
		own = true
	case in >= 0:
		p.forms[in].field(n)
	}
	if n.Type == html.ElementNode {
		p.text += " "
	}
	for c := range n.ChildNodes() {
		p.walk(c, in, own)
	}
}

func (f *form) field(n *html.Node) {
	name, value := attr(n, "name"), attr(n, "value")
	kind := attr(n, "type")
	switch {
	case n.Data == "textarea":
		f.text = name
	case n.Data == "button":
		f.buttons = append(f.buttons, button{name, value, strings.TrimSpace(textOf(n)), slices.Contains(strings.Fields(attr(n, "class")), "go")})
	case n.Data != "input":
	case kind == "file":
		f.file = name
	case kind == "hidden":
		f.fields = append(f.fields, [2]string{name, value})
	case kind == "checkbox":
		f.boxes = append(f.boxes, value)
		if has(n, "checked") {
			f.fields = append(f.fields, [2]string{name, value})
		}
	}
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func textOf(n *html.Node) (text string) {
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			text += d.Data
		}
	}
	return text
}

// offers says which of the form's buttons and boxes carries a value.
func (f form) offers(value string) bool {
	return f.button(value) != nil || slices.Contains(f.boxes, value)
}

func (f form) button(value string) *button {
	i := slices.IndexFunc(f.buttons, func(b button) bool { return b.value == value })
	if i < 0 {
		return nil
	}
	return &f.buttons[i]
}
