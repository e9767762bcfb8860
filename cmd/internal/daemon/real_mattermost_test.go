package daemon

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mattermost/mattermost/server/public/model"
)

const (
	realMattermostURL   = "TILLIT_TEST_MATTERMOST_URL"
	realMattermostToken = "TILLIT_TEST_MATTERMOST_ADMIN_TOKEN"
)

// realServer is a Mattermost server of yours, where the story makes its own team,
// people and bots, and closes them when it ends.
type realServer struct {
	t     testing.TB
	url   string
	admin *model.Client4
	team  *model.Team
	tag   string // in all names, so that stories do not meet
}

// realMattermost is the server that the environment names. Without one the test is
// skipped, and says so.
func realMattermost(t testing.TB) *realServer {
	t.Helper()
	url, token := os.Getenv(realMattermostURL), os.Getenv(realMattermostToken)
	if url == "" || token == "" {
		t.Skipf("not told against a real Mattermost server: set %s and %s", realMattermostURL, realMattermostToken)
	}
	r := &realServer{t: t, url: strings.TrimSuffix(url, "/"), admin: model.NewAPIv4Client(url), tag: strings.ToLower(rand.Text()[:8])}
	r.admin.SetToken(token)
	team, res, err := r.admin.CreateTeam(t.Context(), &model.Team{Name: "tillit-" + r.tag, DisplayName: "Tillit " + r.tag, Type: model.TeamInvite})
	r.ok("making a team", res, err)
	r.team = team
	t.Cleanup(func() {
		res, err := r.admin.SoftDeleteTeam(context.Background(), team.Id)
		r.closed("the team", res, err)
	})
	return r
}

// ok ends the test when the server refused what it needs. What it says may repeat
// what it was given, and is not shown.
func (r *realServer) ok(what string, res *model.Response, err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatalf("%s: the server answers %d; is the token an administrator's, and are bot accounts, access tokens and open sign-up on?", what, status(res))
	}
}

func (r *realServer) closed(what string, res *model.Response, err error) {
	if err != nil {
		r.t.Logf("closing %s: the server answers %d", what, status(res))
	}
}

func status(res *model.Response) int {
	if res == nil {
		return 0
	}
	return res.StatusCode
}

// realBot is a bot account with a token.
type realBot struct{ id, token string }

func (r *realServer) bot(name string) realBot {
	ctx := r.t.Context()
	b, res, err := r.admin.CreateBot(ctx, &model.Bot{Username: name + "-" + r.tag, DisplayName: name})
	r.ok("making a bot", res, err)
	r.t.Cleanup(func() {
		_, res, err := r.admin.DisableBot(context.Background(), b.UserId)
		r.closed("a bot", res, err)
	})
	token, res, err := r.admin.CreateUserAccessToken(ctx, b.UserId, "story")
	r.ok("making a bot's token", res, err)
	_, res, err = r.admin.AddTeamMember(ctx, r.team.Id, b.UserId)
	r.ok("letting a bot into the team", res, err)
	return realBot{b.UserId, token.Token}
}

// realPerson is somebody with an account.
type realPerson struct {
	*realServer
	id, name string
	client   *model.Client4
}

func (r *realServer) person(name string) *realPerson {
	ctx, password := r.t.Context(), rand.Text()+"-aA1"
	u, res, err := r.admin.CreateUser(ctx, &model.User{
		Username: strings.ToLower(name) + "-" + r.tag, Email: strings.ToLower(name) + "-" + r.tag + "@example.org", Password: password,
	})
	r.ok("making a person", res, err)
	r.t.Cleanup(func() {
		res, err := r.admin.UpdateUserActive(context.Background(), u.Id, false)
		r.closed("a person", res, err)
	})
	_, res, err = r.admin.AddTeamMember(ctx, r.team.Id, u.Id)
	r.ok("letting a person into the team", res, err)
	p := &realPerson{realServer: r, id: u.Id, name: name, client: model.NewAPIv4Client(r.url)}
	_, res, err = p.client.Login(ctx, u.Username, password)
	r.ok("signing in", res, err)
	locale := "nb-NO" // the server gives its own to whoever is new
	_, res, err = p.client.PatchUser(ctx, u.Id, &model.UserPatch{Locale: &locale})
	r.ok("choosing a language", res, err)
	return p
}

// with is the person's chat with a bot, as their app has it.
func (p *realPerson) with(b realBot) *phone {
	p.t.Helper()
	ctx := p.t.Context()
	chat, res, err := p.client.CreateDirectChannel(ctx, p.id, b.id)
	p.ok("opening a chat", res, err)
	return &phone{t: p.t, name: p.name, last: -1, write: func(text string) {
		_, res, err := p.client.CreatePost(ctx, &model.Post{ChannelId: chat.Id, Message: text})
		p.ok("writing", res, err)
	}, screen: func() (all []shown) {
		l, res, err := p.client.GetPostsForChannel(ctx, chat.Id, 0, 200, "", false, false)
		p.ok("reading", res, err)
		posts := l.ToSlice()
		slices.SortFunc(posts, func(a, b *model.Post) int { return cmp.Compare(a.CreateAt, b.CreateAt) })
		for _, post := range posts {
			s := shown{mine: post.UserId == p.id, text: unescaped(post.Message)}
			for _, a := range post.Attachments() {
				for _, action := range a.Actions {
					s.buttons = append(s.buttons, button{action.Name, func() { p.press(post.Id, action) }})
				}
			}
			all = append(all, s)
		}
		return all
	}}
}

