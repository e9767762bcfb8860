package main

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/spf13/cobra"

	"tillit/handlers/casework"
	"tillit/handlers/desk"
)

func deskCommand(a *access) *cobra.Command {
	var listen string
	c := &cobra.Command{Use: "desk", Short: a.Say("short.desk"), Args: a.atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := a.dial(cmd.Context())
			if err != nil {
				return err
			}
			ln, err := net.Listen("tcp", listen)
			if err != nil {
				return told{a.Say("error.listen", "at", screen(listen), "what", screen(err.Error())), err}
			}
			err = serveDesk(cmd.Context(), client, ln, a.desk, func(link string) {
				fmt.Fprintf(cmd.OutOrStdout(), "%s\n  %s\n", a.Say("desk.link"), link)
			})
			if errors.Is(err, desk.ErrNotLoopback) {
				return a.wrong("call.loopback", "at", screen(listen))
			}
			return err
		}}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:7401", a.Say("flag.listen"))
	return c
}

// serveDesk runs the desk until ctx is done; link gets each sign-in link.
func serveDesk(ctx context.Context, client *casework.Client, ln net.Listener, lang string, link func(string)) error {
	return desk.Serve(ctx, desk.Config{Work: client, Host: ln.Addr().String(), Lang: lang, Zone: client.Zone(), OnLink: link}, ln)
}
