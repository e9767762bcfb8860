package telegram

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"tillit/bot"
	"tillit/bot/network"
	"tillit/intake"
)

const (
	// largestFile is what Telegram hands out to a bot.
	largestFile = 20 << 20
	// fetchTime is how long one file may take.
	fetchTime = 10 * time.Minute
	// fetchTries is how often a file that does not come is asked for, before the
	// person is told; by then half a minute has gone.
	fetchTries = 10
)

// fetch brings the files of one event. It remembers over the attempts which of
// them the network does not hand out.
type fetch struct {
	ctx context.Context // ends what is being brought
	t   *Telegram
	*network.Files

	end   context.CancelFunc
	leave atomic.Bool // what has not come is gone without
}

func newFetch(ctx context.Context, t *Telegram) *fetch {
	ctx, end := context.WithCancel(ctx)
	return &fetch{ctx: ctx, end: end, t: t, Files: network.NewFiles(fetchTries)}
}

// hurry ends what is being brought: others wait for it.
func (f *fetch) hurry() {
	f.leave.Store(true)
	f.end()
}

// attached is a file as a message names it.
type attached struct {
	id, name, kind string
	size           int64
	voice          bool
}

// of lists a message's files, the original of each, and says what cannot be kept.
func (f *fetch) of(m *models.Message) (files []bot.File, unkept bot.Unkept) {
	for _, a := range attachments(m) {
		switch lost, isLost := f.Lost(a.id); {
		case isLost:
			unkept = lost
		case a.size > largestFile:
			unkept = bot.UnkeptSize
		default:
			size := a.size
			if size <= 0 {
				size = -1
			}
			files = append(files, bot.File{
				Name: intake.NewPrivate(a.name), Type: a.kind, Size: size, Voice: a.voice,
				Open: func() (io.ReadCloser, error) { return f.open(a.id) },
			})
		}
	}
	return files, unkept
}

func attachments(m *models.Message) (out []attached) {
	add := func(id, name, otherwise, kind, usual string, size int64) {
		if name == "" {
			name = otherwise
		}
		if kind == "" {
			kind = usual
		}
		out = append(out, attached{id: id, name: name, kind: kind, size: size})
	}
	if n := len(m.Photo); n > 0 { // the sizes of one picture; the last is the largest
		p := m.Photo[n-1]
		add(p.FileID, "", "bilde.jpg", "", "image/jpeg", int64(p.FileSize))
	}
	switch {
	case m.Document != nil: // also stands beside an animation
		d := m.Document
		add(d.FileID, d.FileName, "dokument", d.MimeType, "application/octet-stream", d.FileSize)
	case m.Animation != nil:
		a := m.Animation
		add(a.FileID, a.FileName, "animasjon.mp4", a.MimeType, "video/mp4", a.FileSize)
	}
	if v := m.Video; v != nil {
		add(v.FileID, v.FileName, "video.mp4", v.MimeType, "video/mp4", v.FileSize)
	}
	if v := m.VideoNote; v != nil {
		add(v.FileID, "", "video.mp4", "", "video/mp4", int64(v.FileSize))
		out[len(out)-1].voice = true // a round film of who speaks
	}
	if v := m.Voice; v != nil {
		add(v.FileID, "", "lyd.ogg", v.MimeType, "audio/ogg", v.FileSize)
		out[len(out)-1].voice = true
	}
	if a := m.Audio; a != nil {
		add(a.FileID, a.FileName, "lyd", a.MimeType, "audio/mpeg", a.FileSize)
	}
	return out
}

// open begins to bring a file. What comes is bounded, and never written down here.
func (f *fetch) open(id string) (io.ReadCloser, error) {
	if f.leave.Load() {
		f.Missing(id, bot.UnkeptFile)
		return nil, network.ErrNoFile
	}
	f.Missing(id, "")
	ctx, cancel := context.WithTimeout(f.ctx, fetchTime)
	got, err := f.t.api.GetFile(ctx, &tg.GetFileParams{FileID: id})
	if err == nil && strings.TrimSpace(got.FilePath) == "" {
		err = tg.ErrorBadRequest
	}
	if err != nil {
		cancel()
		if errors.Is(err, tg.ErrorBadRequest) {
			f.Missing(id, bot.UnkeptFile)
			if strings.Contains(err.Error(), "too big") {
				f.Missing(id, bot.UnkeptSize)
			}
		}
		return nil, network.ErrNoFile
	}
	body, err := f.t.download(ctx, got.FilePath)
	if err != nil {
		cancel()
		return nil, network.ErrNoFile
	}
	return f.Bring(id, body, largestFile, cancel), nil
}

// download asks for a file's bytes.
func (t *Telegram) download(ctx context.Context, path string) (io.ReadCloser, error) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, t.url("file/bot", strings.Join(parts, "/")), nil)
	if err != nil {
		return nil, network.ErrNoFile
	}
	res, err := t.http.client.Do(r)
	if err != nil {
		return nil, network.ErrNoFile
	}
	if res.StatusCode != http.StatusOK {
		res.Body.Close()
		return nil, network.ErrNoFile
	}
	return res.Body, nil
}
