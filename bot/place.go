package bot

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"tillit/intake"
	"tillit/intake/pictures"
)

// This file is for pictures and films that come in a chat, and tell where they were made. On
// our pages the box for a copy without that stands beside the file; in a chat the person is
// told when one has come, and can ask for copies of all that come after it.

// Budget is memory that the whole program shares, in bytes.
type Budget interface {
	Acquire(ctx context.Context, n int64) error
	Release(n int64)
}

const (
	// mostLook is how much of a file is looked at: what a telephone makes of a picture. What
	// is longer cannot be told of.
	mostLook = 8 << 20
	// lookHolds is what a file that is looked at holds, also while its reader grows.
	lookHolds = 2 * mostLook
	// lookWait is how long one waits for memory; whoever gets none is told that nothing is known.
	lookWait = 10 * time.Second
)

// looks looks at the files of an event, and makes copies of them where the person wants that.
// What they hold is released when the event is stored. Its error is one of the network.
func (b *Bot) looks(ctx context.Context, ch Channel, ev *Event) (release func(), err error) {
	release = func() {}
	if len(ev.Files) == 0 || ch.Capabilities(ev.Conversation).Copy {
		return release, nil
	}
	files := slices.Clone(ev.Files)
	held := int64(0)
	release = func() {
		if b.Memory != nil {
			b.Memory.Release(held)
		}
	}
	for i := range files {
		if files[i].place = pictures.Unsure; files[i].Voice {
			files[i].place = "" // nothing but what is said in it
			continue
		}
		if files[i].Size > mostLook || !b.lookHold(ctx) {
			continue
		}
		held += lookHolds
		if err := files[i].look(); err != nil {
			return release, err
		}
	}
	ev.Files = files
	return release, nil
}

func (b *Bot) lookHold(ctx context.Context) bool {
	if b.Memory == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, lookWait)
	defer cancel()
	return b.Memory.Acquire(ctx, lookHolds) == nil
}

var errLook = errors.New("reading a file: it broke off")

// look reads a file and says whether it tells a place. From then on it opens what was read;
// what is longer than it may be opens once.
func (f *File) look() error {
	in, err := f.Open()
	if err != nil {
		return errLook
	}
	var read bytes.Buffer
	read.Grow(int(min(max(f.Size, 0), mostLook)) + bytes.MinRead)
	n, err := read.ReadFrom(io.LimitReader(in, mostLook+1))
	if err != nil {
		_ = in.Close() // it is broken
		return errLook
	}
	data := read.Bytes()
	f.place = pictures.Of(data)
	f.copies = pictures.CanBeWithout(data[:min(len(data), pictures.Head)])
	if f.place == pictures.Unsure && !f.filmed(data) {
		f.place = "" // a document tells what stands in it
	}
	if n <= mostLook {
		f.Open = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
		return in.Close()
	}
	if f.place == pictures.No {
		f.place = pictures.Unsure // not all of it was seen
	}
	f.Open = func() (io.ReadCloser, error) { return joined{io.MultiReader(bytes.NewReader(data), in), in}, nil }
	return nil
}

// filmed reports whether a file is of a camera, as its sender or its bytes say.
func (f *File) filmed(data []byte) bool {
	return slices.ContainsFunc([]string{f.Type, http.DetectContentType(data)}, func(kind string) bool {
		return strings.HasPrefix(kind, "image/") || strings.HasPrefix(kind, "video/")
	}) || bytes.Contains(data[:min(len(data), 12)], []byte("ftyp"))
}

// joined is what was read of a file with the rest of it.
type joined struct {
	io.Reader
	io.Closer
}

// without is a file of which a copy is kept that tells no place. It is false where none can
// be made.
func (f File) without() (File, bool) {
	if f.place == pictures.No || f.place == "" {
		return f, true
	}
	if !f.copies {
		return f, false
	}
	whole := f.Open
	f.NoPlace = true
	f.Open = func() (io.ReadCloser, error) {
		in, err := whole()
		if err != nil {
			return nil, err
		}
		copied, to := io.Pipe()
		go func() { _ = to.CloseWithError(pictures.Without(to, in)) }() // it never fails
		return joined{copied, closers{copied, in}}, nil
	}
	return f, true
}

// closers closes a copy, and what it is made of.
type closers []io.Closer

// Close implements [io.Closer].
func (all closers) Close() (err error) {
	for _, c := range all {
		err = errors.Join(err, c.Close())
	}
	return err
}

// places says what the files that are kept tell of places, before all else, and makes the
// copies that the person has asked for.
func (b *Bot) places(s situation, p *plan) {
	tells, unsure, refused := false, false, false
	kept := []File{}
	for _, f := range p.files {
		if p.next.NoPlace {
			copied, can := f.without()
			refused = refused || !can
			if can {
				kept = append(kept, copied)
			}
			continue
		}
		kept = append(kept, f)
		tells = tells || f.place == pictures.Yes
		unsure = unsure || f.place == pictures.Unsure
	}
	if p.files = kept; p.destroy || !tells && !unsure && !refused {
		return
	}
	if s.ev.Album != "" { // once for all that was sent together
		sum := sha256.Sum256([]byte(s.ev.Album))
		if bytes.Equal(p.next.PlaceAlbum, sum[:8]) && !refused {
			return
		}
		p.next.PlaceAlbum = sum[:8]
	}
	said := p.say
	p.say = nil
	switch {
	case refused:
		b.say(s, p, intake.KindReply, "unkept_place_chat", b.button(p.next.Lang, "with_place", "with_place"))
	case tells:
		b.say(s, p, intake.KindReply, "place_told", b.button(p.next.Lang, "no_place", "no_place"))
	case !p.next.PlaceUnsure: // once is enough
		p.next.PlaceUnsure = true
		b.say(s, p, intake.KindReply, "place_unsure", b.button(p.next.Lang, "no_place", "no_place"))
	}
	if len(kept) > 0 || !refused {
		p.say = append(p.say, said...)
		return
	}
	p.say = append(p.say, slices.DeleteFunc(said, func(m Message) bool { return m.ID == "kept_files" })...)
}

// copiesOnly has copies kept of what comes from now on, or no more.
func (b *Bot) copiesOnly(s situation, on bool, p *plan) {
	p.next.NoPlace = on
	if on {
		b.say(s, p, intake.KindReply, "no_place_on", b.button(p.next.Lang, "with_place", "with_place"))
		return
	}
	b.say(s, p, intake.KindReply, "no_place_off")
}
