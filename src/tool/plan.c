/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iscsiroot plan: what a boot would read and from where, field by field; which words it would not use, and why; what is
 * missing. Asks nobody: no socket is opened. A secret is set or it is not, more is never said.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "base/writer.h"
#include "boot/sources.h"
#include "sys/memory.h"
#include "tool/options.h"
#include "tool/role.h"
#include "tool/tool.h"

/* All there is to show; in memory of its own. */
struct sheet {
	bool json;
	bool any; /* a row has been printed */
	struct boot_plan plan;
	struct plan_notes notes;
	struct fail fail;
	struct lease lease; /* without an address: none */
	char cmdline[CMDLINE_BYTES], file[SOURCE_FILE_BYTES];
	const char *root;
};

enum {
	FIELD_BYTES = 48,
	SHOWN_BYTES = 1024,
};

/* --- rows: a line each for people, an object each for scripts --- */

static void print_safe(const char *text)
{
	char safe[4 * SHOWN_BYTES];
	text_escape(text, safe, sizeof safe);
	printf("%s", safe);
}

/* {"NAME": "VALUE", ...} */
static void put_object(struct sheet *s, const char *const pairs[], size_t n_pairs)
{
	printf(s->any ? ",\n    {" : "\n    {");
	for (size_t i = 0; i < n_pairs; i++) {
		printf(i > 0 ? ", \"%s\": " : "\"%s\": ", pairs[2 * i]);
		tool_print_json(pairs[2 * i + 1]);
	}
	printf("}");
	s->any = true;
}

static void put_row(struct sheet *s, const char *field, const struct origin *origin, const char *value)
{
	const char *from = origin->text[0] != '\0' ? origin->text : "default";
	if (s->json) {
		put_object(s, (const char *const[]){"field", field, "value", value, "from", from}, 3);
		return;
	}
	printf("%-22s ", field);
	print_safe(value);
	printf(" (");
	print_safe(from);
	printf(")\n");
}

