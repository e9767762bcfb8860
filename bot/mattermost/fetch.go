package mattermost

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot"
	"tillit/intake"
)

const (
	// fetchTries is how often a file is asked for before the words go without it; by
	// then some ten seconds have gone.
	fetchTries = 10
	// fetchTime is how long one may take to arrive.
	fetchTime = 5 * time.Minute
)

// errNoFile says that a file did not arrive whole; nothing of the event is stored.
var errNoFile = errors.New("a file could not be brought")

// fetch brings the files of one post. They vanish soon after their post is taken
// away, so they are brought while it is stored.
type fetch struct {
	m     *Mattermost
	lost  map[string]bot.Unkept // by file id: given up
	fresh map[string]bot.Unkept // failed in this try: why, empty when it may pass
}

func newFetch(m *Mattermost) *fetch {
	return &fetch{m: m, lost: map[string]bot.Unkept{}, fresh: map[string]bot.Unkept{}}
}

// failed settles, after an event was not stored, which files it must go without.
// It reports whether there are new ones.
func (f *fetch) failed(try int) bool {
	changed := false
	for id, why := range f.fresh {
		if why == "" && try+1 >= fetchTries {
			why = bot.UnkeptFile
		}
		if why != "" {
			f.lost[id], changed = why, true
		}
	}
	clear(f.fresh)
	return changed
}

// of lists a post's files that were added after a time, and says what cannot be
// kept.
func (f *fetch) of(ctx context.Context, p *model.Post, since int64) (files []bot.File, unkept bot.Unkept) {
	infos := map[string]*model.FileInfo{}
	if p.Metadata != nil {
		for _, info := range p.Metadata.Files {
			if info != nil {
				infos[info.Id] = info
			}
		}
		if p.Metadata.RedactedFileCount > 0 {
			unkept = bot.UnkeptFile
		}
	}
	for _, id := range p.FileIds {
		info := infos[id]
		if info == nil {
			info = f.info(ctx, id)
		}
		lost, isLost := f.lost[id]
		switch {
		case isLost:
			unkept = lost
		case info == nil:
			unkept = bot.UnkeptFile
		case since > 0 && info.CreateAt <= since: // it came with an earlier version
		case f.m.MaxFile > 0 && info.Size > f.m.MaxFile:
			unkept = bot.UnkeptSize
		default:
			files = append(files, f.file(id, info))
		}
	}
	return files, unkept
}

func (f *fetch) file(id string, info *model.FileInfo) bot.File {
	kind, size := info.MimeType, info.Size
	if kind == "" {
		kind = "application/octet-stream"
	}
	if size <= 0 {
		size = -1
	}
	return bot.File{
		Name: intake.NewPrivate(info.Name), Type: kind, Size: size,
		Open: func() (io.ReadCloser, error) { return f.open(id) },
	}
}

// info asks what a file is; nil is one that cannot be had.
func (f *fetch) info(ctx context.Context, id string) *model.FileInfo {
	if !model.IsValidId(id) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	info, res, err := f.m.api.GetFileInfo(ctx, id)
	if classify("files", res, err) != nil {
		return nil
	}
	return info
}

// open begins to bring a file. The library's own call would hold all of it in
// memory.
func (f *fetch) open(id string) (io.ReadCloser, error) {
	f.fresh[id] = ""
	if !model.IsValidId(id) {
		f.fresh[id] = bot.UnkeptFile
		return nil, errNoFile
	}
	ctx, cancel := context.WithTimeout(context.Background(), fetchTime)
	res, err := f.m.api.DoAPIGet(ctx, "/files/"+id, "")
	if err != nil {
		cancel()
		if res != nil && (res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusForbidden) {
			f.fresh[id] = bot.UnkeptFile
		}
		return nil, errNoFile
	}
	if res.StatusCode != http.StatusOK {
		cancel()
		res.Body.Close()
		return nil, errNoFile
	}
	left := f.m.MaxFile
	if left <= 0 {
		left = largestAnswer
	}
	return &arriving{body: res.Body, left: left, f: f, id: id, cancel: cancel}, nil
}

// arriving is a file on its way.
type arriving struct {
	body   io.ReadCloser
	left   int64
	f      *fetch
	id     string
	cancel context.CancelFunc
}

// Read implements [io.Reader]. Its errors hold no address.
func (a *arriving) Read(p []byte) (int, error) {
	n, err := a.body.Read(p)
	if a.left -= int64(n); a.left < 0 {
		a.f.fresh[a.id] = bot.UnkeptSize
		return 0, errNoFile
	}
	switch {
	case errors.Is(err, io.EOF):
		delete(a.f.fresh, a.id)
		return n, io.EOF
	case err != nil:
		return n, errNoFile
	}
	return n, nil
}

// Close implements [io.Closer].
func (a *arriving) Close() error {
	a.cancel()
	return a.body.Close()
}
