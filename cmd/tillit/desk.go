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
	var listen, lang string
	c := &cobra.Command{Use: "desk", Short: "Open the desk in your browser, on this machine alone", Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := a.dial(cmd.Context())
			if err != nil {
				return err
			}
			ln, err := net.Listen("tcp", listen)
			if err != nil {
				return fmt.Errorf("listening for the desk: %w", err)
			}
			err = serveDesk(cmd.Context(), client, ln, lang, func(link string) {
				fmt.Fprintf(cmd.OutOrStdout(), "Sign in here, works once:\n  %s\n", link)
			})
			if errors.Is(err, desk.ErrNotLoopback) {
				return usageError{fmt.Errorf("%w; %s is reachable from others", err, listen)}
			}
			return err
		}}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:7401", "loopback address")
	c.Flags().StringVar(&lang, "lang", "nb", "nb, nn or en")
	return c
}

// serveDesk runs the desk until ctx is done; link gets each sign-in link.
func serveDesk(ctx context.Context, client *casework.Client, ln net.Listener, lang string, link func(string)) error {
	return desk.Serve(ctx, desk.Config{Work: client, Host: ln.Addr().String(), Lang: lang, Zone: client.Zone(), OnLink: link}, ln)
}