// room is a private channel of the bot and these people, and what is written there.
func (r *realServer) room(b realBot, people ...*realPerson) (id string, reads func() string) {
	ctx := r.t.Context()
	ch, res, err := r.admin.CreateChannel(ctx, &model.Channel{TeamId: r.team.Id, Name: "room-" + r.tag, DisplayName: "Room", Type: model.ChannelTypePrivate})
	r.ok("making a private channel", res, err)
	for _, user := range append([]string{b.id}, ids(people)...) {
		_, res, err := r.admin.AddChannelMember(ctx, ch.Id, user)
		r.ok("letting somebody into the channel", res, err)
	}
	me, res, err := r.admin.GetMe(ctx, "")
	r.ok("asking who the administrator is", res, err)
	res, err = r.admin.RemoveUserFromChannel(ctx, ch.Id, me.Id)
	r.ok("leaving the channel", res, err)
	return ch.Id, func() string {
		l, res, err := people[0].client.GetPostsForChannel(ctx, ch.Id, 0, 100, "", false, false)
		r.ok("reading the channel", res, err)
		var all []string
		for _, post := range l.Posts {
			if post.UserId == b.id && post.Type == "" {
				all = append(all, unescaped(post.Message))
			}
		}
		return strings.Join(all, "\n")
	}
}

func ids(people []*realPerson) (all []string) {
	for _, p := range people {
		all = append(all, p.id)
	}
	return all
}

// press is what the app does, with all that it was shown of the button.
func (p *realPerson) press(post string, action *model.PostAction) {
	p.t.Helper()
	if action.Integration != nil {
		p.t.Error("the app is shown what a button carries")
	}
	res, err := p.client.DoPostActionWithCookie(p.t.Context(), post, action.Id, "", action.Cookie)
	if err != nil {
		p.t.Fatalf("pressing %s: the server answers %d; is 127.0.0.1 among its AllowedUntrustedInternalConnections?", action.Name, status(res))
	}
}

// unescaped takes the backslashes away that the app would not show.
func unescaped(markdown string) string {
	var b strings.Builder
	for i := 0; i < len(markdown); i++ {
		if markdown[i] == '\\' && i+1 < len(markdown) && strings.IndexByte("\\`*{}[]()#+-.!_>~|", markdown[i+1]) >= 0 {
			i++
		}
		b.WriteByte(markdown[i])
	}
	return b.String()
}

// serves gives the stage a bot on the server.
func (s *stage) serves(r *realServer, table, token, more string, b realBot) {
	port := freePort(s.t)
	s.files[token] = b.token
	s.secrets = append(s.secrets, b.token)
	s.lines = append(s.lines, fmt.Sprintf("[%s]\ntoken_file = %q\nurl = %q\noperator = \"Driftshuset\"\ncallback = \"http://%s/hook\"\nlisten = %q\n%s",
		table, token, r.url, port, port, more))
}

// TestTheStoryOnARealMattermost is the same story against a real server, with members
// and handlers on it, in both settings of words.
func TestTheStoryOnARealMattermost(t *testing.T) {
	for _, words := range []string{"chat", "desk"} {
		t.Run("words at "+words, func(t *testing.T) {
			r := realMattermost(t)
			s := newStage(t)
			members, office := r.bot("members"), r.bot("office")
			kari, maren, jonas := r.person("Kari"), r.person("Maren"), r.person("Jonas")
			s.member, s.maren, s.jonas = kari.with(members), maren.with(office), jonas.with(office)
			s.accounts["maren"], s.accounts["jonas"] = fmt.Sprintf("mattermost = %q\n", maren.id), fmt.Sprintf("mattermost = %q\n", jonas.id)
			s.serves(r, "mattermost", "members.token", "", members)
			room, inRoom := r.room(office, maren, jonas)
			s.serves(r, "office_chat.mattermost", "office.token", fmt.Sprintf("words = %q\nroom = %q\n", words, room), office)
			s.secrets = append(s.secrets, kari.id, maren.id, jonas.id)
			s.checks()
			s.opens()
			s.story(words)
			s.maren.until("the room to be told", func() bool { return strings.Contains(inRoom(), "Ny sak T-") })
			if got := inRoom(); strings.Contains(got, memberWords) || strings.Count(got, "Ny sak") != 1 {
				t.Errorf("in the room stands %q, want the one notice", got)
			}
		})
	}
}
