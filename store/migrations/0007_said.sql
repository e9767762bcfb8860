-- +goose Up
-- Which case a message of a chat went into, so that a change of it goes there too.
CREATE TABLE said (
  id INTEGER PRIMARY KEY,
  conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  message BLOB NOT NULL,               -- HMAC of channel, conversation and the network's id
  case_id INTEGER NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  UNIQUE (conversation_id, message)
) STRICT;
CREATE INDEX said_case ON said (case_id);
