package main

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"tillit/handlers"
	"tillit/handlers/casework"
)

// exported is a case with what its page says besides.
type exported struct {
	shown
	Zone string
	Kept bool // the files lie in the archive
	in   *time.Location
}

// Time is a moment where the office is.
func (e exported) Time(t time.Time) string { return t.In(e.in).Format("2006-01-02 15:04 -07:00") }

// exportPage is a case as a page to read or print: nothing in it runs or is
// fetched from elsewhere.
var exportPage = template.Must(template.New("").Funcs(template.FuncMap{"doubt": func(d shownDoubt) string { return doubtText(casework.Doubt(d)) }}).Parse(`<!doctype html>
<html lang="nb"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{{.Ref}}</title><style>body{font:16px/1.5 system-ui;max-width:44rem;margin:2rem auto;padding:0 1rem}dt{font-weight:600;margin-top:1rem}dd{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}table{border-collapse:collapse}td,th{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;overflow-wrap:anywhere}</style></head>
<body><h1>{{.Ref}}</h1><p>{{.Status}} · {{.Level}} · {{.Channel}} · {{.Time .Received}}</p>
<p>Times are those of {{.Zone}}.</p>
{{range .Doubts}}<p><strong>In doubt:</strong> {{doubt .}}</p>{{end}}
<h2>Answers</h2><dl>{{range .Answers}}<dt>{{.Asked}}</dt><dd>{{.Text}}</dd>{{end}}</dl>
{{if .Files}}<h2>Files</h2><table><tr><th>Name</th><th>Kind</th><th>Bytes</th><th>SHA-256</th>{{if .Kept}}<th>In this archive</th>{{end}}</tr>{{range .Files}}<tr><td><bdi>{{.Name}}</bdi></td><td>{{.Kind}}</td><td>{{.Size}}</td><td>{{.SHA256}}</td>{{if $.Kept}}<td><bdi>files/{{.SavedAs}}</bdi></td>{{end}}</tr>{{end}}</table>{{end}}
<h2>Timeline</h2><dl>{{range .Entries}}<dt>{{.Seq}} · {{$.Time .At}} · {{.Kind}} · {{.By}}{{if .Unsigned}} · signed by nobody{{end}}{{with .Via}} · {{.}}{{end}}</dt><dd>{{with .Event}}{{.}} {{end}}{{with .Person}}{{.}} {{end}}{{.Text}}{{$.Named .File}}</dd>{{end}}</dl>
</body></html>
`))

// Named is the name of a file that an entry is about.
func (e exported) Named(id string) string {
	if i := slices.IndexFunc(e.Files, func(f shownFile) bool { return f.ID == id }); i >= 0 && id != "" {
		return e.Files[i].Name
	}
	return id
}

func exportCommand(a *access) *cobra.Command {
	var out string
	var files bool
	c := oneRef("export REF", "Write an opened case to a zip: readable by whoever gets it", func(cmd *cobra.Command, ref string) error {
		if out == "" {
			return usageError{errors.New("say where to: -o FILE.zip")}
		}
		client, err := a.dial(cmd.Context())
		if err != nil {
			return err
		}
		if !client.May(handlers.RightExport) {
			return casework.ErrRight
		}
		c, err := client.Case(cmd.Context(), ref)
		if err != nil {
			return err
		}
		if err := writeExport(cmd, client, c, out, files); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "Wrote %s. It is not locked: keep it as carefully as the case itself.\n", out)
		return nil
	})
	c.Flags().StringVarP(&out, "output", "o", "", "the new zip file")
	c.Flags().BoolVar(&files, "files", false, "include the files that the reporter sent")
	return c
}

func writeExport(cmd *cobra.Command, client *casework.Client, c *casework.Case, path string, files bool) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("making the export: %w", err)
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	z := zip.NewWriter(f)
	parts := []struct {
		name  string
		write func(io.Writer) error
	}{
		{"case.json", func(w io.Writer) error { return json.NewEncoder(w).Encode(showAll(client, c)) }},
		{"case.html", func(w io.Writer) error {
			return exportPage.Execute(w, exported{show(c), client.Zone().String(), files, client.Zone()})
		}},
	}
	if files {
		names := casework.DiskNames(c.Files)
		for i, file := range c.Files {
			parts = append(parts, struct {
				name  string
				write func(io.Writer) error
			}{"files/" + names[i], func(w io.Writer) error { return client.File(cmd.Context(), c.Ref, file.ID, w) }})
		}
	}
	for _, p := range parts {
		w, err := z.Create(p.name)
		if err != nil {
			return err
		}
		if err := p.write(w); err != nil {
			return err
		}
	}
	return z.Close()
}
