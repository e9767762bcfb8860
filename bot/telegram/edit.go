package telegram

import (
	"context"
	"errors"
	"strconv"
	"strings"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"tillit/bot"
	"tillit/bot/network"
	"tillit/intake"
)

// errParts is a message that does not fit into the place of the other.
var errParts = errors.New("telegram: only a message in one part can be changed")

// Edit implements [bot.Editor]. What stands there already in these words is changed
// well enough; an answer that was lost is asked for again, which harms nothing.
func (t *Telegram) Edit(ctx context.Context, to intake.Address, sent bot.SentID, m bot.Message) error {
	chat, err := strconv.ParseInt(to.Reveal(), 10, 64)
	if err != nil {
		return errAddress
	}
	texts := t.render(m)
	id, err := strconv.Atoi(string(sent))
	if err != nil || len(texts) != 1 {
		return errParts
	}
	key := strconv.FormatInt(chat, 10)
	if err := t.Pace.Turn(ctx, key, t.Now); err != nil {
		return err
	}
	ctx, cancel := network.Finish(ctx, sendTime)
	defer cancel()
	off := true
	p := &tg.EditMessageTextParams{ChatID: chat, MessageID: id, Text: texts[0], LinkPreviewOptions: &models.LinkPreviewOptions{IsDisabled: &off}}
	if buttons := t.keyboard(to.Reveal(), m.Choices); buttons != nil {
		p.ReplyMarkup = buttons
	}
	_, err = t.api.EditMessageText(ctx, p)
	if err != nil && strings.Contains(err.Error(), "message is not modified") {
		return nil
	}
	err = classify("editMessageText", err)
	t.Pace.Heed(key, t.Now(), err)
	if errors.Is(err, errLost) || errors.Is(err, errTrouble) || errors.Is(err, errNotReached) {
		return &bot.RetryError{After: sendTime}
	}
	return err
}
