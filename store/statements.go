package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// SQLite takes longer to parse a statement than to run it on one row, so each
// statement is parsed once and kept. They are few and fixed: none is built from
// what somebody sent.

// readers are the query-only connections.
type readers struct {
	*sql.DB
	mu     sync.RWMutex
	parsed map[string]*sql.Stmt
}

func newReaders(db *sql.DB) *readers { return &readers{DB: db, parsed: map[string]*sql.Stmt{}} }

func (r *readers) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	r.mu.RLock()
	st, ok := r.parsed[query]
	r.mu.RUnlock()
	if ok {
		return st, nil
	}
	st, err := r.DB.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if first, ok := r.parsed[query]; ok { // another was quicker
		return first, st.Close()
	}
	r.parsed[query] = st
	return st, nil
}

// QueryContext runs a query, parsed once.
func (r *readers) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	st, err := r.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(ctx, args...)
}

// QueryRowContext runs a query for one row, parsed once.
func (r *readers) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	st, err := r.statement(ctx, query)
	if err != nil {
		return r.DB.QueryRowContext(ctx, query, args...) // a row that holds the error
	}
	return st.QueryRowContext(ctx, args...)
}

// transaction is the writer's connection, inside a transaction. Only the writer's
// goroutine uses it.
type transaction struct {
	conn   *sql.Conn
	parsed map[string]*sql.Stmt
}

// close ends the statements first: one that is left keeps the file open.
func (t *transaction) close() error {
	var errs []error
	for _, st := range t.parsed {
		errs = append(errs, st.Close())
	}
	return errors.Join(append(errs, t.conn.Close())...)
}

func (t *transaction) statement(query string) (*sql.Stmt, error) {
	if st, ok := t.parsed[query]; ok {
		return st, nil
	}
	st, err := t.conn.PrepareContext(context.Background(), query)
	if err == nil {
		t.parsed[query] = st
	}
	return st, err
}

// Exec runs a statement.
func (t *transaction) Exec(query string, args ...any) (sql.Result, error) {
	st, err := t.statement(query)
	if err != nil {
		return nil, err
	}
	return st.Exec(args...)
}

// Query runs a query. Its rows are closed before the job ends.
func (t *transaction) Query(query string, args ...any) (*sql.Rows, error) {
	st, err := t.statement(query)
	if err != nil {
		return nil, err
	}
	return st.Query(args...)
}

// QueryRow runs a query for one row.
func (t *transaction) QueryRow(query string, args ...any) *sql.Row {
	st, err := t.statement(query)
	if err != nil {
		return t.conn.QueryRowContext(context.Background(), query, args...) // a row that holds the error
	}
	return st.QueryRow(args...)
}
