package desk

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"tillit/handlers/casework"
	"tillit/handlers/routine"
	"tillit/intake"
	"tillit/intake/words"
)

// form is what was filled in of an act, under the id that the form had when it was
// first shown.
type form struct {
	id     string
	values map[string][]intake.Private // by field
	since  int64                       // the last entry when the form was begun; 0 is unknown
	upto   int64                       // the last entry when the act was looked at once more
}

func newForm() form { return form{id: rand.Text(), values: map[string][]intake.Private{}} }

// get is what [routine.Act.Read] asks for.
func (f form) get(field string) (all []string) {
	for _, value := range f.values[field] {
		all = append(all, value.Reveal())
	}
	return all
}

// first is the first value of a field; nothing for a field that is empty.
func (f form) first(field string) intake.Private {
	if all := f.values[field]; len(all) > 0 {
		return all[0]
	}
	return intake.Private{}
}

// set fills a field in.
func (f form) set(field string, values ...string) {
	f.values[field] = nil
	for _, value := range values {
		f.values[field] = append(f.values[field], intake.NewPrivate(value))
	}
}

// filled says whether something stands in a form.
func (f form) filled() bool {
	for _, all := range f.values {
		if slices.ContainsFunc(all, func(v intake.Private) bool { return !v.IsZero() }) {
			return true
		}
	}
	return false
}

// posted reads a form as it came. Fresh says that it had no id that could be one of
// ours, so that it has a new one now and was not seen with it.
func posted(r *http.Request, a *routine.Act) (f form, fresh bool) {
	f = newForm()
	for _, field := range a.Fields {
		_ = r.PostFormValue(field.Name) // so that it is parsed
		f.set(field.Name, r.PostForm[field.Name]...)
	}
	id := r.PostFormValue("id")
	if id == "" || len(id) > 64 {
		return f, true
	}
	f.id = id
	f.since, f.upto = number(r.PostFormValue("since")), number(r.PostFormValue("upto"))
	return f, false
}

// number is the number of an entry; anything else is none.
func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// ask fills in what a link to the form says: names and days of its fields, never words,
// and the questions that the reporter may be asked, in the language that they wrote in.
func (f form) ask(hers *words.Lang, a *routine.Act, cs *casework.Case, q url.Values) {
	for _, field := range a.Fields {
		switch given := q[field.Name]; {
		case field.Kind != routine.FieldWords && len(given) > 0:
			f.set(field.Name, given...)
		case field.Kind == routine.FieldWords && a.To == routine.Reporter:
			f.values[field.Name] = []intake.Private{asking(hers, f.first(field.Name), cs, q["ask"])}
		}
	}
}

// asking are words with the questions of some gaps behind them, each once.
func asking(hers *words.Lang, text intake.Private, cs *casework.Case, questions []string) intake.Private {
	for _, gap := range cs.Gaps {
		ask := hers.Say("reply.ask", "question", gap.Asked)
		if slices.Contains(questions, gap.Question) && !strings.Contains(text.Reveal(), ask) {
			text = intake.NewPrivate(strings.TrimSpace(text.Reveal() + "\n\n" + ask))
		}
	}
	return text
}

// id is what makes the act happen once. It is of the form and of what stands in it:
// the same press again is the same act, also after an answer that did not come, and
// other words are another one. The form's own id keeps it from telling the words.
func (t turn) id() string {
	parts := []string{t.ref, t.a.Name}
	for _, field := range t.a.Fields {
		parts = append(parts, field.Name)
		for _, value := range t.filled.Values()[field.Name] {
			parts = append(parts, value.Reveal())
		}
	}
	return digest([]byte(t.form.id), parts...)
}

// digest is a keyed hash of strings, each of which ends where it ends.
func digest(key []byte, parts ...string) string {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		sum := sha256.Sum256([]byte(p))
		h.Write(sum[:])
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// seen is what the page that shows an act once more puts into its button: the proof
// that exactly this was shown, with the fingerprint that was compared.
func (d *Desk) seen(t turn) string {
	return digest(d.secret, t.id(), d.recipient(t.person()).Fingerprint, strconv.FormatInt(t.form.upto, 10))
}

func (d *Desk) hasSeen(r *http.Request, t turn) bool {
	return r.PostFormValue("do") == "do" && same(r.PostFormValue("seen"), d.seen(t))
}

// person is the field of an act that names somebody; empty for none.
func person(a *routine.Act) string {
	if i := slices.IndexFunc(a.Fields, func(f routine.Field) bool { return f.Kind == routine.FieldPerson }); i >= 0 {
		return a.Fields[i].Name
	}
	return ""
}

// person is the id of whom it is about.
func (t turn) person() string { return t.form.first(person(t.a)).Reveal() }

// did remembers that an act is done, and lets go of its words.
func (d *Desk) did(t turn) {
	d.drop(t.ref, t.a)
	d.done.Add(t.id(), t.ref)
}

func (d *Desk) isDone(id string) bool { return d.done.Contains(id) }

// The drafts live in memory only, until the act is done or the desk stops. An act with
// one choice alone has none: the same again, later, is another act.
func (d *Desk) keep(ref string, a *routine.Act, f form) (kept bool) {
	if !hasWords(a) && len(a.Fields) < 2 {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.drafts[draftOf{ref, a.Name}] = f
	return true
}

func hasWords(a *routine.Act) bool {
	return slices.ContainsFunc(a.Fields, func(f routine.Field) bool { return f.Kind == routine.FieldWords })
}

// draft is what was kept of an act, or a fresh form.
func (d *Desk) draft(ref string, a *routine.Act) form {
	d.mu.Lock()
	defer d.mu.Unlock()
	f, ok := d.drafts[draftOf{ref, a.Name}]
	if !ok {
		return newForm()
	}
	return form{id: f.id, values: maps.Clone(f.values), since: f.since}
}

func (d *Desk) drop(ref string, a *routine.Act) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.drafts, draftOf{ref, a.Name})
}

type draftOf struct{ ref, act string }
