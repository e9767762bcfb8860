package mattermost

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot"
	"tillit/bot/network"
	"tillit/intake"
)

const (
	// fetchTries is how often a file is asked for before the words go without it; by
	// then some ten seconds have gone.
	fetchTries = 10
	// fetchTime is how long one may take to arrive.
	fetchTime = 5 * time.Minute
)

// fetch brings the files of one post. They vanish soon after their post is taken
// away, so they are brought while it is stored.
type fetch struct {
	ctx context.Context // ends what is being brought
	m   *Mattermost
	*network.Files
}

func newFetch(ctx context.Context, m *Mattermost) *fetch {
	return &fetch{ctx: ctx, m: m, Files: network.NewFiles(fetchTries)}
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
		lost, isLost := f.Lost(id)
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
	f.Missing(id, "")
	if !model.IsValidId(id) {
		f.Missing(id, bot.UnkeptFile)
		return nil, network.ErrNoFile
	}
	ctx, cancel := context.WithTimeout(f.ctx, fetchTime)
	res, err := f.m.api.DoAPIGet(ctx, "/files/"+id, "")
	if err != nil {
		cancel()
		if res != nil && (res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusForbidden) {
			f.Missing(id, bot.UnkeptFile)
		}
		return nil, network.ErrNoFile
	}
	if res.StatusCode != http.StatusOK {
		cancel()
		res.Body.Close()
		return nil, network.ErrNoFile
	}
	left := f.m.MaxFile
	if left <= 0 {
		left = largestAnswer
	}
	return f.Bring(id, res.Body, left, cancel), nil
}
