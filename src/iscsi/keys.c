/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of keys and the few rules that read it: RFC 7143 section 6.2.1 for lists, 6.2.2 for numbers and booleans,
 * 13 for each key. A key that the target leaves out, or refuses, stays at its default; every default in the table is
 * one we can work with.
 */
#include "iscsi/keys.h"

#include <stdio.h>
#include <string.h>

#include "iscsi/login.h"

enum key_type {
	KEY_AND,      /* Yes or No; Yes if both sides say Yes */
	KEY_OR,       /* Yes or No; Yes if one side says Yes */
	KEY_MIN,      /* a number; the smaller one */
	KEY_MAX,      /* a number; the larger one */
	KEY_LIST,     /* the first value of the proposal that the other side has */
	KEY_DIGEST,   /* a list, which the caller gives */
	KEY_LENGTH,   /* a number that each side declares for itself */
	KEY_OURS,     /* declared by the initiator alone */
	KEY_TAG,      /* declared by the target: a 16-bit number */
	KEY_ALIAS,    /* declared by the target: text for people */
	KEY_PASSED,   /* declared by the target, and of no use in a normal answer */
	KEY_OBSOLETE, /* to be rejected */
};

enum {
	LENGTH_MIN = 512,
	LENGTH_MAX = 16777215, /* 2^24 - 1 */
	OUR_SEGMENT_MAX = 262144,
};

/* How a key is used. One that is not offered has `ours` and `list` only to answer the target's proposal. */
enum {
	OFFERED = 1,
	NORMAL = 2, /* irrelevant in a discovery session */
};

#define AT(member) offsetof(struct login_values, member)
#define NOWHERE SIZE_MAX

/* Booleans are 0 and 1 here, so that AND is the smaller and OR the larger value, as with numbers. */
struct key_rule {
	const char *name;
	const char *section; /* of RFC 7143 */
	enum key_type type;
	unsigned use;     /* OFFERED, NORMAL */
	const char *list; /* KEY_LIST: the values we have */
	uint32_t ours;
	uint32_t initial; /* without negotiation */
	uint32_t min, max;
	size_t at; /* in struct login_values */
};

static const struct key_rule table[] = {
	{"InitiatorName", "13.5", KEY_OURS, .at = NOWHERE},
	{"InitiatorAlias", "13.7", KEY_OURS, .at = NOWHERE},
	{"TargetName", "13.4", KEY_OURS, .at = NOWHERE},
	{"SessionType", "13.21", KEY_OURS, .at = NOWHERE},

	{"HeaderDigest", "13.1", KEY_DIGEST, OFFERED, .at = AT(header_digest)},
	{"DataDigest", "13.1", KEY_DIGEST, OFFERED, .at = AT(data_digest)},
	{"DefaultTime2Wait", "13.15", KEY_MAX, OFFERED, NULL, 2, 2, 0, 3600, AT(default_time2wait)},
	{"DefaultTime2Retain", "13.16", KEY_MIN, OFFERED, NULL, 0, 20, 0, 3600, AT(default_time2retain)},
	{"ErrorRecoveryLevel", "13.20", KEY_MIN, OFFERED, NULL, 0, 0, 0, 2, AT(error_recovery_level)},
	{"InitialR2T", "13.10", KEY_OR, OFFERED | NORMAL, NULL, 0, 1, 0, 1, AT(initial_r2t)},
	{"ImmediateData", "13.11", KEY_AND, OFFERED | NORMAL, NULL, 1, 1, 0, 1, AT(immediate_data)},
	{"MaxBurstLength", "13.13", KEY_MIN, OFFERED | NORMAL, NULL, 16776192, 262144, LENGTH_MIN, LENGTH_MAX,
	 AT(max_burst_length)},
	{"FirstBurstLength", "13.14", KEY_MIN, OFFERED | NORMAL, NULL, 262144, 65536, LENGTH_MIN, LENGTH_MAX,
	 AT(first_burst_length)},
	{"MaxOutstandingR2T", "13.17", KEY_MIN, OFFERED | NORMAL, NULL, 1, 1, 1, 65535, AT(max_outstanding_r2t)},
	{"MaxConnections", "13.2", KEY_MIN, OFFERED | NORMAL, NULL, 1, 1, 1, 65535, AT(max_connections)},
	{"DataPDUInOrder", "13.18", KEY_OR, OFFERED | NORMAL, NULL, 1, 1, 0, 1, AT(data_pdu_in_order)},
	{"DataSequenceInOrder", "13.19", KEY_OR, OFFERED | NORMAL, NULL, 1, 1, 0, 1, AT(data_sequence_in_order)},
	{"MaxRecvDataSegmentLength", "13.12", KEY_LENGTH, OFFERED, NULL, OUR_SEGMENT_MAX, 8192, LENGTH_MIN, LENGTH_MAX,
	 AT(max_xmit_data_segment_length)},

	{"TaskReporting", "13.23", KEY_LIST, NORMAL, "RFC3720", .at = NOWHERE},
	{"iSCSIProtocolLevel", "13.24", KEY_MIN, NORMAL, NULL, 1, 1, 0, 31, NOWHERE},

	{"TargetPortalGroupTag", "13.9", KEY_TAG, .max = 65535, .at = NOWHERE},
	{"TargetAlias", "13.6", KEY_ALIAS, .at = NOWHERE},
	{"TargetAddress", "13.8", KEY_PASSED, .at = NOWHERE},

	{"IFMarker", "13.25", KEY_OBSOLETE, .at = NOWHERE},
	{"OFMarker", "13.25", KEY_OBSOLETE, .at = NOWHERE},
	{"IFMarkInt", "13.25", KEY_OBSOLETE, .at = NOWHERE},
	{"OFMarkInt", "13.25", KEY_OBSOLETE, .at = NOWHERE},
};

