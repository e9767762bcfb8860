package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	c := oneRef("log REF", "What was done in a case, a line each, without words", func(cmd *cobra.Command, ref string) error {
		client, err := a.dial(cmd.Context())
		if err != nil {
			return err
		}
		cs, err := client.Case(cmd.Context(), ref)
		if err != nil && !errors.Is(err, casework.ErrTampered) {
			return err
		}
		lines := linesOf(cs)
		if asJSON {
			return errors.Join(json.NewEncoder(cmd.OutOrStdout()).Encode(lines), err)
		}
		printLog(cmd.OutOrStdout(), lines)
		return err
	})
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// linesOf are the lines of a case's log. What the reporter told before it was sent is one
// line.
func linesOf(cs *casework.Case) []lineJSON {
	lines, say := []lineJSON{}, acts.Words().In("en")
	for _, e := range cs.Entries {
		l := lineJSON{Seq: e.Seq, At: e.At, By: e.By, Act: e.Act, Person: e.Person, Via: e.Via}
		switch {
		case e.Outside && acts.Find(e.Act) != nil && acts.Find(e.Act).To == routine.Reporter:
			l.Said = e.By + " told this to the reporter"
		case e.Act != "":
			l.Said = say.Say("act."+e.Act+".log", "name", e.By, "person", e.Person)
		case e.Kind == cases.TypeLog:
			l.Event, l.Said = e.Event, e.Event
		case e.Kind == cases.TypeMessage:
			l.Said = "The reporter wrote"
		case e.Kind == cases.TypeFile:
			l.Said = "The reporter sent a file"
		case e.Kind == cases.TypeExclusion, e.Kind == cases.TypeConfirm:
			l.Event, l.Said = e.Event, e.Event
		default:
			continue
		}
		lines = append(lines, l)
	}
	return lines
}

func printLog(out io.Writer, lines []lineJSON) {
	for _, l := range lines {
		via := ""
		if l.Via != "" {
			via = "  (written in " + l.Via + ")"
		}
		fmt.Fprintf(out, "%5d  %s  %s%s\n", l.Seq, l.At.Local().Format("2006-01-02 15:04"), screen(l.Said), screen(via))
	}
}
