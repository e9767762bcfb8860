package daemon

import (
	"bytes"
	"reflect"

	"github.com/pelletier/go-toml/v2"

	"tillit/bot/network"
)

// tables is the form of a file that is known only when the program runs: a struct of
// pointers, each under the name that the file has for it.
type tables struct {
	fields []reflect.StructField
	to     []reflect.Value
}

// add has the file fill what to points at.
func (t *tables) add(field, name string, to any) {
	t.fields = append(t.fields, reflect.StructField{Name: field, Type: reflect.TypeOf(to), Tag: reflect.StructTag(`toml:"` + name + `"`)})
	t.to = append(t.to, reflect.ValueOf(to))
}

// addAll has the file fill each field of a struct that has a name there.
func (t *tables) addAll(of any) {
	v := reflect.ValueOf(of).Elem()
	for i := range v.NumField() {
		if name := v.Type().Field(i).Tag.Get("toml"); name != "" && name != "-" {
			t.add(v.Type().Field(i).Name, name, v.Field(i).Addr().Interface())
		}
	}
}

// made is a pointer to a struct of all that was added.
func (t *tables) made() any {
	v := reflect.New(reflect.StructOf(t.fields))
	for i, to := range t.to {
		v.Elem().Field(i).Set(to)
	}
	return v.Interface()
}

// decode fills the configuration, strictly. Each network has a table, and one in
// office_chat.
func (c *Config) decode(raw []byte, networks []network.Network) error {
	var file, office tables
	c.networks, c.accounts = networks, nil
	for _, of := range []struct {
		office bool
		in     *tables
	}{{false, &file}, {true, &office}} {
		for _, n := range networks {
			a := botAccount{n, of.office, n.Settings()}
			c.accounts = append(c.accounts, a)
			of.in.add(n.Title, n.Name, a.table)
		}
	}
	office.addAll(&c.OfficeChat)
	file.addAll(c)
	file.add("OfficeChat", "office_chat", office.made())
	return toml.NewDecoder(bytes.NewReader(raw)).DisallowUnknownFields().Decode(file.made())
}
