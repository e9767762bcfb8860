// Package wordfile reads what people are told: a folder of TOML files, one for each
// language.
package wordfile

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Read decodes each file of a folder under the name of its language. A key that T
// does not know is an error: it would be words that nobody is told.
func Read[T any](files fs.FS, folder string) (map[string]T, error) {
	names, err := fs.Glob(files, folder+"/*.toml")
	if err != nil {
		return nil, fmt.Errorf("reading the words: %w", err)
	}
	all := map[string]T{}
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("reading the words: %w", err)
		}
		var one T
		if err := toml.NewDecoder(bytes.NewReader(raw)).DisallowUnknownFields().Decode(&one); err != nil {
			return nil, fmt.Errorf("reading the words in %s: %w", name, err)
		}
		all[strings.TrimSuffix(path.Base(name), ".toml")] = one
	}
	return all, nil
}
