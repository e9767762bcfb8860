package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tillit/handlers/casework"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/store/cases"
)

// making is a case that is made of what reached the office by another way than a
// conversation, with the act that writes down what was said.
type making struct {
	filling
	source     string
	came       string // of an act that has no field for it
	flags      []string
	choices    []string
	out        []string
	otherKnown bool
}

// registerCommand makes a case of what came by phone, letter, talk or mail.
func registerCommand(a *access) *cobra.Command {
	return makeCommand(a, acts.Register, cases.SourceRegistered)
}

// relayCommand makes a case of what somebody else passed on.
func relayCommand(a *access) *cobra.Command { return makeCommand(a, acts.Relay, cases.SourceRelay) }

func makeCommand(a *access, act *routine.Act, source string) *cobra.Command {
	m := &making{filling: filling{speech: a.speech, act: act, values: map[string]*given{}}, source: source}
	c := &cobra.Command{Use: act.Name, Short: m.word("title"), Args: a.atMost(0), RunE: func(cmd *cobra.Command, _ []string) error { return m.do(cmd, a) }}
	c.Long = m.word("title") + ". " + m.word("hint")
	m.filling.flags(c)
	set := c.Flags()
	if m.values["came"] == nil {
		set.StringVar(&m.came, "came", "", a.Say("flag.came"))
	}
	set.StringArrayVar(&m.flags, "flag", nil, a.Say("flag.know"))
	set.StringArrayVar(&m.choices, "choice", nil, a.Say("flag.choice"))
	set.StringArrayVar(&m.out, "out", nil, a.Say("flag.out"))
	set.BoolVar(&m.otherKnown, "other-known", false, a.Say("flag.other_known"))
	return c
}

func (m *making) do(cmd *cobra.Command, a *access) error {
	if err := m.check(); err != nil {
		return err
	}
	if err := m.read(cmd); err != nil {
		return err
	}
	registration, err := m.registration()
	if err != nil {
		return err
	}
	if m.client, err = a.dial(cmd.Context()); err != nil {
		return err
	}
	for _, id := range m.out {
		if !slices.ContainsFunc(slices.Concat(m.client.People(), m.client.Chain()), func(h casework.Handler) bool { return h.ID == id }) {
			return m.nobody(id)
		}
	}
	if registration.Came == "" {
		registration.Came = m.client.Now().Format("2006-01-02")
	}
	if m.ref, err = m.client.Register(cmd.Context(), registration); err != nil {
		return m.refuse(cmd.OutOrStdout(), m.explain(err, casework.Handler{}))
	}
	return m.made(cmd)
}

// registration is what the office is asked for.
func (m *making) registration() (r casework.Registration, err error) {
	r = casework.Registration{ID: m.id, Source: m.source, Came: m.came, Flags: m.flags, OtherKnown: m.otherKnown, Out: m.out, Act: m.filled}
	if came := m.filled.Plain()["came"]; len(came) > 0 {
		r.Came = came[0]
	}
	for _, text := range m.choices {
		question, choice, found := strings.Cut(text, "=")
		if !found || question == "" || choice == "" {
			return r, m.wrong("call.choice")
		}
		if r.Choices == nil {
			r.Choices = map[string][]string{}
		}
		r.Choices[question] = append(r.Choices[question], choice)
	}
	return r, nil
}

// made says which case it is, and what is next in it: so whoever forgot to say that it is
// urgent sees it.
func (m *making) made(cmd *cobra.Command) error {
	out := cmd.OutOrStdout()
	if m.json {
		return json.NewEncoder(out).Encode(didJSON{Ref: m.ref, Act: m.act.Name, Done: true})
	}
	fmt.Fprintf(out, "[=] %s: %s\n", m.ref, m.word("done", "person", ""))
	cs, err := m.client.Case(cmd.Context(), m.ref)
	if err != nil {
		return err
	}
	m.look(m.client, cs).print(out)
	return nil
}
