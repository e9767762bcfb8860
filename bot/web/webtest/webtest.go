// Package webtest gives tests of pages a real browser: whichever Chromium the machine
// has, kept from asking anything but this machine. Where there is none, or it does
// not start, the test is skipped; with TILLIT_BROWSER=required it fails.
package webtest

import (
	"context"
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Axe is the source of axe-core, which looks a page through for what keeps people out.
//
//go:embed axe.min.js
var Axe string

// names are what Chromium is called, the ones that start fastest first.
var names = []string{
	"chromium-headless-shell", "chrome-headless-shell", "headless-shell", "headless_shell",
	"chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome",
}

// path finds a browser. TILLIT_BROWSER may name one by its path.
func path() string {
	if own := os.Getenv("TILLIT_BROWSER"); filepath.IsAbs(own) {
		return own
	}
	for _, name := range names {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	return ""
}

// Browser starts a browser, which ends with the test or after so long. TILLIT_BROWSER says
// that there must be one ("required") or that none is to be used ("none"), which skips.
func Browser(t *testing.T, most time.Duration) context.Context {
	t.Helper()
	without := t.Skipf
	if os.Getenv("TILLIT_BROWSER") == "required" {
		without = t.Fatalf
	}
	if os.Getenv("TILLIT_BROWSER") == "none" {
		t.Skip("no browser is wanted")
	}
	found := path()
	if found == "" {
		without("no browser: none of %q is there", names)
	}
	alloc, stop := chromedp.NewExecAllocator(t.Context(),
		chromedp.ExecPath(found), chromedp.NoSandbox, chromedp.Flag("headless", true), chromedp.Flag("disable-gpu", true),
		chromedp.Flag("no-first-run", true), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"))
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(alloc)
	t.Cleanup(end)
	ctx, cancel := context.WithTimeout(ctx, most)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		without("%s does not start: %v", filepath.Base(found), err)
	}
	return ctx
}
