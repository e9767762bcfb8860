package main_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// crowd are strangers who come to the members' pages, each with their own connection and
// what they say first. They stay until the test ends.
func (in *installation) crowd(n int, first func(i int) string) {
	in.t.Helper()
	address := strings.TrimPrefix(in.web, "http://")
	for i := range n {
		c, err := net.Dial("tcp", address)
		if err != nil {
			in.t.Fatal(err)
		}
		in.t.Cleanup(func() { _ = c.Close() })
		go func() { _, _ = io.WriteString(c, first(i)) }() // the server may not take it
	}
}

// TestACrowdAtOneDoorShutsNoOther: seven hundred strangers who begin to say something to
// the members' pages and do not go on. The office signs in, health is answered, and so is
// a member who comes after them.
func TestACrowdAtOneDoorShutsNoOther(t *testing.T) {
	in := install(t)
	in.start()
	in.crowd(700, func(i int) string {
		return []string{"GET / HTTP/1.1\r\nHost: ", "POST /say HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 6000000\r\n\r\n--x\r\n", ""}[i%3]
	})
	time.Sleep(300 * time.Millisecond)
	client := &http.Client{Timeout: 10 * time.Second}
	for _, address := range []string{in.ops + "/healthz", in.ops + "/readyz", in.web + "/"} {
		began := time.Now()
		answer, err := client.Get(address)
		if err != nil {
			t.Fatalf("%s: %v", address, err)
		}
		answer.Body.Close()
		if took := time.Since(began); answer.StatusCode != http.StatusOK || took > 8*time.Second {
			t.Errorf("%s was answered with %d after %v", address, answer.StatusCode, took)
		}
	}
	began := time.Now()
	if in.desk(); time.Since(began) > 5*time.Second {
		t.Errorf("the office waited %v", time.Since(began))
	}
	if held := in.connections(); held > 300+30 {
		t.Errorf("the server holds %d connections", held)
	}
}

// connections are how many the server's process holds.
func (in *installation) connections() int {
	in.t.Helper()
	raw, err := exec.Command("sh", "-c", fmt.Sprintf("ls -l /proc/%d/fd | grep -c socket:", in.pid())).Output()
	if err != nil {
		missing(in.t, "to be allowed to look at the server's sockets")
	}
	var n int
	if _, err := fmt.Sscan(string(raw), &n); err != nil {
		in.t.Fatal(err)
	}
	return n
}

// mostMB is what a server may take under any of these attacks.
const mostMB = 150

// peak is the most memory that the server's process has held so far, in MB.
func (in *installation) peak() int {
	in.t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", in.pid()))
	if err != nil {
		missing(in.t, "to be allowed to read what the server takes")
	}
	_, line, _ := strings.Cut(string(raw), "VmHWM:")
	var kb int
	if _, err := fmt.Sscan(line, &kb); err != nil {
		in.t.Fatal(err)
	}
	return kb >> 10
}

// part is a form with a field of so many bytes, to the end of which it never comes.
func part(field string, bytes int, cookie string) string {
	return "POST /say HTTP/1.1\r\nHost: 127.0.0.1\r\n" + cookie + "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 9000000\r\n\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"talk\"\r\n\r\nAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"" + field + "\r\n\r\n" + strings.Repeat("a", bytes)
}

// readers read pages and copies, all at once and to the end.
func (in *installation) readers(t *testing.T, n int, cookie string) {
	t.Helper()
	var all errgroup.Group
	for i := range n {
		all.Go(func() error {
			req, err := http.NewRequest([]string{"GET", "POST"}[i%2], in.web+[]string{"/?earlier=10", "/copy"}[i%2], nil)
			if err != nil {
				return err
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("Cookie", strings.TrimSuffix(strings.TrimPrefix(cookie, "Cookie: "), "\r\n"))
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				return err
			}
			defer res.Body.Close()
			n, err := io.Copy(io.Discard, res.Body)
			if i%2 == 1 && res.StatusCode == 200 && n < 12_000_000 {
				return fmt.Errorf("a copy of %d bytes", n)
			}
			return err
		})
	}
	if err := all.Wait(); err != nil {
		t.Error(err)
	}
}

