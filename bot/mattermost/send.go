package mattermost

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot"
	"tillit/bot/network"
	"tillit/intake"
)

const (
	// defaultLongest is a post on a server that does not say how long one may be.
	defaultLongest = 4000
	// mostLongest is what any server takes.
	mostLongest = model.PostMessageMaxRunesV2
	// askLimit is how often the server is asked.
	askLimit = time.Hour
	// sendTime is how long one attempt may take. With the one repetition it is well
	// within the half minute for which the server knows a post again.
	sendTime = 10 * time.Second
	// lookBack is how many posts of a chat are looked at for what was sent before.
	lookBack = 100
	// markProp is the property of our posts that says which message they are.
	markProp = "tillit"
	// offerProp holds what the numbers under a post stand for, where there are no
	// buttons.
	offerProp = "tillit_choices"
	// noOffer stands there under words of the office: a number that answers them is
	// just that.
	noOffer = "-"
)

// errAddress is an address that this channel did not make.
var errAddress = errors.New("mattermost: this is no address of ours")

// limit is how long a post may be.
type limit struct {
	runes int
	at    time.Time
}

// standing is what we have said in a chat already.
type standing struct {
	// turn is held while something is said there: people can see it, and answer, before
	// the server has told us what it is called.
	turn   sync.Mutex
	marks  map[string]string // id of the post by mark
	offers []offer           // numbered choices, oldest first
}

// offer is numbered choices: what each stands for, as a button would carry it.
type offer struct {
	at      int64
	changed int64 // when the post became what it is, if that is later
	mark    string
	choices []string
}

// mostOffers bounds what is remembered of them.
const mostOffers = 8

// add remembers a post of ours. It runs with the channel's mu held, or alone.
func (s *standing) add(p *model.Post) {
	mark, _ := p.GetProp(markProp).(string)
	if mark == "" {
		return
	}
	s.marks[mark] = p.Id
	s.offers = slices.DeleteFunc(s.offers, func(o offer) bool { return o.mark == mark }) // it was changed
	numbered, _ := p.GetProp(offerProp).(string)
	switch numbered {
	case "":
		return
	case noOffer:
		numbered = ""
	}
	s.offers = append(s.offers, offer{p.CreateAt, p.EditAt, mark, strings.Fields(numbered)})
	slices.SortFunc(s.offers, func(a, b offer) int { return int(min(max(a.at-b.at, -1), 1)) })
	s.offers = s.offers[max(0, len(s.offers)-mostOffers):]
}

// change is add for a post that stands there already: what its numbers stood for is
// forgotten. It runs with the channel's mu held.
func (s *standing) change(p *model.Post) {
	s.offers = slices.DeleteFunc(s.offers, func(o offer) bool { return s.marks[o.mark] == p.Id })
	s.add(p)
}

// numbered finds what a number stands for that a person wrote instead of pressing;
// false is a number that is just that.
func (m *Mattermost) numbered(ctx context.Context, p *model.Post, words string) (func(choice string) bool, bool) {
	n, err := strconv.Atoi(strings.TrimSpace(words))
	if m.Callback != "" || err != nil || n < 1 {
		return nil, false
	}
	there, err := m.sent(ctx, p.ChannelId)
	if err != nil {
		return nil, false
	}
	there.turn.Lock()
	defer there.turn.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, o := range slices.Backward(there.offers) {
		if o.at < p.CreateAt {
			if n > len(o.choices) || o.changed > p.CreateAt { // what they saw is not known any more
				return nil, false
			}
			return m.tokens.pressed(p.UserId, carried{Message: o.mark, Choice: o.choices[n-1]}), true
		}
	}
	return nil, false
}

// Send implements [bot.Channel]. Each post carries a mark, made of the message's
// key: one that was sent, by this process or one before it, is not sent again.
func (m *Mattermost) Send(ctx context.Context, to intake.Address, msg bot.Message) (bot.SentID, error) {
	person := to.Reveal()
	if !model.IsValidId(person) {
		return "", errAddress
	}
	if err := m.reachable(ctx, person); err != nil {
		return "", err
	}
	chat, err := m.chatWith(ctx, person)
	if err != nil {
		return "", m.sending(ctx, err)
	}
	return m.all(ctx, person, chat, m.thread(person), msg)
}

