/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the Status-Class and Status-Detail of a Login Response mean for us, RFC 7143 section 11.13.5.
 */
#ifndef ISCSI_STATUS_H
#define ISCSI_STATUS_H

#include <stdint.h>

#include "base/fail.h"

enum {
	STATUS_CLASS_SUCCESS = 0,
	STATUS_CLASS_REDIRECTION = 1,
	STATUS_CLASS_INITIATOR_ERROR = 2,
	STATUS_CLASS_TARGET_ERROR = 3,
};

/* FAIL_NONE for success. An unknown detail counts as its class's first, an unknown class as a broken protocol. */
enum fail_code status_fail_code(uint8_t status_class, uint8_t status_detail);

/* ", WHAT IT MEANS" where the failure's own text does not say it; else "". */
const char *status_words(uint8_t status_class, uint8_t status_detail);

#endif
