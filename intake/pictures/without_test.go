package pictures_test

import (
	"bytes"
	"encoding/base64"
	"image"
	_ "image/png" // to decode what comes out
	"testing"
	"testing/iotest"

	"tillit/intake/pictures"
)

// TestACopyWithoutAPlace: whatever hangs on a picture, its copy holds none of it, is known to
// hold no place, and shows the same.
func TestACopyWithoutAPlace(t *testing.T) {
	webp, err := base64.StdEncoding.DecodeString(tiny)
	if err != nil {
		t.Fatal(err)
	}
	const secret = "Grand Hotel"
	hung := map[string][]byte{
		"a JPEG": append(segment(segment(segment(segment(jpg(t), 0xfe, secret), 0xed, "Photoshop 3.0\x00"+secret), 0xe5, secret), 0xe1, "Exif\x00\x00"+exif(true)+secret),
			film("\xa9xyz"+secret)...),
		"a PNG":  append(chunk(chunk(chunk(pngOf(t), "eXIf", exif(true)), "tEXt", "Comment\x00"+secret), "plAc", secret), secret...),
		"a WebP": append(riff(riff(webp, "EXIF", exif(true)), "XMP ", secret), secret...),
	}
	for name, data := range hung {
		if pictures.Of(data) == pictures.No || !pictures.CanBeWithout(data[:min(len(data), pictures.Head)]) {
			t.Errorf("%s: the picture to begin with", name)
		}
		for _, piece := range []int{1, 1 << 20} {
			var out bytes.Buffer
			from := iotest.OneByteReader(bytes.NewReader(data))
			if piece > 1 {
				from = bytes.NewReader(data)
			}
			if err := pictures.Without(&out, from); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got := pictures.Of(out.Bytes()); got != pictures.No {
				t.Errorf("%s: of the copy it is said %s", name, got)
			}
			if bytes.Contains(out.Bytes(), []byte(secret)) {
				t.Errorf("%s: the copy holds more than the picture", name)
			}
			if name == "a WebP" {
				continue // nothing here shows one
			}
			was, _, err := image.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			is, _, err := image.Decode(&out)
			if err != nil {
				t.Fatalf("%s: the copy is no picture: %v", name, err)
			}
			for x := range 64 {
				if was.At(x, x/2) != is.At(x, x/2) {
					t.Fatalf("%s: the copy shows something else", name)
				}
			}
		}
		for _, cut := range []int{1, 20, 40} { // of a hundred parts: the picture itself is not over yet
			var out bytes.Buffer
			if err := pictures.Without(&out, bytes.NewReader(data[:len(data)*cut/100])); err == nil {
				t.Errorf("%s: cut to %d parts of a hundred it is whole", name, cut)
			}
		}
	}
	plain := segment(jpg(t), 0xe1, "Exif\x00\x00"+string(bytes.Replace([]byte(exif(false)), []byte("\x00\x01\x00\x00\x00\x00\x00\x00"), []byte("\x00\x06\x00\x00\x00\x00\x00\x00"), 1)))
	var out bytes.Buffer
	if err := pictures.Without(&out, bytes.NewReader(plain)); err != nil || !bytes.Contains(out.Bytes(), []byte("\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06")) {
		t.Errorf("how it is turned is lost (%v)", err)
	}
	for _, other := range []string{"", "%PDF-1.7", film(""), "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"} {
		if pictures.CanBeWithout([]byte(other)) || pictures.Without(&out, bytes.NewReader([]byte(other))) == nil {
			t.Errorf("%q is copied as a picture", other)
		}
	}
}
