// Package tillit holds nothing but this page and the tests of rules that span
// packages; begin with README.md and docs/DESIGN.md.
package tillit
