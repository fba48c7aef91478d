/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The three types of iSCSI names, RFC 7143 sections 4.2.7.4 to 4.2.7.6. Judges form alone: names that are none are in
 * use and work, so that whoever asks here warns and goes on. No Unicode preparation (RFC 3722).
 */
#include "plan/name.h"

#include <stddef.h>

enum {
	IQN_DATE_BYTES = 7, /* yyyy-mm */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* YYYY-MM.DOMAIN[:ANYTHING] */
static const char *iqn_fault(struct span rest)
{
	struct span domain = span_cut(&rest, ':');
	const char *date = domain.text;
	for (size_t i = 0; i < IQN_DATE_BYTES; i++)
		if (i >= domain.n_bytes || (i == 4 ? date[i] != '-' : !is_digit(date[i])))
			return "has no year and month behind iqn.";
	int month = (date[5] - '0') * 10 + date[6] - '0';
	if (month < 1 || month > 12)
		return "has a month that is none";
	if (domain.n_bytes < IQN_DATE_BYTES + 2 || date[IQN_DATE_BYTES] != '.')
		return "has no domain behind its date";
	return NULL;
}

static bool is_hex(struct span s)
{
	for (size_t i = 0; i < s.n_bytes; i++)
		if (text_hex_digit(s.text[i]) < 0)
			return false;
	return true;
}

static const char *eui_fault(struct span rest)
{
	return rest.n_bytes == 16 && is_hex(rest) ? NULL : "has not 16 hexadecimal digits behind eui.";
}

static const char *naa_fault(struct span rest)
{
	bool good = (rest.n_bytes == 16 || rest.n_bytes == 32) && is_hex(rest);
	return good ? NULL : "has not 16 or 32 hexadecimal digits behind naa.";
}

static const struct type {
	char prefix[5];
	const char *(*fault)(struct span rest);
} types[] = {
	{"iqn.", iqn_fault},
	{"eui.", eui_fault},
	{"naa.", naa_fault},
};

/* In whichever case; NULL: none. */
static const struct type *find_type(struct span name)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		size_t n = 0;
		while (n < 4 && n < name.n_bytes && (name.text[n] | 0x20) == (types[i].prefix[n] | 0x20))
			n++;
		if (n == 4)
			return &types[i];
	}
	return NULL;
}

bool name_has_type(struct span name)
{
	return find_type(name) != NULL;
}

/* What the preparation of section 4.2.7.2 leaves of ASCII. */
static bool is_prepared(char c)
{
	return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '.' || c == ':';
}

const char *name_fault(struct span name)
{
	const struct type *type = find_type(name);
	if (type == NULL)
		return "does not begin with iqn. eui. or naa.";
	for (size_t i = 4; i < name.n_bytes; i++)
		if (!is_prepared(name.text[i]) && (type->fault == iqn_fault || text_hex_digit(name.text[i]) < 0))
			return "has other characters than a-z 0-9 - . and :";
	return type->fault((struct span){name.text + 4, name.n_bytes - 4});
}
