package telegram

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"tillit/bot"
	"tillit/bot/network"
	"tillit/intake"
)

const (
	// longestText is Telegram's own limit, in UTF-16 units.
	longestText = 4096
	// sendTime is how long one attempt may take.
	sendTime = 20 * time.Second
	// mostStarted bounds what is remembered of messages that left in part.
	mostStarted = 1024
)

// errAddress is an address that this channel did not make.
var errAddress = errors.New("telegram: this is no address of ours")

// Send implements [bot.Channel]. Text goes without markup, so that no character
// of a person's can break it. Of a long message, parts that have left are not
// sent again at the next attempt. One that may have arrived is, and says so.
func (t *Telegram) Send(ctx context.Context, to intake.Address, m bot.Message) (bot.SentID, error) {
	chat, err := strconv.ParseInt(to.Reveal(), 10, 64)
	if err != nil {
		return "", errAddress
	}
	texts := t.render(m)
	h := t.left(m.Key)
	for again := m.Maybe; h.parts < len(texts); h.parts++ {
		var buttons *models.InlineKeyboardMarkup
		if h.parts == len(texts)-1 {
			buttons = t.keyboard(to.Reveal(), m.Choices)
		}
		text := texts[h.parts]
		if again {
			text, again = t.again(text, m.Lang), false
		}
		id, err := t.attempt(ctx, chat, text, buttons)
		if err != nil {
			t.leave(m.Key, h)
			return "", err
		}
		h.ids = append(h.ids, string(id))
	}
	t.leave(m.Key, halfway{})
	return bot.SentID(strings.Join(h.ids, ",")), nil
}

// attempt sends one part, if the pace allows it.
func (t *Telegram) attempt(ctx context.Context, chat int64, text string, buttons *models.InlineKeyboardMarkup) (bot.SentID, error) {
	key := strconv.FormatInt(chat, 10)
	if err := t.Pace.Turn(ctx, key, t.Now); err != nil {
		return "", err
	}
	ctx, cancel := network.Finish(ctx, sendTime)
	defer cancel()
	off := true
	p := &tg.SendMessageParams{ChatID: chat, Text: text, LinkPreviewOptions: &models.LinkPreviewOptions{IsDisabled: &off}}
	if buttons != nil {
		p.ReplyMarkup = buttons
	}
	sent, err := t.api.SendMessage(ctx, p)
	err = classify("sendMessage", err)
	var slow *bot.RetryError
	switch {
	case err == nil:
		t.troubles.Said()
		t.latest.Add(key, sent.ID)
		return bot.SentID(strconv.Itoa(sent.ID)), nil
	case errors.As(err, &slow):
		t.Pace.Heed(key, t.Now(), err)
		return "", err
	case errors.Is(err, errLost):
		return "", bot.ErrMaybeSent
	case errors.Is(err, bot.ErrGone):
		return "", bot.ErrGone
	}
	t.tell(err)
	if network.IsRefused(err, network.RefusedOther) {
		return "", fmt.Errorf("sending: %w", err)
	}
	return "", fmt.Errorf("sending: %w: %w", bot.ErrTrouble, err)
}

// halfway is how much of a long message has left.
type halfway struct {
	parts int
	ids   []string
}

// again says before a text that it may have arrived already, where that fits.
func (t *Telegram) again(text, lang string) string {
	both := t.words.In(cmp.Or(lang, t.Lang)).Say("again") + "\n\n" + text
	if network.UTF16(both) > longestText {
		return text
	}
	return both
}

// left is what has left of a message already.
func (t *Telegram) left(key string) halfway {
	h, _ := t.started.Get(key)
	h.ids = slices.Clone(h.ids)
	return h
}

// leave remembers what has left; nothing forgets the message. A part said twice is
// better than memory without an end.
func (t *Telegram) leave(key string, h halfway) {
	if h.parts == 0 || key == "" {
		t.started.Remove(key)
		return
	}
	t.started.Add(key, h)
}

// render makes the messages' texts: never empty, none too long.
func (t *Telegram) render(m bot.Message) []string {
	var out []string
	for _, p := range network.Split(network.Text(m, true), longestText, network.UTF16) {
		if strings.TrimSpace(p) != "" {
			out = append(out, p)
		}
	}
	return out
}

// keyboard sets each choice as a button of its own row; ways out share rows.
func (t *Telegram) keyboard(chat string, choices []intake.Choice) *models.InlineKeyboardMarkup {
	if len(choices) == 0 {
		return nil
	}
	var rows [][]models.InlineKeyboardButton
	soft := false // the last row is one of ways out, with room
	for _, c := range choices {
		b := models.InlineKeyboardButton{Text: network.Label(c, network.UTF16), CallbackData: t.tokens.button(chat, c.Asks())}
		if c.Way && soft && len(rows[len(rows)-1]) < 2 {
			rows[len(rows)-1] = append(rows[len(rows)-1], b)
			continue
		}
		rows = append(rows, []models.InlineKeyboardButton{b})
		soft = c.Way
	}
	return &models.InlineKeyboardMarkup{InlineKeyboard: rows}
}

// mostAtOnce is how many messages Telegram takes back in one call.
const mostAtOnce = 100

// mostBetween is how many numbers are looked through for messages that left and were not
// noted, because the server died in between.
const mostBetween = 1000

// between adds to numbers of messages those between them, the newest ones: Telegram passes
// over what is not of that chat.
func between(ids []int) []int {
	if len(ids) == 0 {
		return nil
	}
	first, last := slices.Min(ids), slices.Max(ids)
	for id := max(first, last-mostBetween); id < last; id++ {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Delete implements [bot.Deleter]. Telegram passes over what is older than 48
// hours, or gone; a call in which that is everything it refuses.
func (t *Telegram) Delete(ctx context.Context, to intake.Address, messages []bot.SentID) error {
	return t.take(ctx, to, numbers(messages))
}

// Sweep implements [bot.Sweeper]: what left without being noted lies between what is known.
func (t *Telegram) Sweep(ctx context.Context, to intake.Address, known []bot.SentID) error {
	return t.take(ctx, to, between(numbers(known)))
}

// numbers are the network's own, of all parts of messages.
func numbers(messages []bot.SentID) (ids []int) {
	for _, m := range messages {
		for id := range strings.SplitSeq(string(m), ",") {
			if n, err := strconv.Atoi(id); err == nil {
				ids = append(ids, n)
			}
		}
	}
	return ids
}

// take takes back messages.
func (t *Telegram) take(ctx context.Context, to intake.Address, ids []int) error {
	chat, err := strconv.ParseInt(to.Reveal(), 10, 64)
	if err != nil {
		return errAddress
	}
	taken := false
	for some := range slices.Chunk(ids, mostAtOnce) {
		call, cancel := context.WithTimeout(ctx, callTime)
		_, err := t.api.DeleteMessages(call, &tg.DeleteMessagesParams{ChatID: chat, MessageIDs: some})
		cancel()
		switch err := classify("deleteMessages", err); {
		case err == nil:
			taken = true
		case !network.IsRefused(err, network.RefusedOther):
			t.unclear.Add(to.Reveal(), true)
			return err
		}
	}
	if unclear, _ := t.unclear.Get(to.Reveal()); !taken && !unclear {
		return bot.ErrNotTaken
	}
	t.unclear.Remove(to.Reveal())
	return nil
}
