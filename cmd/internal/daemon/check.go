package daemon

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"tillit/handlers"
	"tillit/intake"
	"tillit/store"
	"tillit/store/seal"
)

// Store is for the commands that work on the store itself: backup, verify.
func (d *Daemon) Store() *store.Store { return d.store }

// Signers returns the keys that somebody of the office has signed with.
func (d *Daemon) Signers(id string) []ed25519.PublicKey { return d.roster.Now().SignKeys(id) }

// Backup copies the store that a configuration names, also while a server uses it.
func Backup(ctx context.Context, conf Config, file string) error {
	return store.Backup(ctx, conf.path(conf.Data), file)
}

// Restore puts a backup into an empty data folder, if it was made under the server key
// that a configuration names. Where there is no such key to look at, it says so: the
// server's start compares them all the same.
func Restore(ctx context.Context, config, file, dir string, out io.Writer) error {
	if err := store.Private(dir); err != nil {
		return err
	}
	conf, err := LoadConfig(config)
	var keys *seal.ServerKeys
	if err == nil {
		keys, err = seal.LoadServerKeys(conf.path(conf.ServerKey), dir)
	}
	if err := store.Restore(ctx, file, dir, keys); err != nil {
		return err
	}
	if err != nil {
		fmt.Fprintln(out, "not compared with the server key ("+err.Error()+"); the server's start does that")
	}
	return nil
}

// errWrong ends a check that found something.
var errWrong = errors.New("not ready to serve; see the lines above")

// Check writes everything that is wrong, with file and line, and what is only
// worth a thought. It changes nothing, also while a server runs; networks that are
// configured are asked whether they would work.
func Check(ctx context.Context, conf Config, out io.Writer) error {
	wrong := false
	say := func(problem bool, line string) {
		wrong = wrong || problem
		mark := "warning: "
		if problem {
			mark = "wrong: "
		}
		fmt.Fprintln(out, mark+line)
	}
	roster, problems := handlers.LoadRoster(conf.path(conf.Organisation), columns(conf.networks)...)
	for _, p := range problems {
		say(!p.Warning, p.String())
	}
	data := conf.path(conf.Data)
	if err := store.Private(data); err != nil {
		say(true, "data: "+err.Error())
	}
	if keys, err := seal.LoadServerKeys(conf.path(conf.ServerKey), data); err != nil {
		say(true, "server key: "+err.Error())
	} else if err := store.CheckKey(ctx, data, keys); err != nil {
		say(true, "data: "+err.Error())
	}
	if !seal.SecretMemory() {
		say(false, "this build does not wipe case keys from memory; build with GOEXPERIMENT=runtimesecret")
	}
	if conf.Questions != "" {
		for _, p := range intake.Lint(os.DirFS(conf.path(conf.Questions))) {
			say(true, "questions: "+p.String())
		}
	}
	if set, err := currentSet(conf); err == nil {
		if set.HelpLinesStale(time.Now()) {
			say(false, "the help lines were checked more than 180 days ago")
		}
		checkRoutine(conf, set, roster, say)
	}
	if files, err := filepath.Glob(filepath.Join(data, "quarantine", "*.age")); err == nil && len(files) > 0 {
		say(false, fmt.Sprintf("updates in quarantine: %d; the recovery key opens them, see OPERATING", len(files)))
	}
	for _, a := range conf.accounts {
		conf.check(ctx, a, roster, say)
	}
	checkRung(conf, roster, say)
	if wrong {
		return errWrong
	}
	fmt.Fprintln(out, "ready to serve")
	return nil
}

// checkRoutine says what is wrong with the routine, and with who there is to work by it.
func checkRoutine(conf Config, set *intake.Set, roster *handlers.Roster, say func(problem bool, line string)) {
	r, faults, thoughts := readRoutine(conf, set)
	for _, p := range faults {
		say(true, "routine: "+sayProblem(conf, p))
	}
	for _, p := range thoughts {
		say(false, "routine: the questions here never lead to this: "+sayProblem(conf, p))
	}
	if r == nil || roster == nil {
		return
	}
	if late := promisesMore(r, roster.Zone); late != "" {
		say(true, "routine: "+late)
	}
	for _, p := range slices.Concat(roster.PromiseFaults(r), roster.Unfilled(r), roster.Warnings(r.Apart(), time.Now())) {
		say(!p.Warning, p.String())
	}
}

// Fingerprint is that of the key which the server signs with.
func Fingerprint(conf Config) (string, error) {
	keys, err := seal.LoadServerKeys(conf.path(conf.ServerKey), conf.path(conf.Data))
	if err != nil {
		return "", err
	}
	return handlers.ServerFingerprint(keys.Public()), nil
}