enum { N_RULES = sizeof table / sizeof *table };

_Static_assert(N_RULES <= 32, "a bit in struct negotiation for every row");

static bool is_boolean(const struct key_rule *rule)
{
	return rule->type == KEY_AND || rule->type == KEY_OR;
}

static bool is_list(const struct key_rule *rule)
{
	return rule->type == KEY_LIST || rule->type == KEY_DIGEST;
}

/* The values we have, best first. */
static struct span list_of(const struct negotiation *n, const struct key_rule *rule)
{
	return span_of(rule->type == KEY_DIGEST ? n->digests : rule->list);
}

static void store(const struct key_rule *rule, struct login_values *values, uint32_t value)
{
	if (rule->at == NOWHERE)
		return;
	void *member = (char *)values + rule->at;
	if (is_boolean(rule) || is_list(rule))
		*(bool *)member = value != 0;
	else
		*(uint32_t *)member = value;
}

/* Of a list, only whether it is a digest has to be known. None is always understood; keys_finish judges it. */
static bool read_value(const struct negotiation *n, const struct key_rule *rule, struct span text, uint32_t *value)
{
	if (is_list(rule)) {
		*value = span_is(text, "CRC32C");
		return textkeys_list_has(list_of(n, rule), text) || span_is(text, "None");
	}
	if (is_boolean(rule)) {
		*value = span_is(text, "Yes");
		return *value != 0 || span_is(text, "No");
	}
	return textkeys_number(text, rule->min, rule->max, value);
}

/* What both sides' values make together. */
static uint32_t outcome(const struct key_rule *rule, uint32_t theirs)
{
	switch (rule->type) {
	case KEY_AND:
	case KEY_MIN:
		return theirs < rule->ours ? theirs : rule->ours;
	case KEY_OR:
	case KEY_MAX:
		return theirs > rule->ours ? theirs : rule->ours;
	default:
		return theirs;
	}
}

static void put_value(const struct negotiation *n, const struct key_rule *rule, uint32_t value, struct writer *w)
{
	char number[16];
	snprintf(number, sizeof number, "%u", (unsigned int)value);
	struct span text = span_of(number);
	if (is_list(rule))
		text = list_of(n, rule);
	else if (is_boolean(rule))
		text = span_of(value != 0 ? "Yes" : "No");
	textkeys_put(w, span_of(rule->name), text);
}

static bool refuse(const struct key_rule *rule, const struct textkey *pair, struct fail *fail)
{
	char reason[64];
	snprintf(reason, sizeof reason, "against RFC 7143 section %s", rule->section);
	return textkeys_fail(fail, FAIL_NEGOTIATION, pair, reason);
}

static bool take_answer(const struct negotiation *n, const struct key_rule *rule, const struct textkey *pair,
			struct login_values *values, struct fail *fail)
{
	uint32_t value;
	if (textkeys_is_refusal(pair->value))
		return true;
	if (!read_value(n, rule, pair->value, &value) || outcome(rule, value) != value)
		return refuse(rule, pair, fail);
	store(rule, values, value);
	return true;
}

/* The first of their values that is one of ours. */
static void answer_list(const struct negotiation *n, const struct key_rule *rule, struct span theirs,
			struct writer *answers)
{
	struct span answer = span_of("Reject");
	while (theirs.text != NULL) {
		struct span one = span_cut(&theirs, ',');
		if (textkeys_list_has(list_of(n, rule), one)) {
			answer = one;
			break;
		}
	}
	textkeys_put(answers, span_of(rule->name), answer);
}

static void answer_value(const struct negotiation *n, const struct key_rule *rule, struct span theirs,
			 struct login_values *values, struct writer *answers)
{
	uint32_t value;
	if (!read_value(n, rule, theirs, &value)) {
		textkeys_put(answers, span_of(rule->name), span_of("Reject"));
		return;
	}
	value = outcome(rule, value);
	store(rule, values, value);
	put_value(n, rule, value, answers);
}

static bool take_tag(const struct key_rule *rule, const struct textkey *pair, struct login_result *result,
		     struct fail *fail)
{
	uint32_t tag;
	if (!textkeys_number(pair->value, rule->min, rule->max, &tag))
		return refuse(rule, pair, fail);
	result->tpgt = (uint16_t)tag;
	result->has_tpgt = true;
	return true;
}

