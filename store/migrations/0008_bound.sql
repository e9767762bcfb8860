-- +goose Up
-- What decides to whom something is sealed or shown is bound to the server key, so that
-- who can only write this file cannot change it. Rows from before get theirs when the
-- store is opened, if what is signed bears them out; empty is none.
ALTER TABLE cases ADD COLUMN bound BLOB NOT NULL DEFAULT x'';
ALTER TABLE wraps ADD COLUMN bound BLOB NOT NULL DEFAULT x'';
ALTER TABLE epochs ADD COLUMN bound BLOB NOT NULL DEFAULT x'';
ALTER TABLE conversations ADD COLUMN bound BLOB NOT NULL DEFAULT x'';
ALTER TABLE seats ADD COLUMN bound BLOB NOT NULL DEFAULT x'';
ALTER TABLE outbox ADD COLUMN bound BLOB NOT NULL DEFAULT x'';
ALTER TABLE copies ADD COLUMN bound BLOB NOT NULL DEFAULT x'';
ALTER TABLE codes ADD COLUMN bound BLOB NOT NULL DEFAULT x'';
ALTER TABLE said ADD COLUMN bound BLOB NOT NULL DEFAULT x'';
