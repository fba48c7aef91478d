/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot plan: the one struct between every source that says what to boot from and everything that acts on it. Inline
 * arrays, no pointers; each group remembers the word it came from. plan_read fills it, plan_check decides whether it
 * can work; from then on it is const.
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/limits.h"
#include "base/secret.h"
#include "base/text.h"

enum {
	ORIGIN_BYTES = 32,
	VALUE_BYTES = 256,
	ISCSI_PORT = 3260, /* RFC 7143 section 13.8 */
};

/* Where a value came from, as a user would look for it: "iscsi_target=", "DMI", "default". */
struct origin {
	char text[ORIGIN_BYTES];
};

/* A logical unit number in the kernel's form (scsilun_to_int: the first two bytes of the 64-bit LUN are the lowest). */
struct plan_lun {
	bool given; /* false: every LUN of the target */
	uint64_t number;
};

struct plan_target {
	struct origin origin;
	char name[ISCSI_NAME_MAX + 1]; /* empty: the portal is asked which target it has */
	char host[HOST_MAX + 1]; /* address without brackets (IPv6 may carry %scope) or DNS name; empty until merged */
	uint16_t port;
	struct plan_lun lun;
	char username[CHAP_NAME_MAX + 1]; /* from the URL; empty: the plan's */
	bool has_tpgt;                    /* discovered: the portal group it was announced in */
	uint16_t tpgt;
};

enum net_method {
	NET_DHCP,
	NET_STATIC,
	NET_OFF, /* leave this device alone */
};

/* One ip= word, or the default. */
struct plan_net {
	struct origin origin;
	enum net_method method;
	char device[IFNAME_MAX + 1]; /* empty: the first with a link */
	struct ip_address address;   /* static only */
	uint8_t prefix_bits;
	struct ip_address gateway; /* family 0: none */
	char hostname[HOST_MAX + 1];
	struct ip_address nameservers[NAMESERVERS_MAX];
	uint8_t n_nameservers;
};

/* iscsi_digest=: what is offered, for header and data alike. */
enum plan_digest {
	DIGEST_NONE,
	DIGEST_CRC32C,
	DIGEST_PREFER_CRC32C,
	DIGEST_PREFER_NONE,
};

enum root_kind {
	ROOT_DEFAULT, /* no root=: the LUN itself */
	ROOT_DEVICE,  /* value: kernel name, "sda1" */
	ROOT_UUID,    /* value as given, compared without case */
	ROOT_LABEL,
	ROOT_PARTUUID,
	ROOT_PARTLABEL,
	ROOT_PATH, /* by-path: portal, name, lun, part below */
};

struct plan_root {
	struct origin origin;
	enum root_kind kind;
	char value[VALUE_BYTES];
	char text[VALUE_BYTES]; /* as the user wrote it, for messages */
	/* ROOT_PATH only */
	char path_host[HOST_MAX + 1];
	uint16_t path_port;
	char path_name[ISCSI_NAME_MAX + 1];
	struct plan_lun path_lun;
	uint32_t part;            /* partition number, 0: the whole disk */
	char fstype[VALUE_BYTES]; /* rootfstype=, comma list, empty: found by the super block */
	char flags[VALUE_BYTES];  /* rootflags= */
	bool writable;            /* rw */
	bool wait;                /* rootwait: no deadline for the disk */
	uint32_t delay_s;         /* rootdelay=, 0: default */
};

struct boot_plan {
	uint8_t n_targets;
	struct plan_target targets[TARGETS_MAX];
	struct {
		struct origin origin; /* empty: not given */
		char host[HOST_MAX + 1];
		uint16_t port;
	} portal; /* iscsi_portal=, for targets given by name alone, or for its one target */
	struct {
		struct origin origin;
		char name[ISCSI_NAME_MAX + 1];
	} initiator;
	struct {
		struct origin origin;
		char username[CHAP_NAME_MAX + 1];
		struct secret secret;
	} chap;
	struct {
		char username[CHAP_NAME_MAX + 1]; /* what the target must call itself; empty: anything */
		struct secret secret;
	} chap_in; /* mutual CHAP, if there is a secret */
	enum plan_digest digest;
	uint8_t n_nets;
	struct plan_net nets[NETS_MAX];
	struct plan_root root;
	char init[VALUE_BYTES]; /* init=, empty: the usual ones */
	uint32_t timeout_s;     /* iscsi_timeout=, 0: for ever */
	struct {
		uint32_t replacement_s;  /* how long I/O waits for a lost session before it fails */
		uint32_t nop_interval_s; /* silence after which the kernel asks whether the target is there; 0: never */
		uint32_t nop_timeout_s;  /* how long it waits for the answer */
		uint32_t shutdown_s;     /* how long a machine that goes down waits for a lost session */
	} outage;
	bool panic_given;
	int32_t panic_s; /* panic=: > 0 reboot after, < 0 reboot at once, 0 never */
	bool quiet;
};

enum {
	PLAN_NOTES_MAX = 8,
	PLAN_NOTE_BYTES = 320, /* holds an iSCSI name */
};

/* What the user should know though it stops nothing ("LUN 10 is read as hexadecimal: 16"). Logged as warnings by boot/.
 */
struct plan_notes {
	uint8_t n_notes;
	char text[PLAN_NOTES_MAX][PLAN_NOTE_BYTES];
};

/*
 * Reads a kernel command line (any trailing newline included) into an empty plan (all zero). Words it does not know are
 * passed over. Sources of failure: a value of a known word cannot be used (FAIL_WORD_VALUE, detail names word, value -
 * never of a secret - and reason), too many of them. The scalar words: the last one wins, as in the kernel.
 */
bool plan_read(const char *cmdline, struct boot_plan *plan, struct plan_notes *notes, struct fail *fail);

/* What of the machine the plan may need. Empty texts: not known. */
struct plan_machine {
	char dmi_uuid[64]; /* text of /sys/class/dmi/id/product_uuid */
	uint8_t mac[6];    /* lowest hardware address of the real network cards */
	bool has_mac;
};

/*
 * Fills what was not given (portal into bare targets, user names, initiator name, ip= default) and refuses what cannot
 * work. After success the plan is complete: every target has host and port, the initiator has a name.
 */
bool plan_check(struct boot_plan *plan, const struct plan_machine *machine, struct plan_notes *notes,
		struct fail *fail);

enum {
	PLAN_LINE_BYTES = 1024, /* the longest line there can be */
	PLAN_LUN_BYTES = 24,
};

/* Its name, or what to call it as long as it has none. */
const char *plan_target_name(const struct plan_target *target);

/* One line for the console: "NAME at HOST:PORT LUN 1 (iscsi_target=), CHAP as USER (iscsi_username=)". */
void plan_describe_target(const struct boot_plan *plan, unsigned index, char out[static PLAN_LINE_BYTES]);

/* A LUN's number as users write it: decimal, or where it has no such form 0x and 16 digits, as udev writes it. */
void plan_format_lun(uint64_t number, char out[static PLAN_LUN_BYTES]);

/* The list that iscsi_digest= makes us offer, as the key's value. */
const char *plan_digest_offer(enum plan_digest digest);

/* "HOST:PORT" with brackets around an IPv6 literal. */
void plan_format_portal(const char *host, uint16_t port, char out[static HOST_MAX + 9]);

#endif
