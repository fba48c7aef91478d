/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of login statuses, RFC 7143 section 11.13.5.
 */
#include "iscsi/status.h"

#include <stddef.h>

/* The first row of a class also serves the details that have none. */
static const struct status {
	uint8_t status_class, status_detail;
	enum fail_code code;
	const char *words; /* what the code alone does not tell */
} table[] = {
	{STATUS_CLASS_SUCCESS, 0x00, FAIL_NONE, ""},
	{STATUS_CLASS_REDIRECTION, 0x01, FAIL_REDIRECT, ""},            /* target moved temporarily */
	{STATUS_CLASS_INITIATOR_ERROR, 0x00, FAIL_INITIATOR_ERROR, ""}, /* initiator error */
	{STATUS_CLASS_INITIATOR_ERROR, 0x01, FAIL_AUTH_REFUSED, ""},    /* authentication failure */
	{STATUS_CLASS_INITIATOR_ERROR, 0x02, FAIL_FORBIDDEN, ""},       /* authorization failure */
	{STATUS_CLASS_INITIATOR_ERROR, 0x03, FAIL_TARGET_NOT_FOUND, ""},
	{STATUS_CLASS_INITIATOR_ERROR, 0x04, FAIL_TARGET_REMOVED, ""},
	{STATUS_CLASS_INITIATOR_ERROR, 0x05, FAIL_VERSION, ""},
	{STATUS_CLASS_INITIATOR_ERROR, 0x06, FAIL_TOO_MANY_CONNECTIONS, ""},
	{STATUS_CLASS_INITIATOR_ERROR, 0x07, FAIL_INITIATOR_ERROR, ", missing parameter"},
	{STATUS_CLASS_INITIATOR_ERROR, 0x08, FAIL_INITIATOR_ERROR, ", cannot include in session"},
	{STATUS_CLASS_INITIATOR_ERROR, 0x09, FAIL_INITIATOR_ERROR, ", session type not supported"},
	{STATUS_CLASS_INITIATOR_ERROR, 0x0a, FAIL_INITIATOR_ERROR, ", session does not exist"},
	{STATUS_CLASS_INITIATOR_ERROR, 0x0b, FAIL_INITIATOR_ERROR, ", invalid during login"},
	{STATUS_CLASS_TARGET_ERROR, 0x00, FAIL_TARGET_ERROR, ""},
	{STATUS_CLASS_TARGET_ERROR, 0x01, FAIL_TARGET_UNAVAILABLE, ""}, /* service unavailable */
	{STATUS_CLASS_TARGET_ERROR, 0x02, FAIL_TARGET_RESOURCES, ""},   /* out of resources */
};

/* NULL for a class that is none. */
static const struct status *find(uint8_t status_class, uint8_t status_detail)
{
	const struct status *generic = NULL;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		if (table[i].status_class != status_class)
			continue;
		if (table[i].status_detail == status_detail)
			return &table[i];
		if (generic == NULL)
			generic = &table[i];
	}
	return generic;
}

enum fail_code status_fail_code(uint8_t status_class, uint8_t status_detail)
{
	const struct status *status = find(status_class, status_detail);
	return status != NULL ? status->code : FAIL_PROTOCOL;
}

const char *status_words(uint8_t status_class, uint8_t status_detail)
{
	const struct status *status = find(status_class, status_detail);
	return status != NULL ? status->words : "";
}
