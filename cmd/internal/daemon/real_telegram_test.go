package daemon

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	telegram "tillit/bot/telegram/standin"
)

const realTelegramToken = "TILLIT_TEST_TELEGRAM_TOKEN"

// checks holds that nothing is wrong, asked live. It stands where the server will, so
// that it comes before it.
func (s *stage) checks() {
	s.t.Helper()
	var found bytes.Buffer
	if err := Check(s.t.Context(), s.writes(), &found); err != nil {
		s.t.Fatalf("%v\n%s", err, &found)
	}
	s.t.Logf("check says:\n%s", &found)
}

// aPerson is somebody with the app, who is told what to do.
func aPerson(t testing.TB, asks func(string)) *phone {
	return &phone{t: t, name: "you", last: -1, asks: asks, screen: func() []shown { return nil },
		write: func(text string) { asks("Write: " + text) }}
}

// withAPerson is the stage for a member whom no program plays. Handlers are played.
func withAPerson(t testing.TB, lines, token string, asks func(string), patience time.Duration) *stage {
	s := newStage(t)
	s.handlersOn("mattermost", "chat")
	s.maren.patience, s.jonas.patience = patience, patience
	s.files["members.token"] = token
	s.secrets = append(s.secrets, token)
	s.lines = append(s.lines, "[telegram]\ntoken_file = \"members.token\"\n"+lines)
	s.member = aPerson(t, asks)
	return s
}

// TestTheStoryOnRealTelegram is the same story with a bot of yours, and with you: no
// program can hold a telephone. It says what to write and press.
func TestTheStoryOnRealTelegram(t *testing.T) {
	token := os.Getenv(realTelegramToken)
	if token == "" {
		t.Skipf("not told on real Telegram: set %s to the token of a bot for tests", realTelegramToken)
	}
	step := 0
	s := withAPerson(t, "", token, func(what string) {
		step++
		fmt.Fprintf(os.Stderr, "%2d. %s\n", step, what)
	}, 20*time.Minute)
	s.checks()
	s.opens()
	fmt.Fprintf(os.Stderr, "Open the chat with the bot in the app, in bokmål, and do this:\n")
	s.story("chat")
}

// TestWhatAPersonIsToldIsEnough plays the story with somebody who does just what is
// said, on the stand-in.
func TestWhatAPersonIsToldIsEnough(t *testing.T) {
	t.Parallel()
	net := telegram.New(t)
	net.Fast = true
	kari := onTelegram(t, net.Person("Kari"))
	kari.log = func() {}
	todo := make(chan string, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for what := range todo {
			do, words, _ := strings.Cut(what, ": ")
			switch do {
			case "Write":
				kari.write(words)
			case "Press":
				kari.presses(words)
			case "Press, in the same message":
				kari.again(words)
			case "You should see":
				kari.sees(words)
			}
		}
	}()
	s := withAPerson(t, fmt.Sprintf("api = %q\n", net.URL), net.Token, func(what string) { todo <- what }, 0)
	s.opens()
	s.story("chat")
	close(todo)
	<-done
}
