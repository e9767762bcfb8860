package mattermost_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot/bottest/faults"
	"tillit/intake"
	"tillit/store/storetest"
)

// TestNothingPrivateIsLoggedOrLeftOnDisk has everything fail in every way while
// people write, at the level of debugging.
func TestNothingPrivateIsLoggedOrLeftOnDisk(t *testing.T) {
	const canary = "kanari-7f3a"
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	file := lin.Upload(canary+".txt", "text/plain", []byte(canary+" i en fil"), 25)
	ref := tw.report(lin, canary+" i ord")
	bad := []faults.Fault{
		{}, {After: true}, {Status: http.StatusBadRequest, Says: canary}, {Status: http.StatusForbidden, Says: canary},
		{Status: http.StatusInternalServerError, Says: canary}, {Body: canary}, {Status: http.StatusNotFound, Says: canary},
	}
	tw.net.Faults.On("posts", bad...)
	for i, call := range []string{"read", "after", "since", "channels", "users", "file", "websocket", "press", "direct", "config"} {
		tw.net.Faults.On(call, bad[i%len(bad)])
	}
	post := lin.Post(&model.Post{Message: canary + " og en fil", FileIds: []string{file}})
	lin.Edit(post, canary+" og en endring")
	lin.Write("/" + canary)
	tw.net.CloseSockets()
	for range 3 {
		_, _ = lin.Press("Start") // What is shown is not looked at here.
		_, err := tw.mm.Send(t.Context(), intake.NewAddress(lin.ID), words("k", canary))
		if err != nil && (strings.Contains(err.Error(), canary) || strings.Contains(err.Error(), lin.ID) || strings.Contains(err.Error(), tw.net.URL)) {
			t.Errorf("an error tells: %v", err)
		}
	}
	tw.until("all is stored", func() bool { return slices.Contains(tw.words(ref), canary+" og en endring") })
	tw.net.Revoke()
	time.Sleep(100 * time.Millisecond) // room for it to be noticed
	tw.stop()
	logged := tw.log.String()
	for what, secret := range map[string]string{
		"a text": canary, "the token": tw.mm.Token.Reveal(), "a person's id": lin.ID, "a post's id": post, "a file's id": file,
		"the server's address": strings.TrimPrefix(tw.net.URL, "http://"),
	} {
		if strings.Contains(logged, secret) {
			t.Errorf("%s stands in the log:\n%s", what, logged)
		}
		if what == "the server's address" {
			continue
		}
		if found, err := storetest.Scan(tw.dir, secret); err != nil || len(found) > 0 {
			t.Errorf("%s can be read on disk: %v, %v", what, found, err)
		}
	}
	if !strings.Contains(logged, "level=ERROR") {
		t.Error("the operator is told nothing of all that")
	}
}
