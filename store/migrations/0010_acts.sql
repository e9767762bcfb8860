-- +goose Up
-- What a handler does is signed by them; the signature is hashed into the chain.
ALTER TABLE entries ADD COLUMN signed BLOB NOT NULL DEFAULT x'';   -- hash of signer, mark and signature; empty where nobody signed
ALTER TABLE entries ADD COLUMN act BLOB NOT NULL DEFAULT x'';      -- box: signer, mark, signature
CREATE TABLE acts (
  id BLOB PRIMARY KEY,                 -- HMAC of handler, case and the act's own id: it is done once
  case_id INTEGER NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  hour INTEGER NOT NULL                -- whole hour; destroyed after thirty days
) STRICT;
CREATE INDEX acts_case ON acts (case_id);
CREATE INDEX acts_hour ON acts (hour);
