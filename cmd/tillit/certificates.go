package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
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
	c := &cobra.Command{Use: "certificates", Short: "List the certificates of shredded cases that your key opened", Args: atMost(0),
		Long: "certificates lists what is left of the cases that your key could open when they were shredded,\nthe newest first, and holds each to the server's signature.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if most < 0 {
				return usageError{errors.New("--limit is how many to list; 0 is all")}
			}
			client, err := a.dial(cmd.Context())
			if err != nil {
				return err
			}
			all, err := client.Certificates(cmd.Context(), most)
			if err != nil {
				return err
			}
			if err := listCertificates(cmd.OutOrStdout(), client, all, asJSON); err != nil {
				return err
			}
			if slices.ContainsFunc(all, func(c casework.Certificate) bool { return !c.Whole }) {
				return fmt.Errorf("a certificate is not as the server signed it: %w", casework.ErrTampered)
			}
			return nil
		}}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().IntVar(&most, "limit", 0, "how many; 0 is all")
	return c
}

func listCertificates(out io.Writer, client *casework.Client, all []casework.Certificate, asJSON bool) error {
	if asJSON {
		rows := []certificateJSON{}
		for _, c := range all {
			rows = append(rows, certificateJSON{c.Ref, c.Received, c.Shredded, c.By, c.Entries, hex.EncodeToString(c.Genesis), hex.EncodeToString(c.Head), c.Whole})
		}
		return json.NewEncoder(out).Encode(rows)
	}
	if len(all) == 0 {
		fmt.Fprintln(out, "no case that this key could open was shredded")
	}
	for _, c := range all {
		word := "signed by the server"
		if !c.Whole {
			word = "NOT AS THE SERVER SIGNED IT"
		}
		fmt.Fprintf(out, "%s  came %s, shredded %s by", c.Ref, day(client, c.Received), day(client, c.Shredded))
		for i, id := range c.By {
			if i > 0 {
				fmt.Fprint(out, " and")
			}
			fmt.Fprint(out, " "+screen(client.Name(id)))
		}
		fmt.Fprintf(out, "; %d entries; %s\n", c.Entries, word)
	}
	return nil
}

func day(client *casework.Client, t time.Time) string {
	return t.In(client.Zone()).Format(time.DateOnly)
}
