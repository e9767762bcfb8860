package telegram

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-telegram/bot/models"
)

const (
	// placeEach is how often the place of somebody who shares it while they move is kept.
	placeEach = 5 * time.Minute
	// mostPlaces bounds for how many of them that is remembered.
	mostPlaces = 1024
)

// place is where a message says that somebody or something is, in words; live, that the
// network tells it anew while they move, or did until now.
func place(m *models.Message) (words string, live bool) {
	at := m.Location
	if m.Venue != nil {
		at = &m.Venue.Location
		words = strings.TrimSpace(strings.TrimSuffix(strings.Join([]string{m.Venue.Title, m.Venue.Address}, ", "), ", ")) + "\n"
	}
	if at == nil {
		return "", false
	}
	words += fmt.Sprintf("📍 %.6f, %.6f", at.Latitude, at.Longitude)
	if at.HorizontalAccuracy > 0 {
		words += fmt.Sprintf(" (± %.0f m)", at.HorizontalAccuracy)
	}
	return words, m.Venue == nil && (at.LivePeriod > 0 || m.EditDate > 0)
}

// passes reports whether a place that was told anew is one of many, which is not kept. The
// one with which somebody stops sharing is.
func (t *Telegram) passes(m *models.Message) bool {
	if m.Location == nil || m.Location.LivePeriod == 0 {
		return false
	}
	key, now := strconv.FormatInt(m.Chat.ID, 10)+":"+strconv.Itoa(m.ID), t.Now()
	if kept, ok := t.places.Get(key); ok && now.Sub(kept) < placeEach {
		return true
	}
	t.places.Add(key, now)
	return false
}
