/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A session over a TCP socket of our own: reach the portal, log in with the engine of the boot, look, log out. One
 * thing at a time, each wait bounded by one deadline for all: for verbs that any user may run, and for children of the
 * boot. The kernel's iSCSI is not touched, and nothing is ever written to the target.
 */
#ifndef BOOT_WIRE_H
#define BOOT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "boot/session.h"
#include "iscsi/discovery.h"
#include "iscsi/ffp.h"
#include "iscsi/framer.h"
#include "iscsi/login.h"
#include "iscsi/redirect.h"
#include "iscsi/scsi.h"
#include "plan/plan.h"
#include "sys/sys.h"

enum {
	WIRE_DATA_MAX = 262144, /* the MaxRecvDataSegmentLength that the login engine declares */
	WIRE_SEND_MAX = PDU_HEADER_BYTES + PDU_LOGIN_DATA_MAX + 2 * FRAMER_DIGEST_BYTES,
};

/* Too large for a stack. */
struct wire {
	int fd;
	int interrupt_fd;    /* -1, or of interrupt_fd(): ends every wait but that for the logout */
	bool is_interrupted; /* it did; what failed then failed for this */
	struct errand resolver;
	int64_t deadline_ms;
	bool in_login;                     /* names the failures */
	char portal[PORTAL_TEXT_BYTES];    /* the one in use, as text */
	char first_address[IP_TEXT_BYTES]; /* of the portal first asked for, numeric */
	struct tcp_address address;
	struct login login;
	struct ffp_counters counters; /* of the next request */
	uint32_t max_cmd_sn;
	bool waits_for_window;           /* names the failure, too */
	bool header_digest, data_digest; /* of the session that is logged in */
	struct framer framer;
	uint8_t data[WIRE_DATA_MAX];
	uint8_t sending[WIRE_SEND_MAX];
};

/* Whom to reach and who we are: what the plan says for this target. */
struct wire_peer {
	const struct boot_plan *plan;
	const struct plan_target *target;
	bool discovery; /* a session for SendTargets alone; target has no name */
};

void wire_init(struct wire *w);

/* Connects and logs in, follows redirects; all of it, and what comes after, within timeout_ms. */
bool wire_log_in(struct wire *w, const struct wire_peer *peer, int64_t timeout_ms, struct fail *fail);

/*
 * Runs a command that reads at most n_max bytes. Fails with FAIL_DISK_READ when the unit refuses it; a unit attention
 * is taken note of by trying again.
 */
bool wire_command(struct wire *w, uint64_t lun, const struct scsi_command *command, uint8_t *out, size_t n_max,
		  size_t *n_bytes, struct fail *fail);

bool wire_send_targets(struct wire *w, const struct discovery_sink *sink, struct fail *fail);

/* Logs out if it is logged in, and closes. */
void wire_close(struct wire *w);

#endif
