-- +goose Up
-- What stands in a chat, so that it can be taken back while the network lets us.
CREATE TABLE messages (
  id INTEGER PRIMARY KEY,
  conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  hour INTEGER NOT NULL,               -- whole hour; destroyed after three days
  key TEXT NOT NULL UNIQUE,            -- random, the box's row
  data BLOB NOT NULL                   -- box: the network's id of the message
) STRICT;
CREATE INDEX messages_conversation ON messages (conversation_id, id);
