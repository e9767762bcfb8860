package main

import (
	"slices"
	"strings"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/desk"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/store/cases"
)

// entry is what an entry says: its words, or what happened.
func (s seen) entry(client *casework.Client, stated desk.Speech, e casework.Entry) string {
	words := stated.Told(e)
	switch {
	case e.Act == acts.Reply.Name, e.Act == acts.Note.Name:
		return words
	case e.Act != "":
		return s.act(client, stated, e)
	case slices.Contains([]string{cases.TypeAnswer, cases.TypeMessage, cases.TypeReply, cases.TypeNote, cases.TypeMinutes}, e.Kind):
		return words
	case e.Kind == cases.TypeConfirm:
		return strings.TrimSpace(stated.Line(s.cs, e) + "\n" + words)
	case e.Kind == cases.TypeFile:
		if i := slices.IndexFunc(s.cs.Files, func(f casework.File) bool { return f.ID == e.File }); i >= 0 {
			return stated.Line(s.cs, e) + "\n" + s.cs.Files[i].Name.Reveal()
		}
	}
	return stated.Line(s.cs, e)
}

// act is what a handler did, and what was filled in.
func (s seen) act(client *casework.Client, stated desk.Speech, e casework.Entry) string {
	lines := []string{s.acts.Say("act."+e.Act+".log", "name", e.By, "person", stated.Call("recipient", e.Person))}
	for _, f := range acts.Find(e.Act).Fields {
		said := e.Person != "" && strings.Contains(lines[0], e.Person)
		for _, value := range e.Values[f.Name] {
			switch text := value.Reveal(); {
			case f.Kind == routine.FieldPerson && said:
			case f.Name == "text":
				lines = append(lines, text)
			default:
				lines = append(lines, s.Say("show.field", "what", s.acts.Say("act."+e.Act+".field."+f.Name), "value", s.value(client, e, f, text)))
			}
		}
	}
	return strings.Join(lines, "\n")
}

// value is what a value of a field is called.
func (s seen) value(client *casework.Client, e casework.Entry, f routine.Field, text string) string {
	switch f.Kind {
	case routine.FieldPerson, routine.FieldPersons:
		return client.Name(text)
	case routine.FieldDay:
		if t, err := time.ParseInLocation(time.DateOnly, text, s.now.Location()); err == nil {
			return s.ShortDay(t, s.now)
		}
	case routine.FieldMoment:
		if t, err := time.ParseInLocation("2006-01-02T15:04", text, s.now.Location()); err == nil {
			return s.Moment(t, s.now)
		}
	case routine.FieldParts:
		if duty, id, _ := strings.Cut(text, "="); id != "" {
			return s.names.Call("duty", duty) + ": " + client.Name(id)
		}
	case routine.FieldName:
		if f.From == "steps" {
			return s.names.Step(text)
		}
		return s.names.Call(strings.TrimSuffix(f.From, "s"), text)
	}
	return s.acts.Label("act."+e.Act+".option."+f.Name, text)
}
