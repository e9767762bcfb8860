package store

import (
	"encoding/base64"
	"errors"
	"strconv"
)

func encodePage(box []byte) string { return base64.RawURLEncoding.EncodeToString(box) }

func decodePage(token string) ([]byte, error) { return base64.RawURLEncoding.DecodeString(token) }

// A page of a room starts after an entry that the caller has just been given, so
// its token says nothing new to them.
func pageToken(seq int64) string { return strconv.FormatInt(seq, 36) }

func pageNumber(token string) (int64, error) {
	if token == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(token, 36, 64)
	if err != nil || n < 0 {
		return 0, errors.New("not a page of ours")
	}
	return n, nil
}
