package telegram

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-telegram/bot/models"

	"tillit/bot"
	"tillit/bot/network"
	"tillit/intake"
)

// update is one thing that Telegram offers.
type update struct {
	id      int64
	raw     json.RawMessage
	chat    string // its lane, and where answers go; empty is nobody's
	private bool   // a person's own chat with us
	album   string
	query   string // a press that waits for its answer
	unread  bool   // the library could not read it; what stands here was found by looking
	u       models.Update

	ended  chan struct{} // closed when it is stored, or given up for now
	stored bool
}

// readUpdate reads an update on its own. It is false for what has no id, and so
// is no update; everything else is handled, if only by being kept unread.
func readUpdate(raw json.RawMessage) (*update, bool) {
	u := &update{raw: raw, ended: make(chan struct{})}
	o := outline(raw)
	if !o.number("update_id", &u.id) || u.id <= 0 {
		return nil, false
	}
	u.unread = !network.Decode(raw, &u.u)
	for _, kind := range []string{"message", "edited_message", "my_chat_member", "channel_post", "edited_channel_post"} {
		u.place(o.in(kind))
	}
	if q := o.in("callback_query"); q != nil {
		q.text("id", &u.query)
		u.place(q.in("message"))
	}
	return u, true
}

// fields is an object of which each field is read on its own, so that one of a
// strange form does not hide the others.
type fields map[string]json.RawMessage

func outline(raw json.RawMessage) (f fields) {
	_ = json.Unmarshal(raw, &f) // What is no object has no fields.
	return f
}

func (f fields) in(name string) fields {
	if raw, ok := f[name]; ok {
		return outline(raw)
	}
	return nil
}

func (f fields) number(name string, n *int64) bool {
	return json.Unmarshal(f[name], n) == nil && len(f[name]) > 0
}
func (f fields) text(name string, s *string) { _ = json.Unmarshal(f[name], s) } // Left empty.

// place finds the chat that a message belongs to.
func (u *update) place(m fields) {
	chat := m.in("chat")
	var id int64
	if chat == nil || !chat.number("id", &id) || id == 0 {
		return
	}
	kind := ""
	chat.text("type", &kind)
	u.chat, u.private = strconv.FormatInt(id, 10), kind == "private" && id > 0
	m.text("media_group_id", &u.album)
}

// event makes one event of an update, or of the updates of an album. It is false
// for what says nothing to us.
func (t *Telegram) event(group []*update, files *fetch) (bot.Event, bool) {
	first := group[0]
	ev := bot.Event{
		ID: t.eventID(group), Conversation: conversation(first.chat), Address: intake.NewAddress(first.chat), At: t.Now(),
	}
	switch u := first.u; {
	case unread(group) && first.query == "":
		ev.Kind, ev.Unkept = bot.EventMessage, bot.UnkeptKind
	case u.CallbackQuery != nil && !first.unread:
		ev.Kind, ev.Language = bot.EventPress, u.CallbackQuery.From.LanguageCode
		ev.Pressed = t.tokens.pressed(first.chat, u.CallbackQuery.Data)
		ev.Under = under(u.CallbackQuery)
	case u.Message != nil:
		ev.Kind, ev.Album = bot.EventMessage, first.album
		return ev, t.messages(&ev, group, files)
	case u.EditedMessage != nil:
		ev.Kind = bot.EventEdit
		if t.passes(u.EditedMessage) {
			return ev, false
		}
		return ev, t.message(&ev, u.EditedMessage, files)
	case u.MyChatMember != nil:
		return ev, member(&ev, u.MyChatMember)
	default:
		return ev, false
	}
	return ev, true
}

// unread reports whether nothing of a group could be read.
func unread(group []*update) bool {
	return !slices.ContainsFunc(group, func(u *update) bool { return !u.unread })
}

// under is the message that a pressed button stands under.
func under(q *models.CallbackQuery) bot.SentID {
	if q.Message.Message == nil { // it is too old, or not there any more
		return ""
	}
	return bot.SentID(strconv.Itoa(q.Message.Message.ID))
}

// eventID is one id per update, of this account. Update ids begin anew after a
// quiet week, when nobody remembers the old ones. An album that grew before it
// was confirmed is another event: better a picture twice than one lost.
func (t *Telegram) eventID(group []*update) string {
	if len(group) == 1 {
		return t.account + ":" + strconv.FormatInt(group[0].id, 10)
	}
	h := sha256.New()
	for _, u := range group {
		_ = binary.Write(h, binary.BigEndian, u.id) // A hash takes everything.
	}
	return t.account + ":album:" + hex.EncodeToString(h.Sum(nil)[:16])
}

