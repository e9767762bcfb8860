package store

import (
	"database/sql"
	"errors"
)

// stored is a row that knows where its columns go, in the order of its queries.
type stored[T any] interface {
	*T
	targets() []any
}

// collect reads the whole answer to a query and closes it, so that nothing else waits
// for what is done with its rows.
func collect[T any, P stored[T]](rows *sql.Rows, err error) ([]T, error) {
	return collectBy(rows, err, func(row *T) []any { return P(row).targets() })
}

// column is collect for a query of one column.
func column[T int64 | string](rows *sql.Rows, err error) ([]T, error) {
	return collectBy(rows, err, func(value *T) []any { return []any{value} })
}

// collectBy is collect where the query has other columns.
func collectBy[T any](rows *sql.Rows, err error, targets func(*T) []any) (all []T, _ error) {
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		var row T
		if err := rows.Scan(targets(&row)...); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		all = append(all, row)
	}
	return all, errors.Join(rows.Err(), rows.Close())
}
