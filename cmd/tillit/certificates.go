package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"tillit/handlers/casework"
)

// certificateJSON is what is left of a shredded case. Scripts rely on its names.
type certificateJSON struct {
	Ref      string    `json:"ref"`
	Received time.Time `json:"received"`
	Shredded time.Time `json:"shredded"`
	By       []string  `json:"by"` // ids: who asked, and who agreed
	Entries  int64     `json:"entries"`
	Genesis  string    `json:"genesis"`
	Head     string    `json:"head"`
	Whole    bool      `json:"whole"` // signed as it is by the server
}

func certificatesCommand(a *access) *cobra.Command {
	var asJSON bool
	var most int
	c := &cobra.Command{Use: "certificates", Short: a.Say("short.certificates"), Args: a.atMost(0), Long: a.Say("long.certificates"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if most < 0 {
				return a.wrong("call.limit")
			}
			client, err := a.dial(cmd.Context())
			if err != nil {
				return err
			}
			all, err := client.Certificates(cmd.Context(), most)
			if err != nil {
				return err
			}
			if err := a.listCertificates(cmd.OutOrStdout(), client, all, asJSON); err != nil {
				return err
			}
			if slices.ContainsFunc(all, func(c casework.Certificate) bool { return !c.Whole }) {
				return told{a.Say("error.certificate"), casework.ErrTampered}
			}
			return nil
		}}
	c.Flags().BoolVar(&asJSON, "json", false, a.Say("flag.json"))
	c.Flags().IntVar(&most, "limit", 0, a.Say("flag.limit"))
	return c
}

func (s speech) listCertificates(out io.Writer, client *casework.Client, all []casework.Certificate, asJSON bool) error {
	if asJSON {
		rows := []certificateJSON{}
		for _, c := range all {
			rows = append(rows, certificateJSON{c.Ref, c.Received, c.Shredded, c.By, c.Entries, hex.EncodeToString(c.Genesis), hex.EncodeToString(c.Head), c.Whole})
		}
		return json.NewEncoder(out).Encode(rows)
	}
	if len(all) == 0 {
		fmt.Fprintln(out, s.Say("certificates.none"))
	}
	for _, c := range all {
		word := s.Say("certificates.signed")
		if !c.Whole {
			word = s.Say("certificates.unsigned")
		}
		var names []string
		for _, id := range c.By {
			names = append(names, cell(client.Name(id)))
		}
		fmt.Fprintf(out, "%s  %s\n", cell(c.Ref), s.Say("certificates.line", "came", s.Date(c.Received.In(client.Zone())), "shredded", s.Date(c.Shredded.In(client.Zone())),
			"names", s.List(names), "entries", s.Number("certificates.entries", int(c.Entries)), "signed", word))
	}
	return nil
}
