package intake_test

import (
	"fmt"

	"tillit/intake"
)

func Example() {
	set := intake.Default()
	env := intake.Env{Values: map[string]string{"emergency": "112"}}

	turn := set.Start("en", env)
	fmt.Println(turn.Say[0].Text)

	turn = set.Answer(turn.Next, intake.Input{Text: intake.NewPrivate("Yes!")}, env)
	fmt.Println(turn.Next.Fact("S1"), turn.Next.At())

	turn = set.Answer(turn.Next, intake.Input{Text: intake.NewPrivate("He touched me.")}, env)
	fmt.Println(turn.Acts, len(turn.Seal))
	// Output:
	// Are you safe right now?
	// [yes] A1
	// [] 1
}