static bool take_alias(const struct key_rule *rule, const struct textkey *pair, struct login_result *result,
		       struct fail *fail)
{
	if (!span_copy(pair->value, result->target_alias, sizeof result->target_alias))
		return refuse(rule, pair, fail);
	return true;
}

/* What the target says without being asked. */
static bool take_declared(const struct negotiation *n, const struct key_rule *rule, const struct textkey *pair,
			  struct login_result *result, struct fail *fail)
{
	uint32_t length;
	switch (rule->type) {
	case KEY_LENGTH:
		if (!read_value(n, rule, pair->value, &length))
			return refuse(rule, pair, fail);
		store(rule, &result->values, length);
		return true;
	case KEY_TAG:
		return take_tag(rule, pair, result, fail);
	case KEY_ALIAS:
		return take_alias(rule, pair, result, fail);
	case KEY_OURS: /* a target that repeats our word changes nothing; one that refuses it ends the login */
		return !textkeys_is_refusal(pair->value) || refuse(rule, pair, fail);
	default:
		return true;
	}
}

static bool is_negotiated(const struct key_rule *rule)
{
	return rule->type <= KEY_DIGEST;
}

static bool is_relevant(const struct negotiation *n, const struct key_rule *rule)
{
	return !n->discovery || (rule->use & NORMAL) == 0;
}

static bool take_known(const struct negotiation *n, const struct key_rule *rule, bool is_answer,
		       const struct textkey *pair, struct login_result *result, struct writer *answers,
		       struct fail *fail)
{
	if (is_negotiated(rule) && is_answer)
		return take_answer(n, rule, pair, &result->values, fail);
	if (!is_negotiated(rule) && rule->type != KEY_OBSOLETE)
		return take_declared(n, rule, pair, result, fail);
	if (textkeys_is_refusal(pair->value))
		return textkeys_fail(fail, FAIL_PROTOCOL, pair, "an answer to what was not asked");
	if (!is_relevant(n, rule))
		textkeys_put(answers, pair->name, span_of("Irrelevant"));
	else if (is_list(rule))
		answer_list(n, rule, pair->value, answers);
	else if (rule->type == KEY_OBSOLETE)
		textkeys_put(answers, pair->name, span_of("Reject"));
	else
		answer_value(n, rule, pair->value, &result->values, answers);
	return true;
}

static bool take_unknown(const struct textkey *pair, struct writer *answers, struct fail *fail)
{
	if (textkeys_is_refusal(pair->value))
		return textkeys_fail(fail, FAIL_PROTOCOL, pair, "an answer to what was not asked");
	textkeys_put(answers, pair->name, span_of("NotUnderstood"));
	return true;
}

void keys_start(struct negotiation *n, bool discovery, const char *digests, struct login_result *result)
{
	*n = (struct negotiation){.digests = digests != NULL ? digests : "None", .discovery = discovery};
	result->values = (struct login_values){.max_recv_data_segment_length = OUR_SEGMENT_MAX};
	for (size_t i = 0; i < N_RULES; i++)
		store(&table[i], &result->values, table[i].initial);
}

void keys_offer(struct negotiation *n, struct writer *w)
{
	for (size_t i = 0; i < N_RULES; i++) {
		if ((table[i].use & OFFERED) == 0 || !is_relevant(n, &table[i]))
			continue;
		put_value(n, &table[i], table[i].ours, w);
		n->offered |= UINT32_C(1) << i;
	}
}

bool keys_take(struct negotiation *n, enum login_stage stage, const struct textkey *pair, struct login_result *result,
	       struct writer *answers, struct fail *fail)
{
	size_t i = 0;
	while (i < N_RULES && !span_is(pair->name, table[i].name))
		i++;
	if (i == N_RULES)
		return take_unknown(pair, answers, fail);
	if (is_negotiated(&table[i]) && stage == STAGE_SECURITY)
		return textkeys_fail(fail, FAIL_PROTOCOL, pair, "an operational key in the security stage");
	uint32_t bit = UINT32_C(1) << i;
	if ((n->received & bit) != 0)
		return textkeys_fail(fail, FAIL_PROTOCOL, pair, "this key was sent before");
	n->received |= bit;
	return take_known(n, &table[i], (n->offered & bit) != 0, pair, result, answers, fail);
}

/* A digest that is refused, or passed over in silence, is none. */
static bool check_digest(const struct negotiation *n, const char *name, bool agreed, struct fail *fail)
{
	return agreed || textkeys_list_has(span_of(n->digests), span_of("None")) ||
	       fail_set(fail, FAIL_NO_DIGEST, "%s", name);
}

bool keys_finish(const struct negotiation *n, struct login_result *result, struct fail *fail)
{
	struct login_values *v = &result->values;
	if (v->first_burst_length > v->max_burst_length) /* section 13.14 */
		v->first_burst_length = v->max_burst_length;
	return check_digest(n, "HeaderDigest", v->header_digest, fail) &&
	       check_digest(n, "DataDigest", v->data_digest, fail);
}