static __attribute__((format(printf, 4, 5))) void put(struct sheet *s, const char *field, const struct origin *origin,
						      const char *format, ...)
{
	char value[SHOWN_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(value, sizeof value, format, args);
	va_end(args);
	put_row(s, field, origin, value);
}

static void put_seconds(struct sheet *s, const char *field, const struct origin *origin, uint32_t seconds,
			const char *instead_of_0)
{
	if (seconds == 0)
		put_row(s, field, origin, instead_of_0);
	else
		put(s, field, origin, "%" PRIu32 " s", seconds);
}

/* --- the plan --- */

static void put_secret(struct sheet *s, const char *field, const struct origin *origin, const struct secret *secret)
{
	put_row(s, field, origin, secret->n_bytes > 0 ? "set" : "not set");
}

static void put_mutual(struct sheet *s, unsigned index, const struct plan_target *target)
{
	const struct boot_plan *plan = &s->plan;
	struct plan_identity id = plan_identity_of(plan, target);
	const struct plan_own *own = target->own > 0 ? &plan->own[target->own - 1] : NULL;
	bool own_name = own != NULL && own->username_in[0] != '\0',
	     own_secret = own != NULL && own->secret_in.n_bytes > 0;
	char field[FIELD_BYTES];
	if (id.secret_in == NULL && id.username_in[0] == '\0')
		return;
	format_text(field, sizeof field, "target %u CHAP in", index);
	put(s, field, own_name ? &own->origin : &plan->from.username_in, "as %s",
	    id.username_in[0] != '\0' ? id.username_in : "anybody");
	format_text(field, sizeof field, "target %u secret in", index);
	put_secret(s, field, own_secret ? &own->origin : &plan->from.secret_in,
		   own_secret ? &own->secret_in : &plan->chap_in.secret);
}

static void put_chap(struct sheet *s, unsigned index, const struct plan_target *target)
{
	const struct boot_plan *plan = &s->plan;
	bool own_secret = target->own > 0 && plan->own[target->own - 1].secret.n_bytes > 0;
	char field[FIELD_BYTES];
	format_text(field, sizeof field, "target %u CHAP", index);
	if (target->username[0] == '\0') {
		put_row(s, field, &plan->chap.origin, "none");
		return;
	}
	put(s, field, plan_user_origin(plan, target), "as %s", target->username);
	format_text(field, sizeof field, "target %u secret", index);
	if (s->fail.code == FAIL_NONE && plan_lacks_secret(plan, target))
		put_row(s, field, plan_user_origin(plan, target), "asked for on the console");
	else
		put_secret(s, field, own_secret ? &plan->own[target->own - 1].origin : &plan->from.secret,
			   plan_identity_of(plan, target).secret);
}

static void put_target(struct sheet *s, unsigned index, const struct plan_target *target)
{
	char field[FIELD_BYTES], text[HOST_MAX + 9] = "all";
	format_text(field, sizeof field, "target %u", index);
	put_row(s, field, &target->origin, plan_target_name(target));
	format_text(field, sizeof field, "target %u LUN", index);
	if (target->lun.given)
		plan_format_lun(target->lun.number, text);
	put_row(s, field, &target->origin, text);
	format_text(field, sizeof field, "target %u portal", index);
	plan_format_portal(target->host, target->port, text);
	put_row(s, field, target->of_portal ? &s->plan.portal.origin : &target->origin,
		target->host[0] != '\0' ? text : "not known");
	put_chap(s, index, target);
	put_mutual(s, index, target);
}

static void add_address(struct writer *w, const char *before, const struct ip_address *ip)
{
	char text[IP_TEXT_BYTES];
	if (ip->family == 0)
		return;
	ip_format(ip, text);
	writer_format(w, "%s%s", before, text);
}

static void add_mac(struct writer *w, const char *before, const uint8_t mac[static 6])
{
	writer_text(w, before);
	for (unsigned i = 0; i < 6; i++)
		writer_format(w, i > 0 ? ":%02x" : "%02x", mac[i]);
}

/* One of several of its kind. */
static void put_written(struct sheet *s, const char *kind, unsigned index, const struct origin *origin,
			struct writer *w)
{
	char field[FIELD_BYTES];
	format_text(field, sizeof field, "%s %u", kind, index);
	w->bytes[w->n_bytes] = '\0';
	put_row(s, field, origin, (const char *)w->bytes);
}

static void put_net(struct sheet *s, unsigned index, const struct plan_net *net)
{
	static const char *const methods[] = {
		[NET_DHCP] = "DHCP",
		[NET_STATIC] = "address",
		[NET_AUTO6] = "addresses by router advertisements",
		[NET_LINK6] = "the link-local IPv6 address alone",
		[NET_OFF] = "left alone",
	};
	char text[SHOWN_BYTES];
	struct writer w = writer_over(text, sizeof text - 1);
	bool is_named = net->device[0] != '\0';
	if (net->has_mac && !is_named)
		add_mac(&w, "the card ", net->mac);
	else
		writer_text(&w, is_named ? net->device : "the first card with a link");
	writer_format(&w, ": %s", methods[net->method]);
	add_address(&w, " ", &net->address);
	if (net->method == NET_STATIC)
		writer_format(&w, "/%u", net->prefix_bits);
	add_address(&w, " gateway ", &net->gateway);
	for (unsigned i = 0; i < net->n_nameservers; i++)
		add_address(&w, " name server ", &net->nameservers[i]);
	if (net->hostname[0] != '\0')
		writer_format(&w, " as %s", net->hostname);
	if (net->mtu_bytes != 0)
		writer_format(&w, " MTU %" PRIu32, net->mtu_bytes);
	if (net->has_mac && is_named)
		add_mac(&w, " with the address ", net->mac);
	put_written(s, "network", index, &net->origin, &w);
}

static void put_bond(struct sheet *s, unsigned index, const struct plan_bond *bond)
{
	char text[SHOWN_BYTES];
	struct writer w = writer_over(text, sizeof text - 1);
	writer_format(&w, "%s of", bond->name);
	for (unsigned i = 0; i < bond->n_ports; i++)
		writer_format(&w, "%s %s", i > 0 ? "," : "", bond->ports[i]);
	if (bond->options[0] != '\0')
		writer_format(&w, ": %s", bond->options);
	if (bond->mtu_bytes != 0)
		writer_format(&w, " MTU %" PRIu32, bond->mtu_bytes);
	put_written(s, "bond", index, &bond->origin, &w);
}

static void put_vlan(struct sheet *s, unsigned index, const struct plan_vlan *vlan)
{
	char text[SHOWN_BYTES];
	struct writer w = writer_over(text, sizeof text - 1);
	writer_format(&w, "%s, number %u on ", vlan->name, vlan->id);
	if (vlan->device[0] != '\0')
		writer_text(&w, vlan->device);
	else
		add_mac(&w, "the card ", vlan->mac);
	put_written(s, "VLAN", index, &vlan->origin, &w);
}

static void put_route(struct sheet *s, const char *kind, unsigned index, const struct origin *origin,
		      const struct net_route *route, const char *device)
{
	char text[SHOWN_BYTES];
	struct writer w = writer_over(text, sizeof text - 1);
	bool is_default = route->destination.family == 0;
	writer_text(&w, is_default ? "everything" : "");
	add_address(&w, "", &route->destination);
	if (!is_default)
		writer_format(&w, "/%u", route->prefix_bits);
	add_address(&w, " by ", &route->gateway);
	if (device[0] != '\0')
		writer_format(&w, " on %s", device);
	put_written(s, kind, index, origin, &w);
}

static void put_address(struct sheet *s, const char *kind, unsigned index, const struct origin *origin,
			const struct ip_address *ip)
{
	char text[SHOWN_BYTES];
	struct writer w = writer_over(text, sizeof text - 1);
	add_address(&w, "", ip);
	put_written(s, kind, index, origin, &w);
}

/* What its server says; words of the command line go before some of it, and all of its networks have their own. */
static void put_lease(struct sheet *s)
{
	static const struct origin ip = {.text = "ip= in the lease"}, router = {.text = "router= in the lease"};
	static const struct origin routes = {.text = "staticroutes= in the lease"}, mtu = {.text = "mtu= in the lease"};
	static const struct origin dns = {.text = "dns= in the lease"}, hostname = {.text = "hostname= in the lease"};
	const struct lease *lease = &s->lease;
	char text[IP_TEXT_BYTES];
	if (lease->address.family == 0)
		return;
	ip_format(&lease->address, text);
	put(s, "lease address", &ip, "%s/%u", text, lease->prefix_bits);
	if (lease->gateway.family != 0) {
		ip_format(&lease->gateway, text);
		put_row(s, "lease gateway", &router, text);
	}
	for (unsigned i = 0; i < lease->n_routes; i++)
		put_route(s, "lease route", i + 1, &routes, &lease->routes[i], "");
	for (unsigned i = 0; i < lease->n_nameservers; i++)
		put_address(s, "lease name server", i + 1, &dns, &lease->nameservers[i]);
	if (lease->mtu_bytes != 0)
		put(s, "lease MTU", &mtu, "%" PRIu32, lease->mtu_bytes);
	if (lease->hostname[0] != '\0')
		put_row(s, "lease host name", &hostname, lease->hostname);
}

static void put_ifname(struct sheet *s, unsigned index, const struct plan_ifname *ifname)
{
	char text[SHOWN_BYTES];
	struct writer w = writer_over(text, sizeof text - 1);
	add_mac(&w, "the card ", ifname->mac);
	writer_format(&w, " is called %s", ifname->name);
	put_written(s, "name", index, &ifname->origin, &w);
}

static void put_network(struct sheet *s)
{
	static const struct origin nameserver = {.text = "nameserver="};
	const struct boot_plan *plan = &s->plan;
	for (unsigned i = 0; i < plan->n_ifnames; i++)
		put_ifname(s, i + 1, &plan->ifnames[i]);
	for (unsigned i = 0; i < plan->n_bonds; i++)
		put_bond(s, i + 1, &plan->bonds[i]);
	for (unsigned i = 0; i < plan->n_vlans; i++)
		put_vlan(s, i + 1, &plan->vlans[i]);
	for (unsigned i = 0; i < plan->n_nets; i++)
		put_net(s, i + 1, &plan->nets[i]);
	for (unsigned i = 0; i < plan->n_routes; i++)
		put_route(s, "route", i + 1, &plan->routes[i].origin, &plan->routes[i].route, plan->routes[i].device);
	for (unsigned i = 0; i < plan->n_nameservers; i++)
		put_address(s, "name server", i + 1, &nameserver, &plan->nameservers[i]);
	put_lease(s);
}

static void put_root(struct sheet *s)
{
	const struct plan_root *root = &s->plan.root;
	const struct boot_plan *plan = &s->plan;
	put_row(s, "root", &root->origin, root->kind == ROOT_DEFAULT ? "the LUN itself" : root->text);
	put_row(s, "root type", &plan->from.fstype, root->fstype[0] != '\0' ? root->fstype : "as found");
	put_row(s, "root flags", &plan->from.flags, root->flags[0] != '\0' ? root->flags : "none");
	put_row(s, "root is mounted", &plan->from.writable, root->writable ? "read-write" : "read-only");
	if (root->wait)
		put_row(s, "root is waited for", &plan->from.wait, "for ever");
	else
		put_seconds(s, "root is waited for", &plan->from.delay, root->delay_s, "30 s");
	put_row(s, "init", &plan->from.init, plan->init[0] != '\0' ? plan->init : "the usual ones");
}

static void put_rest(struct sheet *s)
{
	const struct boot_plan *plan = &s->plan;
	put_row(s, "digests", &plan->from.digest, plan_digest_offer(plan->digest));
	put_seconds(s, "boot is given up after", &plan->from.timeout, plan->timeout_s, "never");
	put_seconds(s, "I/O fails after", &plan->from.replacement, plan->outage.replacement_s, "at once");
	put_seconds(s, "going down waits", &plan->from.shutdown, plan->outage.shutdown_s, "not at all");
	put_seconds(s, "ping after", &plan->from.nop_interval, plan->outage.nop_interval_s, "never");
	put_seconds(s, "ping answered within", &plan->from.nop_timeout, plan->outage.nop_timeout_s, "no time");
	put_seconds(s, "abort answered within", &plan->from.abort, plan->outage.abort_s, "no time");
	put_seconds(s, "LUN reset within", &plan->from.lun_reset, plan->outage.lun_reset_s, "no time");
	put_seconds(s, "target reset within", &plan->from.target_reset, plan->outage.target_reset_s, "no time");
	put_row(s, "fast abort", &plan->from.slow_abort, plan->outage.slow_abort ? "no" : "yes");
	if (plan->panic_s == 0)
		put_row(s, "after a failure", &plan->from.panic, "a shell");
	else
		put(s, "after a failure", &plan->from.panic, "reboot after %" PRId32 " s",
		    plan->panic_s > 0 ? plan->panic_s : 0);
	put_row(s, "console", &plan->from.quiet, plan->quiet ? "quiet" : "tells each step");
}

static void put_plan(struct sheet *s)
{
	const struct boot_plan *plan = &s->plan;
	put_row(s, "initiator", &plan->initiator.origin,
		plan->initiator.name[0] != '\0' ? plan->initiator.name : "not known");
	for (unsigned i = 0; i < plan->n_targets; i++)
		put_target(s, i + 1, &plan->targets[i]);
	put_network(s);
	put_root(s);
	put_rest(s);
}

/* --- the words --- */

static void put_unused(struct sheet *s, const char *word, const char *why)
{
	if (s->json)
		put_object(s, (const char *const[]){"word", word, "why", why}, 2);
	else
		printf("not used: %s %s\n", word, why);
}

static const char *reason_of(const struct plan_word *word)
{
	if (word->fate == PLAN_WORD_IDLE)
		return word->reason;
	return word->fate == PLAN_WORD_OVERRIDDEN ? "is overridden" : "is not known here";
}

static void put_word(struct sheet *s, const struct plan_word *word, const char *file)
{
	char name[SHOWN_BYTES], safe[sizeof name];
	if (word->fate == PLAN_WORD_READ)
		return;
	format_text(name, sizeof name, "%s%s%s", word->shown, file != NULL ? " in " : "", file != NULL ? file : "");
	text_escape(name, safe, sizeof safe);
	put_unused(s, safe, reason_of(word));
}

static void put_words_of(struct sheet *s, enum plan_source source, const char *file, const char *text)
{
	struct span rest = span_of(text);
	struct plan_word word = {.reason = NULL};
	while (plan_next_word(source, &rest, &s->plan, &word))
		put_word(s, &word, file);
}

static void put_words(struct sheet *s)
{
	struct fail fail = {.code = FAIL_NONE}; /* told when the plan was read */
	put_words_of(s, SOURCE_CMDLINE, NULL, s->cmdline);
	for (unsigned i = 0; i < SOURCE_FILES && s->root != NULL; i++)
		if (sources_get(s->root, &source_files[i], s->file, &fail))
			put_words_of(s, source_files[i].source, source_files[i].path, s->file);
	bytes_wipe(s->file, sizeof s->file);
}

/* --- the whole --- */

static void print_text(struct sheet *s)
{
	char text[FAIL_TEXT_BYTES];
	put_plan(s);
	put_words(s);
	for (unsigned i = 0; i < s->notes.n_notes; i++) {
		printf("note: ");
		print_safe(s->notes.text[i]);
		printf("\n");
	}
	fail_describe(&s->fail, text);
	printf(s->fail.code == FAIL_NONE ? "would boot by this\n" : "would not boot: %s\n", text);
}

static void print_notes(struct sheet *s)
{
	for (unsigned i = 0; i < s->notes.n_notes; i++) {
		printf(i > 0 ? ",\n    " : "\n    ");
		tool_print_json(s->notes.text[i]);
	}
}

static void print_json(struct sheet *s)
{
	printf("{\n  \"would_boot\": %s,\n  \"fields\": [", s->fail.code == FAIL_NONE ? "true" : "false");
	put_plan(s);
	s->any = false;
	printf("],\n  \"unused\": [");
	put_words(s);
	printf("],\n  \"notes\": [");
	print_notes(s);
	printf("],\n  ");
	tool_print_fail(&s->fail);
	printf("\n}\n");
}

static void note_question(struct sheet *s)
{
	bool lacks = false;
	for (unsigned i = 0; i < s->plan.n_targets; i++)
		lacks |= plan_lacks_secret(&s->plan, &s->plan.targets[i]);
	if (lacks)
		plan_note(&s->notes, "a secret is asked for on the console; where nobody answers the boot goes on "
				     "without this target, or fails [E14] if root is on it");
}

static void make_plan(struct sheet *s, const struct options *o)
{
	if (options_cmdline(o, s->cmdline, &s->fail) && options_plan(o, s->cmdline, &s->plan, &s->notes, &s->fail) &&
	    options_complete(o, &s->plan, &s->notes, &s->fail))
		note_question(s);
}

/* For the scripts of an initramfs of somebody else, before there is a network. */
static void print_role(struct sheet *s, struct options *o)
{
	enum role role;
	if (o->root == NULL)
		o->root = ""; /* the files are here, as in a boot */
	if (options_cmdline(o, s->cmdline, &s->fail) && role_plan(o, s->cmdline, &role, &s->plan, &s->notes, &s->fail))
		puts(role_name(role));
	else
		tool_complain_fail(&s->fail);
}

int plan_main(int argc, char **argv)
{
	static const char usage[] =
		"plan [URL | --cmdline TEXT|FILE] [--root DIR] [--ibft FILE] [--lease FILE] [--json | --role] "
		"[--initiator NAME] [--username NAME --secret-file FILE]";
	struct options o;
	if (!options_read(&o, usage, argc, argv))
		return o.status;
	o.only_plans = true;
	struct sheet *s = memory_share(sizeof *s);
	if (s == NULL) {
		tool_complain("no memory");
		return TOOL_USAGE;
	}
	s->json = o.json;
	s->root = o.root;
	o.of_network = &s->lease;
	if (!o.role)
		make_plan(s, &o);
	if (o.role)
		print_role(s, &o);
	else if (s->json)
		print_json(s);
	else
		print_text(s);
	bytes_wipe(s->cmdline, sizeof s->cmdline);
	plan_wipe(&s->plan);
	return tool_exit_status(&s->fail);
}
