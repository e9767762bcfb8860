package pictures_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"tillit/intake/pictures"
)

// drawn is a picture with something on it, as a program writes it.
func drawn(t testing.TB, write func(*bytes.Buffer, image.Image) error) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for x := range 64 {
		for y := range 48 {
			m.Set(x, y, color.RGBA{uint8(x * 4), uint8(y * 5), uint8(x * y), 255})
		}
	}
	var b bytes.Buffer
	if err := write(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpg(t testing.TB) []byte {
	return drawn(t, func(b *bytes.Buffer, m image.Image) error { return jpeg.Encode(b, m, nil) })
}

func pngOf(t testing.TB) []byte {
	return drawn(t, func(b *bytes.Buffer, m image.Image) error { return png.Encode(b, m) })
}

// segment puts one into a JPEG, behind its start.
func segment(data []byte, marker byte, body string) []byte {
	head := binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(body)+2))
	return bytes.Join([][]byte{data[:2], head, []byte(body), data[2:]}, nil)
}

// chunk puts one into a PNG, behind its first.
func chunk(data []byte, kind, body string) []byte {
	made := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	made = append(made, kind+body...)
	made = binary.BigEndian.AppendUint32(made, crc32.ChecksumIEEE(made[4:]))
	return bytes.Join([][]byte{data[:33], made, data[33:]}, nil)
}

// exif is a fact of a camera, and with a place also that: degrees of latitude.
func exif(place bool) string {
	order := binary.BigEndian
	b := []byte("MM\x00*\x00\x00\x00\x08")
	entry := func(tag, kind uint16, count, value uint32) {
		b = order.AppendUint16(order.AppendUint16(b, tag), kind)
		b = order.AppendUint32(order.AppendUint32(b, count), value)
	}
	if !place {
		b = order.AppendUint16(b, 1)
		entry(0x0112, 3, 1, 1<<16) // how it is turned
		return string(order.AppendUint32(b, 0))
	}
	b = order.AppendUint16(b, 1)
	entry(0x8825, 4, 1, 26) // where the facts of the place are
	b = order.AppendUint32(b, 0)
	b = order.AppendUint16(b, 2)
	entry(1, 2, 2, uint32('N')<<24)
	entry(2, 5, 3, 56)
	b = order.AppendUint32(b, 0)
	for _, n := range []uint32{59, 1, 54, 1, 3, 1} {
		b = order.AppendUint32(b, n)
	}
	return string(b)
}

const tiny = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==" // a WebP of one pixel

func riff(data []byte, kind, body string) []byte {
	made := binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body)))
	made = append(made, body...)
	if len(body)%2 == 1 {
		made = append(made, 0)
	}
	out := append(append([]byte{}, data...), made...)
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out
}

// film is the beginning of one, with a box in it.
func film(box string) string { return "\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  " + box }

const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" %s/></rdf:RDF></x:xmpmeta>`

func TestWhatIsSaidOfAPlace(t *testing.T) {
	webp, err := base64.StdEncoding.DecodeString(tiny)
	if err != nil {
		t.Fatal(err)
	}
	packet := func(fact string) string {
		return string(bytes.Replace([]byte(xmp), []byte("%s"), []byte(fact), 1))
	}
	itxt := func(words string) string { return "XML:com.adobe.xmp\x00\x00\x00\x00\x00" + words }
	for name, c := range map[string]struct {
		data []byte
		want pictures.Place
	}{
		"a JPEG":                               {jpg(t), pictures.No},
		"with facts and no place":              {segment(jpg(t), 0xe1, "Exif\x00\x00"+exif(false)), pictures.No},
		"with a place":                         {segment(jpg(t), 0xe1, "Exif\x00\x00"+exif(true)), pictures.Yes},
		"with a place in XMP":                  {segment(jpg(t), 0xe1, "http://ns.adobe.com/xap/1.0/\x00"+packet(`photoshop:City="Oslo"`)), pictures.Yes},
		"with XMP that goes on elsewhere":      {segment(jpg(t), 0xe1, "http://ns.adobe.com/xmp/extension/\x00aaaa"), pictures.Unsure},
		"with what only its maker knows":       {segment(jpg(t), 0xe5, "Samsung"), pictures.Unsure},
		"with several pictures in it":          {segment(jpg(t), 0xe2, "MPF\x00II*\x00"), pictures.Unsure},
		"with a comment":                       {segment(jpg(t), 0xfe, "Grand Hotel"), pictures.Unsure},
		"with a film behind it":                {append(jpg(t), film("")...), pictures.Unsure},
		"with a film behind it, and its place": {append(jpg(t), film("\x00\x00\x00\x1e\xa9xyz\x00\x12\x15\xc7+59.9139+010.7522/")...), pictures.Yes},
		"cut":                                  {jpg(t)[:200], pictures.Unsure},
		"a PNG":                                {pngOf(t), pictures.No},
		"a PNG with a place":                   {chunk(pngOf(t), "eXIf", exif(true)), pictures.Yes},
		"a PNG with facts and no place":        {chunk(pngOf(t), "eXIf", exif(false)), pictures.No},
		"a PNG with words":                     {chunk(pngOf(t), "tEXt", "Comment\x00Grand Hotel"), pictures.Unsure},
		"a PNG with a packed profile":          {chunk(pngOf(t), "zTXt", "Raw profile type exif\x00\x00x"), pictures.Unsure},
		"a PNG with a place in XMP":            {chunk(pngOf(t), "iTXt", itxt(packet(`photoshop:City="Oslo"`))), pictures.Yes},
		"a PNG with XMP and no place":          {chunk(pngOf(t), "iTXt", itxt(packet(`photoshop:Urgency="1"`))), pictures.No},
		"a PNG with packed XMP":                {chunk(pngOf(t), "iTXt", "XML:com.adobe.xmp\x00\x01\x00\x00\x00x"), pictures.Unsure},
		"a PNG with a chunk of somebody's own": {chunk(pngOf(t), "plAc", "x"), pictures.Unsure},
		"a PNG with something behind it":       {append(pngOf(t), "x"...), pictures.Unsure},
		"a WebP":                               {webp, pictures.No},
		"a WebP with a place":                  {riff(webp, "EXIF", exif(true)), pictures.Yes},
		"a WebP with something of its own":     {riff(webp, "PLAC", "x"), pictures.Unsure},
		"a WebP with something behind it":      {append(webp[:len(webp):len(webp)], "xx"...), pictures.Unsure},
		"a HEIC":                               {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), pictures.Unsure},
		"a film":                               {[]byte(film("")), pictures.Unsure},
		"a film of an iPhone":                  {[]byte(film("com.apple.quicktime.location.ISO6709")), pictures.Yes},
		"a document":                           {[]byte("%PDF-1.7"), pictures.Unsure},
		"nothing":                              {nil, pictures.Unsure},
	} {
		if got := pictures.Of(c.data); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// FuzzOf wants no file to end the program, and none that is cut to be said to hold no place.
func FuzzOf(f *testing.F) {
	f.Add(jpg(f))
	f.Add(pngOf(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		if pictures.Of(data) == pictures.No && pictures.Of(data[:len(data)-1]) == pictures.No {
			t.Error("a picture that is cut is said to hold no place")
		}
	})
}
