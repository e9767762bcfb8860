package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tillit/handlers/casework"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/store/cases"
)

// lineJSON is one thing that happened to a case, without words. Scripts rely on its names.
type lineJSON struct {
	Seq    int64     `json:"seq"`
	At     time.Time `json:"at"`
	By     string    `json:"by"`     // name; reporter, or tillit for the server
	Act    string    `json:"act"`    // of a handler's act; empty for all else
	Event  string    `json:"event"`  // of what the server wrote down
	Person string    `json:"person"` // whom it is about
	Via    string    `json:"via"`    // the network of the chat that it was written in
	Said   string    `json:"said"`   // in one sentence
}

// logCommand is what happened to a case, a line each: what people did, and not what they
// wrote.
func logCommand(a *access) *cobra.Command {
	var asJSON bool
	c := a.oneRef("log REF", a.Say("short.log"), func(cmd *cobra.Command, ref string) error {
		client, err := a.dial(cmd.Context())
		if err != nil {
			return err
		}
		cs, err := client.Case(cmd.Context(), ref)
		if err != nil && !errors.Is(err, casework.ErrTampered) {
			return err
		}
		if asJSON {
			return errors.Join(json.NewEncoder(cmd.OutOrStdout()).Encode(linesOf(client, cs)), err)
		}
		a.printLog(cmd.OutOrStdout(), client, cs)
		return err
	})
	c.Flags().BoolVar(&asJSON, "json", false, a.Say("flag.json"))
	return c
}

// linesOf are the lines of a case's log, for scripts. Answers are none of them.
func linesOf(client *casework.Client, cs *casework.Case) []lineJSON {
	lines, say, stated := []lineJSON{}, english().acts, english().stated(client)
	for _, e := range cs.Entries {
		l := lineJSON{Seq: e.Seq, At: e.At, By: e.By, Act: e.Act, Person: e.Person, Via: e.Via}
		switch {
		case e.Outside && acts.Find(e.Act) != nil && acts.Find(e.Act).To == routine.Reporter:
			l.Said = e.By + " told this to the reporter"
		case e.Act != "":
			l.Said = say.Say("act."+e.Act+".log", "name", e.By, "person", e.Person)
		case e.Kind == cases.TypeLog:
			l.Event, l.Said = e.Event, stated.Line(cs, e)
		case e.Kind == cases.TypeMessage:
			l.Said = "The reporter wrote"
		case e.Kind == cases.TypeFile:
			l.Said = "The reporter sent a file"
		case e.Kind == cases.TypeExclusion, e.Kind == cases.TypeConfirm:
			l.Event, l.Said = e.Event, stated.Line(cs, e)
		default:
			continue
		}
		lines = append(lines, l)
	}
	return lines
}

// printLog prints the same lines for people.
func (s speech) printLog(out io.Writer, client *casework.Client, cs *casework.Case) {
	var table [][]string
	stated := s.stated(client)
	for _, e := range cs.Entries {
		if e.Kind != cases.TypeAnswer {
			table = append(table, []string{fmt.Sprintf("%5d", e.Seq), s.when(client, e.At), strings.TrimSpace(cell(stated.Line(cs, e)) + "  " + s.source(stated, e))})
		}
	}
	columns(out, table)
}
