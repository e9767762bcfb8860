package main_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
)

// certify makes a certificate for a name, and whoever trusts it.
func certify(t *testing.T, name string) (cert, key []byte, trust *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	key = pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret})
	trust = x509.NewCertPool()
	trust.AppendCertsFromPEM(cert)
	return cert, key, trust
}

// TestTheOfficeByItsName signs in over HTTPS by a name with letters beyond ASCII, at the
// office itself and through a proxy in front of it, and is refused by another name.
func TestTheOfficeByItsName(t *testing.T) {
	const name = "xn--blbr-roah.example" // as it travels
	cert, key, trust := certify(t, name)
	for _, proxied := range []bool{false, true} {
		in := install(t)
		in.write("cert.pem", cert)
		in.write("key.pem", key)
		conf, err := os.ReadFile(filepath.Join(in.dir, "tillit.toml"))
		if err != nil {
			t.Fatal(err)
		}
		lines := "hosts = [\"Kontor.example\", \"Blåbær.Example\"]\n"
		if proxied {
			lines += "proxy_certificate = \"cert.pem\"\n"
		} else {
			lines += "certificate = \"cert.pem\"\ncertificate_key = \"key.pem\"\n"
		}
		in.write("tillit.toml", []byte(strings.Replace(string(conf), "[office]\n", "[office]\n"+lines, 1)))
		in.start()
		address := strings.TrimPrefix(in.office, "http://")
		if proxied {
			address = proxy(t, in.office, cert, key)
		}
		sign := func(name string) error {
			client := &http.Client{Transport: &http.Transport{
				TLSClientConfig: &tls.Config{RootCAs: trust, ServerName: "xn--blbr-roah.example"},
				DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
					return (&net.Dialer{}).DialContext(ctx, "tcp", address)
				},
			}}
			_, err := handlerstest.SignIn(t.Context(), casework.Config{Server: "https://" + name, Key: in.key, HTTP: client})
			return err
		}
		for _, known := range []string{name, strings.ToUpper(name), name + ":443"} {
			if err := sign(known); err != nil {
				t.Errorf("by %s, with a proxy %t: %v", known, proxied, err)
			}
		}
		if err := sign("evil.example"); err == nil {
			t.Errorf("by another name, with a proxy %t, a desk signs in", proxied)
		}
	}
}

// proxy serves an address over TLS, and passes on the name that is asked for.
func proxy(t *testing.T, to string, cert, key []byte) (address string) {
	t.Helper()
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
	}}}
	go func() { _ = srv.Serve(ln) }()
	t.Cleanup(func() { _ = srv.Close() })
	return ln.Addr().String()
}

// TestThePagesByTheirName: each spelling of a configured name is served, nothing else.
func TestThePagesByTheirName(t *testing.T) {
	in := install(t)
	conf, err := os.ReadFile(filepath.Join(in.dir, "tillit.toml"))
	if err != nil {
		t.Fatal(err)
	}
	in.write("tillit.toml", []byte(strings.Replace(string(conf), "[web]\n", "[web]\nhosts = [\"Blåbær.example\"]\n", 1)))
	in.start()
	for host, want := range map[string]int{
		"xn--blbr-roah.example": 200, "XN--BLBR-ROAH.example.": 200, "xn--blbr-roah.example:8443": 200, "blåbær.example": 200,
		"127.0.0.1": 421, "evil.example": 421, "xn--blbr-roah.example.evil.example": 421,
	} {
		req, err := http.NewRequest(http.MethodGet, in.web, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s is answered with %s, want %s", host, fmt.Sprint(res.StatusCode), fmt.Sprint(want))
		}
	}
}
