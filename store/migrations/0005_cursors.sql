-- +goose Up
-- How far a network was read is known for each conversation, so that one who is
-- written to often does not rewrite what is known of all others.
DROP TABLE cursors;
CREATE TABLE cursors (
  lookup BLOB PRIMARY KEY,             -- HMAC of channel and conversation; stays when the conversation goes
  value BLOB NOT NULL                  -- box
) STRICT;
