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
	ORIGIN_BYTES = 64,
	VALUE_BYTES = 256,
	ISCSI_PORT = 3260, /* RFC 7143 section 13.8 */
};

/* The sources of words; of two that say different things the first one here is followed. */
enum plan_source {
	SOURCE_CMDLINE,
	SOURCE_INITRAMFS,     /* /etc/iscsi.initramfs of open-iscsi */
	SOURCE_INITIATORNAME, /* initiatorname.iscsi */
};

/* Where a value came from, as a user would look for it: "iscsi_target=", "DMI", "default"; empty: not given. */
struct origin {
	char text[ORIGIN_BYTES];
	uint8_t source; /* of words: enum plan_source */
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
	bool of_portal;                   /* host and port come from iscsi_portal= */
	char username[CHAP_NAME_MAX + 1]; /* from its own description; empty: the plan's */
	uint8_t own;                      /* 1 and up: plan.own has secrets for this target; 0: the plan's are used */
	bool has_tpgt;                    /* discovered: the portal group it was announced in */
	uint16_t tpgt;
};

enum net_method {
	NET_DHCP,
	NET_STATIC,
	NET_AUTO6, /* by router advertisements (RFC 4862) */
	NET_LINK6, /* the link-local address alone */
	NET_OFF,   /* leave this device alone */
};

/* A network card, by one of both. */
struct plan_card {
	struct origin origin;
	char device[IFNAME_MAX + 1];
	uint8_t mac[6];
	bool has_mac;
};

/* A network interface that is to be made, or called otherwise; before any address is looked for. */
struct plan_ifname {
	struct origin origin;
	char name[IFNAME_MAX + 1];
	uint8_t mac[6];
};

struct plan_vlan {
	struct origin origin;
	char name[IFNAME_MAX + 1];   /* of the new interface */
	char device[IFNAME_MAX + 1]; /* under it; empty: the one with the address `mac` */
	uint8_t mac[6];
	uint16_t id; /* 1 to 4094 */
};

struct plan_bond {
	struct origin origin;
	char name[IFNAME_MAX + 1];
	char ports[BOND_PORTS_MAX][IFNAME_MAX + 1];
	uint8_t n_ports;
	char options[VALUE_BYTES]; /* "mode=active-backup,miimon=100"; empty: the kernel's */
	uint32_t mtu_bytes;        /* 0: not given */
};

struct net_route {
	struct ip_address destination; /* family 0: everything */
	uint8_t prefix_bits;
	struct ip_address gateway; /* family 0: on the link itself */
};

struct plan_route {
	struct origin origin;
	struct net_route route;
	char device[IFNAME_MAX + 1]; /* empty: the link whose network the gateway is in */
};

/*
 * One address family of an ip= word, or the default. An interface that is named, by name or address, is here once for
 * IPv4 and once for IPv6 at most; where none is named, the two families do not take the interface from each other.
 */
