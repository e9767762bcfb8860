package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"text/template"
	"time"

	"tillit/cmd/internal/setup"
	"tillit/handlers"
	"tillit/handlers/casework"
	"tillit/intake"
	"tillit/store/seal"
)

// demoPeople are the office of the demo. All of them are made up.
var demoPeople = []struct{ ID, Name, Role string }{
	{"maren", "Maren V.", "rådgiver"},
	{"jonas", "Jonas T.", "assisterende sekretær"},
	{"siv", "Siv A.", "personalleder"},
	{"hakon", "Håkon R.", "fylkessekretær"},
	{"external", "Ekstern mottaker", ""},
	{"recovery", "Nødnøkkel", ""},
}

type demoPerson struct{ ID, Name, Role, Key, Sign string }

var demoOrganisation = template.Must(template.New("").Parse(`# Made by tillit demo: throw-away keys of made-up people.
name = "Eksempelforbundet"
time_zone = "Europe/Oslo"
language = "nb"
counties = ["Oslo"]

[promises]
answer_working_days = 3
latest_days = 7
result_months = 3
{{range .Handlers}}
[[handlers]]
id = "{{.ID}}"
name = "{{.Name}}"
role = "{{.Role}}"
county = ""
rights = ["assign", "export"]
key = "{{.Key}}"
sign = "{{.Sign}}"
{{end}}
[external]
name = "{{.External.Name}}"
key = "{{.External.Key}}"
sign = "{{.External.Sign}}"

[recovery]
key = "{{.Recovery.Key}}"
kept = "2-of-3"
`))

// demoFiles makes what the demo needs in a folder, or takes what an earlier demo
// left there, and returns the handlers' key files.
func demoFiles(dir string, port int) ([]string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	keyDir := filepath.Join(dir, "keys")
	var paths []string
	for _, p := range demoPeople[:4] {
		paths = append(paths, filepath.Join(keyDir, p.ID+".key"))
	}
	config := []byte(fmt.Sprintf("# Made by tillit demo.\n[web]\nlisten = \"127.0.0.1:%d\"\n[office]\nlisten = \"127.0.0.1:%d\"\n[operator]\nlisten = \"\"\n", port, port+2))
	if err := os.WriteFile(filepath.Join(dir, "tillit.toml"), config, 0o600); err != nil {
		return nil, err
	}
	org := filepath.Join(dir, "organisation.toml")
	if _, err := os.Stat(org); err == nil {
		return paths, nil
	}
	if err := os.MkdirAll(keyDir, 0o700); err != nil {
		return nil, err
	}
	text, err := demoKeys(keyDir)
	if err != nil {
		return nil, err
	}
	return paths, errors.Join(
		setup.Write(filepath.Join(dir, "server.key"), seal.GenerateServerKey(time.Now())),
		setup.Write(org, text),
	)
}

// demoKeys makes everybody's key file and the organisation file that names them.
func demoKeys(dir string) ([]byte, error) {
	var all []demoPerson
	for _, p := range demoPeople {
		key, err := casework.NewKey()
		if err != nil {
			return nil, err
		}
		if err := casework.WriteKey(filepath.Join(dir, p.ID+".key"), key, intake.Private{}); err != nil {
			return nil, err
		}
		all = append(all, demoPerson{p.ID, p.Name, p.Role, key.Recipient(), handlers.SignKeyString(key.SignPublic())})
	}
	var out bytes.Buffer
	err := demoOrganisation.Execute(&out, map[string]any{"Handlers": all[:4], "External": all[4], "Recovery": all[5]})
	return out.Bytes(), err
}
