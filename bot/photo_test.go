package bot

import (
	"io"
	"slices"
	"strings"
	"testing"

	"tillit/intake"
)

// TestAPictureWhereNoneBelongsGetsOneLine at a question with buttons, before and after there
// is a room for it; and the question stands below.
func TestAPictureWhereNoneBelongsGetsOneLine(t *testing.T) {
	for name, before := range map[string][]string{
		"no_files_yet": {"start"},
		"no_file_here": {"start", "S1.yes", "S3.~skip", "S2.~skip", "A1.~skip", "A2.~skip", "C0.nobody"},
	} {
		tw := newTown(t)
		for i, choice := range before {
			tw.press("lin", string(rune('a'+i)), choice)
		}
		asked, from := tw.question("lin").ID, len(tw.told("lin"))
		picture := File{Name: intake.NewPrivate("b.jpg"), Size: 3, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("abc")), nil }}
		if err := tw.does("lin", "picture", Event{Files: []File{picture}}); err != nil {
			t.Fatal(err)
		}
		if got := tw.told("lin")[from:]; !slices.Equal(got, []string{name, asked}) {
			t.Errorf("a picture at %s is answered with %v", asked, got)
		}
	}
}
