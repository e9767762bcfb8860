package telegram_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/bot/bottest/faults"
	"tillit/store/cases"
)

func TestFilesAreKeptAsTheyCame(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	ref := tw.report(lin, "Det var på middagen.")
	content := map[string][]byte{}
	file := func(kind, name, mime string) {
		body := bytes.Repeat([]byte("kanari-"+kind+" \x00\xff"), 120_000) // of several parts
		f := tw.net.Upload(name, mime, body, int64(len(body)))
		f["width"], f["height"], f["length"], f["duration"] = 9, 9, 9, 9
		content[kind] = body
		fields := map[string]any{kind: f}
		if kind == "photo" {
			fields = map[string]any{kind: []any{map[string]any{"file_id": "small", "file_unique_id": "s", "width": 1, "height": 1}, f}}
		}
		lin.Send(fields)
		tw.settled()
	}
	for kind, names := range map[string][2]string{
		"document": {"logg.txt", "text/plain"}, "photo": {}, "video": {"film.mp4", "video/mp4"}, "voice": {"", "audio/ogg"},
		"audio": {"lyd.mp3", "audio/mpeg"}, "video_note": {},
	} {
		file(kind, names[0], names[1])
	}
	tw.sees(lin, "En stemme kan kjennes igjen")
	var got [][]byte
	whole := map[string][]byte{}
	for _, b := range tw.told(ref) {
		switch b := b.(type) {
		case cases.FilePart:
			whole[b.ID] = append(whole[b.ID], b.Data...)
		case cases.File:
			if b.Name.IsZero() || b.MediaType == "" || b.Size != int64(len(whole[b.ID])) {
				t.Errorf("a file has a name: %v, is of type %q and size %d", !b.Name.IsZero(), b.MediaType, b.Size)
			}
			got = append(got, whole[b.ID])
		}
	}
	for kind, want := range content {
		if !slices.ContainsFunc(got, func(b []byte) bool { return bytes.Equal(b, want) }) {
			t.Errorf("the %s is not kept as it came", kind)
		}
	}
}

func TestFilesThatDoNotCome(t *testing.T) {
	t.Parallel()
	small := []byte("innhold")
	for _, tt := range []struct {
		name, says string
		with       func(*town) map[string]any
	}{
		{"larger than the network hands out", "større enn 20 MB", func(tw *town) map[string]any {
			return tw.net.Upload("a.zip", "", nil, 21<<20)
		}},
		{"larger than it said", "større enn 20 MB", func(tw *town) map[string]any {
			f := tw.net.Upload("a.zip", "", nil, 21<<20)
			delete(f, "file_size")
			return f
		}},
		{"longer than it said", "større enn 20 MB", func(tw *town) map[string]any {
			return tw.net.Upload("a.zip", "", make([]byte, 20<<20+1), 5)
		}},
		{"forgotten by the network", "ikke hentet", func(tw *town) map[string]any {
			f := tw.net.Upload("a.zip", "", small, 7)
			tw.net.Lose(f["file_id"].(string))
			return f
		}},
		{"broken off once", "lagt til saken", func(tw *town) map[string]any {
			tw.net.Faults.On("file", faults.Fault{After: true})
			return tw.net.Upload("a.zip", "", small, 7)
		}},
		{"not handed out once", "lagt til saken", func(tw *town) map[string]any {
			tw.net.Faults.On("getFile", faults.Fault{Status: 500}, faults.Fault{})
			return tw.net.Upload("a.zip", "", small, 7)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tw := newTown(t)
			lin := tw.net.Person("Lin")
			ref := tw.report(lin, "Det var på middagen.")
			lin.Send(map[string]any{"document": tt.with(tw), "caption": "Se denne"})
			tw.sees(lin, tt.says)
			tw.settled()
			if got := tw.words(ref); got[len(got)-1] != "Se denne" {
				t.Errorf("the words beside it are not kept: %q", got)
			}
			files := 0
			for _, b := range tw.told(ref) {
				if b.Type() == cases.TypeFile {
					files++
				}
			}
			if kept := strings.Contains(tt.says, "saken"); kept != (files == 1) {
				t.Errorf("%d files are kept", files)
			}
			if s := tw.log.String(); strings.Contains(s, tw.net.Token) || strings.Contains(s, "documents/") {
				t.Error("the log holds a file's address")
			}
		})
	}
}

func TestAStopDoesNotWaitForASlowFile(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for as long as a commit may take")
	}
	t.Parallel()
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	tw.begin(lin)
	tw.net.Faults.On("getFile", faults.Fault{Delay: time.Minute})
	_, id := lin.Send(map[string]any{"document": tw.net.Upload("a", "", []byte("x"), 1)})
	tw.until("the file is asked for", func() bool { return tw.net.Calls("getFile") > 0 })
	began := time.Now()
	tw.stop()
	if took := time.Since(began); took > 8*time.Second || tw.net.Confirmed(id) {
		t.Errorf("it stopped after %v, with the update confirmed: %v", took, tw.net.Confirmed(id))
	}
}
