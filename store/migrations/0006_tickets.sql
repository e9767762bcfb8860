-- +goose Up
-- A code may lead from one chat into another, once and for a while.
ALTER TABLE codes ADD COLUMN expires INTEGER NOT NULL DEFAULT 0; -- whole hour, unix seconds; 0 is never
CREATE INDEX codes_expires ON codes (expires) WHERE expires > 0;
