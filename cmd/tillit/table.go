package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// columns prints rows with each column as wide as its widest cell; a row of one cell is a
// heading, whose width counts in nothing.
func columns(out io.Writer, rows [][]string) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			if len(row) > 1 {
				widths[i] = max(widths[i], utf8.RuneCountInString(cell))
			}
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell)
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(cell))+2))
			}
		}
		fmt.Fprintln(out, strings.TrimRight(line.String(), " "))
	}
}

// cell is text from elsewhere in one line of a table.
func cell(text string) string {
	return strings.NewReplacer("\n", " ", "\t", " ").Replace(screen(text))
}

// indented is text from elsewhere, each line of it set in by as much.
func indented(by, text string) string {
	return strings.ReplaceAll(screen(text), "\n", "\n"+by)
}
