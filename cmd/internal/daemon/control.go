package daemon

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// This file is how the command reload speaks with the server that runs: over loopback,
// with a secret that lies in the data folder. Whoever can read that folder is the server's
// user or root, and could send the signal that does the same.

// controlFile lies in the data folder while a server runs, and says where it listens.
const controlFile = "control"

type control struct {
	Address string `json:"address"`
	Secret  string `json:"secret"`
}

// reloadAsk asks what would change, or, with the sum of the file that was shown, for it.
type reloadAsk struct {
	Sum []byte `json:"sum,omitempty"`
}

// serveControl listens until ctx is done. Without it all else works, so what fails is
// only said.
func (d *Daemon) serveControl(ctx context.Context) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		d.log.Warn("tillitd reload will not find this server", "err", err)
		return nil
	}
	c := control{ln.Addr().String(), rand.Text()}
	path := filepath.Join(d.conf.path(d.conf.Data), controlFile)
	if err := c.write(path); err != nil {
		d.log.Warn("tillitd reload will not find this server", "err", err)
		return ln.Close()
	}
	srv := &http.Server{Handler: d.controlled(ctx, c.Secret), ReadHeaderTimeout: 10 * time.Second, ErrorLog: discardLog}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	<-ctx.Done()
	_ = os.Remove(path) // the next server writes another
	err = srv.Close()
	<-done
	return err
}

// write puts the file there whole, for its owner alone.
func (c control) write(path string) error {
	raw, err := json.Marshal(c)
	if err != nil {
		return err
	}
	part := path + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return errors.Join(writeSynced(part, raw), os.Rename(part, path))
}

// controlled answers whoever knows the secret. What it does goes on when the asker goes.
func (d *Daemon) controlled(ctx context.Context, secret string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /reload", func(w http.ResponseWriter, r *http.Request) {
		var ask reloadAsk
		switch {
		case subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+secret)) != 1:
			http.Error(w, "denied", http.StatusUnauthorized)
			return
		case json.NewDecoder(io.LimitReader(r.Body, 4096)).Decode(&ask) != nil:
			http.Error(w, "invalid", http.StatusBadRequest)
			return
		}
		answer, err := reloaded{}, error(nil)
		if ask.Sum == nil {
			answer, err = d.preview(ctx)
		} else {
			answer, err = d.reload(ctx, ask.Sum)
		}
		if err != nil && !errors.Is(err, errProblems) {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		_ = json.NewEncoder(w).Encode(answer) // an asker who went away is told by the log
	})
	return mux
}

// ErrNotRunning is that no server runs over a data folder.
var ErrNotRunning = errors.New("no server runs here; what the organisation file says counts from its next start")

// AskReload shows what a change of the organisation file would mean for the server that
// runs, and has it taken in after a "yes" on in, or at once. The words stand on out. A
// file with faults is shown and refused.
func AskReload(ctx context.Context, conf Config, in io.Reader, out io.Writer, yes bool) error {
	raw, err := os.ReadFile(filepath.Join(conf.path(conf.Data), controlFile))
	if errors.Is(err, os.ErrNotExist) {
		return ErrNotRunning
	}
	var c control
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	if err != nil {
		return fmt.Errorf("looking for the server: %w", err)
	}
	shown, err := c.ask(ctx, nil)
	if err != nil {
		return err
	}
	shown.print(out)
	switch {
	case len(shown.Problems) > 0:
		return errProblems
	case len(shown.Changes) == 0:
		fmt.Fprintln(out, "nothing is other than what the server has")
		return nil
	}
	if !yes {
		fmt.Fprint(out, "\nTake it in? Write yes: ")
		line, _ := bufio.NewReader(in).ReadString('\n')
		if strings.TrimSpace(line) != "yes" {
			return errors.New("nothing was changed")
		}
	}
	if shown, err = c.ask(ctx, shown.Sum); err != nil {
		return err
	}
	if !shown.Done {
		return errProblems
	}
	fmt.Fprintln(out, "taken in")
	return nil
}

func (r reloaded) print(out io.Writer) {
	for _, p := range r.Problems {
		fmt.Fprintln(out, "wrong: "+p)
	}
	for _, w := range r.Warnings {
		fmt.Fprintln(out, "warning: "+w)
	}
	for _, c := range r.Changes {
		fmt.Fprintln(out, c)
	}
}

// ask asks the server. It waits for as long as new keys take.
func (c control) ask(ctx context.Context, sum []byte) (r reloaded, err error) {
	body, err := json.Marshal(reloadAsk{sum})
	if err != nil {
		return r, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.Address+"/reload", bytes.NewReader(body))
	if err != nil {
		return r, err
	}
	req.Header.Set("Authorization", "Bearer "+c.Secret)
	res, err := (&http.Client{}).Do(req)
	if err != nil {
		return r, ErrNotRunning
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusConflict {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 4096))
		return r, errors.New(strings.TrimSpace(string(text)))
	}
	if res.StatusCode != http.StatusOK {
		return r, ErrNotRunning // another program has the port of a server that died
	}
	if err := json.NewDecoder(res.Body).Decode(&r); err != nil {
		return r, errors.New("the server did not answer; its log says what came of it")
	}
	return r, nil
}