// all sends the parts of a message to a chat, each once, and its choices under the
// last. Marks and buttons are made for whom it is to.
func (m *Mattermost) all(ctx context.Context, to, chat, root string, msg bot.Message) (bot.SentID, error) {
	texts := pieces(network.Text(msg, m.Callback != ""), m.longestPost(ctx))
	var ids []string
	for i, text := range texts {
		post := &model.Post{ChannelId: chat, Message: text, RootId: root}
		mark := m.tokens.messages.Mark(of(to, msg.Key, strconv.Itoa(i)))
		if i == len(texts)-1 {
			m.attach(post, to, mark, msg.Choices)
			if msg.Kind == intake.KindOffice && m.Callback == "" {
				post.AddProp(offerProp, noOffer)
			}
		}
		id, err := m.once(ctx, post, mark)
		if err != nil {
			return "", m.sending(ctx, err)
		}
		ids = append(ids, id)
	}
	m.troubles.Said()
	m.well(writing)
	return bot.SentID(strings.Join(ids, ",")), nil
}

// sending is what a caller of Send may see.
func (m *Mattermost) sending(ctx context.Context, err error) error {
	var slow *bot.RetryError
	if errors.As(err, &slow) || errors.Is(err, bot.ErrGone) {
		return err
	}
	if ctx.Err() == nil {
		m.tell(writing, err)
	}
	if network.IsRefused(err, network.RefusedOther) || errors.Is(err, errNotThere) {
		return fmt.Errorf("sending: %w", err)
	}
	return fmt.Errorf("sending: %w: %w", bot.ErrTrouble, err)
}

// reachable asks whether a person's account is there and active. The server takes
// posts to one that is not, as if somebody read them.
func (m *Mattermost) reachable(ctx context.Context, person string) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	u, res, err := m.api.GetUser(ctx, person, "")
	switch err = classify("users", res, err); {
	case errors.Is(err, errNotThere), err == nil && u.DeleteAt > 0:
		return bot.ErrGone
	case network.IsRefused(err, refusedRights): // The server hides people from bots.
		return nil
	case err != nil:
		return m.sending(ctx, err)
	}
	return nil
}

// chatWith is the direct chat with a person.
func (m *Mattermost) chatWith(ctx context.Context, person string) (string, error) {
	if id, ok := m.direct.Get(person); ok {
		return id, nil
	}
	me, err := m.self(ctx)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	ch, res, err := m.api.CreateDirectChannel(ctx, me, person)
	if err := classify("channels/direct", res, err); err != nil {
		return "", err
	}
	m.direct.Add(person, ch.Id)
	return ch.Id, nil
}

// once sends a post unless it stands in its chat already, and returns its id.
func (m *Mattermost) once(ctx context.Context, post *model.Post, mark string) (string, error) {
	there, err := m.sent(ctx, post.ChannelId)
	if err != nil {
		return "", err
	}
	m.mu.Lock()
	id, done := there.marks[mark]
	m.mu.Unlock()
	if done {
		return id, nil
	}
	if err := m.Pace.Turn(ctx, post.ChannelId, m.Now); err != nil {
		return "", err
	}
	me, err := m.self(ctx)
	if err != nil {
		return "", err
	}
	post.PendingPostId = me + ":" + mark
	post.AddProp(markProp, mark)
	there.turn.Lock()
	defer there.turn.Unlock()
	sent, err := m.attempt(ctx, post)
	if uncertain(err) {
		sent, err = m.attempt(ctx, post) // Within half a minute the server knows it again.
	}
	if network.IsRefused(err, network.RefusedOther) && post.RootId != "" { // The thread is gone.
		post.RootId = ""
		sent, err = m.attempt(ctx, post)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case err == nil:
		there.add(sent)
		m.spoke(sent)
		return sent.Id, nil
	case errors.Is(err, errNotThere):
		m.direct.Purge()
	case uncertain(err):
		m.said.Remove(post.ChannelId) // What stands there is read before the next attempt.
	}
	m.Pace.Heed(post.ChannelId, m.Now(), err)
	return "", err
}