struct plan_net {
	struct origin origin;
	enum net_method method;
	char device[IFNAME_MAX + 1]; /* empty: the first with a link, or with has_mac the one with this address */
	uint8_t mac[6];              /* of `device` when that is empty; else the address it is given */
	bool has_mac;
	uint32_t mtu_bytes;        /* 0: not given */
	struct ip_address address; /* static only */
	uint8_t prefix_bits;
	bool has_guessed_prefix;   /* until plan_add_network */
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
	uint8_t n_targets, n_nets, n_own;
	bool asks_ibft, forbids_ibft; /* its targets, anything of it */
	bool ignores_ibft;            /* unless it is asked for */
	bool asks_ibft_nics;          /* its network cards, beside those of ip= */
	bool asks_dhcp;               /* until firmware or a root path has given a target */
	bool has_other_root_path;     /* a lease that somebody else asked for names a root that is not on iSCSI */
	struct plan_target targets[TARGETS_MAX];
	struct {
		struct origin origin;
		char list[VALUE_BYTES]; /* HOST[:PORT], separated by blanks or commas: ways to the same target */
		uint16_t port;          /* of those without; 0: not given */
	} portal;                       /* iscsi_portal=, for targets given by name alone, or for its one target */
	struct {
		struct origin origin;
		char name[ISCSI_NAME_MAX + 1];
	} named, initiator; /* named: one more target, iscsi_target_name= */
	struct {
		struct origin origin;
		char username[CHAP_NAME_MAX + 1];
		struct secret secret;
	} chap;
	struct {
		char username[CHAP_NAME_MAX + 1]; /* what the target must call itself; empty: anything */
		struct secret secret;
	} chap_in; /* mutual CHAP, if there is a secret */
	struct plan_own {
		struct origin origin;
		struct secret secret;
		char username_in[CHAP_NAME_MAX + 1];
		struct secret secret_in;
	} own[OWN_SECRETS_MAX]; /* what is empty here is the plan's */
	struct {
		struct origin origin;
		char path[VALUE_BYTES]; /* iscsi_secrets=, empty: the default */
	} secrets;
	enum plan_digest digest;
	struct plan_net nets[NETS_MAX];
	struct plan_card bootif, bootdev; /* BOOTIF=, bootdev=: the card of an ip= that names none */
	bool uses_bootif;
	bool has_live;                       /* live-boot's iscsi=, which has an initiator name of its own */
	bool has_iscsi_alone, has_iscsiroot; /* dracut's netroot=iscsi is iscsiroot=, or else the firmware's target */
	char hostname[HOST_MAX + 1];         /* hostname=, for networks without a name */
	struct {
		uint8_t prefix_bits;
		struct ip_address gateway;
		uint32_t mtu_bytes;
	} rest; /* netmask=, gateway=, mtu=: for networks without their own */
	uint8_t n_ifnames, n_vlans, n_bonds, n_unmade, n_routes, n_nameservers;
	struct plan_ifname ifnames[IFNAMES_MAX];
	struct plan_vlan vlans[VLANS_MAX];
	struct plan_bond bonds[BONDS_MAX];
	struct plan_card unmade[UNMADE_MAX]; /* team=, bridge=: nothing may stand on them */
	struct plan_route routes[ROUTES_MAX];
	struct ip_address nameservers[NAMESERVERS_MAX]; /* nameserver=, before those of ip= and of a lease */
	struct plan_root root;
	char init[VALUE_BYTES]; /* init=, empty: the usual ones */
	uint32_t timeout_s;     /* iscsi_timeout=, 0: for ever */
	struct {
		uint32_t replacement_s;  /* how long I/O waits for a lost session before it fails */
		uint32_t nop_interval_s; /* silence after which the kernel asks whether the target is there; 0: never */
		uint32_t nop_timeout_s;  /* how long it waits for the answer */
		uint32_t shutdown_s;     /* how long a machine that goes down waits for a lost session */
		uint32_t abort_s, lun_reset_s, target_reset_s; /* how long the kernel waits for an answer to each */
		bool slow_abort; /* a LUN that is to be reset still gets what it has asked for */
	} outage;
	int32_t panic_s; /* panic=: > 0 reboot after, < 0 reboot at once, 0, the default: never */
	bool quiet;
	struct { /* of those fields above that have none beside them */
		struct origin secret, username_in, secret_in, digest, timeout, replacement, nop_interval, nop_timeout;
		struct origin fstype, flags, writable, wait, delay, init, panic, quiet, port, ibft, dhcp, shutdown;
		struct origin uses_bootif, hostname, no_ibft, ibft_nics, netmask, gateway, mtu;
		struct origin abort, lun_reset, target_reset, slow_abort;
	} from;
};

enum {
	PLAN_NOTES_MAX = 8,
	PLAN_NOTE_BYTES = 320, /* holds an iSCSI name */
	PLAN_WORD_BYTES = 80,
};

/* What the user should know though it stops nothing ("LUN 10 is read as hexadecimal: 16"). Logged as warnings by boot/.
 */
struct plan_notes {
	uint8_t n_notes;
	unsigned n_left_out;
	char text[PLAN_NOTES_MAX][PLAN_NOTE_BYTES];
};

