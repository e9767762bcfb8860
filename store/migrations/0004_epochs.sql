-- +goose Up
-- A new key for the open cases when somebody leaves who could hold one.
CREATE TABLE epochs (
  id INTEGER PRIMARY KEY,
  case_id INTEGER NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  epoch INTEGER NOT NULL,
  public TEXT NOT NULL,                -- an earlier key of the room
  UNIQUE (case_id, epoch)
) STRICT;

CREATE TABLE leavers (
  handler BLOB PRIMARY KEY,            -- HMAC
  upto INTEGER NOT NULL                -- the last case that got its new key since
) STRICT;
