package main_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"
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
	if held := in.connections(); held > 400+30 {
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
