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
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tillit/handlers"
	"tillit/handlers/casework"
)

// exportPage is a case as a page to read or print: nothing in it runs or is
// fetched from elsewhere.
var exportPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="{{.ID}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{{.Ref}}</title><style>body{font:16px/1.5 system-ui;max-width:44rem;margin:2rem auto;padding:0 1rem}dt{font-weight:600;margin-top:1rem}dd{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}table{border-collapse:collapse}td,th{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;overflow-wrap:anywhere}</style></head>
<body><h1>{{.Ref}}</h1><p>{{.Head}}</p>
<p>{{.Say "export.zone" "zone" .Zone}}</p>
{{range .Doubts}}<p><strong>{{$.Say "export.doubt"}}</strong> {{.}}</p>{{end}}
<h2>{{.Say "export.answers"}}</h2><dl>{{range .Answers}}<dt>{{.Head}}</dt><dd>{{.Text}}</dd>{{end}}</dl>
{{if .Files}}<h2>{{.Say "show.files"}}</h2><table><tr><th>{{.Say "export.name"}}</th><th>{{.Say "export.kind"}}</th><th>{{.Say "export.bytes"}}</th><th>SHA-256</th>{{if .Kept}}<th>{{.Say "export.kept"}}</th>{{end}}</tr>{{range .Files}}<tr><td><bdi>{{.Name}}</bdi></td><td>{{.Kind}}{{if .NoPlace}}<br>{{$.Say "show.copy"}}{{end}}</td><td>{{.Size}}</td><td>{{.SHA256}}</td>{{if $.Kept}}<td><bdi>files/{{.SavedAs}}</bdi></td>{{end}}</tr>{{end}}</table>{{end}}
<h2>{{.Say "show.timeline"}}</h2><dl>{{range .Entries}}<dt>{{.Head}}</dt><dd>{{.Text}}</dd>{{end}}</dl>
</body></html>
`))

// exported is a case as its page has it.
type exported struct {
	speech
	Ref, Head string
	Zone      string
	Files     []shownFile
	Kept      bool // the files lie in the archive
	Doubts    []string
	Answers   []exportedText
	Entries   []exportedText
}

type exportedText struct{ Head, Text string }

func (s speech) exported(client *casework.Client, c *casework.Case, kept bool) exported {
	stated, at := s.stated(client), s.look(client, c)
	page := exported{speech: s, Ref: c.Ref, Zone: client.Zone().String(), Files: filesOf(c), Kept: kept, Head: s.Say("show.head", "status", stated.Call("status", c.Status), "level", stated.Call("level", c.Level),
		"channel", stated.Call("channel", c.Channel), "when", s.when(client, c.Received))}
	for _, f := range c.Faults {
		page.Doubts = append(page.Doubts, stated.Fault(f))
	}
	for _, d := range c.Doubts {
		page.Doubts = append(page.Doubts, stated.Doubt(d))
	}
	for _, a := range c.Answers {
		page.Answers = append(page.Answers, exportedText{stated.Question(a), stated.Answer(a)})
	}
	for _, e := range c.Entries {
		parts := []string{strconv.FormatInt(e.Seq, 10), s.when(client, e.At), s.direction(e), stated.By(e), s.source(stated, e)}
		page.Entries = append(page.Entries, exportedText{strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " · "), at.entry(client, stated, e)})
	}
	return page
}

func exportCommand(a *access) *cobra.Command {
	var out string
	var files bool
	c := a.oneRef("export REF", a.Say("short.export"), func(cmd *cobra.Command, ref string) error {
		if out == "" {
			return a.wrong("call.zip")
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
		if err := a.writeExport(cmd, client, c, out, files); err != nil {
			return err
		}
		fmt.Fprintln(cmd.OutOrStdout(), a.Say("export.done", "path", screen(out)))
		return nil
	})
	c.Flags().StringVarP(&out, "output", "o", "", a.Say("flag.zip"))
	c.Flags().BoolVar(&files, "files", false, a.Say("flag.files"))
	return c
}

func (s speech) writeExport(cmd *cobra.Command, client *casework.Client, c *casework.Case, path string, files bool) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
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
		{"case.html", func(w io.Writer) error { return exportPage.Execute(w, s.exported(client, c, files)) }},
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
