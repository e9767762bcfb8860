package hosts_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tillit/intake/hosts"
)

func TestNamesThatAreOne(t *testing.T) {
	for written, c := range map[string]struct{ same, other []string }{
		"tillit.example.org": {
			[]string{"tillit.example.org", "TILLIT.Example.ORG", "tillit.example.org.", "tillit.example.org:443", "tillit.example.org:8443", "Tillit.example.org.:0443"},
			[]string{"example.org", "a.tillit.example.org", "tillit.example.org..", "tillit.example.org:x", "tillit.example.org@evil.example", "evil.example/tillit.example.org", "", ".", ":", "[", "tillit.example.orgx"},
		},
		"Blåbær.example": {
			[]string{"blåbær.example", "BLÅBÆR.EXAMPLE.", "xn--blbr-roah.example", "XN--BLBR-ROAH.example:443", "bla\u030Abær.example"},
			[]string{"blabaer.example", "xn--blbr-roah", "xn--bl\u00e5br-roah.example"},
		},
		"xn--blbr-roah.example": {[]string{"blåbær.example"}, []string{"blåbar.example"}},
		"tillit.example.org:443": {
			[]string{"tillit.example.org", "tillit.example.org:443", "TILLIT.example.org.:443"},
			[]string{"tillit.example.org:444", "tillit.example.org:80"},
		},
		"[::1]:7400": {[]string{"[::1]:7400", "[0:0:0:0:0:0:0:1]:7400"}, []string{"[::1]", "[::2]:7400", "::2"}},
		"127.0.0.1":  {[]string{"127.0.0.1", "127.0.0.1:7400", "[::ffff:127.0.0.1]:7400"}, []string{"127.0.0.2", "localhost", "[fe80::1%eth0]"}},
	} {
		names, err := hosts.Parse([]string{"other.example", written})
		if err != nil {
			t.Fatal(err)
		}
		for _, asked := range c.same {
			if !names.Has(asked, "443") {
				t.Errorf("%q is not taken for %q", asked, written)
			}
		}
		for _, asked := range c.other {
			if names.Has(asked, "443") {
				t.Errorf("%q is taken for %q", asked, written)
			}
		}
	}
	for _, wrong := range []string{"https://tillit.example.org", "tillit.example.org/", "a b", "", "-", "[::1"} {
		if _, err := hosts.Parse([]string{wrong}); err == nil {
			t.Errorf("%q is taken for a host", wrong)
		}
	}
}

func TestThisMachine(t *testing.T) {
	for asked, want := range map[string]bool{
		"localhost": true, "LOCALHOST.:7400": true, "127.0.0.1:7400": true, "127.9.9.9": true, "[::1]:7400": true, "[::1]": true, "[::ffff:127.0.0.1]": true,
		"localhost.example": false, "127.0.0.1.example": false, "0.0.0.0": false, "10.0.0.1:7400": false, "": false, "[::1%lo]": false,
	} {
		if got := hosts.Loopback(asked); got != want {
			t.Errorf("%q is this machine: %t", asked, got)
		}
	}
}

// TestSpellingsAreOne: whatever name is configured, it is the same in capitals, with a dot
// at its end and with a port.
func TestSpellingsAreOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		written := rapid.StringMatching(`[a-zæøåéüλж]([a-zæøå0-9]{0,8})(\.[a-zøå]{2,6}){1,3}`).Draw(t, "name")
		names, err := hosts.Parse([]string{written})
		if err != nil {
			t.Fatalf("%q: %v", written, err)
		}
		for _, asked := range []string{written, strings.ToUpper(written), written + ".", strings.ToUpper(written) + ".:443"} {
			if !names.Has(asked, "443") || names.Has("x"+asked, "443") {
				t.Fatalf("%q and %q", asked, written)
			}
		}
	})
}
