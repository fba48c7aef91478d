/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one idiom for errors: a function that can fail returns bool and takes a `struct fail`. The lowest function
 * sets code and detail, one layer above may add the context, boot/ logs it once. The first failure sticks: a
 * fail that is already set is not overwritten. Cause, remedy and retry rule of every code stand in one table (fail.c),
 * and man/iscsiroot.8 lists the same.
 */
#ifndef BASE_FAIL_H
#define BASE_FAIL_H

#include <stdbool.h>
#include <stddef.h>

enum fail_code {
	FAIL_NONE = 0,
	/* the plan */
	FAIL_WORD_VALUE,
	FAIL_TARGET_MISSING,
	FAIL_PORTAL_MISSING,
	FAIL_TOO_MANY,
	FAIL_CHAP_HALF,
	FAIL_NOT_PID1,
	FAIL_INITIATOR_MISSING,
	FAIL_MUTUAL_HALF,
	FAIL_NOT_ROOT,
	FAIL_ARGUMENT,
	FAIL_FILE,
	/* the network */
	FAIL_NIC_MISSING,
	FAIL_NO_CARRIER,
	FAIL_NO_DHCP,
	FAIL_ADDRESS,
	FAIL_ADDRESS_TAKEN,
	FAIL_NAME_UNRESOLVED,
	FAIL_NO_ROUTE,
	FAIL_HOST_SILENT,
	FAIL_PORTAL_REFUSED,
	FAIL_PORTAL_SILENT,
	FAIL_CONNECT,
	FAIL_NO_ADVERTISEMENT,
	/* the login */
	FAIL_LOGIN_TIMEOUT,
	FAIL_AUTH_REFUSED,
	FAIL_FORBIDDEN,
	FAIL_TARGET_NOT_FOUND,
	FAIL_TARGET_REMOVED,
	FAIL_INITIATOR_ERROR,
	FAIL_VERSION,
	FAIL_TOO_MANY_CONNECTIONS,
	FAIL_TARGET_ERROR,
	FAIL_TARGET_UNAVAILABLE,
	FAIL_TARGET_RESOURCES,
	FAIL_REDIRECT,
	FAIL_PROTOCOL,
	FAIL_NEGOTIATION,
	FAIL_CHAP_WANTED,
	FAIL_CHAP_ALGORITHM,
	FAIL_AUTH_DOWNGRADE,
	FAIL_LOGIN_CLOSED,
	FAIL_TARGET_UNPROVEN,
	FAIL_TARGET_NAME,
	FAIL_SECRETS_EQUAL,
	FAIL_CHAP_REFLECTED,
	FAIL_NO_TARGET,
	FAIL_TARGETS_MANY,
	FAIL_NO_DIGEST,
	/* the kernel's iSCSI */
	FAIL_NO_TRANSPORT,
	FAIL_NETLINK,
	FAIL_KERNEL_REFUSED,
	FAIL_SESSION_LOST,
	FAIL_NO_RANDOM,
	FAIL_DIGEST,
	FAIL_TARGET_SILENT,
	FAIL_SESSION_THERE,
	FAIL_INTERRUPTED,
	FAIL_NO_SESSION,
	FAIL_NOT_IN_CHARGE,
	FAIL_KEEPER_SILENT,
	/* the disk */
	FAIL_LUN_ABSENT,
	FAIL_NO_DISK,
	FAIL_NO_DISK_DRIVER,
	FAIL_DISK_READ,
	FAIL_DISK_IN_USE,
	FAIL_DISK_SILENT,
	/* the root */
	FAIL_ROOT_NOT_FOUND,
	FAIL_ROOT_AMBIGUOUS,
	FAIL_NO_FILESYSTEM,
	FAIL_MOUNT,
	FAIL_INIT_MISSING,
	FAIL_SWITCH,
	/* this image */
	FAIL_SETUP,
	FAIL_SPAWN,
	FAIL_INTERNAL,
	FAIL_CODE_COUNT
};

/* What to do after a failure. */
enum fail_retry {
	RETRY_NEVER, /* nothing changes by itself: give up now */
	RETRY_SLOW,  /* someone may repair the target or the network: every 30 s at most */
	RETRY_SOON,  /* passes by itself: back-off from 1 s */
};

enum {
	FAIL_CONTEXT_BYTES = 384, /* holds an iSCSI name and a host */
	FAIL_DETAIL_BYTES = 512,
	FAIL_TEXT_BYTES = 1280, /* any fail, described */
};

struct fail {
	enum fail_code code;
	char context[FAIL_CONTEXT_BYTES]; /* what was being done: "cannot log in to NAME at PORTAL" */
	char detail[FAIL_DETAIL_BYTES];   /* the particular of this case, empty when there is none */
};

/* One row of the table. `id` is what users search for, e.g. "E31". */
struct fail_entry {
	const char *id;
	const char *cause;
	const char *remedy;
	enum fail_retry retry;
};

/* Row of a code; never NULL. */
const struct fail_entry *fail_lookup(enum fail_code code);

/* Sets code and printf-style detail unless a failure is set already. Always returns false, so `return fail_set(...)`.
 */
bool fail_set(struct fail *fail, enum fail_code code, const char *detail, ...) __attribute__((format(printf, 3, 4)));

/* As fail_set, with ": " and the text of the errno value `error` behind the detail. */
bool fail_errno(struct fail *fail, enum fail_code code, int error, const char *detail, ...)
	__attribute__((format(printf, 4, 5)));

/* Adds what was being done, unless a lower layer did. Always returns false. */
bool fail_context(struct fail *fail, const char *context, ...) __attribute__((format(printf, 2, 3)));

/*
 * Writes "CONTEXT: CAUSE (DETAIL). REMEDY [ID]" with its NUL into out. Bytes outside printable ASCII, which may come
 * from a target, are written as \xNN.
 */
void fail_describe(const struct fail *fail, char out[static FAIL_TEXT_BYTES]);

#endif
