package desk_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"strings"
	"testing"

	"tillit/handlers/handlerstest"
)

// attach is a file that comes with the reporter's own words.
func attach(name, kind string, data []byte) handlerstest.File {
	return handlerstest.File{Question: "A1", Name: name, Type: kind, Data: data}
}

func TestFilesOverTheOffice(t *testing.T) {
	p := handlerstest.New(t)
	gps, plain, pdf, lie := photo(t, true), photo(t, false), []byte("%PDF-1.7 not a picture"), []byte("<script>alert(1)</script>")
	ref := p.File("lin", short, attach("a.jpg", "image/jpeg", gps), attach("b.jpg", "image/jpeg", plain),
		attach("c.pdf", "application/pdf", pdf), attach("d.jpg", "image/jpeg", lie))
	v := visit(t, p.Dial("maren"))
	const yes, no, unsure = "tells where it was taken", "No place was found", "cannot be seen here whether"
	for _, c := range []struct {
		name, says string
		picture    bool
		data       []byte
	}{{"a.jpg", yes, true, gps}, {"b.jpg", no, true, plain}, {"c.pdf", unsure, false, pdf}, {"d.jpg", unsure, false, lie}} {
		at := "/case/" + ref + "/file/" + fileID(t, p, ref, c.name)
		_, before := v.get(at)
		v.want(before, c.says, "Save on this machine")
		v.never(before, "<img")
		_, shown := v.get(at + "?show=1")
		v.want(shown, c.says)
		if strings.Contains(before, "Show the picture") != c.picture || strings.Contains(shown, "<img") != c.picture {
			t.Errorf("%s is shown as a picture: want %v", c.name, c.picture)
		}
		if code, data := v.get(at + "/save"); code != http.StatusOK || data != string(c.data) {
			t.Errorf("%s is saved with %d, %d bytes", c.name, code, len(data))
		}
		if code, data := v.get(at + "/picture"); (code == http.StatusOK && data == string(c.data)) != c.picture {
			t.Errorf("%s as a picture: %d", c.name, code)
		}
	}
}

// TestACopyWithoutItsPlaceIsSaidToBeOne, and nothing else is.
func TestACopyWithoutItsPlaceIsSaidToBeOne(t *testing.T) {
	p := handlerstest.New(t)
	copied, whole := attach("a.jpg", "image/jpeg", photo(t, true)), attach("b.jpg", "image/jpeg", photo(t, false))
	copied.NoPlace = true
	ref := p.File("lin", short, copied, whole)
	v := visit(t, p.Dial("maren"))
	const says = "asked for a copy without the place"
	_, page := v.get("/case/" + ref + "/file/" + fileID(t, p, ref, "a.jpg"))
	v.want(page, says, "No place was found")
	_, page = v.get("/case/" + ref + "/file/" + fileID(t, p, ref, "b.jpg"))
	v.never(page, says)
}

// TestAFileInParts saves a file that is kept in more than one part.
func TestAFileInParts(t *testing.T) {
	p := handlerstest.New(t)
	large := append(photo(t, true), bytes.Repeat([]byte("0123456789abcdef"), 70_000)...)
	ref := p.File("lin", short, attach("large.jpg", "image/jpeg", large))
	at := "/case/" + ref + "/file/" + fileID(t, p, ref, "large.jpg")
	if code, data := visit(t, p.Dial("maren")).get(at + "/save"); code != http.StatusOK || data != string(large) {
		t.Errorf("saved with %d, %d bytes", code, len(data))
	}
}

// photo is a JPEG as a telephone makes it; with a place, its EXIF data hold the
// latitude and longitude of Oslo's town hall.
func photo(t *testing.T, place bool) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 320, 200))
	for y := range 200 {
		for x := range 320 {
			m.Set(x, y, color.RGBA{uint8(x / 2), uint8(y), 120, 255})
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, nil); err != nil {
		t.Fatal(err)
	}
	exif := append([]byte("Exif\x00\x00"), tiff(place)...)
	app1 := append([]byte{0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(exif)+2))...)
	start := out.Bytes()[:2] // SOI; the EXIF segment follows at once
	return append(append(append(bytes.Clone(start), app1...), exif...), out.Bytes()[2:]...)
}

// tiff is the body of an EXIF segment: a first directory with the camera's
// orientation and, if asked for, a pointer to a directory of the place.
func tiff(place bool) []byte {
	be := binary.BigEndian
	field := func(b []byte, tag, kind uint16, count, value uint32) []byte {
		b = be.AppendUint16(be.AppendUint16(b, tag), kind)
		return be.AppendUint32(be.AppendUint32(b, count), value)
	}
	const short, ascii, rational, long = 3, 2, 5, 4
	b := append([]byte("MM\x00\x2a"), 0, 0, 0, 8)
	if !place {
		b = field(be.AppendUint16(b, 1), 0x0112, short, 1, 1<<16)
		return be.AppendUint32(b, 0)
	}
	b = field(be.AppendUint16(b, 2), 0x0112, short, 1, 1<<16)
	const gps = 8 + 2 + 2*12 + 4
	b = be.AppendUint32(field(b, 0x8825, long, 1, gps), 0)
	const degrees = gps + 2 + 4*12 + 4
	b = field(be.AppendUint16(b, 4), 1, ascii, 2, 'N'<<24)
	b = field(b, 2, rational, 3, degrees)
	b = field(b, 3, ascii, 2, 'E'<<24)
	b = be.AppendUint32(field(b, 4, rational, 3, degrees+24), 0)
	for _, n := range []uint32{59, 1, 54, 1, 43, 1, 10, 1, 44, 1, 0, 1} {
		b = be.AppendUint32(b, n)
	}
	return b
}
