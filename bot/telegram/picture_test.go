package telegram_test

import (
	"bytes"
	"testing"

	"tillit/bot/bottest"
	"tillit/bot/telegram/standin"
	"tillit/intake/pictures"
	"tillit/store/cases"
)

// TestAPictureThatTellsAPlace is kept as it is, and its sender is told; who wants copies
// without places has those kept from then on, and the office is told that they are copies.
func TestAPictureThatTellsAPlace(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	ref := tw.report(lin, "Det var på middagen.")
	picture := bottest.Placed(t)
	if pictures.Of(picture) != pictures.Yes {
		t.Fatal("the picture of the test tells no place")
	}
	send := func(name, mime string, data []byte) {
		lin.Send(map[string]any{"document": tw.net.Upload(name, mime, data, int64(len(data)))})
		tw.settled()
	}
	send("notat.txt", "text/plain", []byte("Klokken to."))
	send("film.mp4", "video/mp4", []byte("\x00\x00\x00\x18ftypmp42 and no more"))
	tw.sees(lin, "Vi kan ikke se om filen forteller hvor den er laget")
	send("hel.jpg", "image/jpeg", picture)
	tw.sees(lin, "forteller hvor det er tatt")
	tw.under(lin, "forteller hvor det er tatt")
	tw.presses(lin, "Lagre kopier uten sted")
	tw.sees(lin, "Fra nå av lagrer vi kopier uten sted")
	send("kopi.jpg", "image/jpeg", picture)
	send("film2.mp4", "video/mp4", []byte("\x00\x00\x00\x18ftypmp42 and no more"))
	tw.sees(lin, "Filen er ikke lagret")
	tw.restarted()
	send("kopi2.jpg", "image/jpeg", picture)
	tw.presses(lin, "Lagre dem som de er")
	tw.sees(lin, "Fra nå av lagrer vi bilder som de er")
	send("hel2.jpg", "image/jpeg", picture)
	tw.holds(ref, picture, map[string]bool{"notat.txt": false, "film.mp4": false, "hel.jpg": false, "kopi.jpg": true, "kopi2.jpg": true, "hel2.jpg": false})
}

// presses presses the newest button that says so, wherever it stands.
func (tw *town) presses(p *standin.Person, label string) {
	tw.t.Helper()
	if _, err := p.Press(label); err != nil {
		tw.t.Fatal(err)
	}
	tw.settled()
}

// restarted is a new process over the same store.
func (tw *town) restarted() {
	tw.stop()
	tw.start()
}

// holds compares the files of a case with those that it should have: copies without their
// place, or pictures as they came.
func (tw *town) holds(ref string, picture []byte, want map[string]bool) {
	tw.t.Helper()
	data, seen := map[string][]byte{}, map[string]bool{}
	for _, b := range tw.told(ref) {
		switch b := b.(type) {
		case cases.FilePart:
			data[b.ID] = append(data[b.ID], b.Data...)
		case cases.File:
			name := b.Name.Reveal()
			seen[name] = true
			copied, wanted := want[name]
			if !wanted || b.NoPlace != copied {
				tw.t.Errorf("%s is there (wanted: %v), a copy: %v", name, wanted, b.NoPlace)
			}
			if copied && pictures.Of(data[b.ID]) != pictures.No || !copied && b.MediaType == "image/jpeg" && !bytes.Equal(data[b.ID], picture) {
				tw.t.Errorf("%s tells of its place: %s", name, pictures.Of(data[b.ID]))
			}
		}
	}
	for name := range want {
		if !seen[name] {
			tw.t.Errorf("%s is not there", name)
		}
	}
}
