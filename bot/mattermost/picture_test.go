package mattermost_test

import (
	"testing"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot/bottest"
	"tillit/intake/pictures"
	"tillit/store/cases"
)

// TestAPictureThatTellsAPlace is kept as it is, and its sender is told; who wants copies
// without places has those kept from then on.
func TestAPictureThatTellsAPlace(t *testing.T) {
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	ref := tw.report(lin, "Det var på middagen.")
	picture := bottest.Placed(t)
	send := func(name string) {
		tw.kept(lin, lin.Post(&model.Post{FileIds: []string{lin.Upload(name, "image/jpeg", picture, int64(len(picture)))}}))
	}
	send("hel.jpg")
	tw.sees(lin, "forteller hvor det er tatt")
	if told, err := lin.Press("Lagre kopier uten sted"); err != nil || told != "" {
		t.Fatal(told, err)
	}
	tw.sees(lin, "Fra nå av lagrer vi kopier uten sted")
	send("kopi.jpg")
	data, seen := map[string][]byte{}, 0
	for _, b := range tw.told(ref) {
		switch b := b.(type) {
		case cases.FilePart:
			data[b.ID] = append(data[b.ID], b.Data...)
		case cases.File:
			seen++
			copied := b.Name.Reveal() == "kopi.jpg"
			if tells := pictures.Of(data[b.ID]); b.NoPlace != copied || copied != (tells == pictures.No) {
				t.Errorf("%s is said to be a copy: %v, and tells of its place: %s", b.Name.Reveal(), b.NoPlace, tells)
			}
		}
	}
	if seen != 2 {
		t.Errorf("%d files are there, want 2", seen)
	}
}
