package telegram_test

import (
	"slices"
	"strings"
	"testing"

	"tillit/store"
)

func TestAReportReachesTheOffice(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	ref := tw.report(lin, "Det var på middagen.", "Jeg sa nei.")
	queue, _, err := tw.store.Queue(t.Context(), "maren", store.QueueQuery{})
	if err != nil || len(queue) != 1 || queue[0].Ref != ref || queue[0].Channel != "telegram" {
		t.Fatalf("the queue holds %+v, %v; want the case from Telegram", queue, err)
	}
	if got := tw.words(ref); !slices.Equal(got, []string{"Det var på middagen.", "Jeg sa nei."}) {
		t.Errorf("the office reads %q", got)
	}
	if tw.net.Unanswered() != 0 {
		t.Errorf("%d presses still turn", tw.net.Unanswered())
	}
}

func TestTheCardSaysWhoCanRead(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	for lang, says := range map[string][]string{
		"nb": {"Telegram kan teknisk sett lese", "ikke ende-til-ende-kryptert"},
		"nn": {"Telegram kan teknisk sett lese", "ikkje ende-til-ende-kryptert"},
		"en": {"Telegram can technically read", "not end-to-end encrypted"},
		"":   {"Telegram kan teknisk sett lese"},
	} {
		p := tw.net.Person("person " + lang)
		p.Lang = lang
		p.Write("hei")
		for _, s := range says {
			tw.sees(p, s)
		}
		if card := p.Got()[0]; strings.Contains(card, "{") {
			t.Errorf("the card in %q has a hole: %s", lang, card)
		}
	}
}

func TestReadMoreSaysWhatTelegramKnows(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	lin.Write("/start")
	tw.press(lin, "Les mer")
	for _, says := range []string{"Straff avgjør domstolene", "nummeret på kontoen din", "har vi det fortsatt", "48 timene"} {
		tw.sees(lin, says)
	}
}
