package daemon

import (
	"fmt"
	"strings"
	"testing"
)

func TestAFileMayBeAsLargeAsADeskOpens(t *testing.T) {
	for mb, ok := range map[int]bool{-1: false, 0: false, 1: true, 20: true, 256: true, 257: false, 1 << 50: false} {
		_, _, err := installed(t, fmt.Sprintf("[web]\nmax_file_mb = %d\n", mb))
		if (err == nil) != ok || !ok && !strings.Contains(err.Error(), "must be 1 to 256") {
			t.Errorf("%d MB: %v", mb, err)
		}
	}
}
