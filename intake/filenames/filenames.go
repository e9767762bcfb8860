// Package filenames makes names of files fit: pure, and gives up no letter that has room.
package filenames

import (
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// Longest is what the file systems in use take, in bytes.
const Longest = 255

// longestEnding is how much of a name can be its ending, in bytes: what is longer is no
// kind of file.
const longestEnding = 20

// Fit puts something between a name and its ending, and cuts the name before that, at
// the end of a letter as people count them, so that all of it has room.
func Fit(name, between string) string {
	ending := ""
	if i := strings.LastIndexByte(name, '.'); i > 0 && len(name)-i <= longestEnding {
		name, ending = name[:i], name[i:]
	}
	room := Longest - len(between) - len(ending)
	if len(name) > room {
		cut, rest, state := 0, name, -1
		for rest != "" {
			var letter string
			letter, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
			if cut+len(letter) > room {
				break
			}
			cut += len(letter)
		}
		if cut == 0 { // one letter that is longer than a name
			for cut = room; !utf8.RuneStart(name[cut]); cut-- {
			}
		}
		name = name[:cut]
	}
	return name + between + ending
}
