package daemon

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"tillit/cmd/internal/door"
)

// opened is a listener, and what lays TLS over its connections; nil is none.
type opened struct {
	net.Listener
	secure func(net.Listener) net.Listener
}

// listen opens an address: a unix socket ("unix:/run/tillit.sock"), HTTPS when
// there is a certificate, or plain HTTP, which Config allows on loopback only.
func (c Config) listen(l Listen) (ln opened, err error) {
	if path, ok := strings.CutPrefix(l.Address, "unix:"); ok {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return ln, err
		}
		if ln.Listener, err = net.Listen("unix", path); err != nil {
			return ln, err
		}
		// The proxy that it is for comes in by the group; everything else that we make
		// is nobody's but ours.
		if err := os.Chmod(path, 0o660); err != nil {
			return opened{}, errors.Join(err, ln.Close())
		}
		return ln, nil
	}
	if ln.Listener, err = net.Listen("tcp", l.Address); err != nil || l.Cert == "" {
		return ln, err
	}
	pair, err := tls.LoadX509KeyPair(c.path(l.Cert), c.path(l.Key))
	if err != nil {
		return opened{}, errors.Join(fmt.Errorf("loading the certificate: %w", err), ln.Close())
	}
	ln.secure = func(plain net.Listener) net.Listener {
		return tls.NewListener(plain, &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair}})
	}
	return ln, nil
}

// What a listener lets in where the configuration says nothing else. The members' is as
// wide as what each may hold there allows, see [web.Config].
var doors = map[string]int{"web": 300, "office": 200, "operator": 20}

const (
	otherDoors = 100     // connections of a network's own listener
	slowest    = 4 << 10 // bytes a second: a phone at the edge of its network is faster
	grace      = 30 * time.Second
)

// serve answers on a listener until ctx is done, then lets requests finish.
func serve(ctx context.Context, ln opened, s service) error {
	return door.Serve(ctx, ln.Listener, door.Limits{
		Connections: cmp.Or(s.listen.Connections, doors[s.name], otherDoors),
		Rate:        int64(cmp.Or(s.listen.Rate, slowest)), Grace: grace,
	}, ln.secure, s.handler)
}
