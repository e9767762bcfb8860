package store

import "encoding/base64"

func encodePage(box []byte) string { return base64.RawURLEncoding.EncodeToString(box) }

func decodePage(token string) ([]byte, error) { return base64.RawURLEncoding.DecodeString(token) }
