-- +goose Up
-- Which clocks have rung, so that none rings twice. Their days stand in the box of facts.
CREATE TABLE rung (
  case_id INTEGER PRIMARY KEY REFERENCES cases (id) ON DELETE CASCADE,
  data BLOB NOT NULL                   -- box: how far each clock of the case has rung
) STRICT;
