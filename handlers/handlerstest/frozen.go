package handlerstest

import (
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// FrozenV1 is a copy of the office in casework/testdata/v1: three cases of version 1, which the
// program made as it was at "intake: call the dialogues of a question set scenarios",
// told by a reporter of this package and by events of a network. Lin told on the pages, keeps out
// Håkon, changed an answer, sent a file and wrote again; handlers wrote, took, gave on
// and gave access. Ola told on a network, pressed Jonas's name when asked for it,
// passed on a message, changed one and took one away. Kari keeps everybody out, so
// that the external receiver has the case. Siv has left. Today's program brings the
// file to today's form.
func FrozenV1(t testing.TB) *Office {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../casework/testdata/v1")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := gunzip(filepath.Join(dir, "data", "tillit.db"), filepath.Join(dir, "tillit.db.gz")); err != nil {
		t.Fatal(err)
	}
	return New(t, Options{Dir: dir, Clock: At(time.Date(2026, 11, 16, 19, 0, 0, 0, time.UTC)),
		People: []Person{{ID: "maren"}, {ID: "jonas"}, {ID: "hakon"}, {ID: "eva"}}})
}

func gunzip(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	r, err := gzip.NewReader(in)
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, r)
	return errors.Join(err, out.Close())
}
