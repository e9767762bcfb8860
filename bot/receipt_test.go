package bot

import (
	"strings"
	"testing"

	"tillit/handlers"
	"tillit/store/cases"
)

// TestAChatGivesTheSignedReceipt by a word and by the button under the receipt, once there is a
// day to prove, and nothing of what was told stands in it.
func TestAChatGivesTheSignedReceipt(t *testing.T) {
	r := &reader{town: newTown(t)}
	r.begins()
	r.says(r.types("/kvittering"), "Ingenting er sendt ennå")
	ref := r.walks("lin", "lin", "Hemmelig.")
	if c := r.question("lin").Choices; c[len(c)-1].ID != "proof" {
		t.Errorf("the receipt offers %v", c)
	}
	for _, got := range []string{r.presses("proof"), r.types("/receipt")} {
		signed, err := cases.ReadReceipt(got)
		if _, ok := handlers.CheckReceipt(signed); err != nil || !ok || signed.Ref != ref || signed.Org != "Eksempelforbundet" || strings.Contains(got, "Hemmelig") {
			t.Errorf("the chat says %q, %v", got, err)
		}
	}
}
