// Package party holds the routine that Tillit comes with, as an embedded folder: the
// steps, days and acts of routine.toml, what people are told in three languages, and
// letters. It is data. An organisation copies the folder and writes its own; the
// comments of routine.toml say how.
package party

import (
	"embed"
	"io/fs"
)

//go:embed *.toml letters/*.txt
var files embed.FS

// Files is the folder of the routine.
var Files fs.FS = files
