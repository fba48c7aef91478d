/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors of connect(2) by table.
 */
#include "boot/portal.h"

#include <errno.h>
#include <stddef.h>

static const struct {
	int error;
	enum fail_code code;
} connect_errors[] = {
	{ECONNREFUSED, FAIL_PORTAL_REFUSED}, {ENETUNREACH, FAIL_NO_ROUTE},   {EHOSTUNREACH, FAIL_HOST_SILENT},
	{ETIMEDOUT, FAIL_PORTAL_SILENT},     {EADDRNOTAVAIL, FAIL_NO_ROUTE},
};

bool portal_connect_failed(int error, struct fail *fail)
{
	for (size_t i = 0; i < sizeof connect_errors / sizeof *connect_errors; i++)
		if (connect_errors[i].error == error)
			return fail_set(fail, connect_errors[i].code, "%s", "");
	return fail_errno(fail, FAIL_CONNECT, error, "%s", "");
}