/* Adds a note; where the list is full its last one says how many are left out. */
void plan_note(struct plan_notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Reads a kernel command line (any trailing newline included) into an empty plan (all zero). Words it does not know are
 * passed over, with a note when one looks misspelt. Sources of failure: a value of a known word cannot be used
 * (FAIL_WORD_VALUE, detail names word, value - never of a secret - and reason), too many of them. The scalar words: the
 * last one wins, as in the kernel.
 */
bool plan_read(const char *cmdline, struct boot_plan *plan, struct plan_notes *notes, struct fail *fail);

/*
 * Reads the text of a file into a plan that has been read from stronger sources; what they have given stays. `path` is
 * for messages.
 */
bool plan_read_file(enum plan_source source, const char *path, const char *text, struct boot_plan *plan,
		    struct plan_notes *notes, struct fail *fail);

/* Whether the plan, read from words and files, takes what firmware has left. */
bool plan_wants_ibft(const struct boot_plan *plan);

/* The iSCSI Boot Firmware Table as it is in ACPI, or as it has been read (plan/ibft.h). What is wrong with it is a
 * note: what is missing then, plan_check tells. */
struct ibft;
void plan_read_ibft(const void *bytes, size_t n_bytes, struct boot_plan *plan, struct plan_notes *notes);
void plan_take_ibft(const struct ibft *table, struct boot_plan *plan, struct plan_notes *notes);

/*
 * Whether the plan waits for the root path of a DHCP lease; whether it takes anything else of one that is there, which
 * is the initiator's name; the text of a lease, as lease_read takes it, into the plan.
 */
bool plan_wants_root_path(const struct boot_plan *plan);
bool plan_wants_lease(const struct boot_plan *plan);
void plan_read_lease(const char *text, struct boot_plan *plan, struct plan_notes *notes);

/* ip=dhcp, unless the plan says something of the network; and the card, where words name it for those that name none.
 */
void plan_add_network(struct boot_plan *plan, struct plan_notes *notes);

/* What became of a word of a source. */
struct plan_word {
	enum {
		PLAN_WORD_READ,
		PLAN_WORD_OVERRIDDEN, /* by a later one, or by a stronger source */
		PLAN_WORD_IDLE,       /* known, and there is nothing to do for it here */
		PLAN_WORD_FOREIGN,    /* not known */
	} fate;
	const char *reason;          /* of an idle word */
	struct span behind;          /* it may be a part of the secret of this word */
	char shown[PLAN_WORD_BYTES]; /* its name, or what stands for one that may be a part of a secret */
};

/*
 * Takes the next word off a text that has been read into the plan as this source; *out is all zero before the first.
 * False at the end.
 */
bool plan_next_word(enum plan_source source, struct span *rest, const struct boot_plan *plan, struct plan_word *out);

/* What of the machine the plan may need. Empty texts: not known. */
struct plan_machine {
	char dmi_uuid[64]; /* text of /sys/class/dmi/id/product_uuid */
	uint8_t mac[6];    /* lowest hardware address of the real network cards */
	bool has_mac;
	const char *secrets; /* text of the file of secrets; NULL or empty: none */
	bool can_ask;        /* a user name may lack its secret: somebody will be asked for it */
	bool is_elsewhere;   /* nothing of it is known here: its initiator name is left empty */
};

#define PLAN_SECRETS "/etc/iscsiroot/secrets"

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

/* Who we are to a target, and who it is to us. */
struct plan_identity {
	const char *username; /* empty: no authentication */
	const struct secret *secret;
	const char *username_in;
	const struct secret *secret_in; /* NULL: the target is not asked to prove itself */
};

/* False: the plan's secret was given with another user name than the target has. */
bool plan_shares_secret(const struct boot_plan *plan, const struct plan_target *target);

struct plan_identity plan_identity_of(const struct boot_plan *plan, const struct plan_target *target);

/* Where the user name of a target that has one was given. */
const struct origin *plan_user_origin(const struct boot_plan *plan, const struct plan_target *target);

/* It has a user name and no secret; only where somebody can be asked. */
bool plan_lacks_secret(const struct boot_plan *plan, const struct plan_target *target);

/* Its secret was typed. */
bool plan_is_typed(const struct boot_plan *plan, const struct plan_target *target);

/* Gives a target of the plan what was typed for it, now or anew. False: no place for more secrets. */
bool plan_set_typed(struct boot_plan *plan, struct plan_target *target, const char username[static CHAP_NAME_MAX + 1],
		    const struct secret *secret);

/* Overwrites all secrets. */
void plan_wipe(struct boot_plan *plan);

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
