package daemon

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// listen opens an address: a unix socket ("unix:/run/tillit.sock"), HTTPS when
// there is a certificate, or plain HTTP, which Config allows on loopback only.
func (c Config) listen(l Listen) (net.Listener, error) {
	if path, ok := strings.CutPrefix(l.Address, "unix:"); ok {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		ln, err := net.Listen("unix", path)
		if err != nil {
			return nil, err
		}
		// The proxy that it is for comes in by the group; everything else that we make
		// is nobody's but ours.
		if err := os.Chmod(path, 0o660); err != nil {
			return nil, errors.Join(err, ln.Close())
		}
		return ln, nil
	}
	ln, err := net.Listen("tcp", l.Address)
	if err != nil || l.Cert == "" {
		return ln, err
	}
	pair, err := tls.LoadX509KeyPair(c.path(l.Cert), c.path(l.Key))
	if err != nil {
		ln.Close()
		return nil, fmt.Errorf("loading the certificate: %w", err)
	}
	return tls.NewListener(ln, &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair}}), nil
}

// serve answers on a listener until ctx is done, then lets requests finish.
// Timeouts are generous for a slow phone that uploads a picture, and bounded.
func serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 5 * time.Minute,
		WriteTimeout: 5 * time.Minute, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: discardLog, // net/http writes addresses of visitors there
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := srv.Shutdown(stop); err != nil {
		return srv.Close()
	}
	return nil
}
