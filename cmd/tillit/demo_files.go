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

const (
	demoZone  = "Europe/Oslo"
	keyFolder = "keys"
	// externalKey is the name of the external receiver's key.
	externalKey = "external"
)

// demoPeople are those of the demo who hold a key. All of them are made up.
var demoPeople = []demoPerson{
	{ID: "maren", Name: "Maren V.", Role: `{nb = "rådgiver", nn = "rådgjevar", en = "adviser"}`, Deputy: "jonas"},
	{ID: "jonas", Name: "Jonas T.", Role: `{nb = "assisterende sekretær", nn = "assisterande sekretær", en = "assistant secretary"}`, Deputy: "maren"},
	{ID: "siv", Name: "Siv A.", Role: `{nb = "personalleder", nn = "personalleiar", en = "head of staff"}`, Deputy: "hakon"},
	{ID: "hakon", Name: "Håkon R.", Role: `{nb = "fylkessekretær", nn = "fylkessekretær", en = "county secretary"}`, Deputy: "siv"},
	{ID: "kari", Name: "Kari L.", Role: `{nb = "ekstern rådgiver", nn = "ekstern rådgjevar", en = "outside adviser"}`},
	{ID: externalKey, Name: "Ekstern mottaker"},
	{ID: "recovery", Name: "Nødnøkkel"},
}

// demoHandlers is how many of them work in the office.
const demoHandlers = 4

type demoPerson struct{ ID, Name, Role, Deputy, Key, Sign string }

var demoOrganisation = template.Must(template.New("").Parse(`# Made by tillit demo: throw-away keys of made-up people.
name = "Eksempelforbundet"
time_zone = "` + demoZone + `"
language = "nb"
counties = ["Oslo"]
{{range .Handlers}}
[[handlers]]
id = "{{.ID}}"
name = "{{.Name}}"
role = {{.Role}}
county = ""
deputy = "{{.Deputy}}"
rights = ["assign", "export"]
key = "{{.Key}}"
sign = "{{.Sign}}"
{{end}}{{range .Outside}}
[[outside]]
id = "{{.ID}}"
name = "{{.Name}}"
role = {{.Role}}
key = "{{.Key}}"
sign = "{{.Sign}}"
{{end}}
[[chain]]
post = "county_secretary"
county = "Oslo"
person = "hakon"

[[chain]]
post = "party_secretary"
id = "ingrid"
name = "Ingrid S."
role = {nb = "partisekretær", nn = "partisekretær", en = "party secretary"}

[control]
id = "komiteen"
name = "Kontrollkomiteen"

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
	var paths []string
	for _, p := range demoPeople[:demoHandlers] {
		paths = append(paths, keyOf(dir, p.ID))
	}
	config := []byte(fmt.Sprintf("# Made by tillit demo.\n[web]\nlisten = \"127.0.0.1:%d\"\n[office]\nlisten = \"127.0.0.1:%d\"\n[operator]\nlisten = \"\"\n", port, port+2))
	if err := os.WriteFile(filepath.Join(dir, "tillit.toml"), config, 0o600); err != nil {
		return nil, err
	}
	org := filepath.Join(dir, "organisation.toml")
	if _, err := os.Stat(org); err == nil {
		return paths, nil
	}
	text, err := demoKeys(dir)
	if err != nil {
		return nil, err
	}
	return paths, errors.Join(
		setup.Write(filepath.Join(dir, "server.key"), seal.GenerateServerKey(time.Now())),
		setup.Write(org, text),
	)
}

// keyOf is where somebody's key lies.
func keyOf(dir, id string) string { return filepath.Join(dir, keyFolder, id+".key") }

// demoKeys makes everybody's key file and the organisation file that names them.
func demoKeys(dir string) ([]byte, error) {
	if err := os.MkdirAll(filepath.Join(dir, keyFolder), 0o700); err != nil {
		return nil, err
	}
	var all []demoPerson
	for _, p := range demoPeople {
		key, err := casework.NewKey()
		if err != nil {
			return nil, err
		}
		if err := casework.WriteKey(keyOf(dir, p.ID), key, intake.Private{}); err != nil {
			return nil, err
		}
		p.Key, p.Sign = key.Recipient(), handlers.SignKeyString(key.SignPublic())
		all = append(all, p)
	}
	var out bytes.Buffer
	err := demoOrganisation.Execute(&out, map[string]any{
		"Handlers": all[:demoHandlers], "Outside": all[demoHandlers : len(all)-2], "External": all[len(all)-2], "Recovery": all[len(all)-1],
	})
	return out.Bytes(), err
}
