package daemon

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"tillit/intake"
)

// secret reads a network's token: from the environment, from the file that the
// configuration names, or from a systemd credential. Empty is a channel that is off.
func (c Config) secret(network, env, named, credential string) (intake.Private, error) {
	if token := os.Getenv(env); token != "" {
		return intake.NewPrivate(strings.TrimSpace(token)), nil
	}
	file := c.path(named)
	if dir := os.Getenv("CREDENTIALS_DIRECTORY"); file == "" && dir != "" {
		if _, err := os.Stat(filepath.Join(dir, credential)); err == nil {
			file = filepath.Join(dir, credential)
		}
	}
	if file == "" {
		return intake.Private{}, nil
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return intake.Private{}, fmt.Errorf("reading the %s token: %w", network, err)
	}
	if info, err := os.Stat(file); err != nil || named != "" && info.Mode().Perm()&0o077 != 0 {
		return intake.Private{}, fmt.Errorf("others can read %s; make it 0600", file)
	}
	if len(strings.TrimSpace(string(raw))) == 0 {
		return intake.Private{}, fmt.Errorf("reading the %s token: %s is empty", network, file)
	}
	return intake.NewPrivate(strings.TrimSpace(string(raw))), nil
}
