package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"tillit/handlers"
	"tillit/handlers/casework"
	"tillit/store/cases"
)

// receiptJSON is a signed receipt that was checked. Scripts rely on its names.
type receiptJSON struct {
	Org    string `json:"organisation"`
	Ref    string `json:"case"`
	Day    string `json:"day"`
	Server string `json:"server"` // the fingerprint of the key that it is signed with
	Known  bool   `json:"known"`  // it is the one that was given to compare with
}

// mostReceipt is longer than a receipt with all that people may paste around it.
const mostReceipt = 1 << 20

// receiptCommand checks a reporter's receipt, without an office and without a key.
func receiptCommand(a *access) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{Use: "receipt [FILE]", Short: a.Say("short.receipt"), Args: a.atMost(1), Long: a.Say("long.receipt"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := a.readReceipt(cmd.InOrStdin(), args)
			if err != nil {
				return err
			}
			server, ok := handlers.CheckReceipt(r)
			if !ok {
				return told{a.Say("error.receipt"), casework.ErrTampered}
			}
			pin := fingerprint(a.pin)
			if pin != "" && pin != server {
				return told{a.Say("error.receipt_other", "fingerprint", server), casework.ErrServer}
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(receiptJSON{r.Org, r.Ref, r.Day, server, pin == server})
			}
			key := "receipt.compare"
			if pin == server {
				key = "receipt.known"
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s\n%s\n%s\n", a.Say("receipt.shows", "ref", cell(r.Ref), "day", cell(r.Day), "org", cell(r.Org)), a.Say(key, "fingerprint", server), a.Say("receipt.not"))
			return nil
		}}
	c.Flags().BoolVar(&asJSON, "json", false, a.Say("flag.json"))
	return c
}

// readReceipt reads one from a file, or from standard input.
func (s speech) readReceipt(in io.Reader, args []string) (r cases.Receipt, err error) {
	if len(args) > 0 {
		f, err := os.Open(args[0])
		if err != nil {
			return r, err
		}
		defer f.Close()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, mostReceipt))
	if err != nil {
		return r, err
	}
	if r, err = cases.ReadReceipt(string(raw)); err != nil {
		return r, told{s.Say("error.no_receipt"), err}
	}
	return r, nil
}
