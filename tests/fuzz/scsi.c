/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers of a logical unit (SPC-4, SBC-3), read as each of the things we ask for, and headers of the full feature
 * phase.
 */
#include "iscsi/scsi.h"

#include "fuzz.h"

static void check_luns(const uint8_t *bytes, size_t n_bytes)
{
	uint64_t luns[SCSI_LUNS_MAX];
	unsigned n_luns = 4711, n_reported = 4711;
	if (!scsi_take_luns(bytes, n_bytes, luns, &n_luns, &n_reported)) {
		CHECK(n_luns == 4711 && n_reported == 4711);
		return;
	}
	CHECK(n_luns <= SCSI_LUNS_MAX && n_luns <= n_reported && 8 + 8 * (size_t)n_luns <= n_bytes);
	for (unsigned i = 0; i < n_luns; i++) {
		uint8_t lun[FFP_LUN_BYTES];
		scsi_lun_bytes(luns[i], lun);
		CHECK(memcmp(lun, bytes + 8 + 8 * i, sizeof lun) == 0);
	}
}

static void check_capacity(bool good, const struct scsi_capacity *capacity)
{
	if (!good) {
		CHECK(capacity->n_blocks == 4711);
		return;
	}
	CHECK(capacity->n_blocks > 0 && capacity->block_bytes >= 512 && capacity->block_bytes <= 65536);
	CHECK((capacity->block_bytes & (capacity->block_bytes - 1)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	struct scsi_capacity small = {.n_blocks = 4711}, large = small;
	struct scsi_unit unit;
	struct scsi_sense sense;
	struct ffp_answer answer;
	check_luns(bytes, n_bytes);
	check_capacity(scsi_take_capacity10(bytes, n_bytes, &small), &small);
	check_capacity(scsi_take_capacity16(bytes, n_bytes, &large), &large);
	if (scsi_take_inquiry(bytes, n_bytes, &unit))
		CHECK_TEXT(unit.model);
	if (scsi_take_sense(bytes, n_bytes, &sense))
		CHECK(sense.key < 16);
	if (n_bytes >= PDU_HEADER_BYTES) {
		ffp_decode_answer(bytes, &answer);
		CHECK(answer.opcode < 64 && answer.n_data_bytes < 1 << 24);
		ffp_is_status(&answer);
	}
	return 0;
}
