package faults_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"tillit/bot/bottest/faults"
)

func TestFaultsHappenOnceEachInOrder(t *testing.T) {
	var p faults.Plan
	if _, ok := p.Next("send"); ok {
		t.Fatal("a fault that nobody planned")
	}
	p.On("send", faults.Fault{Status: 500}, faults.Fault{After: true})
	if _, ok := p.Next("read"); ok {
		t.Error("a fault of another call")
	}
	first, _ := p.Next("send")
	second, _ := p.Next("send")
	if first.Status != 500 || !second.After || p.Left("send") != 0 {
		t.Errorf("got %+v then %+v with %d left", first, second, p.Left("send"))
	}
}

func TestABrokenCallHasNoAnswer(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { faults.Break(rw) }))
	defer srv.Close()
	res, err := http.Post(srv.URL, "text/plain", nil)
	if err == nil {
		res.Body.Close()
		t.Errorf("answered with %d", res.StatusCode)
	}
}
