/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CRC32C (Castagnoli, polynomial 0x1EDC6F41, reflected), the digest of RFC 7143 section 13.1. Against accidents, not
 * against anybody.
 */
#ifndef CRYPTO_CRC32C_H
#define CRYPTO_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of what `crc` is the checksum of, 0 for nothing, and these bytes. On the wire it is little-endian. */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t n_bytes);

#endif
