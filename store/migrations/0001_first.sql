-- +goose Up
-- What may stand in clear is listed in docs/FORMAT.md; a test compares the two.
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;

CREATE TABLE cases (
  id INTEGER PRIMARY KEY,
  ref TEXT NOT NULL UNIQUE,            -- T-4K7Q2X, random
  room TEXT NOT NULL UNIQUE,           -- random
  channel TEXT NOT NULL,
  closed INTEGER NOT NULL DEFAULT 0,
  sent INTEGER NOT NULL DEFAULT 0,     -- hour of receipt, unix seconds; 0 is not sent
  due TEXT NOT NULL DEFAULT '',        -- nearest deadline day
  open INTEGER GENERATED ALWAYS AS (sent > 0 AND closed = 0) VIRTUAL,
  epoch INTEGER NOT NULL,
  public TEXT NOT NULL,
  genesis BLOB NOT NULL,
  next_seq INTEGER NOT NULL,
  head BLOB NOT NULL,
  facts BLOB NOT NULL                  -- box: status, level, flags, due, assignee
) STRICT;
CREATE INDEX cases_open ON cases (due, ref) WHERE open = 1;
CREATE INDEX cases_closed ON cases (due, ref) WHERE closed = 1;

CREATE TABLE wraps (
  id INTEGER PRIMARY KEY,
  case_id INTEGER NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  epoch INTEGER NOT NULL,
  recipient BLOB NOT NULL UNIQUE,      -- HMAC(room, epoch, recipient), or random
  staged INTEGER NOT NULL,             -- 1: boxed, served to nobody
  data BLOB NOT NULL
) STRICT;
CREATE INDEX wraps_case ON wraps (case_id);

CREATE TABLE entries (
  id INTEGER PRIMARY KEY,
  case_id INTEGER NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  kind TEXT NOT NULL,
  hour INTEGER NOT NULL,
  prev BLOB NOT NULL,
  hash BLOB NOT NULL,
  sig BLOB NOT NULL,
  data BLOB NOT NULL,
  UNIQUE (case_id, seq)
) STRICT;

CREATE TABLE conversations (
  id INTEGER PRIMARY KEY,
  lookup BLOB NOT NULL UNIQUE,
  channel TEXT NOT NULL,
  version INTEGER NOT NULL,
  state BLOB NOT NULL,                 -- box
  address BLOB NOT NULL,               -- box
  mailbox BLOB,                        -- public key of the reporter's copy
  wrapped BLOB,                        -- its private half, under the browser's secret
  expires INTEGER NOT NULL             -- hour, unix seconds; 0 is never
) STRICT;

CREATE TABLE seats (
  id INTEGER PRIMARY KEY,
  conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  case_id INTEGER NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  role TEXT NOT NULL,
  active INTEGER NOT NULL
) STRICT;
CREATE INDEX seats_conversation ON seats (conversation_id);
CREATE INDEX seats_case ON seats (case_id);

CREATE TABLE events (
  channel TEXT NOT NULL,
  event BLOB NOT NULL,                 -- HMAC of the network's id; no case beside it
  at INTEGER NOT NULL,
  PRIMARY KEY (channel, event)
) STRICT;

CREATE TABLE cursors (channel TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;

CREATE TABLE outbox (
  id INTEGER PRIMARY KEY,
  conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  at INTEGER NOT NULL,                 -- unix milliseconds of the next attempt
  lease INTEGER NOT NULL DEFAULT 0,
  tries INTEGER NOT NULL DEFAULT 0,
  held INTEGER NOT NULL DEFAULT 0,
  key TEXT NOT NULL UNIQUE,
  data BLOB NOT NULL                   -- box
) STRICT;
CREATE INDEX outbox_conversation ON outbox (conversation_id, id);

CREATE TABLE copies (
  id INTEGER PRIMARY KEY,
  conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  held INTEGER NOT NULL,
  data BLOB NOT NULL                   -- sealed to the mailbox
) STRICT;
CREATE INDEX copies_conversation ON copies (conversation_id, id);

CREATE TABLE codes (
  id INTEGER PRIMARY KEY,
  lookup BLOB NOT NULL UNIQUE,
  conversation_id INTEGER NOT NULL UNIQUE REFERENCES conversations (id) ON DELETE CASCADE,
  wrapped BLOB NOT NULL                -- the copy's private half, under the code
) STRICT;

CREATE TABLE access (
  id INTEGER PRIMARY KEY,
  case_id INTEGER NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  data BLOB NOT NULL                   -- box: handler, hour, purpose
) STRICT;
CREATE INDEX access_case ON access (case_id);

CREATE TABLE marks (
  case_id INTEGER NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  handler BLOB NOT NULL,               -- HMAC
  seq INTEGER NOT NULL,
  PRIMARY KEY (case_id, handler)
) STRICT;

CREATE TABLE notices (
  id INTEGER PRIMARY KEY,
  case_id INTEGER NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  handler BLOB NOT NULL,               -- HMAC
  data BLOB NOT NULL                   -- box: kind, after
) STRICT;
CREATE INDEX notices_handler ON notices (handler, id);

CREATE TABLE shreds (id INTEGER PRIMARY KEY, hour INTEGER NOT NULL) STRICT;