// messages reads the messages of an album into one event; mostly it is just one.
func (t *Telegram) messages(ev *bot.Event, group []*update, files *fetch) bool {
	any := false
	for _, u := range group {
		if u.unread || u.u.Message == nil {
			ev.Unkept, any = bot.UnkeptKind, true
			continue
		}
		any = t.message(ev, u.u.Message, files) || any
	}
	return any
}

// message adds a message to an event. It is false for what the network says of
// the chat itself.
func (t *Telegram) message(ev *bot.Event, m *models.Message, files *fetch) bool {
	if service(m) {
		return false
	}
	if ev.Message == "" {
		ev.Message, ev.At = strconv.Itoa(m.ID), time.Unix(int64(m.Date), 0)
	}
	if m.From != nil {
		ev.Language = m.From.LanguageCode
	}
	if ev.Kind == bot.EventMessage {
		ev.Messages = append(ev.Messages, bot.SentID(strconv.Itoa(m.ID)))
	}
	chat := strconv.FormatInt(m.Chat.ID, 10)
	ev.Unread = func() bool { // in a private chat both sides' messages are counted together
		latest, known := t.latest.Get(chat)
		return known && m.ID < latest
	}
	ev.Forwarded = ev.Forwarded || m.ForwardOrigin != nil
	if ev.AnswersTo == nil {
		ev.AnswersTo = t.answersTo(m)
	}
	if quoted := quotes(m); quoted != "" {
		ev.Quotes = intake.NewPrivate(quoted)
	}
	where, live := place(m)
	ev.Place, ev.Live = ev.Place || where != "", ev.Live || live
	if live && ev.Kind == bot.EventMessage {
		t.passes(m) // from now on
	}
	if words := linked(m.Text, m.Entities) + linked(m.Caption, m.CaptionEntities) + where; words != "" {
		if had := ev.Text.Reveal(); had != "" {
			words = had + "\n\n" + words
		}
		ev.Text = intake.NewPrivate(words)
	}
	kept, unkept := files.of(m)
	ev.Files = append(ev.Files, kept...)
	if unkept == "" && len(kept) == 0 && m.Text == "" && where == "" {
		unkept = bot.UnkeptKind
	}
	if unkept != "" {
		ev.Unkept = unkept
	}
	return true
}

// answersTo tells which choices stand under the message of ours that a message replies
// to; nil where it replies to none of them.
func (t *Telegram) answersTo(m *models.Message) func(choice string) bool {
	to := m.ReplyToMessage
	if to == nil || to.From == nil || !to.From.IsBot || to.ReplyMarkup == nil {
		return nil
	}
	chat := strconv.FormatInt(m.Chat.ID, 10)
	var pressed []func(string) bool
	for _, row := range to.ReplyMarkup.InlineKeyboard {
		for _, b := range row {
			pressed = append(pressed, t.tokens.pressed(chat, b.CallbackData))
		}
	}
	return func(choice string) bool {
		return slices.ContainsFunc(pressed, func(is func(string) bool) bool { return is(choice) })
	}
}

// service reports whether a message is the network's own word about the chat.
func service(m *models.Message) bool {
	return m.PinnedMessage != nil || m.MessageAutoDeleteTimerChanged != nil || m.WriteAccessAllowed != nil ||
		m.ChatBackgroundSet != nil || m.ConnectedWebsite != "" || m.BoostAdded != nil || m.PaidMessagePriceChanged != nil
}

// quotes is what a message answers to, when a person wrote it: the bot's own
// questions are known.
func quotes(m *models.Message) string {
	switch {
	case m.Quote != nil:
		return m.Quote.Text
	case m.ReplyToMessage != nil && (m.ReplyToMessage.From == nil || !m.ReplyToMessage.From.IsBot):
		return strings.TrimSpace(m.ReplyToMessage.Text + m.ReplyToMessage.Caption)
	}
	return ""
}

// member reads that a person stopped the bot, or let it write again. Who is gone
// has no address.
func member(ev *bot.Event, m *models.ChatMemberUpdated) bool {
	ev.Language = m.From.LanguageCode
	switch m.NewChatMember.Type {
	case models.ChatMemberTypeBanned, models.ChatMemberTypeLeft:
		ev.Kind, ev.Address = bot.EventGone, intake.Address{}
	case models.ChatMemberTypeMember:
		ev.Kind = bot.EventJoined
	default:
		return false
	}
	return true
}
