package daemon

import (
	"fmt"
	"os"

	"tillit/intake"
)

// setsFolder holds, in the data folder, every question set that interviews began in here.
const setsFolder = "sets"

// currentSet is the set that new interviews begin in.
func currentSet(conf Config) (*intake.Set, error) {
	if conf.Questions == "" {
		return intake.Default(), nil
	}
	set, err := intake.Load(os.DirFS(conf.path(conf.Questions)))
	if err != nil {
		return nil, fmt.Errorf("%w; tillitd check lists all", err)
	}
	return set, nil
}

// sets keeps question sets. Interviews in one that is damaged begin anew, with their
// sealed answers.
var sets = keeper[*intake.Set]{
	what:    "a kept question set is damaged; interviews that began in it begin anew",
	load:    intake.LoadKept,
	version: (*intake.Set).Version,
	files:   (*intake.Set).Files,
}
