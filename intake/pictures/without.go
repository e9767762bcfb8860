package pictures

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/bep/imagemeta"
)

// Head is how many of a file's first bytes show whether [Without] can make a copy of it.
const Head = 512

// CanBeWithout reports whether a file that begins so can be copied without what tells of a
// place.
func CanBeWithout(head []byte) bool {
	switch format(head) {
	case imagemeta.JPEG, imagemeta.PNG, imagemeta.WebP:
		return true
	}
	return false
}

// ErrPicture says that a file is not the picture that it begins as.
var ErrPicture = errors.New("this is no whole picture")

// Without copies a picture as it comes, with the picture itself, its colours and how it is
// turned, and nothing else that stands in it or behind it.
func Without(to io.Writer, from io.Reader) error {
	in := bufio.NewReaderSize(from, 64<<10)
	head, err := in.Peek(Head)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	switch format(head) {
	case imagemeta.JPEG:
		err = jpegWithout(to, in)
	case imagemeta.PNG:
		err = pngWithout(to, in)
	case imagemeta.WebP:
		err = webpWithout(to, in)
	default:
		err = ErrPicture
	}
	if err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return ErrPicture
		}
		return err
	}
	_, err = io.Copy(io.Discard, in) // what hangs on the picture; that it broke off is not hidden
	return err
}

// jpegWithout copies the segments that are the picture.
func jpegWithout(to io.Writer, in *bufio.Reader) error {
	if _, err := io.CopyN(to, in, 2); err != nil {
		return err
	}
	for {
		var head [4]byte
		if _, err := io.ReadFull(in, head[:2]); err != nil {
			return err
		}
		switch {
		case head[0] != 0xff:
			return ErrPicture
		case head[1] == 0xd9:
			_, err := to.Write(head[:2])
			return err
		}
		if _, err := io.ReadFull(in, head[2:]); err != nil {
			return err
		}
		size := int(binary.BigEndian.Uint16(head[2:])) - 2
		if size < 0 {
			return ErrPicture
		}
		body := make([]byte, size)
		if _, err := io.ReadFull(in, body); err != nil {
			return err
		}
		if err := keepSegment(to, head, body); err != nil {
			return err
		}
		if head[1] == 0xda {
			if err := copyScan(to, in); err != nil {
				return err
			}
		}
	}
}

// keepSegment writes a segment if it is of the picture.
func keepSegment(to io.Writer, head [4]byte, body []byte) error {
	switch marker := head[1]; {
	case marker == 0xe1 && starts(body, exifStart):
		body = turned(body)
		binary.BigEndian.PutUint16(head[2:], uint16(len(body)+2))
	case marker == 0xfe, marker >= 0xe0 && marker <= 0xef && !starts(body, "JFIF\x00", "ICC_PROFILE\x00", "Adobe\x00"):
		return nil
	}
	_, err := to.Write(append(head[:], body...))
	return err
}

// copyScan copies the picture itself up to the marker behind it.
func copyScan(to io.Writer, in *bufio.Reader) error {
	out := bufio.NewWriter(to)
	for {
		next, err := in.Peek(2)
		if err != nil {
			return err
		}
		if next[0] == 0xff && next[1] != 0 && next[1] != 0xff && (next[1] < 0xd0 || next[1] > 0xd7) {
			return out.Flush()
		}
		b, err := in.ReadByte()
		if err != nil {
			return err
		}
		if err := out.WriteByte(b); err != nil {
			return err
		}
	}
}

// turned are facts that hold how a picture is turned, and nothing else.
func turned(body []byte) []byte {
	way := 1
	func() {
		defer func() { _ = recover() }() // the file is a stranger's: then it is not turned
		_, _ = imagemeta.Decode(imagemeta.Options{R: bytes.NewReader(bytes.TrimPrefix(body, []byte(exifStart))), ImageFormat: imagemeta.TIFF, Sources: imagemeta.EXIF,
			ShouldHandleTag: func(t imagemeta.TagInfo) bool { return t.Tag == "Orientation" },
			HandleTag: func(t imagemeta.TagInfo) error {
				var n int
				if _, err := fmt.Sscan(fmt.Sprint(t.Value), &n); err == nil && n >= 1 && n <= 8 {
					way = n
				}
				return nil
			}})
	}()
	made := []byte(exifStart + "MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")
	made[len(exifStart)+19] = byte(way)
	return made
}

// pngWithout copies the chunks that are the picture.
func pngWithout(to io.Writer, in *bufio.Reader) error {
	if _, err := io.CopyN(to, in, 8); err != nil {
		return err
	}
	for {
		var head [8]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return err
		}
		kind, rest := string(head[4:]), int64(binary.BigEndian.Uint32(head[:]))+4
		out := to
		if kind != "IEND" && !isPlain(kind) {
			out = io.Discard
		}
		if _, err := out.Write(head[:]); err != nil {
			return err
		}
		if _, err := io.CopyN(out, in, rest); err != nil {
			return err
		}
		if kind == "IEND" {
			return nil
		}
	}
}

// webpWithout copies the chunks of the picture. In the place of others stand as many zeros,
// because the file begins with how long it is.
func webpWithout(to io.Writer, in *bufio.Reader) error {
	var head [12]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return err
	}
	if _, err := to.Write(head[:]); err != nil {
		return err
	}
	for left := int64(binary.LittleEndian.Uint32(head[4:])) - 4; left > 0; {
		chunk := head[:8]
		if _, err := io.ReadFull(in, chunk); err != nil {
			return err
		}
		kind, size := string(chunk[:4]), int64(binary.LittleEndian.Uint32(chunk[4:]))
		size += size % 2
		if left -= 8 + size; left < 0 {
			return ErrPicture
		}
		if err := keepChunk(to, in, kind, chunk, size); err != nil {
			return err
		}
	}
	return nil
}

func keepChunk(to io.Writer, in io.Reader, kind string, head []byte, size int64) error {
	switch kind {
	case "VP8X":
		body := make([]byte, 10)
		if size != 10 {
			return ErrPicture
		}
		if _, err := io.ReadFull(in, body); err != nil {
			return err
		}
		body[0] &^= 0x0c // that there are facts
		_, err := to.Write(append(head, body...))
		return err
	case "VP8 ", "VP8L", "ALPH", "ICCP", "ANIM", "ANMF":
		if _, err := to.Write(head); err != nil {
			return err
		}
		_, err := io.CopyN(to, in, size)
		return err
	}
	copy(head, "JUNK")
	if _, err := to.Write(head); err != nil {
		return err
	}
	if _, err := io.CopyN(io.Discard, in, size); err != nil {
		return err
	}
	_, err := io.CopyN(to, zeros{}, size)
	return err
}

// zeros is a reader of nothing but zeros.
type zeros struct{}

// Read implements [io.Reader].
func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
