package network_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"tillit/bot"
	"tillit/bot/network"
)

func TestWhatBecomesOfAFile(t *testing.T) {
	broken := io.MultiReader(strings.NewReader("by"), iotest.ErrReader(errors.New("http://10.0.0.1/secret")))
	for name, c := range map[string]struct {
		body  io.Reader
		tries int
		why   bot.Unkept
		lost  bool
		err   error
	}{
		"whole":                     {strings.NewReader("bytes"), 1, "", false, nil},
		"larger than is kept":       {strings.NewReader("bytes!"), 1, bot.UnkeptSize, true, network.ErrNoFile},
		"broken off, and may yet":   {broken, 2, "", false, network.ErrNoFile},
		"broken off once too often": {iotest.ErrReader(io.ErrUnexpectedEOF), 1, bot.UnkeptFile, true, network.ErrNoFile},
	} {
		f, ended := network.NewFiles(c.tries), false
		in := f.Bring("id", io.NopCloser(c.body), 5, func() { ended = true })
		_, err := io.ReadAll(in)
		if err := in.Close(); err != nil || !ended {
			t.Errorf("%s: closing ends the call: %t, %v", name, ended, err)
		}
		changed := f.Failed(0)
		why, lost := f.Lost("id")
		if !errors.Is(err, c.err) || changed != c.lost || lost != c.lost || why != c.why {
			t.Errorf("%s: %v, changed %t, lost %t (%s)", name, err, changed, lost, why)
		}
	}
}
