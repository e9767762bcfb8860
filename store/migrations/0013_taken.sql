-- +goose Up
-- What a reporter took back is destroyed; its hash stays, so that the log can still be checked.
ALTER TABLE entries ADD COLUMN taken BLOB NOT NULL DEFAULT x'';    -- SHA-256 of what was there, and its binding; empty where nothing was taken
