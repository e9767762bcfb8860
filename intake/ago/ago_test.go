package ago

import "testing"

func TestRead(t *testing.T) {
	for text, want := range map[string][2]int{
		"i går": {1, 1}, "I går natt.": {1, 2}, "det skjedde i natt": {0, 1}, "i natt, ja": {0, 1}, "for to år sidan": {548, 912}, "to år siden": {548, 912},
		"Det var for tre måneder siden": {75, 105}, "3 months ago": {75, 105}, "about 3 months ago": {75, 105}, "it happened two weeks ago": {10, 18},
		"for 10 dagar sidan": {9, 11}, "5 timer siden": {0, 1}, "for en time sia": {0, 1}, "last night": {0, 1}, "yesterday!": {1, 1},
		"a week ago": {3, 11}, "for et halvt år siden": {140, 230}, "for mange år sidan": {900, 36500}, "omtrent en måned siden ca": {15, 45},
		"the day before yesterday": {2, 2}, "for nokre dagar sidan": {1, 7}, "a few days ago": {1, 7}, "Ja, for fem år siden": {1643, 2007},
	} {
		if from, to, ok := Read(text); !ok || from != want[0] || to != want[1] {
			t.Errorf("%q was %d to %d days ago, %t; want %v", text, from, to, ok, want)
		}
	}
}

// TestNothingIsGuessed holds that what may mean something else is not read.
func TestNothingIsGuessed(t *testing.T) {
	for _, text := range []string{
		"", " ", "i fjor", "last week", "last year", "forrige uke", "i sommer", "i helga", "på lørdag", "in March", "3. mai", "2019", "to år", "3 months", "for to år",
		"ikke i går", "not yesterday", "i går og for to år siden", "det begynte for to år siden og skjedde i går", "over to år siden", "mer enn en uke siden",
		"nesten et år siden", "less than a month ago", "for 2019 år siden", "for 0 dager siden", "siden i fjor", "i går?", "ago", "for siden", "hver dag siden mai",
		"jeg var to år", "han er tre år", "a while ago", "dagen før i går var det møte", "for to møter siden", "i morgen", "tomorrow",
		"no way", "now and then", "i dag og i går",
	} {
		if from, to, ok := Read(text); ok {
			t.Errorf("%q is read as %d to %d days ago", text, from, to)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"for to år sidan", "det det det", "i går", "99 years ago", "ca"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if from, to, ok := Read(text); ok && (from < 0 || to < from) {
			t.Errorf("%d to %d days", from, to)
		}
	})
}