// TestACrowdTakesNoMemory: what a crowd sends and does not end, and what it has made and
// does not read, stays within bounds, and a message is kept meanwhile.
func TestACrowdTakesNoMemory(t *testing.T) {
	for name, attack := range map[string]func(t *testing.T, in *installation, cookie string){
		"long forms of strangers": func(_ *testing.T, in *installation, _ string) {
			in.crowd(450, func(int) string { return part(`text"`, 6_000_000, "") })
		},
		"long forms of members": func(_ *testing.T, in *installation, cookie string) {
			in.crowd(450, func(int) string { return part(`text"`, 1_900_000, cookie) })
		},
		"files that stand still": func(_ *testing.T, in *installation, cookie string) {
			in.crowd(450, func(int) string { return part(`file"; filename="x.jpg"`, 1_200_000, cookie) })
		},
		"pages and copies": func(t *testing.T, in *installation, cookie string) {
			in.crowd(450, func(i int) string { // who do not read them
				return []string{"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", "GET /?earlier=20 HTTP/1.1\r\nHost: 127.0.0.1\r\n",
					"POST /copy HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n"}[i%3] + cookie + "\r\n"
			})
			time.Sleep(3 * time.Second)
			in.readers(t, 16, cookie)
		},
	} {
		t.Run(name, func(t *testing.T) {
			in := install(t)
			in.start()
			ctx := t.Context()
			m := newMember(in.web)
			m.http.Timeout = 30 * time.Second
			base, _ := url.Parse(in.web)
			if _, _, err := m.post(ctx, "AAAAAAAAAAAAAAAAAAAAAAAAAA", "choice=start"); err != nil {
				t.Fatal(err)
			}
			for i := range 200 { // 12 MB, as much as somebody may have told
				if name != "pages and copies" {
					break
				}
				if status, _, err := m.post(ctx, fmt.Sprintf("AAAAAAAAAAAAAAAAAAAA%06d", i), "text="+strings.Repeat("ord og ", 60<<10/7)); err != nil || status != http.StatusSeeOther {
					t.Fatal(status, err)
				}
			}
			before := in.peak()
			var cookie string
			for _, c := range m.http.Jar.Cookies(base) {
				cookie = "Cookie: " + c.Name + "=" + c.Value + "\r\n"
			}
			attack(t, in, cookie)
			time.Sleep(3 * time.Second)
			ctx, cancel := context.WithTimeout(ctx, time.Minute)
			defer cancel()
			html, err := m.page(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.say(ctx, html, "text="+strings.Repeat("and my words are kept ", 2500)); err != nil {
				t.Errorf("somebody's words meanwhile: %v", err)
			}
			peak := in.peak()
			t.Logf("%d MB before, %d MB at most", before, peak)
			if peak > mostMB {
				t.Errorf("the server took %d MB", peak)
			}
		})
	}
}

// TestWordsAreKeptWhereAFileIsNot: whatever there is no room for, the words that come
// along are kept and the person is told what became of the file.
func TestWordsAreKeptWhereAFileIsNot(t *testing.T) {
	for name, c := range map[string]struct {
		files   string
		size    int
		refused int // of three files, the first that is
		says    string
	}{
		"as many as are taken": {"most_in_a_talk = 2", 1000, 3, "plass til flere"},
		"as much as is taken":  {"talk_mb = 1", 400 << 10, 3, "plass til flere"},
		"the disk":             {"free_disk_mb = 1000000000", 1000, 1, "plass til filer her"},
	} {
		t.Run(name, func(t *testing.T) {
			in := install(t)
			conf, err := os.ReadFile(filepath.Join(in.dir, "tillit.toml"))
			if err != nil {
				t.Fatal(err)
			}
			in.write("tillit.toml", append(conf, "[files]\n"+c.files+"\n"...))
			in.start()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			m := newMember(in.web)
			in.until(ctx, m, "A1.~done")
			for i := range 3 {
				html, err := m.page(ctx)
				if err != nil {
					t.Fatal(err)
				}
				var body bytes.Buffer
				form := multipart.NewWriter(&body)
				for _, f := range [][2]string{{"talk", talkOf(html)}, {"text", telling(i, 1)[0]}} {
					if err := form.WriteField(f[0], f[1]); err != nil {
						t.Fatal(err)
					}
				}
				part, err := form.CreateFormFile("file", "bilde.jpg")
				if err != nil {
					t.Fatal(err)
				}
				_, _ = part.Write(bytes.Repeat([]byte("x"), c.size)) // in memory
				if err := form.Close(); err != nil {
					t.Fatal(err)
				}
				if status, answer, err := m.send(ctx, "/say", form.FormDataContentType(), &body); err != nil || status != http.StatusSeeOther {
					t.Fatalf("%d %v %s", status, err, answer)
				}
				if html, err = m.page(ctx); err != nil || strings.Contains(html, c.says) != (i+1 >= c.refused) {
					t.Errorf("after file %d the page says that it is not kept: %t (%v)", i+1, !(i+1 >= c.refused), err)
				}
			}
			if _, err := m.report(ctx); err != nil {
				t.Fatal(err)
			}
			all := in.cases()
			if len(all) != 1 || len(all[0].Faults) > 0 {
				t.Fatalf("%d cases", len(all))
			}
			var words, files int
			for _, e := range all[0].Entries {
				for i := range 3 {
					if e.Text.Reveal() == telling(i, 1)[0] {
						words++
					}
				}
				if e.File != "" {
					files++
				}
			}
			if words != 3 || files != c.refused-1 {
				t.Errorf("the case holds %d words and %d files", words, files)
			}
		})
	}
}
