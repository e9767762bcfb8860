package main_test

import (
	"bufio"
	"context"
	"os"
	"strings"
	"testing"
	"time"
)

// TestAnAcknowledgementFollowsItsSync holds promise 1 against the kernel's own
// record of calls: between two acknowledgements there is a write
// to the log of the database, and after the last such write a sync that ended.
func TestAnAcknowledgementFollowsItsSync(t *testing.T) {
	in := install(t)
	in.start()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	want := 60
	if release() != "" {
		want = 150
	}
	path, end := in.strace("-y", "-s", "16", "-e", "trace=pwrite64,fsync,fdatasync,write")
	acknowledged := 0
	for n := 0; acknowledged < want; n++ {
		m := newMember(in.web, telling(n, 5)...)
		if _, err := m.report(ctx); err != nil {
			t.Fatal(err)
		}
		acknowledged += m.said
	}
	end()

	acks, faults := syncs(t, path)
	if acks != acknowledged {
		t.Errorf("%d acknowledgements, %d of them in the record of calls", acknowledged, acks)
	}
	for _, f := range faults {
		t.Error(f)
	}
}

// syncs reads a record of calls and returns how many acknowledgements are in it,
// and which did not wait for their sync.
func syncs(t *testing.T, path string) (acks int, faults []string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	syncing := map[string]int{} // by thread: how many writes its running sync covers
	written, synced := 0, 0     // writes to the log so far, and how many are safe
	last := 0                   // writes that were safe at the last acknowledgement
	for lines := bufio.NewScanner(f); lines.Scan(); {
		thread, call, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		call = strings.TrimSpace(call)
		isLog := strings.Contains(call, "tillit.db-wal>")
		isSync := strings.HasPrefix(call, "fsync(") || strings.HasPrefix(call, "fdatasync(")
		switch {
		case isLog && strings.HasPrefix(call, "pwrite64("):
			written++
		case isLog && isSync && strings.HasSuffix(call, "<unfinished ...>"):
			syncing[thread] = written
		case isLog && isSync && strings.HasSuffix(call, "= 0"):
			synced = written
		case strings.HasPrefix(call, "<... f") && strings.HasSuffix(call, "= 0"):
			if n, ours := syncing[thread]; ours {
				synced = n
				delete(syncing, thread)
			}
		case strings.HasPrefix(call, "write(") && strings.Contains(call, `"HTTP/1.1 303`):
			acks++
			if synced == last {
				faults = append(faults, "an acknowledgement without a sync of its own")
			}
			if synced < written {
				faults = append(faults, "an acknowledgement before the sync of what was written")
			}
			last = synced
		}
	}
	return acks, faults
}
