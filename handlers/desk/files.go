package desk

import (
	"bytes"
	"errors"
	"mime"
	"net/http"

	"tillit/handlers/casework"
	"tillit/intake/pictures"
)

// maxFile bounds what a file may take in memory: it is never written to disk
// here, and nothing of it is shown before all of it proved unchanged.
const maxFile = 256 << 20

var errTooLarge = errors.New("the file is larger than the desk opens")

// file is a kept file in a list.
type file struct {
	ID, Name, Kind, Size, Sum, By, When string
	NoPlace                             bool // a copy without its place
}

func (v view) file(f casework.File) file {
	by := plain(f.By)
	if f.By == "reporter" {
		by = v.T("by.reporter")
	}
	name := plain(f.Name.Reveal())
	if name == "" {
		name = v.T("file.nameless")
	}
	return file{f.ID, name, plain(f.MediaType), v.Size(f.Size), f.SHA256, by, v.Moment(v.local(f.At), v.Now), f.NoPlace}
}

// filePageData is the page of one file.
type filePageData struct {
	Ref      string
	File     file
	Shown    bool
	Picture  bool
	Location string // yes, no, unsure
}

// limited is a buffer that refuses to grow past [maxFile].
type limited struct{ bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > maxFile {
		return 0, errTooLarge
	}
	return l.Buffer.Write(p)
}

// open fetches a file's facts and its bytes.
func (d *Desk) open(r *http.Request) (casework.File, []byte, error) {
	ref, id := r.PathValue("ref"), r.PathValue("id")
	cs, err := d.cfg.Work.Case(r.Context(), ref)
	if cs == nil || err != nil && !errors.Is(err, casework.ErrTampered) {
		return casework.File{}, nil, err
	}
	for _, f := range cs.Files {
		if f.ID != id {
			continue
		}
		var buf limited
		if err := d.cfg.Work.File(r.Context(), ref, id, &buf); err != nil {
			return f, nil, err
		}
		return f, buf.Bytes(), nil
	}
	return casework.File{}, nil, casework.ErrUnknown
}

// filePage tells what a file is and whether it gives away a place, before it is
// shown or saved. Only with show=1 it is shown, and only a picture.
func (d *Desk) filePage(w http.ResponseWriter, r *http.Request) {
	f, data, err := d.open(r)
	if err != nil {
		d.fail(w, r, err, nil)
		return
	}
	v := d.view(r, "file")
	v.D = filePageData{Ref: r.PathValue("ref"), File: v.file(f), Shown: r.URL.Query().Get("show") == "1",
		Picture: pictureType(data) != "", Location: string(pictures.Of(data))}
	d.hide(w, *r.URL)
	d.show(w, http.StatusOK, "file", v)
}

// picture serves the bytes of a picture to the page that shows it. What they are
// is read from the bytes: a name and a type are claims.
func (d *Desk) picture(w http.ResponseWriter, r *http.Request) {
	_, data, err := d.open(r)
	if err != nil {
		d.fail(w, r, err, nil)
		return
	}
	kind := pictureType(data)
	if kind == "" {
		d.refuse(w, r, http.StatusUnsupportedMediaType, "page")
		return
	}
	w.Header().Set("Content-Security-Policy", policy+"; sandbox")
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(data)
}

// saveFile hands a file to the browser to keep; it is never shown as a page.
func (d *Desk) saveFile(w http.ResponseWriter, r *http.Request) {
	f, data, err := d.open(r)
	if err != nil {
		d.fail(w, r, err, nil)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.DiskName()}))
	_, _ = w.Write(data)
}

func pictureType(data []byte) string {
	switch kind := http.DetectContentType(data); kind {
	case "image/jpeg", "image/png", "image/gif", "image/webp":
		return kind
	}
	return ""
}
