-- +goose Up
-- So that nothing that a person waits for reads a whole table, nor the writer.
CREATE INDEX copies_held ON copies (conversation_id) WHERE held = 1;
CREATE INDEX outbox_held ON outbox (conversation_id) WHERE held = 1;
CREATE INDEX outbox_due ON outbox (id) WHERE held = 0;
CREATE INDEX conversations_expires ON conversations (expires) WHERE expires > 0;
CREATE INDEX notices_case ON notices (case_id);
