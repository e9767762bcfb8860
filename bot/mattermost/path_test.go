package mattermost_test

import (
	"slices"
	"strings"
	"testing"

	"tillit/store"
)

func TestAReportReachesTheOffice(t *testing.T) {
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	ref := tw.report(lin, "Det var på middagen.", "Jeg sa nei.")
	queue, _, err := tw.store.Queue(t.Context(), "maren", store.QueueQuery{})
	if err != nil || len(queue) != 1 || queue[0].Ref != ref || queue[0].Channel != "mattermost" {
		t.Fatalf("the queue holds %+v, %v; want the case from Mattermost", queue, err)
	}
	if got := tw.words(ref); !slices.Equal(got, []string{"Det var på middagen.", "Jeg sa nei."}) {
		t.Errorf("the office reads %q", got)
	}
}

func TestTheCardSaysWhoCanRead(t *testing.T) {
	tw := newTown(t)
	for lang, says := range map[string][]string{
		"nb": {"De som driver Mattermost-serveren (Driftshuset), kan lese", "ikke ende-til-ende-kryptert"},
		"nn": {"Dei som driv Mattermost-serveren (Driftshuset), kan lese", "ikkje ende-til-ende-kryptert"},
		"en": {"Those who run the Mattermost server (Driftshuset) can read", "not end-to-end encrypted"},
		"ko": {"De som driver Mattermost-serveren (Driftshuset), kan lese"},
	} {
		p := tw.net.Person("person " + lang)
		p.Speak(lang)
		p.Write("hei")
		for _, s := range says {
			tw.sees(p, s)
		}
		if card := p.Got()[0]; strings.Contains(card, "{") {
			t.Errorf("the card in %q has a hole: %s", lang, card)
		}
	}
}
