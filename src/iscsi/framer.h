/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One PDU at a time out of a byte stream: basic header, additional header segments, data with its padding, RFC 7143
 * section 11.2. Pure: it says where the next bytes belong and how many there may be, never more than the PDU has, so
 * that nothing of the next PDU is read too early. What a PDU means is not known here.
 *
 *     framer_start, framer_expect_digests -> while (framer_room(...) > 0) framer_filled -> header, data, n_data_bytes
 */
#ifndef ISCSI_FRAMER_H
#define ISCSI_FRAMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "iscsi/pdu.h"

enum {
	FRAMER_DIGEST_BYTES = 4,
	FRAMER_AHS_MAX = 255 * 4, /* TotalAHSLength is one byte that counts words, section 11.2.1.5 */
};

struct framer {
	uint8_t header[PDU_HEADER_BYTES];
	uint8_t ahs[FRAMER_AHS_MAX]; /* kept for nobody: what we ask for is answered without */
	uint8_t header_digest[FRAMER_DIGEST_BYTES], data_digest[FRAMER_DIGEST_BYTES];
	bool has_header_digest, has_data_digest;
	uint8_t *data; /* the caller's */
	size_t n_data_max;
	size_t n_ahs_bytes, n_data_bytes; /* as the header says, data unpadded; 0 until it is complete */
	size_t n_read;                    /* of the whole PDU */
};

/* Begins a PDU. `data` takes n_data_max bytes, a multiple of 4: padding is read, too. */
void framer_start(struct framer *f, uint8_t *data, size_t n_data_max);

/* Right after framer_start, in a full feature phase that has them: section 11.2.3, CRC32C. */
void framer_expect_digests(struct framer *f, bool of_header, bool of_data);

/* Where the next bytes belong and how many may be read at once; 0: the PDU is whole. */
size_t framer_room(struct framer *f, uint8_t **at);

/*
 * n_bytes of the room have been filled. Fails with FAIL_PROTOCOL when the header announces more data than fits, with
 * FAIL_DIGEST when a digest is wrong; nothing of a header is believed before its digest.
 */
bool framer_filled(struct framer *f, size_t n_bytes, struct fail *fail);

/* The digest of a header, or of data with its padding, as it goes over the wire. */
void framer_put_digest(const uint8_t *bytes, size_t n_bytes, uint8_t digest[static FRAMER_DIGEST_BYTES]);

/* Bytes of zero that follow n_bytes of data on the wire. */
size_t framer_padding(size_t n_bytes);

#endif
