package telegram

import (
	"slices"
	"unicode/utf16"

	"github.com/go-telegram/bot/models"
)

// linked is a text in which the address that lies behind some of its words stands after
// them: whoever reads the words alone would not know where they led.
func linked(text string, entities []models.MessageEntity) string {
	var links []models.MessageEntity
	for _, e := range entities {
		if e.Type == models.MessageEntityTypeTextLink && e.URL != "" {
			links = append(links, e)
		}
	}
	if len(links) == 0 {
		return text
	}
	slices.SortStableFunc(links, func(a, b models.MessageEntity) int { return (a.Offset + a.Length) - (b.Offset + b.Length) })
	units := utf16.Encode([]rune(text)) // which is how Telegram counts
	for _, e := range slices.Backward(links) {
		if end := e.Offset + e.Length; e.Offset >= 0 && e.Length > 0 && end <= len(units) {
			units = slices.Insert(units, end, utf16.Encode([]rune(" ("+e.URL+")"))...)
		}
	}
	return string(utf16.Decode(units))
}
