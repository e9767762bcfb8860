// Package hosts compares names of hosts as the standards say that they are equal: capital
// letters, letters beyond ASCII and the form in which they travel (IDNA), a dot at the end,
// the many ways to write an address, and the port that goes without saying.
package hosts

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
)

// Names are hosts that something answers to.
type Names []name

// name is a host as all its spellings come to, and a port; empty is any.
type name struct{ host, port string }

// Parse reads names as people write them in a configuration: "tillit.example.org",
// "blåbær.example", "[::1]:7400". A name without a port is meant with any.
func Parse(written []string) (Names, error) {
	var all Names
	for _, w := range written {
		n, ok := read(w)
		if !ok {
			return nil, fmt.Errorf("%q is no name of a host; write it without https:// and without a path", w)
		}
		all = append(all, n)
	}
	return all, nil
}

// Has reports whether what a request asks for, its Host header, is one of the names.
// standard is the port that goes without saying.
func (all Names) Has(asked, standard string) bool {
	n, ok := read(asked)
	if !ok {
		return false
	}
	if n.port == "" {
		n.port = standard
	}
	for _, known := range all {
		if known.host == n.host && (known.port == "" || known.port == n.port) {
			return true
		}
	}
	return false
}

// Same reports whether one host, with its port, is another.
func Same(known, asked, standard string) bool {
	names, err := Parse([]string{known})
	return err == nil && names.Has(asked, standard)
}

// Loopback reports whether what a request asks for is this machine: a name that leads here
// and is not its own is how a foreign page would speak to it.
func Loopback(asked string) bool {
	n, ok := read(asked)
	if !ok {
		return false
	}
	ip, err := netip.ParseAddr(n.host)
	return n.host == "localhost" || err == nil && ip.IsLoopback()
}

// read takes a name and its port apart; ok is false for what is no host.
func read(written string) (n name, ok bool) {
	host := written
	if h, port, err := net.SplitHostPort(written); err == nil {
		if strings.Trim(port, "0123456789") != "" {
			return n, false
		}
		host, n.port = h, strings.TrimLeft(port, "0")
	} else if inner, of := strings.CutPrefix(host, "["); of {
		if host, of = strings.CutSuffix(inner, "]"); !of {
			return n, false
		}
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		n.host = ip.Unmap().WithZone("").String()
		return n, ip.Zone() == ""
	}
	host, _ = strings.CutSuffix(host, ".")
	n.host, _ = idna.Lookup.ToASCII(host)
	if _, err := idna.Lookup.ToASCII(host); err != nil || n.host == "" || strings.ContainsAny(n.host, ":/@[]% ") {
		return n, false
	}
	return n, true
}
