/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The form of iSCSI names: examples of RFC 7143 section 4.2.7, names of real sites, and every cut of a good one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/name.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DATE "has no year and month behind iqn."
#define LETTERS "has other characters than a-z 0-9 - . and :"

static void every_form(void **state)
{
	(void)state;
	static const struct {
		const char *name, *fault;
	} cases[] = {
		{"iqn.2001-04.com.example:storage:diskarrays-sn-a8675309", NULL},
		{"iqn.2001-04.com.example", NULL},
		{"iqn.2001-04.com.example:", NULL},
		{"iqn.1992-12.a", NULL},
		{"eui.02004567A425678D", NULL},
		{"EUI.02004567a425678d", NULL},
		{"naa.52004567BA64678D", NULL},
		{"naa.62004567BA64678D0123456789ABCDEF", NULL},
		{"", "does not begin with iqn. eui. or naa."},
		{"iqn", "does not begin with iqn. eui. or naa."},
		{"maas-enlist", "does not begin with iqn. eui. or naa."},
		{"iqn.", DATE},
		{"iqn.me", DATE},
		{"iqn.2001-4.com.example:a", DATE},
		{"iqn.01-04.com.example:a", DATE},
		{"iqn.2001-04:a", "has no domain behind its date"},
		{"iqn.2001-04.:a", "has no domain behind its date"},
		{"iqn.2001-04com.example:a", "has no domain behind its date"},
		{"iqn.2001-00.com.example:a", "has a month that is none"},
		{"iqn.2001-13.com.example:a", "has a month that is none"},
		{"iqn.2001-04.com.example:Disk", LETTERS},
		{"iqn.2001-04.com.example:my_disk", LETTERS},
		{"iqn.2001-04.com.example:gr\xc3\xbcn", LETTERS},
		{"iqn.2001-04.com.example:a\x9b", LETTERS},
		{"eui.02004567A425678", "has not 16 hexadecimal digits behind eui."},
		{"eui.02004567A425678D0", "has not 16 hexadecimal digits behind eui."},
		{"eui.02004567a425678x", "has not 16 hexadecimal digits behind eui."},
		{"eui.02004567A425678G", LETTERS},
		{"naa.52004567BA64678D0", "has not 16 or 32 hexadecimal digits behind naa."},
		{"naa.", "has not 16 or 32 hexadecimal digits behind naa."},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *fault = name_fault(span_of(cases[i].name));
		if (cases[i].fault == NULL)
			assert_null(fault);
		else
			assert_string_equal(fault, cases[i].fault);
	}
}

static void every_cut(void **state)
{
	(void)state;
	static const char name[] = "iqn.2001-04.com.example:a";
	for (size_t n = 0; n < strlen(name); n++) {
		bool good = n > strlen("iqn.2001-04.");
		assert_int_equal(name_fault((struct span){name, n}) == NULL, good);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form),
		cmocka_unit_test(every_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
