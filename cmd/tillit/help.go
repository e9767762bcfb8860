package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// This file lets cobra speak the language of the program: its headings, its own commands
// and the flags that it adds.

// dress gives a command, and all below it, the words that cobra would say in English.
func (a *access) dress(root *cobra.Command) {
	root.SetHelpCommand(a.helpCommand())
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	root.SetUsageTemplate(a.usage())
	root.SetHelpTemplate(`{{with or .Long .Short}}{{. | trimTrailingWhitespaces}}

{{end}}{{.UsageString}}`)
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			a.dressCompletion(c)
		}
	}
	a.dressFlags(root.PersistentFlags())
	a.dressAll(root)
}

func (a *access) dressAll(c *cobra.Command) {
	c.Flags().BoolP("help", "h", false, a.Say("flag.help"))
	if c.DisableFlagsInUseLine = true; c.Use != "tillit" {
		c.Use += " " + a.Say("usage.options")
	}
	a.dressFlags(c.Flags())
	for _, sub := range c.Commands() {
		a.dressAll(sub)
	}
}

// usage is cobra's usage without what is not used here.
func (a *access) usage() string {
	return a.Say("usage.usage") + `{{if .Runnable}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} ` + a.Say("usage.command") + `

` + a.Say("usage.commands") + `{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding }} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

` + a.Say("usage.flags") + `
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableInheritedFlags}}

` + a.Say("usage.globals") + `
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableSubCommands}}

` + a.Say("usage.more") + `{{end}}
`
}

// dressFlags says what a flag's value looks like, and what it is when it is left out.
func (a *access) dressFlags(set *pflag.FlagSet) {
	set.VisitAll(func(f *pflag.Flag) {
		if kind := f.Value.Type(); kind == "string" || kind == "int" || kind == "stringArray" {
			f.Value = titled{f.Value, a.Say("looks." + strings.TrimSuffix(kind, "Array"))}
		}
		if !slices.Contains([]string{"", "0", "false", "[]"}, f.DefValue) {
			f.Usage += " " + a.Say("usage.default", "value", screen(f.DefValue))
		}
		if f.Value.Type() != "bool" {
			f.DefValue = ""
		}
	})
}

// titled is a flag's value that is called something in the help.
type titled struct {
	pflag.Value
	kind string
}

// Type implements [pflag.Value].
func (n titled) Type() string { return n.kind }

func (a *access) helpCommand() *cobra.Command {
	return &cobra.Command{Use: "help", Short: a.Say("short.help"), RunE: func(c *cobra.Command, args []string) error {
		of, left, err := c.Root().Find(args)
		if err != nil || len(left) > 0 {
			return a.wrong("call.command", "name", screen(strings.Join(args, " ")))
		}
		of.SetOut(c.OutOrStdout())
		return of.Help()
	}}
}

// loads is how each shell loads what completion prints.
var loads = map[string]string{"bash": "source <(tillit completion bash)", "zsh": "source <(tillit completion zsh)",
	"fish": "tillit completion fish | source", "powershell": "tillit completion powershell | Out-String | Invoke-Expression"}

func (a *access) dressCompletion(c *cobra.Command) {
	c.Short, c.Long, c.Args = a.Say("short.completion"), "", a.atMost(0)
	for _, shell := range c.Commands() {
		name := shell.Name()
		shell.Short, shell.Long, shell.Args = a.Say("short.completion_shell", "shell", name), a.Say("long.completion", "how", loads[name]), a.atMost(0)
		if f := shell.Flag("no-descriptions"); f != nil {
			f.Usage = a.Say("flag.no_descriptions")
		}
	}
}
