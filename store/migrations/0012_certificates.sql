-- +goose Up
-- What is left of a case that was shredded: that it was, by whom, and what its log ended with.
CREATE TABLE certificates (
  id BLOB PRIMARY KEY,                 -- random
  data BLOB NOT NULL                   -- box: see store/shred.go
) STRICT;
