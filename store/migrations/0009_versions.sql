-- +goose Up
-- Entries say in which version they are written: of their body, and of the chain's step.
ALTER TABLE entries ADD COLUMN v INTEGER NOT NULL DEFAULT 1;
