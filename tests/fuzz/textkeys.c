/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text of keys and values, RFC 7143 sections 6.1 and 6.2: pairs come out as they went in, and the negotiation
 * (iscsi/keys.c) never agrees on what it cannot do. The first byte chooses stage, digests, and whether we made our
 * offer before.
 */
#include "iscsi/login.h"
#include "iscsi/textkeys.h"

#include "fuzz.h"

enum { SECURITY = 1, DIGESTS = 2, OFFERED = 4, DISCOVERY = 8 };

/* What is read is written again and read again the same. */
static void check_pair(const struct textkey *pair)
{
	uint8_t bytes[8192];
	struct writer w = writer_over(bytes, sizeof bytes);
	struct textkey again;
	struct fail fail = {.code = FAIL_NONE};
	CHECK(pair->name.n_bytes > 0 && pair->name.n_bytes <= ISCSI_KEY_MAX && pair->value.text != NULL);
	textkeys_put(&w, pair->name, pair->value);
	struct span rest = {(const char *)bytes, w.n_bytes};
	CHECK(w.full || textkeys_next(&rest, &again, &fail));
	CHECK(w.full || (again.name.n_bytes == pair->name.n_bytes && again.value.n_bytes == pair->value.n_bytes));
	CHECK(w.full || memcmp(again.value.text, pair->value.text, pair->value.n_bytes) == 0);
	CHECK(w.full || rest.n_bytes == 0);
}

static void check_number(struct span value)
{
	uint32_t number = 7, again = 0;
	char digits[16];
	if (!textkeys_number(value, 3, 16777215, &number)) {
		CHECK(number == 7);
		return;
	}
	CHECK(number >= 3 && number <= 16777215);
	snprintf(digits, sizeof digits, "%u", number);
	CHECK(textkeys_number(span_of(digits), 3, 16777215, &again) && again == number);
	snprintf(digits, sizeof digits, "0x%X", number);
	CHECK(textkeys_number(span_of(digits), 3, 16777215, &again) && again == number);
}

static void check_agreed(const struct negotiation *n, struct login_result *result, bool digests)
{
	const struct login_values *v = &result->values;
	struct fail fail = {.code = FAIL_NONE};
	CHECK(keys_finish(n, result, &fail));
	CHECK(digests || !(v->header_digest || v->data_digest));
	CHECK(v->first_burst_length >= 512 && v->first_burst_length <= v->max_burst_length);
	CHECK(v->max_burst_length <= 16776192 && v->max_outstanding_r2t == 1 && v->max_connections == 1);
	CHECK(v->max_xmit_data_segment_length >= 512 && v->max_xmit_data_segment_length <= 16777215);
	CHECK(v->data_pdu_in_order && v->data_sequence_in_order && v->error_recovery_level == 0);
	CHECK(v->max_recv_data_segment_length == 262144);
	CHECK_TEXT(result->target_alias);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	static struct login_result result;
	struct cursor input = cursor_over(bytes, n_bytes);
	uint8_t bits = cursor_u8(&input), out[PDU_LOGIN_DATA_MAX];
	size_t n_text;
	char *text = (char *)fuzz_rest(&input, &n_text);
	struct span rest = {text, n_text};
	struct negotiation negotiation;
	struct writer answers = writer_over(out, sizeof out);
	struct textkey pair;
	struct fail fail = {.code = FAIL_NONE};
	enum login_stage stage = bits & SECURITY ? STAGE_SECURITY : STAGE_OPERATIONAL;
	memset(&result, 0, sizeof result);
	keys_start(&negotiation, bits & DISCOVERY, bits & DIGESTS ? "CRC32C,None" : NULL, &result);
	if (bits & OFFERED)
		keys_offer(&negotiation, &answers);
	bool good = true;
	while (good && textkeys_next(&rest, &pair, &fail)) {
		CHECK(fuzz_is_inside(pair.name, text, n_text) && fuzz_is_inside(pair.value, text, n_text));
		check_pair(&pair);
		check_number(pair.value);
		CHECK(textkeys_list_has(pair.value, pair.value) ==
		      (memchr(pair.value.text, ',', pair.value.n_bytes) == NULL));
		good = keys_take(&negotiation, stage, &pair, &result, &answers, &fail);
		CHECK(good == (fail.code == FAIL_NONE));
	}
	if (fail.code == FAIL_NONE)
		check_agreed(&negotiation, &result, bits & DIGESTS);
	free(text);
	return 0;
}
