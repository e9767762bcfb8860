package names_test

import (
	"fmt"

	"tillit/intake/names"
)

func Example() {
	office := []names.Person{
		{ID: "hakon", Name: "Håkon R."},
		{ID: "kari", Name: "Kari Nordmann", Nicknames: []string{"Kaja"}},
		{ID: "hans", Name: "Hans Dahl"},
	}
	for _, f := range names.Find("Det var haakons idé, og kaja så at hans hånd lå der", office) {
		fmt.Println(f.ID, f.Certain)
	}
	for _, f := range names.Find("Håkn!", office) {
		fmt.Println(f.ID, f.Certain)
	}
	// Output:
	// hakon true
	// kari true
	// hakon false
}
