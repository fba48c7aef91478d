/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of a PDU, one after the other.
 */
#include "iscsi/framer.h"

#include <string.h>

#include "base/cursor.h"
#include "crypto/crc32c.h"

void framer_start(struct framer *f, uint8_t *data, size_t n_data_max)
{
	f->data = data;
	f->n_data_max = n_data_max;
	f->n_ahs_bytes = 0;
	f->n_data_bytes = 0;
	f->n_read = 0;
	framer_expect_digests(f, false, false);
}

void framer_expect_digests(struct framer *f, bool of_header, bool of_data)
{
	f->has_header_digest = of_header;
	f->has_data_digest = of_data;
}

static void store(uint32_t crc, uint8_t digest[static FRAMER_DIGEST_BYTES])
{
	for (unsigned i = 0; i < FRAMER_DIGEST_BYTES; i++)
		digest[i] = (uint8_t)(crc >> 8 * i);
}

void framer_put_digest(const uint8_t *bytes, size_t n_bytes, uint8_t digest[static FRAMER_DIGEST_BYTES])
{
	store(crc32c(0, bytes, n_bytes), digest);
}

size_t framer_padding(size_t n_bytes)
{
	return -n_bytes % 4;
}

static size_t digest_bytes(bool there)
{
	return there ? FRAMER_DIGEST_BYTES : 0;
}

size_t framer_room(struct framer *f, uint8_t **at)
{
	const struct {
		uint8_t *bytes;
		size_t n_bytes;
	} parts[] = {
		{f->header, PDU_HEADER_BYTES},
		{f->ahs, f->n_ahs_bytes},
		{f->header_digest, digest_bytes(f->has_header_digest)},
		{f->data, f->n_data_bytes + framer_padding(f->n_data_bytes)},
		{f->data_digest, digest_bytes(f->has_data_digest && f->n_data_bytes > 0)},
	};
	size_t n_read = f->n_read;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (n_read < parts[i].n_bytes) {
			*at = parts[i].bytes + n_read;
			return parts[i].n_bytes - n_read;
		}
		n_read -= parts[i].n_bytes;
	}
	return 0;
}

static bool check_digest(const struct framer *f, const char *what, uint32_t crc,
			 const uint8_t received[static FRAMER_DIGEST_BYTES], struct fail *fail)
{
	uint8_t computed[FRAMER_DIGEST_BYTES];
	store(crc, computed);
	return memcmp(computed, received, sizeof computed) == 0 ||
	       fail_set(fail, FAIL_DIGEST, "%s of a PDU with opcode 0x%02x", what, f->header[0]);
}

static bool check_header(const struct framer *f, struct fail *fail)
{
	uint32_t crc = crc32c(crc32c(0, f->header, sizeof f->header), f->ahs, f->n_ahs_bytes);
	return check_digest(f, "header", crc, f->header_digest, fail);
}

static bool check_data(const struct framer *f, struct fail *fail)
{
	uint32_t crc = crc32c(0, f->data, f->n_data_bytes + framer_padding(f->n_data_bytes));
	return check_digest(f, "data", crc, f->data_digest, fail);
}

/* DataSegmentLength counts from now on. */
static bool take_head(struct framer *f, struct fail *fail)
{
	struct cursor c = cursor_over(f->header, sizeof f->header);
	if (f->has_header_digest && !check_header(f, fail))
		return false;
	cursor_skip(&c, 5);
	size_t n_data_bytes = cursor_be24(&c);
	if (n_data_bytes + framer_padding(n_data_bytes) > f->n_data_max)
		return fail_set(fail, FAIL_PROTOCOL, "a PDU (opcode 0x%02x) with %zu bytes of data", f->header[0],
				n_data_bytes);
	f->n_data_bytes = n_data_bytes;
	return true;
}

bool framer_filled(struct framer *f, size_t n_bytes, struct fail *fail)
{
	uint8_t *at;
	f->n_read += n_bytes;
	if (f->n_read == PDU_HEADER_BYTES)
		f->n_ahs_bytes = (size_t)f->header[4] * 4; /* TotalAHSLength */
	size_t n_trusted = PDU_HEADER_BYTES;               /* bytes that tell how much data comes */
	if (f->has_header_digest)
		n_trusted += f->n_ahs_bytes + FRAMER_DIGEST_BYTES;
	if (f->n_read == n_trusted && !take_head(f, fail))
		return false;
	bool is_whole = f->n_read >= PDU_HEADER_BYTES && framer_room(f, &at) == 0;
	return !is_whole || !f->has_data_digest || f->n_data_bytes == 0 || check_data(f, fail);
}
