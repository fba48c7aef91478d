/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading and writing NAME=VALUE pairs, RFC 7143 section 6.1. What a name or value means is not known here.
 */
#include "iscsi/textkeys.h"

#include <string.h>

#include "base/limits.h"

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

static bool has_control(struct span s)
{
	for (size_t i = 0; i < s.n_bytes; i++)
		if (is_control(s.text[i]))
			return true;
	return false;
}

static void skip_nuls(struct span *rest)
{
	while (rest->n_bytes > 0 && *rest->text == '\0') {
		rest->text++;
		rest->n_bytes--;
	}
}

static const char *pair_fault(const struct textkey *pair)
{
	if (pair->value.text == NULL)
		return "a key without '='";
	if (pair->name.n_bytes == 0)
		return "a value without a key";
	if (pair->name.n_bytes > ISCSI_KEY_MAX)
		return "a key of more than 63 bytes";
	if (has_control(pair->name) || has_control(pair->value))
		return "a control character in the text";
	return NULL;
}

bool textkeys_next(struct span *rest, struct textkey *pair, struct fail *fail)
{
	skip_nuls(rest);
	if (rest->n_bytes == 0)
		return false;
	if (memchr(rest->text, '\0', rest->n_bytes) == NULL)
		return fail_set(fail, FAIL_PROTOCOL, "text without its final NUL");
	struct span value = span_cut(rest, '\0');
	pair->name = span_cut(&value, '=');
	pair->value = value;
	const char *fault = pair_fault(pair);
	if (fault != NULL)
		return fail_set(fail, FAIL_PROTOCOL, "%s", fault);
	return true;
}

void textkeys_put(struct writer *w, struct span name, struct span value)
{
	writer_bytes(w, name.text, name.n_bytes);
	writer_u8(w, '=');
	writer_bytes(w, value.text, value.n_bytes);
	writer_u8(w, '\0');
}

bool textkeys_is_refusal(struct span value)
{
	return span_is(value, "Reject") || span_is(value, "Irrelevant") || span_is(value, "NotUnderstood");
}

bool textkeys_list_has(struct span list, struct span item)
{
	while (list.text != NULL) {
		struct span one = span_cut(&list, ',');
		if (one.n_bytes == item.n_bytes && memcmp(one.text, item.text, item.n_bytes) == 0)
			return true;
	}
	return false;
}

bool textkeys_is_plain(struct span value)
{
	for (size_t i = 0; i < value.n_bytes; i++)
		if (value.text[i] <= ' ' || value.text[i] >= 0x7f)
			return false;
	return value.n_bytes > 0;
}

/* Steps over the prefix "0L" or "0l", the letter given in lower case. */
static bool cut_prefix(struct span *value, char letter)
{
	if (value->n_bytes < 2 || value->text[0] != '0' || (value->text[1] | 0x20) != letter)
		return false;
	value->text += 2;
	value->n_bytes -= 2;
	return true;
}

bool textkeys_number(struct span value, uint32_t min, uint32_t max, uint32_t *out)
{
	uint64_t number;
	bool good = cut_prefix(&value, 'x') ? text_hex(value, &number) : text_decimal(value, max, &number);
	if (!good || number < min || number > max)
		return false;
	*out = (uint32_t)number;
	return true;
}

bool textkeys_binary(struct span value, uint8_t *out, size_t n_max, size_t *n_out)
{
	if (cut_prefix(&value, 'x'))
		return text_hex_bytes(value, out, n_max, n_out);
	if (cut_prefix(&value, 'b'))
		return text_base64_bytes(value, out, n_max, n_out);
	return false;
}

static int shown(struct span s)
{
	return (int)(s.n_bytes < TEXTKEYS_SHOWN_MAX ? s.n_bytes : TEXTKEYS_SHOWN_MAX);
}

bool textkeys_fail(struct fail *fail, enum fail_code code, const struct textkey *pair, const char *reason)
{
	return fail_set(fail, code, "%.*s=%.*s: %s", shown(pair->name), pair->name.text, shown(pair->value),
			pair->value.text, reason);
}