func (m *Mattermost) attempt(ctx context.Context, post *model.Post) (*model.Post, error) {
	ctx, cancel := network.Finish(ctx, sendTime)
	defer cancel()
	sent, res, err := m.api.CreatePost(ctx, post)
	if err := classify("posts", res, err); err != nil {
		return nil, err
	}
	return sent, nil
}

// sent is what stands in a chat already; read from the server the first time, and
// again when a send had an uncertain end.
func (m *Mattermost) sent(ctx context.Context, chat string) (*standing, error) {
	there, ok := m.said.Get(chat)
	if ok {
		return there, nil
	}
	me, err := m.self(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	l, res, err := m.api.GetPostsForChannel(ctx, chat, 0, lookBack, "", false, false)
	if err := classify("posts", res, err); err != nil {
		return nil, err
	}
	there = &standing{marks: map[string]string{}}
	for _, p := range l.Posts {
		if p != nil && p.UserId == me {
			there.add(p)
		}
	}
	m.said.Add(chat, there)
	return there, nil
}

// longestPost is how long a post may be, as the server says.
func (m *Mattermost) longestPost(ctx context.Context) int {
	m.mu.Lock()
	known := m.longest
	m.mu.Unlock()
	if known.runes > 0 && m.Now().Sub(known.at) < askLimit {
		return known.runes
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	conf, res, err := m.api.GetClientConfig(ctx, "")
	n, numErr := strconv.Atoi(conf["MaxPostSize"])
	switch {
	case classify("config", res, err) != nil || numErr != nil || n < 100:
		if known.runes > 0 {
			return known.runes
		}
		return defaultLongest // And it is asked again.
	default:
		n = min(n, mostLongest)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.longest = limit{n, m.Now()}
	return n
}

// attach sets each choice as a button.
func (m *Mattermost) attach(post *model.Post, person, mark string, choices []intake.Choice) {
	if len(choices) == 0 {
		return
	}
	if m.Callback == "" {
		var numbered []string
		for _, c := range choices {
			numbered = append(numbered, m.tokens.button(person, mark, "", c.Asks()).Choice)
		}
		post.AddProp(offerProp, strings.Join(numbered, " "))
		return
	}
	var rows []*model.MessageAttachment
	for _, some := range [][]intake.Choice{ways(choices, false), ways(choices, true)} {
		if len(some) == 0 {
			continue
		}
		row := &model.MessageAttachment{}
		for _, c := range some {
			row.Actions = append(row.Actions, m.button(person, mark, post.RootId, c))
		}
		rows = append(rows, row)
	}
	post.AddProp(model.PostPropsAttachments, rows)
}

// ways are the choices that are ways out, or those that are not.
func ways(choices []intake.Choice, out bool) []intake.Choice {
	return slices.DeleteFunc(slices.Clone(choices), func(c intake.Choice) bool { return c.Way != out })
}

// button is the button of a choice. Mattermost is told which one was pressed by its
// id, so that belongs to the choice and not to the place: who presses what was taken
// away in the same moment must not press what stands there instead.
func (m *Mattermost) button(person, mark, root string, c intake.Choice) *model.PostAction {
	style := "default"
	switch {
	case c.Grave:
		style = "danger"
	case c.Main:
		style = "primary"
	}
	carry := m.tokens.button(person, mark, root, c.Asks())
	return &model.PostAction{
		Id: buttonID(carry), Type: model.PostActionTypeButton, Name: network.Label(c, network.Runes), Style: style,
		Integration: &model.PostActionIntegration{URL: m.Callback, Context: map[string]any{
			"m": carry.Message, "r": carry.Root, "c": carry.Choice, "p": carry.Proof,
		}},
	}
}
