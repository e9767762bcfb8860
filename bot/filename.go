package bot

import (
	"strings"

	"github.com/rivo/uniseg"

	"tillit/intake"
)

// longestName is how much of the name of a file is kept, in bytes: what disks take.
const longestName = 255

// keptName is the name of a file as it was given, whatever it is made of: who opens the case
// makes it harmless for where it is shown or saved. One that is too long loses letters
// before its ending.
func keptName(given intake.Private) intake.Private {
	name := strings.ToValidUTF8(given.Reveal(), "\uFFFD")
	ending := ""
	if i := strings.LastIndexByte(name, '.'); i > 0 && len(name)-i <= 20 {
		name, ending = name[:i], name[i:]
	}
	if len(name)+len(ending) > longestName {
		cut, rest, state := 0, name, -1
		for {
			var letter string
			letter, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
			if cut+len(letter) > longestName-len(ending) {
				break
			}
			cut += len(letter)
		}
		if cut == 0 { // one letter that is longer than a name
			cut = longestName - len(ending)
		}
		name = strings.ToValidUTF8(name[:cut], "")
	}
	return intake.NewPrivate(name + ending)
}
