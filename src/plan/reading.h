/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the readers of single words share; inside plan/ only. A reader gets one `struct reading`, checks the value,
 * writes to the plan, and refuses with a reason that is fixed text: the value itself appears in one place, where it is
 * known to be safe.
 */
#ifndef PLAN_READING_H
#define PLAN_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "plan/plan.h"

struct reading;

enum {
	SHOWN_BYTES = 204,           /* of a value in a message, with its NUL: both have to fit into a note */
	REPLACEMENT_MAX_S = 2000000, /* the kernel counts it in ticks, up to 1000 a second, in 31 bits */
	NOP_MAX_S = 3600,
};

enum word_shape {
	WORD_VALUE,  /* with a value */
	WORD_FLAG,   /* without */
	WORD_ANY,    /* with or without */
	WORD_SHARED, /* with a value, and not for us alone: one that cannot be read is left out, with a note */
};

/* One row of a table of words. */
struct word {
	const char *name;
	bool (*read)(struct reading *r);
	uint16_t shape;
	uint16_t origin;  /* offset in struct boot_plan of the struct origin of what may be given once; 0: none */
	uint16_t field;   /* for the general readers: offset of the field in struct boot_plan, */
	uint32_t max;     /* and the bytes of a text field, the highest number, or the value a flag sets */
	const char *idle; /* in the place of a reader: why there is nothing to do */
};

#define PLAN_AT(member) offsetof(struct boot_plan, member)
#define PLAN_TEXT(member) offsetof(struct boot_plan, member), sizeof(((struct boot_plan *)0)->member)

struct reading {
	struct boot_plan *plan;
	struct plan_notes *notes;
	struct fail *fail;
	const struct word *word;
	struct span name; /* as it was written */
	struct span value;
	const char *file; /* NULL: the command line */
	bool is_hidden;   /* the value may hold a password */
	enum plan_source source;
};

/* General readers, into `field`: see struct word. */
bool read_flag(struct reading *r);
bool read_switch(struct reading *r);
bool read_seconds(struct reading *r);
bool read_text(struct reading *r);

/* The one reader whose value no message shows. */
bool read_secret(struct reading *r);

/*
 * FAIL_WORD_VALUE with "WORD=VALUE: REASON". A value with '@', '?' or '%' may hold a password in one of the forms of
 * other programs (iscsi://user%secret@host, iscsi:user:secret@host, ?target_password=) and is not shown. Returns false.
 */
bool reading_refuse(struct reading *r, const char *reason);

/* A value as messages show it: what is too long ends with "...". Returns `out`. */
const char *reading_show(struct span value, char out[static SHOWN_BYTES]);

/* The reader of a row of a table, and the origin of what it has read. */
bool reading_apply(struct reading *r);

/* FAIL_TOO_MANY for a word that may stand `max` times. Returns false. */
bool reading_too_many(struct reading *r, int max);

void origin_set(struct origin *origin, const char *text);

/* "WORD=", or with its file "WORD= in FILE". */
void reading_set_origin(const struct reading *r, struct origin *origin);

/* What to put into `own` of a target: the place of such secrets in the plan, a new one if need be; 0: there is none. */
uint8_t plan_add_own(struct boot_plan *plan, const struct plan_own *own);

/* Whether `c` occurs in it. */
bool span_has(struct span s, char c);

/* Whether all of it could be a DNS name or a host's name: letters, digits, '-', '_' and '.', at most HOST_MAX. */
bool reading_is_hostname(struct span s);

/* An address or a DNS name as text_host_port returns it. Refuses others. */
bool reading_host(struct reading *r, struct span host, char out[static HOST_MAX + 1]);

/*
 * Cuts the next HOST[:PORT] off a list with blanks or commas. False at its end; host->text is NULL for what is no host
 * and port. 0 for port_else is the usual port.
 */
bool portal_cut(struct span *list, uint16_t port_else, struct span *host, uint16_t *port);

/* Readers that several dialects have a word for. */
bool read_portals(struct reading *r); /* such a list */
bool read_portal_port(struct reading *r);
bool read_target_name(struct reading *r);
bool read_initiator(struct reading *r);

/* The target of the firmware; "iscsi" alone, which is that one unless iscsiroot= names another. Both return true. */
bool reading_ask_ibft(struct reading *r);
bool reading_iscsi_alone(struct reading *r);

/* The root path of a DHCP lease; of DHCPv6, with a note, the same. Returns true. */
bool reading_ask_dhcp(struct reading *r);

/* An iSCSI name: of any style, but not empty, not too long, without blanks and control characters. Refuses others. */
bool reading_name(struct reading *r, struct span name, char out[static ISCSI_NAME_MAX + 1]);

#endif
