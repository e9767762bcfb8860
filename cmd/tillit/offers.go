package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tillit/handlers/casework"
	"tillit/handlers/routine/acts"
)

// actsCommand is act REF NAME, which does an act, and act REF, which says which there
// are. The flags of an act follow its name, so they are read by the act's own command.
func actsCommand(a *access) *cobra.Command {
	return &cobra.Command{Use: "act REF [NAME]", Short: a.Say("short.act"), Long: a.Say("long.act"),
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			call, err := a.parseAct(cmd, args)
			switch {
			case call.help:
				return cmd.Help()
			case err != nil:
				return err
			case call.ref == "":
				return a.wrong("call.ref", "use", "tillit act REF [NAME]")
			case call.name == "":
				return listOffers(cmd, a, call)
			}
			act := acts.Find(call.name)
			if act == nil {
				return a.wrong("call.act", "name", screen(call.name), "ref", screen(call.ref))
			}
			inner := actCommand(a, act, "tillit act "+call.ref+" "+call.name, call.ref)
			a.dressAll(inner)
			inner.SetUsageTemplate(cmd.Root().UsageTemplate())
			inner.SetHelpTemplate(cmd.Root().HelpTemplate())
			inner.Flags().AddFlagSet(cmd.Root().PersistentFlags())
			inner.SetFlagErrorFunc(cmd.Root().FlagErrorFunc())
			inner.SilenceErrors, inner.SilenceUsage = true, true
			inner.SetIn(cmd.InOrStdin())
			inner.SetOut(cmd.OutOrStdout())
			inner.SetErr(cmd.ErrOrStderr())
			if inner.SetArgs(call.rest); call.json {
				inner.SetArgs(append([]string{"--json"}, call.rest...))
			}
			return inner.ExecuteContext(cmd.Context())
		}}
}

// actCall is what follows the word act.
type actCall struct {
	ref, name  string
	rest       []string // behind the name
	json, help bool
}

// parseAct reads what follows the word act, up to the name of an act.
func (a *access) parseAct(cmd *cobra.Command, args []string) (call actCall, err error) {
	set := pflag.NewFlagSet("act", pflag.ContinueOnError)
	set.SetInterspersed(false)
	set.Usage = func() {}
	set.AddFlagSet(cmd.Root().PersistentFlags())
	set.BoolVar(&call.json, "json", false, "")
	set.BoolVarP(&call.help, "help", "h", false, "")
	for _, name := range []*string{&call.ref, &call.name} {
		if err := set.Parse(args); err != nil {
			return call, a.flagError(cmd, err)
		}
		if args = set.Args(); len(args) == 0 {
			return call, nil
		}
		*name, args = args[0], args[1:]
	}
	call.ref, call.rest = strings.ToUpper(strings.TrimSpace(call.ref)), args
	return call, nil
}

// offerJSON is an act that a case has. Scripts rely on its names.
type offerJSON struct {
	Act    string      `json:"act"`
	Title  string      `json:"title"`
	Can    bool        `json:"can"` // as far as that is known before it is filled in
	Why    *whyJSON    `json:"why,omitempty"`
	Fields []fieldJSON `json:"fields"`
}

type fieldJSON struct {
	Name     string   `json:"name"`
	Kind     string   `json:"kind"`
	Required bool     `json:"required"`
	Several  bool     `json:"several"`
	Options  []string `json:"options"` // as the case stands; empty where anything of its kind fits
}

func listOffers(cmd *cobra.Command, a *access, call actCall) error {
	client, err := a.dial(cmd.Context())
	if err != nil {
		return err
	}
	cs, err := client.Case(cmd.Context(), call.ref)
	if err != nil {
		return err
	}
	if call.json {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(english().offers(client, cs))
	}
	a.printOffers(cmd.OutOrStdout(), a.offers(client, cs))
	return nil
}

func (s speech) offers(client *casework.Client, cs *casework.Case) []offerJSON {
	where := client.Where(cs, client.Now())
	names := s.names(client, where)
	all := []offerJSON{}
	for _, o := range client.Offers(cs) {
		shown := offerJSON{Act: o.Act.Name, Title: s.acts.Say("act." + o.Act.Name + ".title"), Can: o.Why == nil, Why: s.whyNot(names, o.Why), Fields: []fieldJSON{}}
		for _, f := range o.Act.Fields {
			options, _ := where.Options(f)
			shown.Fields = append(shown.Fields, fieldJSON{f.Name, string(f.Kind), f.Required, f.Several, append(append([]string{}, f.Options...), options...)})
		}
		all = append(all, shown)
	}
	return all
}

func (s speech) printOffers(out io.Writer, all []offerJSON) {
	fmt.Fprintln(out, s.Say("offers.can"))
	for _, o := range all {
		if o.Can {
			fmt.Fprintf(out, "  %-18s %s\n", o.Act, o.Title)
		}
	}
	fmt.Fprintln(out, "\n"+s.Say("offers.cannot"))
	for _, o := range all {
		if !o.Can {
			fmt.Fprintf(out, "  %-18s %s\n", o.Act, o.Title)
			if o.Why != nil {
				fmt.Fprintf(out, "  %-18s %s\n", "", o.Why.Text)
			}
		}
	}
}
