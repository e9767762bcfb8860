// Package pictures says whether a file tells where it was made. That it does not is said only
// of a picture of which every part is known and was read; of all else it says that it cannot
// tell.
package pictures

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/bep/imagemeta"
)

// Place is what is known of where a file was made.
type Place string

// What can be known.
const (
	Yes    Place = "yes"    // it stands in there
	No     Place = "no"     // it does not
	Unsure Place = "unsure" // not all of the file was understood
)

// format names the kinds whose facts can be read, by their first bytes; also those of
// telephones that a browser does not show.
func format(data []byte) imagemeta.ImageFormat {
	switch http.DetectContentType(data) {
	case "image/jpeg":
		return imagemeta.JPEG
	case "image/png":
		return imagemeta.PNG
	case "image/webp":
		return imagemeta.WebP
	}
	switch head := string(data[:min(12, len(data))]); {
	case strings.HasPrefix(head, "II*\x00"), strings.HasPrefix(head, "MM\x00*"):
		return imagemeta.TIFF
	case len(head) < 12 || head[4:8] != "ftyp":
	case head[8:] == "avif", head[8:] == "avis":
		return imagemeta.AVIF
	case slices.Contains([]string{"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"}, head[8:]):
		return imagemeta.HEIF
	}
	return imagemeta.ImageFormatAuto
}

// marks are what a place is called where facts are written as words; films have short names
// for it, which count in films alone: by chance they stand in any picture.
var (
	marks     = [][]byte{[]byte("com.apple.quicktime.location"), []byte("GPSLatitude")}
	filmMarks = [][]byte{[]byte("\xa9xyz"), []byte("loci\x00\x00\x00\x00")}
)

// marked reports whether a mark stands anywhere in a file, also in a film that hangs on a
// picture.
func marked(data []byte) bool {
	in := func(mark []byte) bool { return bytes.Contains(data, mark) }
	return slices.ContainsFunc(marks, in) || in([]byte("ftyp")) && slices.ContainsFunc(filmMarks, in)
}

// Of says whether a file tells where it was made.
func Of(data []byte) Place {
	if marked(data) {
		return Yes
	}
	kind := format(data)
	if kind == imagemeta.ImageFormatAuto {
		return Unsure
	}
	found := read(kind, data)
	facts, known := partsOf(kind, data)
	if !known && found == No {
		found = Unsure
	}
	// Of several parts with facts the library reads the first, and of some kinds of picture
	// none: each is read by itself.
	for _, f := range facts {
		switch at := read(f.kind, f.data); {
		case at == Yes:
			return Yes
		case at == Unsure && found == No:
			found = Unsure
		}
	}
	return found
}

// read reads the facts of one picture.
func read(kind imagemeta.ImageFormat, data []byte) (found Place) {
	found = No
	defer func() { // the file is a stranger's; a reader that trips over it has found nothing
		if recover() != nil && found != Yes {
			found = Unsure
		}
	}()
	_, err := imagemeta.Decode(imagemeta.Options{R: bytes.NewReader(data), ImageFormat: kind, Sources: imagemeta.EXIF | imagemeta.XMP | imagemeta.IPTC,
		ShouldHandleTag: func(imagemeta.TagInfo) bool { return true },
		HandleTag: func(tag imagemeta.TagInfo) error {
			switch {
			case isPlace(tag.Tag) && fmt.Sprint(tag.Value) != "":
				found = Yes
			case found == No && slices.Contains(opaque, tag.Tag):
				found = Unsure
			}
			return nil
		}})
	if err != nil && found == No {
		found = Unsure
	}
	return found
}

// opaque are tags that hold what only their maker can read, or free words.
var opaque = []string{"MakerNote", "MakerNoteApple", "UserComment", "DNGPrivateData", "ImageDescription", "XPComment", "XPSubject", "XPKeywords", "XPTitle", "Description", "Caption", "Caption-Abstract", "Headline", "Keywords", "Subject"}

// isPlace reports whether a tag of EXIF, XMP or IPTC holds a place.
func isPlace(tag string) bool {
	return slices.ContainsFunc([]string{"GPSL", "GPSDest", "City", "Sub-location", "Sublocation", "Location", "Province", "State", "Country"},
		func(start string) bool { return strings.HasPrefix(tag, start) })
}
