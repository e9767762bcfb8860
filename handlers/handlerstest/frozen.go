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
	return frozen(t, "v1", time.Date(2026, 11, 16, 19, 0, 0, 0, time.UTC), "maren", "jonas", "hakon", "eva")
}

// FrozenV2 is a copy of the office in casework/testdata/v2: four cases with signed acts from
// before there was a routine, which the program made as it was at "intake: ask only of a
// full run that it reached every question", told by reporters of this package. Lin may be
// in danger, keeps out Håkon and added a file; Maren has taken her case and noted. Per was
// answered by Siv, who gave the case to Jonas, and wrote again. Ida keeps out Siv since
// after sending, Håkon stepped aside, and Jonas noted in a chat. Eva's is the external
// receiver's, who has answered. Nils has not sent his.
func FrozenV2(t testing.TB) *Office {
	t.Helper()
	return frozen(t, "v2", time.Date(2026, 11, 19, 7, 30, 0, 0, time.UTC), "maren", "jonas", "siv", "hakon")
}

func frozen(t testing.TB, name string, now time.Time, people ...string) *Office {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../casework/testdata/"+name)); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := gunzip(filepath.Join(dir, "data", "tillit.db"), filepath.Join(dir, "tillit.db.gz")); err != nil {
		t.Fatal(err)
	}
	o := Options{Dir: dir, Clock: At(now)}
	for _, id := range people {
		o.People = append(o.People, Person{ID: id})
	}
	return New(t, o)
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
