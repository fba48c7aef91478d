/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stream of PDUs, RFC 7143 section 11.2: in pieces of the size in the first byte and in one piece it must come out
 * the same, byte for byte, and never a byte of the next PDU. The second byte is the room for data.
 */
#include "iscsi/framer.h"

#include "fuzz.h"

/* One PDU off the front of the stream; the bytes it took. *whole: it ended inside the stream. */
static size_t take(struct framer *f, const uint8_t *bytes, size_t n_bytes, size_t n_step, bool *whole,
		   struct fail *fail)
{
	size_t n_taken = 0, room;
	uint8_t *at;
	while ((room = framer_room(f, &at)) > 0 && n_taken < n_bytes && fail->code == FAIL_NONE) {
		size_t n = room < n_step ? room : n_step;
		n = n < n_bytes - n_taken ? n : n_bytes - n_taken;
		memcpy(at, bytes + n_taken, n);
		n_taken += n;
		CHECK(framer_filled(f, n, fail) == (fail->code == FAIL_NONE));
	}
	*whole = room == 0;
	return n_taken;
}

static void check_pdu(const struct framer *f, const uint8_t *bytes, size_t n_taken)
{
	size_t n_data = (size_t)bytes[5] << 16 | (size_t)bytes[6] << 8 | bytes[7];
	size_t data_at = PDU_HEADER_BYTES + 4 * (size_t)bytes[4];
	CHECK(n_taken == data_at + (n_data + 3) / 4 * 4);
	CHECK(f->n_data_bytes == n_data && n_data <= f->n_data_max);
	CHECK(memcmp(f->header, bytes, PDU_HEADER_BYTES) == 0);
	CHECK(memcmp(f->ahs, bytes + PDU_HEADER_BYTES, data_at - PDU_HEADER_BYTES) == 0);
	CHECK(memcmp(f->data, bytes + data_at, n_taken - data_at) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	static struct framer slow, fast;
	struct cursor input = cursor_over(bytes, n_bytes);
	size_t n_step = (size_t)cursor_u8(&input) + 1, n_max = (size_t)cursor_u8(&input) * 16, n_stream;
	uint8_t *stream = fuzz_rest(&input, &n_stream);
	uint8_t *slow_data = malloc(n_max + 1), *fast_data = malloc(n_max + 1);
	bool whole = true, fast_whole;
	for (size_t at = 0; whole && at < n_stream;) {
		struct fail fail = {.code = FAIL_NONE}, fast_fail = {.code = FAIL_NONE};
		framer_start(&slow, slow_data, n_max);
		framer_start(&fast, fast_data, n_max);
		size_t n = take(&slow, stream + at, n_stream - at, n_step, &whole, &fail);
		CHECK(take(&fast, stream + at, n_stream - at, SIZE_MAX, &fast_whole, &fast_fail) >= n);
		CHECK(fail.code == fast_fail.code && (fail.code != FAIL_NONE || whole == fast_whole));
		if (fail.code != FAIL_NONE)
			break;
		if (whole)
			check_pdu(&slow, stream + at, n);
		at += n;
	}
	free(slow_data);
	free(fast_data);
	free(stream);
	return 0;
}
