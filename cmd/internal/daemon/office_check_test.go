package daemon

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tillit/bot/telegram/standin"
)

func TestCheckDemandsThatTheOfficesChatIsDecided(t *testing.T) {
	graded := map[bool]int{} // lines, by whether they are warnings of the organisation file
	for _, tt := range []struct {
		name, lines, says string
		wrong             bool
	}{
		{"nothing chosen", "token_file = \"office.token\"\n", "words is not chosen", true},
		{"something else chosen", "token_file = \"office.token\"\nwords = \"both\"\n", "words is not chosen", true},
		{"nothing chosen on Mattermost", "token_file = \"office.token\"\nwords = \"desk\"\n[office_chat.mattermost]\nurl = \"{api}\"\n", "[office_chat.mattermost] words is not chosen", true},
		{"no token", "words = \"desk\"\n", "no token is", true},
		{"a room", "token_file = \"office.token\"\nwords = \"desk\"\nroom = \"-100\"\n", "does not say who is in one", true},
		{"the members' own bot", "token_file = \"telegram.token\"\nwords = \"desk\"\n[telegram]\ntoken_file = \"telegram.token\"\napi = \"{api}\"\n", "an account of its own", true},
		{"handlers without a number", "token_file = \"office.token\"\nwords = \"desk\"\n", "2 of 2 handlers have no telegram account", false},
		{"a token in clear", "token_file = \"700000001:kanari-token-AAAAAAAAAAAA\"\nwords = \"desk\"\n", "not the token", true},
		{"hours that are none", "token_file = \"office.token\"\nwords = \"desk\"\n[office_chat]\nquiet_from = 24\n", "0 to 23", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := standin.New(t)
			lines := "[office_chat.telegram]\napi = \"{api}\"\n" + tt.lines
			dir, conf, err := installed(t, strings.ReplaceAll(lines, "{api}", s.URL))
			var out bytes.Buffer
			if err == nil {
				for _, name := range []string{"office.token", "telegram.token"} {
					if err := os.WriteFile(filepath.Join(dir, name), []byte(s.Token), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				err = Check(t.Context(), conf, &out)
			}
			for line := range strings.Lines(out.String()) {
				if strings.Count(line, "warning: ")+strings.Count(line, "wrong: ") > 1 {
					t.Errorf("it is said twice how grave this is: %s", line)
				}
				graded[strings.Contains(line, "warning: ") && strings.Contains(line, "organisation.toml:")]++
			}
			got := out.String() + fmt.Sprint(err)
			if (err != nil) != tt.wrong || !strings.Contains(got, tt.says) || strings.Contains(got, "kanari") {
				t.Errorf("check says %s; want wrong=%v and %q", got, tt.wrong, tt.says)
			}
		})
	}
	if graded[true] == 0 {
		t.Error("the organisation file gave nothing to warn of")
	}
}
