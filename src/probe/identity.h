/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing the identities found on disks as text; inside probe/ only.
 */
#ifndef PROBE_IDENTITY_H
#define PROBE_IDENTITY_H

#include <stddef.h>
#include <stdint.h>

#include "probe/probe.h"

/* Lower-case text of 16 bytes in the order of RFC 4122; empty when all are zero. */
void identity_uuid(const uint8_t uuid[static 16], char out[static PROBE_UUID_BYTES]);

/* As identity_uuid, with the first three fields little-endian as GPT keeps them. */
void identity_guid(const uint8_t guid[static 16], char out[static PROBE_UUID_BYTES]);

/* Text up to a NUL or the end of the field. */
void identity_text(const uint8_t *text, size_t n_bytes, char *out, size_t n_max);

/* UTF-16LE to UTF-8, up to a NUL or the end of the field; half a surrogate pair becomes U+FFFD, the rest is cut. */
void identity_utf16(const uint8_t *text, size_t n_bytes, char out[static PROBE_LABEL_BYTES]);

#endif
