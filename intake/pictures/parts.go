package pictures

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/bep/imagemeta"
)

// facts is a part of a picture that holds facts about it, as a file that can be read by
// itself.
type facts struct {
	kind imagemeta.ImageFormat
	data []byte
}

// partsOf finds the parts of a picture that hold facts. known is that all others are of a
// kind that holds no place: what nobody knows, and what follows the picture's end, could hold
// anything. Of the kinds that are not taken apart here it is false.
func partsOf(kind imagemeta.ImageFormat, data []byte) (all []facts, known bool) {
	switch kind {
	case imagemeta.JPEG:
		return jpeg(data)
	case imagemeta.PNG:
		return png(data)
	case imagemeta.WebP:
		return webp(data)
	}
	return nil, false
}

const (
	exifStart = "Exif\x00\x00"
	xmpStart  = "http://ns.adobe.com/xap/1.0/\x00"
)

// exif are facts in the form that is also a TIFF.
func exif(body []byte) facts { return facts{imagemeta.TIFF, bytes.TrimPrefix(body, []byte(exifStart))} }

// xmp are facts in XML, in the smallest JPEG that holds them. One that is too long for that
// is no file, and so is not understood.
func xmp(body []byte) facts {
	if len(body) > 0xffff-2-len(xmpStart) {
		return facts{imagemeta.JPEG, nil}
	}
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(len(body)+2+len(xmpStart)))
	return facts{imagemeta.JPEG, bytes.Join([][]byte{head, []byte(xmpStart), body, {0xff, 0xd9}}, nil)}
}

// jpeg goes through the segments of a JPEG to its end.
func jpeg(data []byte) (all []facts, known bool) {
	known = true
	at := 2 // behind the start that made it a JPEG
	for at+4 <= len(data) && data[at] == 0xff {
		marker, size := data[at+1], int(binary.BigEndian.Uint16(data[at+2:]))
		if size < 2 || at+2+size > len(data) {
			return all, false
		}
		body := data[at+4 : at+2+size]
		at += 2 + size
		switch {
		case marker == 0xda: // the picture itself, until the next marker
			if at = pastScan(data, at); at < 0 {
				return all, false
			}
			if bytes.Equal(data[at:], []byte{0xff, 0xd9}) {
				return all, known
			}
		case marker >= 0xc0 && marker <= 0xcf, marker >= 0xdb && marker <= 0xdf:
		case marker == 0xe1 && bytes.HasPrefix(body, []byte(exifStart)):
			all = append(all, exif(body))
		case marker == 0xe1 && bytes.HasPrefix(body, []byte(xmpStart)):
			all = append(all, xmp(body[len(xmpStart):]))
		case starts(body, "JFIF\x00", "JFXX\x00", "ICC_PROFILE\x00", "Adobe\x00"):
		default: // a comment, IPTC with what else Photoshop keeps, or what only its maker knows
			known = false
		}
	}
	return all, false
}

func starts(body []byte, with ...string) bool {
	for _, start := range with {
		if bytes.HasPrefix(body, []byte(start)) {
			return true
		}
	}
	return false
}

// pastScan is where the first marker stands that is not of the picture itself; -1 is nowhere.
func pastScan(data []byte, at int) int {
	for ; at+1 < len(data); at++ {
		if data[at] == 0xff && data[at+1] != 0 && data[at+1] != 0xff && (data[at+1] < 0xd0 || data[at+1] > 0xd7) {
			return at
		}
	}
	return -1
}

// isPlain reports whether a chunk of a PNG is of the picture and its colours.
func isPlain(kind string) bool {
	return strings.Contains(" IHDR PLTE IDAT tRNS gAMA cHRM sRGB iCCP bKGD pHYs sBIT hIST sPLT cICP acTL fcTL fdAT tIME ", " "+kind+" ")
}

// png goes through the chunks of a PNG. Text is no chunk that is understood: it holds words,
// and profiles of all kinds as words.
func png(data []byte) (all []facts, known bool) {
	const packet = "XML:com.adobe.xmp\x00\x00\x00" // not packed
	known = true
	for at := int64(8); at+12 <= int64(len(data)); {
		next := at + 12 + int64(binary.BigEndian.Uint32(data[at:]))
		if next > int64(len(data)) {
			return all, false
		}
		kind, body := string(data[at+4:at+8]), data[at+8:next-4]
		switch {
		case kind == "IEND":
			return all, known && next == int64(len(data))
		case kind == "eXIf":
			all = append(all, exif(body))
		case kind == "iTXt" && starts(body, packet):
			rest := body[len(packet):]
			for range 2 { // its language, and what it is called there
				_, rest, _ = bytes.Cut(rest, []byte{0})
			}
			all = append(all, xmp(rest))
		case !isPlain(kind):
			known = false
		}
		at = next
	}
	return all, false
}

// webp goes through the chunks of a WebP. One that moves has more inside its frames.
func webp(data []byte) (all []facts, known bool) {
	known = len(data) >= 12 && int64(binary.LittleEndian.Uint32(data[4:]))+8 == int64(len(data))
	at := int64(12)
	for at+8 <= int64(len(data)) {
		size := int64(binary.LittleEndian.Uint32(data[at+4:]))
		next := at + 8 + size
		if next > int64(len(data)) {
			return all, false
		}
		switch kind, body := string(data[at:at+4]), data[at+8:next]; kind {
		case "EXIF":
			all = append(all, exif(body))
		case "XMP ":
			all = append(all, xmp(body))
		case "VP8 ", "VP8L", "VP8X", "ALPH", "ICCP":
		default:
			known = known && kind == "JUNK" && len(bytes.Trim(body, "\x00")) == 0
		}
		at = next + size%2
	}
	return all, known && at == int64(len(data))
}
